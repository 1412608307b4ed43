use std::{
    io::{Cursor, Read, Write},
    net::TcpStream,
    sync::{Mutex, mpsc},
};

use secrecy::ExposeSecret;

use super::*;

const ISSUER: &str = "https://login.example.com";
const URL: &str = "https://login.example.com/authorize?state=st4te&scope=a%20b";

/// Where the browser is sent back to.
fn visit(redirect_uri: &str, query: &str) -> String {
    let (authority, path) = redirect_uri.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(authority).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    write!(stream, "GET /{path}?{query} HTTP/1.1\r\nHost: {authority}\r\n\r\n").unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    page
}

fn fails(browser: Browser) -> String {
    let error = browser.begin().err().unwrap();
    assert_eq!(error.fault(), Fault::Caller);
    error.to_string()
}

/// RFC 8252 section 8.12: it is shown, and handed to somebody else's program as it is.
#[test]
fn g1_the_url_is_shown_and_opened_and_nothing_else_is_done_with_it() {
    let (opened, arguments) = mpsc::channel();
    let shown = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&shown);
    let waiting = Browser::opened_by(move |url| {
        opened.send(url.to_owned()).unwrap();
        Err(io::ErrorKind::NotFound.into())
    })
    .shown_by(move |prompt| seen.lock().unwrap().push(prompt.to_string()))
    .begin()
    .unwrap();
    let redirect_uri = waiting.redirect_uri().to_owned();
    // That no browser opens is no error.
    waiting.show_and_open(URL, ISSUER).unwrap();
    let shown = shown.lock().unwrap();
    assert_eq!(shown.len(), 1);
    assert!(shown[0].contains(&format!("\n    {URL}\n")), "{}", shown[0]);

    let browser = std::thread::spawn(move || visit(&redirect_uri, "code=s3cret&state=st4te"));
    assert_eq!(waiting.receive(|_| true).unwrap().expose_secret(), "code=s3cret&state=st4te");
    assert!(browser.join().unwrap().starts_with("HTTP/1.1 200 "));
    assert_eq!(arguments.iter().collect::<Vec<_>>(), [URL]);
}

#[test]
fn g2_what_is_not_fit_to_be_opened_is_not_even_shown() {
    let waiting = Browser::opened_by(|_| panic!("opened")).shown_by(|_| panic!("shown")).begin().unwrap();
    for url in
        ["file:///etc/passwd", "https://login.example.com/$(s3cret)", "http://login.example.com/s3cret"]
    {
        let error = waiting.show_and_open(url, ISSUER).unwrap_err().to_string();
        assert!(
            error.starts_with("the sign-in page of https://login.example.com is not opened: "),
            "{error}"
        );
        assert!(!error.contains("s3cret"), "{error}");
    }
}

/// A browser on the terminal returns when it is left; it must be answered before.
#[test]
fn an_opener_may_wait_for_the_answer() {
    let redirect_uri = Arc::new(Mutex::new(String::new()));
    let known = Arc::clone(&redirect_uri);
    let waiting = Browser::opened_by(move |_| {
        visit(&known.lock().unwrap(), "code=a&state=b");
        Ok(())
    })
    .shown_by(|_| {})
    .begin()
    .unwrap();
    waiting.redirect_uri().clone_into(&mut redirect_uri.lock().unwrap());
    waiting.show_and_open(URL, ISSUER).unwrap();
    assert_eq!(waiting.receive(|_| true).unwrap().expose_secret(), "code=a&state=b");
}

#[test]
fn g4_each_sign_in_has_a_redirect_uri_of_its_own() {
    let uri = |browser: Browser| browser.begin().unwrap().redirect_uri().to_owned();
    let port = |uri: &str, path: &str| {
        let port = uri.strip_prefix("http://127.0.0.1:").unwrap().strip_suffix(path).unwrap();
        port.parse::<u16>().unwrap()
    };
    let several = [Browser::printed(), Browser::printed()].map(|browser| browser.begin().unwrap());
    let [one, another] = several.each_ref().map(|waiting| port(waiting.redirect_uri(), "/callback"));
    assert!(one != 0 && one != another, "{one} {another}");
    port(&uri(Browser::printed().redirect_path("/signed-in")), "/signed-in");
    let localhost = uri(Browser::printed().localhost().redirect_path(""));
    assert!(localhost.strip_prefix("http://localhost:").unwrap().parse::<u16>().is_ok(), "{localhost}");
    let free = uri(Browser::printed());
    let chosen = Browser::printed().port(port(&free, "/callback"));
    assert_eq!(uri(chosen), free);
    let pasted = Browser::pasted().redirect_uri("https://app.example.com/signed-in?app=1");
    assert_eq!(uri(pasted), "https://app.example.com/signed-in?app=1");
}

#[test]
fn an_answer_can_be_pasted() {
    let (shown, prompts) = mpsc::channel();
    let waiting = Browser::pasted()
        .redirect_uri("https://app.example.com/signed-in")
        .read_from(Cursor::new("https://app.example.com/signed-in?code=a&state=b\n"))
        .shown_by(move |prompt| shown.send(prompt.to_string()).unwrap())
        .begin()
        .unwrap();
    waiting.show_and_open(URL, ISSUER).unwrap();
    let prompt = prompts.try_recv().unwrap();
    assert!(prompt.contains(URL) && prompt.contains("Paste the whole address here"), "{prompt}");
    assert_eq!(waiting.receive(|_| true).unwrap().expose_secret(), "code=a&state=b");
}

#[test]
fn a_sign_in_that_is_not_waited_for_stops_listening() {
    let waiting = Browser::printed().begin().unwrap();
    let authority = waiting.redirect_uri()["http://".len()..].split('/').next().unwrap().to_owned();
    assert!(TcpStream::connect(&authority).is_ok());
    drop(waiting);
    assert!(TcpStream::connect(&authority).is_err());

    let waiting = Browser::printed().time_limit(Duration::from_secs(60)).begin().unwrap();
    drop(waiting.cancel_guard());
    assert!(waiting.receive(|_| true).unwrap_err().to_string().contains("given up"));
}

#[test]
fn a_description_that_cannot_be_is_told_so() {
    let pasted = || Browser::pasted().redirect_uri("https://app.example.com/s3cret");
    for (browser, says) in [
        (Browser::printed().redirect_path("signed-in"), "the path of the redirect URI"),
        (Browser::printed().redirect_path("/s3cret?a"), "the path of the redirect URI"),
        (Browser::printed().redirect_path("/s3cret/../a"), "the path of the redirect URI"),
        (Browser::printed().redirect_path("//s3cret"), "the path of the redirect URI"),
        (Browser::printed().redirect_path("/s3cret\r\n"), "the path of the redirect URI"),
        (Browser::printed().redirect_path("/%2e%2e"), "the path of the redirect URI"),
        (Browser::printed().redirect_uri("https://app.example.com/"), "are for Browser::pasted()"),
        (Browser::printed().read_from(io::empty()), "are for Browser::pasted()"),
        (Browser::pasted(), "needs its .redirect_uri(..)"),
        (pasted().port(1), "listens nowhere"),
        (pasted().localhost(), "listens nowhere"),
        (pasted().redirect_path("/"), "listens nowhere"),
        (Browser::pasted().redirect_uri("/s3cret"), "is not absolute"),
        (Browser::pasted().redirect_uri("https://app.example.com/#s3cret"), "has a fragment"),
        (Browser::pasted().redirect_uri("https://app.example.com/s3cret a"), "is not absolute"),
    ] {
        let error = fails(browser);
        assert!(error.contains(says) && !error.contains("s3cret"), "{error}");
    }
}

#[test]
fn nothing_printed_shows_where_the_answer_comes_in() {
    let browser = Browser::printed().port(8400).redirect_path("/s3cret");
    assert_eq!(format!("{browser:?}"), "Browser { way: printed, port: 8400, time_limit: 300s, .. }");
    let browser = Browser::pasted().redirect_uri("https://app.example.com/s3cret");
    assert_eq!(format!("{browser:?}"), "Browser { way: pasted, port: 0, time_limit: 300s, .. }");
}

#[test]
fn a_flow_can_take_them_along() {
    fn is_send<T: Send>() {}
    is_send::<Browser>();
    is_send::<Waiting>();
    is_send::<super::limit::CancelGuard>();
}

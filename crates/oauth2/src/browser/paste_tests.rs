use std::{
    io::Cursor,
    net::{TcpListener, TcpStream},
    sync::Arc,
};

use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::*;
use crate::browser::limit::CancelGuard;

const URI: &str = "https://app.example.com/signed-in";

fn parsed(text: &str) -> Result<String, String> {
    let read = parse(text, URI).map_err(|error| {
        assert!(error.is_login_required());
        error.to_string()
    })?;
    Ok(read.expose_secret().to_owned())
}

#[test]
fn an_answer_is_found_however_it_was_copied() {
    let query = "code=s3cret%2F1&state=st4te";
    for text in [
        format!("{URI}?{query}"),
        format!("  {URI}?{query}\r\n"),
        format!("\"{URI}?{query}\""),
        format!("'{URI}?{query}'\n"),
        format!(" <{URI}?{query}> "),
        format!("`{URI}?{query}#_=_`"),
        format!("{URI}?code=s3cret%2F1\r\n  &state=st4te\n"),
        format!("app.example.com/signed-in?{query}"),
        format!("https://APP.example.com:443/signed-in?{query}"),
        format!("?{query}"),
        query.to_owned(),
    ] {
        assert_eq!(parsed(&text).as_deref(), Ok(query), "{text:?}");
    }
    // What only the flow can judge comes through as it is.
    for query in ["error=access_denied&state=a", "code=a?b&state=c", "code=a&code=b&state=c&iss=https://a"] {
        assert_eq!(parsed(query).as_deref(), Ok(query));
    }
}

#[test]
fn g4_an_answer_to_another_uri_is_refused() {
    for address in [
        "https://app.example.com/",
        "https://app.example.com/signed-in/",
        "https://app.example.com/Signed-in",
        "https://app.example.com:8443/signed-in",
        "https://app.example.com.evil.example/signed-in",
        "https://sam@app.example.com/signed-in",
        "http://app.example.com/signed-in",
        "https://login.example.com/authorize",
        "evil.example/signed-in",
        "/signed-in",
    ] {
        let error = parsed(&format!("{address}?code=s3cret&state=a")).unwrap_err();
        assert!(
            error.starts_with("what was pasted is not the address that this sign-in ends at; "),
            "{error}"
        );
    }
    let local = |uri: &str, text: &str| parse(text, uri).is_ok();
    assert!(local("http://localhost", "http://localhost/?code=a&state=b"));
    assert!(local("http://localhost:8400/", "localhost:8400/?code=a&state=b"));
    assert!(!local("http://localhost:8400/", "localhost/?code=a&state=b"));
    assert!(local("com.example.app:/signed-in", "com.example.app:/signed-in?code=a&state=b"));
    assert!(!local("com.example.app:/signed-in", "com.example.app:/other?code=a&state=b"));
    assert!(local("https://a.example/cb?app=1", "https://a.example/cb?app=1&code=a&state=b"));
}

#[test]
fn what_is_no_answer_is_refused_with_what_to_paste() {
    for (text, why) in [
        ("", "nothing was pasted"),
        (" \r\n", "nothing was pasted"),
        ("\"\"", "nothing was pasted"),
        ("s3cret", "looks like a code alone"),
        ("code=s3cret", "lacks its `state`"),
        ("error=s3cret", "lacks its `state`"),
        ("https://app.example.com/signed-in?code=s3cret", "lacks its `state`"),
        ("state=s3cret", "has no `code`"),
        ("https://app.example.com/signed-in", "has no `code`"),
        ("https://app.example.com/signed-in#code=s3cret&state=a", "has no `code`"),
        ("code=s3cret&state=a b", "blanks or characters"),
        ("code=s3cret&state=\u{1b}[200~", "blanks or characters"),
        ("code=s3cret&state=ä", "blanks or characters"),
    ] {
        let error = parsed(text).unwrap_err();
        assert!(error.contains(why), "{text:?}: {error}");
        assert!(
            error.ends_with("copy the whole address that the browser goes to, and paste it here"),
            "{error}"
        );
        assert!(!error.contains("s3cret"), "{error}");
    }
}

proptest! {
    #[test]
    fn nothing_that_is_pasted_makes_it_panic_and_no_answer_lacks_its_state(
        text in "(https://app\\.example\\.com/signed-in)?[?]?((code|state|error|iss)=[a-c?&=# \n]{0,3}&?){0,4}|.{0,30}",
    ) {
        if let Ok(query) = parsed(&text) {
            prop_assert!(has(&query, "state") && (has(&query, "code") || has(&query, "error")), "{query:?}");
            prop_assert!(query.bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }

    #[test]
    fn every_answer_is_found(
        code in "[A-Za-z0-9._~%/+-]{1,30}",
        state in "[A-Za-z0-9._~%/+-]{1,30}",
        before in "[ \n\"'<]{0,3}",
        after in "[ \r\n\"'>]{0,3}",
        address in prop::sample::select(vec!["https://app.example.com/signed-in?", "?", ""]),
    ) {
        let query = format!("code={code}&state={state}");
        prop_assert_eq!(parsed(&format!("{before}{address}{query}{after}")), Ok(query));
    }
}

fn receive(input: impl BufRead + Send + 'static, limit: &Limit) -> Result<SecretString, Error> {
    Input::Given(Box::new(input)).receive(URI, limit)
}

fn long() -> Limit {
    Limit::start(Duration::from_secs(60), Arc::default())
}

#[test]
fn one_line_is_read() {
    let read = receive(Cursor::new("code=a&state=b\ncode=c&state=d\n"), &long()).unwrap();
    assert_eq!(read.expose_secret(), "code=a&state=b");
    let read = receive(Cursor::new("code=a&state=b"), &long()).unwrap();
    assert_eq!(read.expose_secret(), "code=a&state=b");
    for nothing in ["", "\n", "\ncode=a&state=b\n"] {
        let error = receive(Cursor::new(nothing), &long()).unwrap_err();
        assert!(error.to_string().starts_with("nothing was pasted"), "{error}");
    }
    let error = receive(Cursor::new(b"code=\xff&state=b\n"), &long()).unwrap_err();
    assert_eq!((error.fault(), error.is_transient()), (Fault::Caller, false));
    // A file, and not a line: cut, and what is cut off does not belong to it.
    let endless = Cursor::new("code=a&x=").chain(io::repeat(b'a'));
    let error = receive(io::BufReader::new(endless), &long()).unwrap_err();
    assert!(error.to_string().contains("lacks its `state`"), "{error}");
}

/// A terminal at which nobody types: a connection on which nothing comes.
#[test]
fn waiting_ends_while_nobody_types() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = || {
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        io::BufReader::new(stream)
    };

    let error = receive(silent(), &Limit::start(Duration::from_millis(20), Arc::default())).unwrap_err();
    assert!(error.to_string().starts_with("nobody signed in within 0.02 s"), "{error}");

    let cancelled = Arc::default();
    let guard = CancelGuard::new(&cancelled);
    let input = silent();
    let work = thread::spawn(move || receive(input, &Limit::start(Duration::from_secs(60), cancelled)));
    drop(guard);
    assert!(work.join().unwrap().unwrap_err().to_string().contains("given up"));
}

//! Opening a page for a person: which addresses are fit for it, and who does it.

use std::{io, sync::Arc};

use authwright_core::{Error, Fault, Target};
use http::Uri;

/// Opens a page in a browser of the person's own, never in this process (RFC 8252 section 8.12).
pub(crate) type Opener = Arc<dyn Fn(&str) -> io::Result<()> + Send + Sync>;

/// The browser of the system, without a shell.
#[cfg(feature = "browser")]
pub(crate) fn system() -> Opener {
    Arc::new(webbrowser::open)
}

/// The address of a page that may be shown to a person and opened.
///
/// It may come from a server, and ends up as an argument of another program, on a terminal, or in somebody's clipboard. So
/// it is http(s) and nothing that begins a program, an option or a script, and has no character that a shell, a terminal or
/// a quoting rule could stumble over (CVE-2025-6514).
#[derive(Clone, Copy)]
pub(crate) struct PageUrl<'a>(&'a str);

impl<'a> PageUrl<'a> {
    /// `what` names it in messages: `the sign-in page`. `fault` says whose it is.
    pub(crate) fn parse(url: &'a str, what: &str, fault: Fault) -> Result<Self, Error> {
        let refused = |why: &str| Error::new(fault, format!("{what} is not opened: its URL {why}"));
        if let Some((at, c)) = url.char_indices().find(|(_, c)| !is_plain(*c)) {
            let why = format!("has `{}` at byte {at}; it must be percent-encoded", c.escape_default());
            return Err(refused(&why));
        }
        let broken = |rest: &str| !rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count().eq(&2);
        if url.split('%').skip(1).any(broken) {
            return Err(refused("has a `%` that encodes nothing"));
        }
        // `Target` would judge WebSockets too.
        if !url.starts_with("https://") && !url.starts_with("http://") {
            return Err(refused("does not begin with https://"));
        }
        let uri: Uri = url.parse().map_err(|_| refused("is malformed"))?;
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        if !authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte)) {
            return Err(refused("has something before or in its host that is no host"));
        }
        let target = Target::from_uri(&uri).map_err(|_| refused("is malformed"))?;
        if target.path_and_query().contains(['[', ']']) {
            return Err(refused("has a bracket behind its host; it must be percent-encoded"));
        }
        if !target.is_protected() {
            let origin = target.origin();
            return Err(refused(&format!(
                "is plain http, to {origin}: what a person types there could be read on the way; it must be https"
            )));
        }
        Ok(Self(url))
    }

    pub(crate) fn as_str(self) -> &'a str {
        self.0
    }
}

/// What RFC 3986 allows in a URL without a fragment, less what means something to a shell: quotes, `$` and `;`. `&` does
/// too, but there is no query without it.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~%:/?[]@!&()*+,=".contains(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(url: &str) -> Result<(), String> {
        PageUrl::parse(url, "the sign-in page", Fault::Server)
            .map(|page| assert_eq!(page.as_str(), url))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn g2_a_percent_encoded_https_url_is_opened() {
        for url in [
            "https://login.example.com",
            "https://login.example.com/authorize?response_type=code&state=a-b_c.d~&scope=a%20b%2Fc&x=",
            "https://login.example.com:8443/a(b)!*,+:@c",
            "https://[2001:db8::1]/authorize",
            "http://127.0.0.1:7000/authorize",
            "http://[::1]:7000/authorize",
            "http://localhost/authorize",
        ] {
            assert_eq!(check(url), Ok(()), "{url}");
        }
    }

    #[test]
    fn g2_nothing_else_is() {
        for url in [
            "",
            "-https://login.example.com",
            "--new-window",
            " https://login.example.com",
            "login.example.com",
            "//login.example.com",
            "/etc/passwd",
            "file:///etc/passwd",
            "file://login.example.com/share",
            "javascript:alert(1)",
            "data:text/html,a",
            "ms-settings://a",
            "calculator:",
            "wss://login.example.com",
            "HTTPS://login.example.com",
            "https:login.example.com",
            "https:/login.example.com",
            "https://",
            "https:///authorize",
            "https://?a",
            "https://login.example.com?a",
            "https://login.example.com:x/",
            "https://login.example.com:99999/",
            "https://[::1/",
            "https://sam@login.example.com/",
            "https://sam:pw@login.example.com/",
            "https://a(b).example.com/",
            "http://login.example.com/authorize",
            "http://127.0.0.1.evil.example/authorize",
        ] {
            assert!(check(url).is_err(), "{url}");
        }
        let unfit = "\0\u{7}\u{8}\t\n\r\u{1b}\u{7f}\u{9b}\u{202e} \"'`\\$;|<>^{}#äあ";
        for c in unfit.chars() {
            for url in [
                format!("https://login.example.com/a{c}b"),
                format!("https://login.example.com/?a={c}"),
                format!("https://login{c}.example.com/"),
                format!("{c}https://login.example.com/"),
            ] {
                let error = check(&url).unwrap_err();
                assert!(!error.contains(|c: char| c.is_control() || !c.is_ascii()), "{error:?}");
            }
        }
        for url in
            ["https://login.example.com/$(calc)", "https://login.example.com/%PATH%", "https://a.example/%"]
        {
            assert!(check(url).is_err(), "{url}");
        }
        assert!(check("https://login.example.com/?a[]=b").is_err());
    }

    #[test]
    fn a_refusal_says_why_and_shows_neither_path_nor_query() {
        let said = |url| check(url).unwrap_err();
        assert_eq!(
            said("https://login.example.com/s3cret?s3cret= s3cret"),
            "the sign-in page is not opened: its URL has ` ` at byte 40; it must be percent-encoded"
        );
        assert_eq!(
            said("http://login.example.com:8080/s3cret?s3cret"),
            "the sign-in page is not opened: its URL is plain http, to http://login.example.com:8080: what a person types \
             there could be read on the way; it must be https"
        );
        assert_eq!(
            said("javascript:s3cret"),
            "the sign-in page is not opened: its URL does not begin with https://"
        );
    }

    proptest! {
        #[test]
        fn g2_what_is_opened_is_one_harmless_word(url in "(https://[a-z.]{1,9}/?)?[ -~]{0,30}|.{0,20}") {
            if check(&url).is_ok() {
                prop_assert!(url.starts_with("https://") || url.starts_with("http://"));
                let is_harmless = |byte: u8| byte.is_ascii_graphic() && !b"\"'`\\$;|<>^{}#".contains(&byte);
                prop_assert!(url.bytes().all(is_harmless));
            }
        }
    }
}

/// What the system's browser is really given. This test is three processes, of one program: the one that is run, one that
/// opens a page, and the browser that `$BROWSER` names, which reports its arguments to the first.
#[cfg(all(test, feature = "browser", unix, not(target_os = "macos")))]
mod system_browser {
    use std::{
        env,
        io::{Read, Write},
        net::{TcpListener, TcpStream},
        process::{Command, Stdio},
        thread,
        time::{Duration, Instant},
    };

    use super::system;

    const URL: &str = "https://login.example.com/authorize?a=(b)&c=%24%28calc%29&state=%25s";
    const REPORT_TO: &str = "AUTHWRIGHT_TEST_REPORT_TO";
    const NAME: &str = "browser::opener::system_browser::g2_the_browser_is_given_one_argument_and_no_shell";

    #[test]
    fn g2_the_browser_is_given_one_argument_and_no_shell() {
        let Ok(report_to) = env::var(REPORT_TO) else { return first() };
        if !env::args().any(|argument| argument.starts_with("https:")) {
            return system()(URL).unwrap();
        }
        let arguments: Vec<_> = env::args().skip(1).collect();
        TcpStream::connect(report_to).unwrap().write_all(arguments.join("\n").as_bytes()).unwrap();
    }

    fn first() {
        let this = env::current_exe().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        // A colon stands between two browsers there, and `%c` for itself.
        let name = NAME.replace(':', "%c");
        let opened = Command::new(&this)
            .args(["--exact", NAME])
            .env("BROWSER", format!("{} --exact {name} --skip", this.display()))
            .env(REPORT_TO, listener.local_addr().unwrap().to_string())
            // Nothing else could be opened.
            .env("PATH", "")
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(opened.success());
        let mut arguments = String::new();
        accept(&listener).read_to_string(&mut arguments).unwrap();
        assert_eq!(arguments.lines().collect::<Vec<_>>(), ["--exact", NAME, "--skip", URL]);
    }

    /// A process that has gone wrong does not come, and says nothing.
    fn accept(listener: &TcpListener) -> TcpStream {
        listener.set_nonblocking(true).unwrap();
        let started = Instant::now();
        loop {
            if let Ok((stream, _)) = listener.accept() {
                stream.set_nonblocking(false).unwrap();
                return stream;
            }
            assert!(started.elapsed() < Duration::from_secs(30), "no browser was started");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

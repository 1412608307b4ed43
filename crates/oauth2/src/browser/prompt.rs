//! What is shown to the person who is to sign in.

use std::{
    fmt,
    io::{self, Write},
    time::Duration,
};

use authwright_core::{Error, Fault};

use super::{limit::in_words, opener::PageUrl};

/// The longest user code, in bytes. Nobody types a longer one.
const USER_CODE: usize = 64;

/// What a person has to do to sign in. Shown on standard error as it prints (`Display`), or by a
/// [function of your own](super::Browser::shown_by).
///
/// All of it is fit for a terminal: what a server has said in it is checked before.
///
/// ```
/// use authwright_oauth2::{Browser, Prompt};
///
/// let browser = Browser::printed().shown_by(|prompt: &Prompt<'_>| {
///     println!("Please sign in to {}: {}", prompt.issuer(), prompt.url());
/// });
/// ```
#[derive(Clone, Copy)]
pub struct Prompt<'a> {
    issuer: &'a str,
    page: PageUrl<'a>,
    task: Task<'a>,
    time_left: Duration,
}

#[derive(Clone, Copy)]
enum Task<'a> {
    /// A browser opens by itself, if all goes well.
    Watch,
    Open,
    /// And bring back the address that begins like this one.
    Paste(&'a str),
    Enter {
        code: &'a str,
        complete: Option<PageUrl<'a>>,
    },
}

impl<'a> Prompt<'a> {
    /// A page that is being opened.
    pub(crate) fn watch(issuer: &'a str, page: PageUrl<'a>, time_left: Duration) -> Self {
        Self { issuer, page, task: Task::Watch, time_left }
    }

    /// A page that a person opens.
    pub(crate) fn open(issuer: &'a str, page: PageUrl<'a>, time_left: Duration) -> Self {
        Self { issuer, page, task: Task::Open, time_left }
    }

    /// A page that a person opens somewhere, whose answer comes back by hand.
    pub(crate) fn paste(
        issuer: &'a str,
        page: PageUrl<'a>,
        redirect_uri: &'a str,
        time_left: Duration,
    ) -> Self {
        Self { issuer, page, task: Task::Paste(redirect_uri), time_left }
    }

    /// A code to enter on a page (RFC 8628 section 3.3), in the words of the server, which are refused where they could do
    /// anything to a terminal or a browser.
    pub(crate) fn enter(
        issuer: &'a str,
        user_code: &'a str,
        verification_uri: &'a str,
        verification_uri_complete: Option<&'a str>,
        time_left: Duration,
    ) -> Result<Self, Error> {
        let is_shown = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
        if user_code.is_empty() || user_code.len() > USER_CODE || !user_code.bytes().all(is_shown) {
            let message = format!(
                "the user code of {issuer} is not shown: it is not 1 to {USER_CODE} visible characters"
            );
            return Err(Error::new(Fault::Server, message));
        }
        let page = |url| PageUrl::parse(url, &format!("the verification page of {issuer}"), Fault::Server);
        let complete = verification_uri_complete.map(page).transpose()?;
        let task = Task::Enter { code: user_code, complete };
        Ok(Self { issuer, page: page(verification_uri)?, task, time_left })
    }

    /// Who asks: scheme and host of the authorization server, `https://login.example.com`.
    pub fn issuer(&self) -> &'a str {
        self.issuer
    }

    /// The page to open. It holds no secret, but it is for this person alone: not for logs.
    pub fn url(&self) -> &'a str {
        self.page.as_str()
    }

    /// The code to enter there, where the server gives one (RFC 8628).
    pub fn user_code(&self) -> Option<&'a str> {
        match self.task {
            Task::Enter { code, .. } => Some(code),
            _ => None,
        }
    }

    /// The page that has the code in its address already, for a QR code for example. Show the code beside it, so that the
    /// person can compare (RFC 8628 section 3.3.1).
    pub fn complete_url(&self) -> Option<&'a str> {
        match self.task {
            Task::Enter { complete, .. } => complete.map(PageUrl::as_str),
            _ => None,
        }
    }

    /// How long the person has.
    pub fn time_left(&self) -> Duration {
        self.time_left
    }

    /// On standard error.
    pub(crate) fn print(&self) {
        // Without one there is nobody to tell.
        let _ = writeln!(io::stderr(), "{self}");
    }
}

impl fmt::Display for Prompt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (issuer, url) = (self.issuer.escape_debug(), self.url());
        match self.task {
            Task::Watch => write!(
                f,
                "A browser opens for you to sign in to {issuer}. If it does not, open this page yourself:\n\n    {url}\n"
            ),
            Task::Open => write!(f, "To sign in to {issuer}, open this page in a browser:\n\n    {url}\n"),
            Task::Paste(redirect_uri) => write!(
                f,
                "To sign in to {issuer}, open this page in a browser, on any machine:\n\n    {url}\n\n\
                 Afterwards the browser goes to an address that begins with\n\n    {}\n\n\
                 It does not matter if that cannot be opened. Paste the whole address here, and press Enter:\n",
                redirect_uri.escape_debug()
            ),
            Task::Enter { code, complete } => {
                write!(
                    f,
                    "To sign in to {issuer}, open this page in a browser, on any device:\n\n    {url}\n\n\
                     and enter this code there:\n\n    {code}\n\n"
                )?;
                if let Some(complete) = complete {
                    let complete = complete.as_str();
                    write!(
                        f,
                        "Or open this one, and see that it shows the same code:\n\n    {complete}\n\n"
                    )?;
                }
                writeln!(f, "The code is good for {}.", in_words(self.time_left))
            }
        }
    }
}

/// Shows no URL and no code.
impl fmt::Debug for Prompt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prompt({:?})", self.issuer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://login.example.com";
    const TIME: Duration = Duration::from_secs(1799);

    fn page() -> PageUrl<'static> {
        PageUrl::parse("https://login.example.com/authorize?state=st4te", "", Fault::Caller).unwrap()
    }

    #[test]
    fn the_whole_url_is_always_shown() {
        let open = Prompt::open(ISSUER, page(), TIME);
        assert_eq!(
            open.to_string(),
            "To sign in to https://login.example.com, open this page in a browser:\n\n    \
             https://login.example.com/authorize?state=st4te\n"
        );
        let paste = Prompt::paste(ISSUER, page(), "https://app.example.com/cb", TIME);
        assert!(paste.to_string().contains("    https://app.example.com/cb\n"));
        for prompt in [Prompt::watch(ISSUER, page(), TIME), open, paste] {
            assert!(prompt.to_string().contains(&format!("    {}\n", page().as_str())));
            assert_eq!((prompt.issuer(), prompt.url(), prompt.time_left()), (ISSUER, page().as_str(), TIME));
            assert_eq!((prompt.user_code(), prompt.complete_url()), (None, None));
            assert_eq!(format!("{prompt:?}"), "Prompt(\"https://login.example.com\")");
        }
    }

    #[test]
    fn h5_a_code_is_shown_with_both_pages_and_its_time() {
        let (uri, complete) =
            ("https://login.example.com/device", "https://login.example.com/device?c=WDJB-MJHT");
        let prompt = Prompt::enter(ISSUER, "WDJB-MJHT", uri, Some(complete), TIME).unwrap();
        assert_eq!(
            prompt.to_string(),
            "To sign in to https://login.example.com, open this page in a browser, on any device:\n\n    \
             https://login.example.com/device\n\nand enter this code there:\n\n    WDJB-MJHT\n\n\
             Or open this one, and see that it shows the same code:\n\n    \
             https://login.example.com/device?c=WDJB-MJHT\n\nThe code is good for 29 min.\n"
        );
        assert_eq!(
            (prompt.url(), prompt.user_code(), prompt.complete_url()),
            (uri, Some("WDJB-MJHT"), Some(complete))
        );
        assert_eq!(format!("{prompt:?}"), "Prompt(\"https://login.example.com\")");
        let plain = Prompt::enter(ISSUER, "WDJB MJHT", uri, None, TIME).unwrap();
        assert!(plain.to_string().contains("WDJB MJHT") && !plain.to_string().contains("Or open"));
    }

    #[test]
    fn what_a_server_says_does_nothing_to_a_terminal() {
        let enter =
            |code: &str, uri: &str, complete| Prompt::enter(ISSUER, code, uri, complete, TIME).map(drop);
        let uri = "https://login.example.com/device";
        let long = "A".repeat(65);
        for code in ["", "A\u{1b}[2J", "A\nB", "A\u{202e}B", "A\u{9b}B", "\u{7f}", &long] {
            let error = enter(code, uri, None).unwrap_err();
            assert_eq!(error.fault(), Fault::Server);
            assert_eq!(
                error.to_string(),
                "the user code of https://login.example.com is not shown: it is not 1 to 64 visible characters"
            );
        }
        for unfit in ["javascript:alert(1)", "https://a.example/\u{1b}]0;x\u{7}", "http://a.example/device"] {
            assert_eq!(enter("A", unfit, None).unwrap_err().fault(), Fault::Server);
            let error = enter("A", uri, Some(unfit)).unwrap_err().to_string();
            assert!(error.starts_with("the verification page of https://login.example.com is not opened"));
            assert!(!error.contains(char::is_control), "{error:?}");
        }
        let issuer = "https://a\u{1b}[31m.example";
        for shown in [
            Prompt::open(issuer, page(), TIME).to_string(),
            Prompt::paste(issuer, page(), "https://a.example/\u{1b}", TIME).to_string(),
        ] {
            assert!(!shown.contains('\u{1b}'), "{shown:?}");
        }
    }
}

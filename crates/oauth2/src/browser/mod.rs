//! How a person signs in: in a browser of their own, whose answer comes back to this machine (RFC 8252) or by hand.

mod limit;
mod opener;
mod page;
mod paste;
mod prompt;
mod query;
mod receiver;
mod request;
mod waiting;

use std::{
    fmt,
    io::{self, BufRead},
    sync::Arc,
    time::Duration,
};

use authwright_core::{Error, Fault};
use secrecy::ExposeSecret;

pub use self::prompt::Prompt;
pub(crate) use self::waiting::{Shown, Waiting};
use self::{
    opener::Opener,
    paste::Input,
    receiver::{Host, Receiver},
    waiting::Answer,
};
use crate::registration::check_redirect_uri;

/// How long a person has, where nothing is said.
const TIME_LIMIT: Duration = Duration::from_secs(5 * 60);

/// Signing in through the browser of a person.
///
/// The page of the server is opened, always shown as well ([`Prompt`]), and never rendered in this program. The answer
/// comes to a port of this machine that is open for nobody else, and only until the answer is there.
///
/// | | opens a browser | the answer |
/// |---|---|---|
/// | `Browser::new()`, feature `browser` | the system's | comes by itself |
/// | [`opened_by`](Self::opened_by) | as you like | comes by itself |
/// | [`printed`](Self::printed) | a person, on this machine | comes by itself |
/// | [`pasted`](Self::pasted) | a person, anywhere | is pasted by the person |
///
/// # The redirect URI
///
/// It is `http://127.0.0.1:PORT/callback`, with a free port: register `http://127.0.0.1/callback`, of which a server must take
/// any port (RFC 8252 section 7.3). Where something else is registered:
///
/// ```
/// use authwright_oauth2::Browser;
///
/// // Registered: http://127.0.0.1/signed-in
/// let browser = Browser::printed().redirect_path("/signed-in");
/// // Registered: http://localhost:8400/, at a server that compares all of it
/// let browser = Browser::printed().localhost().port(8400).redirect_path("/");
/// // Registered: a page somewhere. The person brings back its address.
/// let browser = Browser::pasted().redirect_uri("https://app.example.com/signed-in");
/// ```
#[must_use]
pub struct Browser {
    way: Way,
    localhost: bool,
    port: Option<u16>,
    path: Option<String>,
    redirect_uri: Option<String>,
    input: Option<Input>,
    shown: Option<Shown>,
    time_limit: Duration,
}

enum Way {
    Opened(Opener),
    Printed,
    Pasted,
}

impl Browser {
    /// Opens the browser of the system, without a shell.
    ///
    /// On Linux and other Unixes that is what `$BROWSER` says, where it is set: commands separated by `:`, of which the
    /// first that starts is used, and in which `%s` stands for the URL. Whoever sets that variable is believed. Else it is
    /// the default browser of the desktop. On a machine without either, or over SSH, none opens, or one that nobody sees:
    /// the person then goes by what is shown. The crate that opens it logs the URL, at level `debug`.
    #[cfg(feature = "browser")]
    #[allow(clippy::new_without_default)] // A default would not say that it opens a browser.
    pub fn new() -> Self {
        Self::by(Way::Opened(opener::system()))
    }

    /// Opens a page in your way: it is handed the URL, which is http(s), percent-encoded, and without quotes, blanks or
    /// anything else that means something to a shell, but for `&`. Pass it on as one argument.
    ///
    /// It may take its time: it has a thread of its own. Where it fails, the person goes by what is shown.
    pub fn opened_by(open: impl Fn(&str) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self::by(Way::Opened(Arc::new(open)))
    }

    /// Opens nothing: the page is only shown, and the person opens it on this machine.
    pub fn printed() -> Self {
        Self::by(Way::Printed)
    }

    /// For machines that no browser can reach. The page is shown; the person opens it anywhere, and pastes the address that
    /// the browser goes to afterwards. Needs the [`redirect_uri`](Self::redirect_uri) that is registered.
    ///
    /// One line is read, from standard input. When time runs out before, the next line that is entered is still swallowed.
    pub fn pasted() -> Self {
        Self::by(Way::Pasted)
    }

    fn by(way: Way) -> Self {
        Self {
            way,
            localhost: false,
            port: None,
            path: None,
            redirect_uri: None,
            input: None,
            shown: None,
            time_limit: TIME_LIMIT,
        }
    }

    /// Listens on this port, for servers that want it to be the registered one. Otherwise, and with 0, on a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// The path of the redirect URI, exactly as registered; empty for `http://localhost`.
    pub fn redirect_path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Calls this machine `localhost` in the redirect URI, for servers that take no address. It listens where it did: on
    /// the loopback addresses.
    pub fn localhost(mut self) -> Self {
        self.localhost = true;
        self
    }

    /// The redirect URI of a sign-in that is [pasted](Self::pasted), exactly as registered.
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uri = Some(uri.into());
        self
    }

    /// How long the person has: 5 minutes by default.
    pub fn time_limit(mut self, time: Duration) -> Self {
        self.time_limit = time;
        self
    }

    /// Shows what there is to do in your own way, instead of on standard error.
    pub fn shown_by(mut self, show: impl Fn(&Prompt<'_>) + Send + Sync + 'static) -> Self {
        self.shown = Some(Box::new(show));
        self
    }

    /// Reads what is [pasted](Self::pasted) from here instead of standard input: one line.
    pub fn read_from(mut self, input: impl BufRead + Send + 'static) -> Self {
        self.input = Some(Input::Given(Box::new(input)));
        self
    }

    /// Opens what the answer comes in by. Its redirect URI is another one for each login by its port alone: many servers want
    /// the path to be as it is registered (RFC 8252 section 7.3).
    pub(crate) fn begin(self) -> Result<Waiting, Error> {
        let (redirect_uri, answer) = match (&self.way, &self.path) {
            (Way::Pasted, _) => {
                let uri = self.registered_uri()?;
                (uri, Answer::Pasted(self.input.unwrap_or(Input::Standard)))
            }
            _ if self.redirect_uri.is_some() || self.input.is_some() => {
                let message = "this sign-in listens for its answer, and .redirect_uri(..) and .read_from(..) are for \
                               Browser::pasted(); say .localhost(), .port(..) and .redirect_path(..) instead";
                return Err(Error::new(Fault::Caller, message));
            }
            (_, path) => {
                let path = path.clone().unwrap_or_else(|| "/callback".into());
                check_path(&path)?;
                let host = if self.localhost { Host::Localhost } else { Host::Address };
                let receiver = Receiver::bind(host, self.port.unwrap_or(0), path)?;
                (receiver.redirect_uri().to_owned(), Answer::Received(receiver))
            }
        };
        let opener = match self.way {
            Way::Opened(opener) => Some(opener),
            Way::Printed | Way::Pasted => None,
        };
        let (shown, time_limit) = (self.shown, self.time_limit);
        Ok(Waiting { redirect_uri, answer, opener, shown, time_limit, cancelled: Arc::default() })
    }

    /// That of a pasted sign-in.
    fn registered_uri(&self) -> Result<String, Error> {
        let caller = |message| Err(Error::new(Fault::Caller, message));
        if self.localhost || self.port.is_some() || self.path.is_some() {
            return caller(
                "a pasted sign-in listens nowhere: .localhost(), .port(..) and .redirect_path(..) say nothing to it; \
                 give the whole .redirect_uri(..)",
            );
        }
        match &self.redirect_uri {
            Some(uri) => check_redirect_uri(uri).map(|()| uri.clone()),
            None => caller(
                "a pasted sign-in needs its .redirect_uri(..): the one that is registered for this program with the server",
            ),
        }
    }
}

/// A path that arrives as it was sent: browsers resolve dot segments and encode some characters.
fn check_path(path: &str) -> Result<(), Error> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let is_dots = |segment| matches!(segment, "." | "..");
    if (path.is_empty() || path.starts_with('/'))
        && !path.contains("//")
        && path.bytes().all(is_plain)
        && !path.split('/').any(is_dots)
    {
        return Ok(());
    }
    let message = "the path of the redirect URI must be letters, digits and `-._~` between single slashes, like /callback, \
                   without `.` or `..`";
    Err(Error::new(Fault::Caller, message))
}

/// For fuzzing: the query in what was pasted after signing in with this redirect URI.
#[doc(hidden)]
pub fn fuzz_pasted(text: &str, redirect_uri: &str) -> Result<String, Error> {
    paste::parse(text, redirect_uri).map(|query| query.expose_secret().to_owned())
}

/// For fuzzing: the query of an answer to this path, if it is one.
#[doc(hidden)]
pub fn fuzz_request_head(bytes: &[u8], hosts: &[&str], path: &str) -> Option<String> {
    let place =
        request::Place { hosts: hosts.iter().map(ToString::to_string).collect(), path: path.to_owned() };
    let request::Heard::Head(head) = request::read(bytes) else { return None };
    match place.judge(&head) {
        request::Verdict::Callback(query, _) => Some(query.to_owned()),
        _ => None,
    }
}

/// Shows no redirect URI: its path may be a secret of this sign-in.
impl fmt::Debug for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = match self.way {
            Way::Opened(_) => "opened",
            Way::Printed => "printed",
            Way::Pasted => "pasted",
        };
        f.debug_struct("Browser")
            .field("way", &format_args!("{way}"))
            .field("port", &self.port.unwrap_or(0))
            .field("time_limit", &self.time_limit)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

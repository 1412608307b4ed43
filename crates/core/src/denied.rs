//! A 401 or 403 that remains, explained.

use std::{borrow::Cow, fmt, time::Duration};

use http::{HeaderMap, HeaderValue, StatusCode, header::RETRY_AFTER};

use crate::challenge::{self, Challenges, ParamValue};

/// The server refused, and this is what it refused: a credential that was sent, an identity it knows but does not
/// permit, or a request that carried nothing, and why.
///
/// The adapters' errors own it together with the response. What the server sent is shown escaped and shortened.
#[derive(Clone)]
pub struct Denied {
    pub(crate) status: StatusCode,
    pub(crate) origin: String,
    pub(crate) sent: Vec<String>,
    pub(crate) withheld: Vec<String>,
    /// What kept entries from answering what the server asks.
    pub(crate) unanswered: Vec<String>,
    /// The server has said that a nonce was too old, and so that the credential was right.
    pub(crate) stale: bool,
    pub(crate) stream_gone: bool,
    /// A renewed token was refused as well.
    pub(crate) renewed: bool,
    /// The `WWW-Authenticate` lines, read where somebody asks.
    pub(crate) lines: Vec<HeaderValue>,
}

impl Denied {
    /// 401 or 403.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// 403: the server knows who is asking and does not permit it (RFC 9110 section 15.5.4). The same credential will
    /// not do, now or later.
    pub fn is_forbidden(&self) -> bool {
        self.status == StatusCode::FORBIDDEN
    }

    /// Whether a credential of ours was on the request that was refused.
    pub fn was_attached(&self) -> bool {
        !self.sent.is_empty()
    }

    /// The origin that refused.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What the server offered in `WWW-Authenticate` (RFC 9110 section 11.6.1).
    pub fn challenges(&self) -> Challenges<'_> {
        Challenges::of_lines(&self.lines)
    }

    /// The scope the server asks for, where it said `insufficient_scope` (RFC 6750 section 3.1).
    pub fn required_scope(&self) -> Option<Cow<'_, str>> {
        challenge::required_scope(self.challenges()).map(ParamValue::text)
    }

    /// What another login would have to bring, where the server says that this one is too weak, too old or not wide enough:
    /// for whoever lets people sign in. `None`: signing in again would change nothing.
    pub fn step_up(&self) -> Option<StepUp> {
        let text = |value: ParamValue<'_>| value.text().into_owned();
        let scope = self.required_scope().map(Cow::into_owned);
        let login = challenge::stepped_up_login(self.challenges());
        if scope.is_none() && login.is_none() {
            return None;
        }
        let (acr_values, max_age) = login.unwrap_or_default();
        let max_age = max_age.and_then(ParamValue::number).map(Duration::from_secs);
        Some(StepUp { scope, acr_values: acr_values.map(text), max_age })
    }
}

/// What a server asks of another login: more scope (RFC 6750 section 3.1), or a stronger or newer one (RFC 9470 section 3).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StepUp {
    /// The scope that the request needs.
    pub scope: Option<String>,
    /// The authentication context classes that would do, separated by blanks.
    pub acr_values: Option<String>,
    /// How long ago the person may have signed in.
    pub max_age: Option<Duration>,
}

impl Denied {
    /// Where a server refuses one scheme and names others, the credential may be right and in the wrong form.
    fn says_what_it_asks_for(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sent: Vec<_> = self.sent.iter().filter_map(|label| schemes_of(label)).flatten().collect();
        if sent.is_empty() || self.challenges().any(|offered| sent.iter().any(|sent| offered.is(sent))) {
            return Ok(());
        }
        let mut names: Vec<String> = Vec::new();
        for challenge in self.challenges() {
            let name: String = challenge.scheme().chars().take(MOST_OF_A_NAME).collect();
            if names.len() < MOST_NAMES && !names.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
                names.push(name);
            }
        }
        if names.is_empty() {
            return Ok(());
        }
        write!(f, "; the server asks for {}", names.join(", "))?;
        if sent.contains(&&"Basic") && self.challenges().any(|offered| offered.is("Digest")) {
            f.write_str(": use Digest::new or Password::new (feature digest)")?;
        }
        Ok(())
    }
}

/// The names are the server's: a token each (RFC 9110 section 11.1), but of any length and number.
const MOST_OF_A_NAME: usize = 24;
const MOST_NAMES: usize = 8;

/// What a credential with this label goes out as; `None` where the label does not tell.
fn schemes_of(label: &str) -> Option<&'static [&'static str]> {
    match label.split_once(' ').map_or(label, |(what, _)| what) {
        "Basic" => Some(&["Basic"]),
        "Bearer" => Some(&["Bearer"]),
        "Digest" => Some(&["Digest"]),
        "DPoP" => Some(&["DPoP"]),
        "Password" => Some(&["Digest", "Basic"]),
        _ => None,
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} from {}: ", self.status.as_u16(), self.origin)?;
        if self.sent.is_empty() {
            return write!(f, "no credential was attached, because {}", Reasons(&self.withheld));
        }
        let (were, they, are) =
            if self.sent.len() == 1 { ("was", "it", "is") } else { ("were", "they", "are") };
        write!(f, "{} {were} sent", self.sent.join(" and "))?;
        if self.is_forbidden() {
            f.write_str(" and accepted, but does not permit this")?;
            if let Some(scope) = self.required_scope() {
                let scope: String = scope.chars().take(200).collect();
                write!(f, "; the server asks for scope `{}`", scope.escape_debug())?;
            }
        } else if let Some((acr_values, max_age)) = challenge::stepped_up_login(self.challenges()) {
            f.write_str(" and accepted, but the server asks for another login")?;
            if let Some(values) = acr_values {
                let values: String = values.text().chars().take(200).collect();
                write!(f, " of class `{}`", values.escape_debug())?;
            }
            if let Some(seconds) = max_age.and_then(ParamValue::number) {
                write!(f, ", at most {seconds} s ago")?;
            }
        } else {
            f.write_str(" and refused; ")?;
            if self.renewed {
                f.write_str("so was the one before it; ")?;
            }
            if self.stale {
                f.write_str("the server says that the nonce was too old")?;
            } else {
                write!(f, "check that {they} {are} correct and active")?;
            }
            self.unanswered.iter().try_for_each(|why| write!(f, "; {why}"))?;
            self.says_what_it_asks_for(f)?;
        }
        if self.stream_gone {
            f.write_str("; the body was a stream and is gone: send again with a fresh one")?;
        }
        Ok(())
    }
}

/// How long a server asks to wait (RFC 9110 section 10.2.3), where it says so in seconds. Its other form, a date, needs a
/// clock and is left to the caller.
#[doc(hidden)]
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

struct Reasons<'a>(&'a [String]);

impl fmt::Display for Reasons<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            f.write_str("this client's Auth is empty")
        } else {
            f.write_str(&self.0.join("; "))
        }
    }
}

impl fmt::Debug for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Denied")
            .field("message", &self.to_string())
            .field("challenges", &self.challenges())
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Denied {}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(sent: &[&str], lines: &[&str]) -> String {
        let denied = Denied {
            status: StatusCode::UNAUTHORIZED,
            origin: "https://nas.example.com".into(),
            sent: sent.iter().map(|label| (*label).to_owned()).collect(),
            withheld: Vec::new(),
            unanswered: Vec::new(),
            stale: false,
            stream_gone: false,
            renewed: false,
            lines: lines.iter().map(|line| HeaderValue::from_str(line).unwrap()).collect(),
        };
        let text = denied.to_string();
        let (_, end) = text.split_once("correct and active").unwrap();
        end.to_owned()
    }

    #[test]
    fn another_scheme_is_named_and_for_digest_what_to_write() {
        let (basic, bearer) = ("Basic (env NAS, #3f9a)", "Bearer (env NAS, #3f9a)");
        let digest = "Digest realm=\"r\", nonce=\"n\"";
        let hint = ": use Digest::new or Password::new (feature digest)";
        assert_eq!(refused(&[basic], &[digest]), format!("; the server asks for Digest{hint}"));
        assert_eq!(
            refused(&[basic], &["Negotiate", digest, digest]),
            format!("; the server asks for Negotiate, Digest{hint}")
        );
        assert_eq!(
            refused(&[bearer], &["Negotiate, Basic realm=\"r\""]),
            "; the server asks for Negotiate, Basic"
        );
        assert_eq!(refused(&[bearer], &[digest]), "; the server asks for Digest");
        assert_eq!(
            refused(&["Password (env NAS, #3f9a)"], &["Negotiate"]),
            "; the server asks for Negotiate"
        );
    }

    #[test]
    fn nothing_is_said_where_the_scheme_is_right_or_not_known() {
        let basic = "Basic (env NAS, #3f9a)";
        for lines in [&["Digest realm=\"r\", nonce=\"n\"", "BASIC realm=\"r\""][..], &[], &["="]] {
            assert_eq!(refused(&[basic], lines), "", "{lines:?}");
        }
        for label in ["header key `X-API-Key` (env NAS, #3f9a)", "Basically (mine)"] {
            assert_eq!(refused(&[label], &["Digest realm=\"r\", nonce=\"n\""]), "", "{label}");
        }
    }

    #[test]
    fn the_names_a_server_sends_do_not_fill_a_log() {
        let names: Vec<_> = (0..30).map(|i| format!("{i:02}{}", "x".repeat(400))).collect();
        let lines: Vec<_> = names.iter().map(String::as_str).collect();
        assert!(refused(&["Basic (env NAS, #3f9a)"], &lines).len() < 300);
    }
}

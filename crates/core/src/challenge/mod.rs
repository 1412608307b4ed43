//! What a server asks for: the challenges in its `WWW-Authenticate` field lines (RFC 9110 sections 11.2, 11.3 and
//! 11.6.1), or in those of a proxy.
//!
//! The grammar uses the comma twice, between challenges and between the parameters of one: only what follows a comma
//! tells which. So a reader cannot split first and parse later, and a damaged challenge has to be left at the next
//! comma, outside quotes, after which a scheme stands. Each line is read by itself.
//!
//! Nothing is read before it is asked for, and nothing is copied. [`Challenges`] reads a challenge once, to its end, when
//! the iteration reaches it, and keeps the bytes it has found good; [`Challenge::params`] goes over these again, and need
//! not doubt them. The time taken grows with the length of the lines, whatever stands in them.

mod digest;
mod lines;
mod params;
mod reader;
mod runs;
#[cfg(test)]
mod tests;
mod value;
mod views;

use std::{fmt, iter::FusedIterator};

use http::{HeaderMap, HeaderValue};

pub use self::{
    digest::{DigestAlgorithm, DigestChallenge, DigestHash, DigestQop},
    params::Params,
    value::ParamValue,
    views::{BasicChallenge, BearerChallenge, DpopChallenge},
};
use self::{
    lines::{Field, Lines},
    reader::Reader,
    value::{ascii, scheme_text},
};

const MAX_BYTES: usize = 16 * 1024;
const MAX_CHALLENGES: u8 = 32;

/// The challenges of a response, read as they are asked for, in the order in which they stand.
///
/// What is malformed is left out, with nothing but itself: so are a challenge that names a parameter twice, and one of
/// more than 64 parameters. An item that begins no challenge belongs to the challenge before it, so it spoils that one.
/// At most 32 challenges are read, and at most 16 KiB: the line that would exceed them and all after it are ignored,
/// since half a line could be read as something nobody wrote.
///
/// ```
/// use authwright_core::Challenges;
///
/// let line = "Negotiate, Digest realm=\"a, b\", nonce=\"x\", Basic realm=\"simple\"";
/// let schemes: Vec<_> = Challenges::parse(line).map(|challenge| challenge.scheme()).collect();
/// assert_eq!(schemes, ["Negotiate", "Digest", "Basic"]);
/// ```
#[derive(Clone)]
pub struct Challenges<'a> {
    lines: Lines<'a>,
    /// What is left of the line that is being read.
    line: Reader<'a>,
    bytes_left: usize,
    /// How many more challenges may come.
    most: u8,
}

impl<'a> Challenges<'a> {
    /// What the server asks for, in all its `WWW-Authenticate` lines (RFC 9110 section 11.6.1).
    pub fn of(headers: &'a HeaderMap) -> Self {
        Self::new(Lines::of(headers, Field::Server))
    }

    /// What a proxy asks for, in all its `Proxy-Authenticate` lines (RFC 9110 section 11.7.1).
    pub fn of_proxy(headers: &'a HeaderMap) -> Self {
        Self::new(Lines::of(headers, Field::Proxy))
    }

    /// What stands in one field line.
    pub fn parse(line: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::new(Lines::One(Some(line.as_ref())))
    }

    /// What stands in lines that were kept.
    pub(crate) fn of_lines(lines: &'a [HeaderValue]) -> Self {
        Self::new(Lines::Kept(lines.iter()))
    }

    fn new(lines: Lines<'a>) -> Self {
        Self { lines, line: Reader(&[]), bytes_left: MAX_BYTES, most: MAX_CHALLENGES }
    }

    /// Begins the next line that has anything in it.
    fn next_line(&mut self) -> Option<()> {
        while self.line.0.is_empty() {
            let line = self.lines.next()?;
            let Some(left) = self.bytes_left.checked_sub(line.len()) else {
                self.lines = Lines::One(None);
                return None;
            };
            self.bytes_left = left;
            self.line = Reader(line);
            self.line.skip_separators();
        }
        Some(())
    }
}

impl<'a> Iterator for Challenges<'a> {
    type Item = Challenge<'a>;

    fn next(&mut self) -> Option<Challenge<'a>> {
        while self.most > 0 {
            self.next_line()?;
            if let Some(challenge) = self.line.challenge() {
                self.most -= 1;
                return Some(challenge);
            }
            self.line.resynchronise();
        }
        None
    }
}

impl FusedIterator for Challenges<'_> {}

impl fmt::Debug for Challenges<'_> {
    /// The challenges that are still to come, as a list.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// One challenge: a scheme, with either parameters or a token68 (RFC 9110 section 11.3).
///
/// ```
/// use authwright_core::Challenges;
///
/// let challenge = Challenges::parse("bearer Realm=orders, error=\"invalid_token\"").next().unwrap();
/// assert!(challenge.is("Bearer"));
/// assert_eq!(challenge.param("realm").unwrap().text(), "orders");
/// assert!(challenge.bearer().unwrap().error.unwrap().is("invalid_token"));
/// ```
#[derive(Clone, Copy)]
pub struct Challenge<'a> {
    scheme: &'a [u8],
    body: Body<'a>,
}

/// What follows the scheme; the reader has seen that it is in order.
#[derive(Clone, Copy)]
enum Body<'a> {
    Token68(&'a [u8]),
    Params(&'a [u8]),
}

impl<'a> Challenge<'a> {
    /// The scheme as the server wrote it.
    pub fn scheme(&self) -> &'a str {
        scheme_text(self.scheme)
    }

    /// Whether this is the scheme of that name, in any case (RFC 9110 section 11.1).
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme.as_bytes())
    }

    /// The token68 that stands in the place of parameters.
    pub fn token68(&self) -> Option<&'a str> {
        match self.body {
            Body::Token68(token68) => Some(ascii(token68)),
            Body::Params(_) => None,
        }
    }

    /// The parameters, in the order in which they stand.
    pub fn params(&self) -> Params<'a> {
        match self.body {
            Body::Token68(_) => Params::of_checked(&[]),
            Body::Params(params) => Params::of_checked(params),
        }
    }

    /// The value of the parameter of that name, in any case (RFC 9110 section 11.2).
    pub fn param(&self, name: &str) -> Option<ParamValue<'a>> {
        self.params().get(name)
    }
}

/// Whether a challenge says that the token is good and the login behind it too weak or too old (RFC 9470 section 3).
pub(crate) fn wants_another_login(headers: &HeaderMap) -> bool {
    stepped_up_login(Challenges::of(headers)).is_some()
}

/// What it asks of the login: `acr_values` and `max_age`.
pub(crate) fn stepped_up_login(
    challenges: Challenges<'_>,
) -> Option<(Option<ParamValue<'_>>, Option<ParamValue<'_>>)> {
    challenges.filter(|challenge| challenge.is("Bearer") || challenge.is("DPoP")).find_map(|challenge| {
        let [error, acr_values, max_age] = challenge.params().pick(["error", "acr_values", "max_age"]);
        let error = error.filter(|error| *error.bytes() == *b"insufficient_user_authentication");
        error.map(|_| (acr_values, max_age))
    })
}

/// The scope a `Bearer` or `DPoP` challenge asks for because the token's own is too small (RFC 6750 section 3.1, RFC
/// 9449 section 7.1).
pub(crate) fn required_scope(challenges: Challenges<'_>) -> Option<ParamValue<'_>> {
    challenges.filter(|challenge| challenge.is("Bearer") || challenge.is("DPoP")).find_map(|challenge| {
        let [error, scope] = challenge.params().pick(["error", "scope"]);
        scope.filter(|_| error.is_some_and(|error| *error.bytes() == *b"insufficient_scope"))
    })
}

impl fmt::Display for Challenge<'_> {
    /// Shows what helps a person (`realm`, `error`, `scope`), escaped and shortened, so that a server can neither forge
    /// lines in a log nor fill it. Of other parameters only the name is shown: they may be nonces, URLs or free text that
    /// repeats a token. A token68 is not shown: it may be half of a handshake.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.scheme())?;
        if let Body::Token68(token68) = self.body {
            write!(f, " <{} bytes>", token68.len())?;
        }
        for (i, (name, value)) in self.params().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            let name = name.to_ascii_lowercase();
            if matches!(name.as_str(), "realm" | "error" | "scope") {
                let short: String = value.text().chars().take(200).collect();
                write!(f, "{comma} {name}=\"{}\"", short.escape_debug())?;
            } else {
                write!(f, "{comma} {name}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Challenge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Challenge({self})")
    }
}

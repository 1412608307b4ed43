//! A static credential ready for the wire: placing it is one insertion, whatever the length of the secret.

use std::{fmt, sync::Arc};

use http::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::rotating::Ready;
use crate::{Error, Hop, Scheme, Slot, Stamp, Step, fingerprint::Fingerprint, secret::Resolved};

/// How a placed credential is called in messages: ``query key `appid` (env NAME, #3f9a)``.
pub(super) struct Label {
    what: String,
    reference: String,
    fingerprint: Fingerprint,
}

impl Label {
    pub(super) fn new(what: impl Into<String>, secret: &Resolved) -> Self {
        Self { what: what.into(), reference: secret.reference.clone(), fingerprint: secret.fingerprint() }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {})", self.what, self.reference, self.fingerprint)
    }
}

/// How a value becomes what goes on a hop, and what that is called: for values that change.
pub(super) struct Mould {
    what: String,
    make: Box<Make>,
}

type Make = dyn Fn(&Resolved) -> Result<Form, Error> + Send + Sync;

impl Mould {
    pub(super) fn new(
        what: impl Into<String>,
        make: impl Fn(&Resolved) -> Result<Form, Error> + Send + Sync + 'static,
    ) -> Self {
        Self { what: what.into(), make: Box::new(make) }
    }

    pub(super) fn what(&self) -> &str {
        &self.what
    }

    pub(super) fn form(&self, value: &Resolved) -> Result<Form, Error> {
        (self.make)(value)
    }

    pub(super) fn ready(&self, value: &Resolved, stamp: Stamp) -> Result<Ready, Error> {
        Ok(Ready { stamp, form: self.form(value)?, label: Label::new(&*self.what, value) })
    }
}

/// A credential in the form in which it goes on a hop.
pub(super) enum Form {
    Header(HeaderName, HeaderValue),
    /// The name, and the pair percent-encoded.
    Query(Box<str>, SecretString),
    Cookie(Box<str>, HeaderValue),
}

impl Form {
    pub(super) fn slot(&self) -> Slot {
        match self {
            Self::Header(name, _) => Slot::Header(name.clone()),
            Self::Query(name, _) => Slot::Query(name.clone()),
            Self::Cookie(name, _) => Slot::Cookie(name.clone()),
        }
    }

    pub(super) fn put_on(&self, hop: &mut Hop<'_>) -> Result<(), Error> {
        match self {
            Self::Header(name, value) => hop.header_ready(name, value),
            Self::Query(name, pair) => {
                hop.query_encoded(name, pair.expose_secret());
                Ok(())
            }
            Self::Cookie(name, pair) => hop.cookie_ready(name, pair).map(|_| ()),
        }
    }

    /// A scheme that places it on every hop: one for each form, so that a hop asks nothing.
    pub(super) fn fixed(self, label: Label) -> Arc<dyn Scheme> {
        let slots = [self.slot()];
        match self {
            Self::Header(name, value) => Arc::new(PlacedHeader { name, value, slots, label }),
            Self::Query(name, pair) => Arc::new(PlacedQuery { name, pair, slots, label }),
            Self::Cookie(name, pair) => Arc::new(PlacedCookie { name, pair, slots, label }),
        }
    }
}

/// `text` goes into the header as it is.
pub(super) fn header_value(name: &HeaderName, text: &str, secret: &Resolved) -> Result<HeaderValue, Error> {
    ready(text).ok_or_else(|| {
        Error::unsendable(format!("{} has a character that header `{name}` cannot have", secret.subject))
    })
}

/// A header value to be shared by reference count.
pub(super) fn ready(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    // One made from a vector turns shared, with an allocation, when it is first cloned: do that here.
    drop(value.clone());
    Some(value)
}

/// A header field with its ready value.
struct PlacedHeader {
    name: HeaderName,
    value: HeaderValue,
    slots: [Slot; 1],
    label: Label,
}

impl Scheme for PlacedHeader {
    #[inline]
    fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error> {
        hop.header_ready(&self.name, &self.value)?;
        Ok(Step::Send)
    }

    fn listens(&self) -> bool {
        false
    }

    fn writes(&self) -> &[Slot] {
        &self.slots
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.label, f)
    }
}

impl fmt::Debug for PlacedHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.label)
    }
}

/// A query pair, percent-encoded once.
struct PlacedQuery {
    name: Box<str>,
    pair: SecretString,
    slots: [Slot; 1],
    label: Label,
}

impl Scheme for PlacedQuery {
    #[inline]
    fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error> {
        hop.query_encoded(&self.name, self.pair.expose_secret());
        Ok(Step::Send)
    }

    fn listens(&self) -> bool {
        false
    }

    fn writes(&self) -> &[Slot] {
        &self.slots
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.label, f)
    }
}

impl fmt::Debug for PlacedQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.label)
    }
}

/// A cookie pair, checked once.
struct PlacedCookie {
    name: Box<str>,
    pair: HeaderValue,
    slots: [Slot; 1],
    label: Label,
}

impl Scheme for PlacedCookie {
    fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error> {
        hop.cookie_ready(&self.name, &self.pair)?;
        Ok(Step::Send)
    }

    fn listens(&self) -> bool {
        false
    }

    fn writes(&self) -> &[Slot] {
        &self.slots
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.label, f)
    }
}

impl fmt::Debug for PlacedCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.label)
    }
}

/// Finds the first character a place cannot have and says where, never which.
pub(super) fn check_characters(
    secret: &Resolved,
    allowed: impl Fn(char) -> bool,
    place: &str,
) -> Result<(), Error> {
    let text = secret.expose();
    if text.is_empty() {
        return Err(Error::credential(format!("{} is empty; {place} needs a value", secret.subject)));
    }
    let Some((at, bad)) = text.char_indices().find(|(_, c)| !allowed(*c)) else { return Ok(()) };
    let kind = match bad {
        ' ' | '\t' => "a blank",
        '\n' | '\r' => "a line break",
        c if c.is_control() => "a control character",
        c if !c.is_ascii() => "a character outside ASCII",
        _ => "a character",
    };
    Err(Error::unsendable(format!("{} has {kind} at byte {at}, which {place} cannot have", secret.subject)))
}

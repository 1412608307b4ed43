//! A static credential ready for the wire: placing it is one insertion, whatever the length of the secret.

use std::fmt;

use http::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use crate::{Error, Hop, Scheme, Slot, Step, fingerprint::Fingerprint, secret::Resolved};

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

/// A header field with its ready value, shared by reference count.
pub(super) struct PlacedHeader {
    name: HeaderName,
    value: HeaderValue,
    slots: [Slot; 1],
    label: Label,
}

impl PlacedHeader {
    /// `text` goes into the header as it is.
    pub(super) fn new(name: HeaderName, text: &str, secret: &Resolved, label: Label) -> Result<Self, Error> {
        let Ok(mut value) = HeaderValue::from_str(text) else {
            return Err(Error::unsendable(format!(
                "{} has a character that header `{name}` cannot have",
                secret.subject
            )));
        };
        value.set_sensitive(true);
        // A header value made from a vector turns shared, with an allocation, when it is first cloned: do that here.
        drop(value.clone());
        Ok(Self { slots: [Slot::Header(name.clone())], name, value, label })
    }
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
pub(super) struct PlacedQuery {
    pub(super) name: Box<str>,
    pub(super) pair: SecretString,
    pub(super) slots: [Slot; 1],
    pub(super) label: Label,
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
pub(super) struct PlacedCookie {
    pub(super) name: Box<str>,
    pub(super) pair: HeaderValue,
    pub(super) slots: [Slot; 1],
    pub(super) label: Label,
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

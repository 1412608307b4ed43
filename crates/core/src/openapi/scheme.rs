//! A security scheme and what is given for it, as an entry of an `AuthConfig` (OpenAPI 3.1.1 section 4.8.27).

use super::{
    Credential, Error, Node,
    document::{Declared, error},
    flows,
    requirement::Chosen,
};
use crate::config::quoted;

pub(super) type Members = Vec<(String, Node)>;

/// What the document says of a scheme, and what is to be sent.
pub(super) struct Wanted<'a> {
    pub(super) scheme: Declared<'a>,
    pub(super) chosen: &'a Chosen<'a>,
    pub(super) given: Given<'a>,
    /// What relative URLs are relative to.
    pub(super) base: &'a str,
}

#[derive(Clone, Copy)]
pub(super) enum Given<'a> {
    /// One reference.
    Reference(&'a str),
    /// Members of an entry.
    Members(&'a [(String, Node)]),
}

impl<'a> Given<'a> {
    pub(super) fn of(name: &str, credential: &'a Credential) -> Result<Self, Error> {
        match &credential.0 {
            Node::Text(text) => Ok(Self::Reference(text)),
            Node::Table(members) => Ok(Self::Members(members)),
            other => {
                let what = other.is_a();
                Err(error(
                    name,
                    &format!("is given {what}; it must be a reference like env:NAME, or a table of members"),
                ))
            }
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Node> {
        match self {
            Self::Reference(_) => None,
            Self::Members(members) => members.iter().find(|(member, _)| member == name).map(|(_, node)| node),
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Of the origins of its own. Where they are malformed it is empty, and said where the entry is read.
    pub(super) fn first_origin(&self) -> Option<&'a str> {
        let first = match self.get("origins")? {
            Node::List(origins) => origins.first(),
            origin => Some(origin),
        };
        Some(match first {
            Some(Node::Text(origin)) => origin,
            _ => "",
        })
    }
}

impl Wanted<'_> {
    /// The entry but for its origins. What is given wins over what the document says.
    pub(super) fn entry(&self) -> Result<Members, Error> {
        let mut entry = self.said()?;
        if let Given::Members(members) = self.given {
            entry.retain(|(name, _)| !self.given.has(name));
            entry.extend(members.iter().cloned());
        }
        Ok(entry)
    }

    /// What the document says, and the one reference where it is just one.
    fn said(&self) -> Result<Members, Error> {
        let kind = self.scheme.text("type")?;
        if matches!(kind, "oauth2" | "openIdConnect") {
            return flows::said(self, kind);
        }
        // A type of the program's own: how a token is got that the document just calls a token.
        if self.given.has("type") {
            return Ok(Vec::new());
        }
        match kind {
            "apiKey" => self.api_key(),
            "http" => self.http(),
            _ => {
                let known = "apiKey, http, oauth2, openIdConnect and mutualTLS";
                Err(self.error(&format!("has the type {}; known are {known}", quoted(kind))))
            }
        }
    }

    fn api_key(&self) -> Result<Members, Error> {
        let (place, name) = (self.scheme.text("in")?, self.scheme.text("name")?);
        if !matches!(place, "header" | "query" | "cookie") {
            let what = format!("is in {}; a key can be in header, query or cookie", quoted(place));
            return Err(self.error(&what));
        }
        Ok(self.with_reference("key", vec![text("type", "api_key"), text(place, name)]))
    }

    fn http(&self) -> Result<Members, Error> {
        let scheme = self.scheme.text("scheme")?;
        // RFC 9110 section 11.1: without regard to case.
        match &*scheme.to_ascii_lowercase() {
            "bearer" => Ok(self.token()),
            known @ ("basic" | "digest") => {
                if matches!(self.given, Given::Reference(_)) {
                    let hint =
                        if known == "basic" { "; where the key is the user, password is \"\"" } else { "" };
                    let what = format!("is {known}, which takes two: give it user and password{hint}");
                    return Err(self.error(&what));
                }
                Ok(vec![text("type", known)])
            }
            _ => {
                let what = format!(
                    "is the http scheme {}; known are basic, bearer and digest. Give it a type of an AuthConfig, like \
                     type = \"api_key\" with header = \"Authorization\" and a prefix",
                    quoted(scheme)
                );
                Err(self.error(&what))
            }
        }
    }

    /// A token as it is.
    pub(super) fn token(&self) -> Members {
        self.with_reference("token", vec![text("type", "bearer")])
    }

    fn with_reference(&self, member: &str, mut members: Members) -> Members {
        if let Given::Reference(reference) = self.given {
            members.push(text(member, reference));
        }
        members
    }

    pub(super) fn error(&self, what: &str) -> Error {
        error(self.chosen.name, what)
    }
}

pub(super) fn text(name: &str, value: &str) -> (String, Node) {
    (name.to_owned(), Node::Text(value.to_owned()))
}

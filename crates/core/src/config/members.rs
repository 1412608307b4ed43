//! The members of an entry, asked for by name and by what they have to be.

use std::time::Duration;

use super::{
    Entry, Node,
    reference::{FORMS, Written},
    suggest::{listed, quoted},
};
use crate::{Error, Secret};

impl<'a> Entry<'a> {
    /// Text.
    ///
    /// # Errors
    /// It is not there, or is no text.
    pub fn text(&self, name: &'static str) -> Result<&'a str, Error> {
        self.optional_text(name)?.ok_or_else(|| self.missing(name, ""))
    }

    /// Text, where there is any.
    ///
    /// # Errors
    /// It is no text.
    pub fn optional_text(&self, name: &'static str) -> Result<Option<&'a str>, Error> {
        match self.ask(name) {
            None => Ok(None),
            Some(Node::Text(text)) => Ok(Some(text)),
            Some(other) => Err(self.not(name, other, "text")),
        }
    }

    /// A secret, which the document refers to. It is looked up here, so that the error of one that is missing has a place.
    ///
    /// # Errors
    /// It is not there, the document holds it itself, or what it refers to cannot be read.
    pub fn secret(&self, name: &'static str) -> Result<Secret, Error> {
        self.optional_secret(name)?.ok_or_else(|| self.missing(name, &format!("; write {FORMS}")))
    }

    /// A secret, where there is one.
    ///
    /// # Errors
    /// The document holds it itself, or what it refers to cannot be read.
    pub fn optional_secret(&self, name: &'static str) -> Result<Option<Secret>, Error> {
        self.ask(name).map(|node| self.secret_of(name, node)).transpose()
    }

    /// Text, or a reference to it: who somebody is, which is a secret for some and none for most.
    ///
    /// # Errors
    /// It is not there, is no text, or what it refers to cannot be read.
    pub fn text_or_secret(&self, name: &'static str) -> Result<Secret, Error> {
        let text = self.text(name)?;
        match Written::read(text) {
            Written::Literal => Ok(Secret::new(text)),
            _ => self.secret(name),
        }
    }

    /// True or false; false where nothing is said.
    ///
    /// # Errors
    /// It is something else.
    pub fn flag(&self, name: &'static str) -> Result<bool, Error> {
        match self.ask(name) {
            None => Ok(false),
            Some(Node::Flag(flag)) => Ok(*flag),
            Some(other) => Err(self.not(name, other, "true or false")),
        }
    }

    /// A time in whole seconds.
    ///
    /// # Errors
    /// It is something else, or negative.
    pub fn seconds(&self, name: &'static str) -> Result<Option<Duration>, Error> {
        match self.ask(name) {
            None => Ok(None),
            Some(Node::Integer(seconds)) => match u64::try_from(*seconds) {
                Ok(seconds) => Ok(Some(Duration::from_secs(seconds))),
                Err(_) => Err(self.error(name, "is negative; it must be a number of seconds")),
            },
            Some(other) => Err(self.not(name, other, "a whole number of seconds")),
        }
    }

    /// One of these words.
    ///
    /// # Errors
    /// It is something else.
    pub fn choice(&self, name: &'static str, words: &[&'static str]) -> Result<Option<&'static str>, Error> {
        let Some(text) = self.optional_text(name)? else { return Ok(None) };
        let found = words.iter().find(|word| **word == text).copied();
        found.map(Some).ok_or_else(|| {
            let words = listed(words.iter().copied());
            self.error(name, format!("is {}; it must be one of {words}", quoted(text)))
        })
    }

    /// Texts: one, or a list of them. None where nothing is said.
    ///
    /// # Errors
    /// It is something else, or has something else in it.
    pub fn list(&self, name: &'static str) -> Result<Vec<&'a str>, Error> {
        match self.ask(name) {
            None => Ok(Vec::new()),
            Some(Node::Text(text)) => Ok(vec![text]),
            Some(Node::List(items)) => {
                let texts = items.iter().enumerate().map(|(index, item)| match item {
                    Node::Text(text) => Ok(&**text),
                    other => Err(self.not(&format!("{name}[{index}]"), other, "text")),
                });
                texts.collect()
            }
            Some(other) => Err(self.not(name, other, "text, or a list of texts")),
        }
    }

    /// A table of texts.
    ///
    /// # Errors
    /// It is something else, or has something else in it.
    pub fn texts(&self, name: &'static str) -> Result<Vec<(&'a str, &'a str)>, Error> {
        self.table(name, |place, node| match node {
            Node::Text(text) => Ok(&**text),
            other => Err(self.not(place, other, "text")),
        })
    }

    /// A table of secrets, each a reference.
    ///
    /// # Errors
    /// It is something else, the document holds one itself, or what it refers to cannot be read.
    pub fn secrets(&self, name: &'static str) -> Result<Vec<(&'a str, Secret)>, Error> {
        self.table(name, |place, node| self.secret_of(place, node))
    }

    fn table<T>(
        &self,
        name: &'static str,
        read: impl Fn(&str, &'a Node) -> Result<T, Error>,
    ) -> Result<Vec<(&'a str, T)>, Error> {
        let members = match self.ask(name) {
            None => return Ok(Vec::new()),
            Some(Node::Table(members)) => members,
            Some(other) => return Err(self.not(name, other, "a table")),
        };
        let mut found: Vec<(&str, T)> = Vec::with_capacity(members.len());
        for (member, node) in members {
            let shown = quoted(member);
            let place = format!("{name}.{}", shown.trim_matches('"'));
            if found.iter().any(|(other, _)| other == member) {
                return Err(self.error(&place, "is there twice"));
            }
            found.push((member, read(&place, node)?));
        }
        Ok(found)
    }

    fn secret_of(&self, name: &str, node: &Node) -> Result<Secret, Error> {
        let Node::Text(text) = node else {
            return Err(match node {
                Node::Null | Node::List(_) | Node::Table(_) => {
                    self.not(name, node, "a reference: env:NAME or file:PATH")
                }
                _ => self.literal(name),
            });
        };
        let secret = match Written::read(text) {
            Written::Reference(secret) => secret,
            Written::Wrong(why) => return Err(self.error(name, why)),
            Written::Literal if self.config.literal_secrets && !text.is_empty() => {
                return Ok(Secret::new(&**text));
            }
            Written::Literal if text.is_empty() => {
                return Err(self.error(name, format!("is empty; write {FORMS}")));
            }
            Written::Literal => return Err(self.literal(name)),
        };
        // Looked up for its error. What is handed on is the reference: a file may be read again later.
        match secret.clone().optional() {
            Ok(Some(_)) => Ok(secret),
            found => {
                let error = found.err().unwrap_or_else(|| secret.missing());
                Err(error.because(&format_args!("{}.{name}", self.place)))
            }
        }
    }

    fn literal(&self, name: &str) -> Error {
        self.error(name, format!("holds a literal secret; write {FORMS}"))
    }

    pub(super) fn not(&self, name: &str, node: &Node, wanted: &str) -> Error {
        let hint = if *node == Node::Null { "; leave it out, or give it a value" } else { "" };
        match hint {
            "" => self.error(name, format!("is {}; it must be {wanted}", node.is_a())),
            hint => self.error(name, format!("is null{hint}")),
        }
    }
}

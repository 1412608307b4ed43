//! The members of an entry, asked for by name and by what they have to be.

use std::{borrow::Cow, collections::HashSet, time::Duration};

use super::{
    Entry, Node,
    reference::{FORMS, Written},
    suggest::{listed, quoted, shown},
};
use crate::{Error, Secret, tokens::is_secret_name};

/// Of a reference that leads nowhere, and could be a secret that was written behind `env:` or `file:`.
const NOT_SHOWN: &str = "leads nowhere: what follows the colon is not set, or no file that can be read. It is not shown, since it could be \
                         the secret itself";

impl<'a> Entry<'a> {
    /// Text. A reference in its place is an error, since it would be used as it stands there.
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
        self.ask(name).map(|node| self.text_of(name, node)).transpose()
    }

    /// Text, or what a reference leads to, which is then shown in messages: who a program is, and that differs from place to place.
    ///
    /// # Errors
    /// It is not there, is no text, or what it refers to cannot be read.
    pub fn text_or_reference(&self, name: &'static str) -> Result<Cow<'a, str>, Error> {
        match self.ask(name) {
            Some(node @ Node::Text(text)) if !matches!(Written::read(text), Written::Literal) => {
                Ok(Cow::Owned(self.secret_of(name, node)?.read()?.to_string()))
            }
            _ => self.text(name).map(Cow::Borrowed),
        }
    }

    fn text_of(&self, name: &str, node: &'a Node) -> Result<&'a str, Error> {
        match node {
            Node::Text(text) if matches!(Written::read(text), Written::Literal) => Ok(text),
            Node::Text(_) => {
                Err(self.error(name, "is a reference, which only a secret can be; write the text itself"))
            }
            other => Err(self.not(name, other, "text")),
        }
    }

    /// Text as it stands there.
    pub(super) fn word(&self, name: &'static str) -> Result<Option<&'a str>, Error> {
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

    /// A secret that is looked up again whenever it is needed, as something else writes a new one now and then: the statement of a
    /// platform about its workload.
    ///
    /// # Errors
    /// As for [`secret`](Self::secret).
    pub fn changing_secret(&self, name: &'static str) -> Result<Secret, Error> {
        let found = self.secret(name)?;
        match self.word(name)?.map(Written::read) {
            Some(Written::Reference(secret) | Written::Doubtful(secret)) => Ok(secret),
            _ => Ok(found),
        }
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
        match self.ask(name) {
            None => Err(self.missing(name, "")),
            Some(Node::Text(text)) if matches!(Written::read(text), Written::Literal) => {
                Ok(Secret::new(&**text))
            }
            Some(node @ Node::Text(_)) => self.secret_of(name, node),
            Some(other) => Err(self.not(name, other, "text")),
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
        let Some(text) = self.word(name)? else { return Ok(None) };
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
        self.items(name, |place, node| self.text_of(place, node))
    }

    /// Texts as they stand there, also where they are like references and can hardly be one: scopes such as `file:read`.
    ///
    /// # Errors
    /// As for [`list`](Self::list).
    pub fn words(&self, name: &'static str) -> Result<Vec<&'a str>, Error> {
        self.items(name, |place, node| match node {
            Node::Text(text) if !matches!(Written::read(text), Written::Reference(_)) => Ok(&**text),
            other => self.text_of(place, other),
        })
    }

    fn items<T>(
        &self,
        name: &'static str,
        read: impl Fn(&str, &'a Node) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        match self.ask(name) {
            None => Ok(Vec::new()),
            Some(text @ Node::Text(_)) => Ok(vec![read(name, text)?]),
            Some(Node::List(items)) => items
                .iter()
                .enumerate()
                .map(|(index, item)| read(&format!("{name}[{index}]"), item))
                .collect(),
            Some(other) => Err(self.not(name, other, "text, or a list of texts")),
        }
    }

    /// A table of texts. They are shown in messages, so that one whose name is a secret's is an error.
    ///
    /// # Errors
    /// It is something else, or has something else in it.
    pub fn texts(&self, name: &'static str) -> Result<Vec<(&'a str, &'a str)>, Error> {
        self.texts_besides(name, "texts are shown in messages")
    }

    /// The same, where secrets have another place.
    pub(super) fn texts_besides(
        &self,
        name: &'static str,
        hint: &str,
    ) -> Result<Vec<(&'a str, &'a str)>, Error> {
        self.table(name, |place, member, node| {
            if is_secret_name(member) {
                return Err(self.error(place, format!("looks like a secret; {hint}")));
            }
            self.text_of(place, node)
        })
    }

    /// A table of secrets, each a reference.
    ///
    /// # Errors
    /// It is something else, the document holds one itself, or what it refers to cannot be read.
    pub fn secrets(&self, name: &'static str) -> Result<Vec<(&'a str, Secret)>, Error> {
        self.table(name, |place, _, node| self.secret_of(place, node))
    }

    fn table<T>(
        &self,
        name: &'static str,
        read: impl Fn(&str, &'a str, &'a Node) -> Result<T, Error>,
    ) -> Result<Vec<(&'a str, T)>, Error> {
        let members = match self.ask(name) {
            None => return Ok(Vec::new()),
            Some(Node::Table(members)) => members,
            Some(other) => return Err(self.not(name, other, "a table")),
        };
        let (mut found, mut names) = (Vec::with_capacity(members.len()), HashSet::<&str>::new());
        for (member, node) in members {
            let place = format!("{name}.{}", shown(member));
            if !names.insert(member) {
                return Err(self.error(&place, "is there twice"));
            }
            found.push((&**member, read(&place, member, node)?));
        }
        Ok(found)
    }

    fn secret_of(&self, name: &str, node: &Node) -> Result<Secret, Error> {
        let Node::Text(text) = node else {
            return Err(match node {
                Node::Null | Node::List(_) | Node::Table(_) => {
                    self.not(name, node, "a reference: env:NAME or file:PATH")
                }
                _ if self.config.literal_secrets => self.not(name, node, "text: write it in quotes"),
                _ => self.literal(name),
            });
        };
        let (secret, is_shown) = match Written::read(text) {
            Written::Reference(secret) => (secret, true),
            Written::Doubtful(secret) => (secret, false),
            Written::Wrong(why) => return Err(self.error(name, why)),
            Written::Literal if self.config.literal_secrets && !text.is_empty() => {
                return Ok(Secret::new(&**text));
            }
            Written::Literal if text.is_empty() => {
                return Err(self.error(name, format!("is empty; write {FORMS}")));
            }
            Written::Literal => return Err(self.literal(name)),
        };
        let missing = secret.missing();
        match secret.optional() {
            Ok(Some(found)) => Ok(found),
            Ok(None) if is_shown => Err(missing.because(&format_args!("{}.{name}", self.place))),
            Err(error) if is_shown => Err(error.because(&format_args!("{}.{name}", self.place))),
            _ => Err(self.error(name, NOT_SHOWN)),
        }
    }

    fn literal(&self, name: &str) -> Error {
        self.error(name, format!("holds a literal secret; write {FORMS}"))
    }

    fn not(&self, name: &str, node: &Node, wanted: &str) -> Error {
        match node {
            Node::Null => self.error(name, "is null; leave it out, or give it a value"),
            other => self.error(name, format!("is {}; it must be {wanted}", other.is_a())),
        }
    }
}

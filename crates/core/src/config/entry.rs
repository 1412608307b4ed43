//! One entry of a document: what a scheme is made of, and where it says so.

use std::{cell::RefCell, fmt, sync::Arc};

use super::{
    AuthConfig, Made, Node, Schemes, kinds,
    suggest::{did_you_mean, listed, quoted},
};
use crate::{Auth, Error, Origin, TokenStore};

/// One entry of an [`AuthConfig`]: for a function that makes schemes of it.
///
/// Each member is asked for by name, as what it has to be. What is asked for and is not there, or is something else, is an error with
/// its place; and a member that nobody has asked for is a misspelling, which is said too.
pub struct Entry<'a> {
    /// `auth[2]`.
    pub(super) place: String,
    pub(super) kind: &'a str,
    pub(super) members: &'a [(String, Node)],
    origins: Vec<Origin>,
    /// How messages name the first of them.
    first: String,
    pub(super) config: &'a AuthConfig,
    asked: RefCell<Vec<&'static str>>,
    known: RefCell<Vec<&'static str>>,
}

impl<'a> Entry<'a> {
    pub(super) fn read(index: usize, table: &'a Node, config: &'a AuthConfig) -> Result<Self, Error> {
        let place = config.place(index);
        let Node::Table(members) = table else {
            let message =
                format!("{place} is {}; it must be a table with \"origins\" and \"type\"", table.is_a());
            return Err(Error::caller(message));
        };
        for (index, (name, _)) in members.iter().enumerate() {
            if members[..index].iter().any(|(other, _)| other == name) {
                return Err(Error::caller(format!("{place} has {} twice", quoted(name))));
            }
        }
        let mut entry = Self {
            place,
            kind: "",
            members,
            origins: Vec::new(),
            first: String::new(),
            config,
            asked: RefCell::default(),
            known: RefCell::default(),
        };
        entry.read_origins()?;
        entry.kind = entry.text("type")?;
        Ok(entry)
    }

    fn read_origins(&mut self) -> Result<(), Error> {
        let plain_http = self.flag("danger_plain_http")?;
        let texts = self.list("origins")?;
        if texts.is_empty() {
            return Err(self.wrong("origins", "is empty; name at least one, like https://api.example.com"));
        }
        for (index, text) in texts.iter().enumerate() {
            let place = match self.get("origins") {
                Some(Node::List(_)) => format!("{}.origins[{index}]", self.place),
                _ => format!("{}.origins", self.place),
            };
            let origin = Origin::danger_plain_http(text);
            let area = origin.clone().into_area().map_err(|error| error.because(&place))?;
            if !plain_http && Origin::new(text).into_area().is_err() {
                return Err(Error::caller(format!(
                    "{place}: {area} is plain http: the credential could be read on the way; use https, or write \
                     danger_plain_http = true if you accept that"
                )));
            }
            if index == 0 {
                self.first = area.to_string();
            }
            self.origins.push(origin);
        }
        Ok(())
    }

    pub(super) fn add_to(&self, auth: Auth, schemes: &[Schemes]) -> Result<Auth, Error> {
        let made: Made = kinds::make(self).or_else(|| schemes.iter().find_map(|make| make(self)));
        let scheme = made.unwrap_or_else(|| Err(self.unknown_type())).map_err(|error| self.here(error))?;
        self.check_members()?;
        auth.and(self.origins.clone(), scheme).map_err(|error| self.here(error))
    }

    /// Whether it is of this type. Said before anything is asked of the entry.
    pub fn is(&self, kind: &'static str) -> bool {
        self.known.borrow_mut().push(kind);
        self.kind == kind
    }

    /// The type, as the document has it.
    pub fn kind(&self) -> &str {
        self.kind
    }

    /// Where the program keeps tokens, if it [said so](AuthConfig::store).
    pub fn store(&self) -> Option<Arc<dyn TokenStore>> {
        self.config.store.clone()
    }

    /// An error about a member: `auth[2].url: what is wrong`. No secret, please.
    pub fn error(&self, name: &str, what: impl fmt::Display) -> Error {
        Error::caller(format!("{}.{name}: {what}", self.place))
    }

    /// The member, noted as one that this type has.
    pub(super) fn ask(&self, name: &'static str) -> Option<&'a Node> {
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&name) {
            asked.push(name);
        }
        self.get(name)
    }

    fn get(&self, name: &str) -> Option<&'a Node> {
        self.members.iter().find(|(member, _)| member == name).map(|(_, node)| node)
    }

    /// Something that has to be there is not, be it for a misspelling.
    pub(super) fn missing(&self, name: &'static str, write: &str) -> Error {
        let asked = self.asked.borrow();
        let others = self.members.iter().map(|(other, _)| &**other).filter(|other| !asked.contains(other));
        let misspelt =
            others.filter_map(|other| did_you_mean(other, [name].into_iter()).map(|near| (other, near)));
        match misspelt.last() {
            Some((other, near)) => self.unknown_member(other, &near),
            None => Error::caller(format!("{}.{name} is missing{write}", self.place)),
        }
    }

    /// Nothing that is there may stay unread: it would be somebody's wish.
    fn check_members(&self) -> Result<(), Error> {
        let asked = self.asked.borrow();
        let Some((name, _)) = self.members.iter().find(|(name, _)| !asked.contains(&&**name)) else {
            return Ok(());
        };
        let near = did_you_mean(name, asked.iter().copied());
        let has = || {
            format!("; {} has {}", self.kind, listed(asked.iter().copied().filter(|name| *name != "type")))
        };
        Err(self.unknown_member(name, &near.unwrap_or_else(has)))
    }

    fn unknown_member(&self, name: &str, hint: &str) -> Error {
        Error::caller(format!("{} has an unknown member {}{hint}", self.place, quoted(name)))
    }

    fn unknown_type(&self) -> Error {
        let kind = quoted(self.kind);
        if let Some(needs) = kinds::elsewhere(self.kind) {
            return Error::caller(format!("the type {kind} needs {needs}"));
        }
        let mut known = self.known.borrow().clone();
        known.sort_unstable();
        let near = did_you_mean(self.kind, known.iter().copied().chain(kinds::names_elsewhere()));
        let hint = near.unwrap_or_else(|| format!("; known are {}", listed(known.into_iter())));
        Error::caller(format!("unknown type {kind}{hint}"))
    }

    /// Where an error does not say it, the entry.
    fn here(&self, error: Error) -> Error {
        if error.to_string().starts_with(&self.place) {
            return error;
        }
        error.because(&format_args!("{} ({})", self.place, self.first))
    }
}

/// Shows its place, its type and its first origin.
impl fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.place, self.first, quoted(self.kind))
    }
}

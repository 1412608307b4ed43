//! One entry of a document: what a scheme is made of, and where it says so.

use std::{cell::RefCell, collections::HashSet, fmt, sync::Arc};

use super::{
    AuthConfig, Made, Make, Node, Schemes, make,
    suggest::{did_you_mean, is_drawn_out, is_near, listed, quoted},
};
use crate::{Auth, Error, Origin, TokenStore};

/// One entry of an [`AuthConfig`]: for a function that makes schemes of it.
///
/// Each member is asked for by name, as what it has to be. What is asked for and is not there, or is something else, is an error with
/// its place; and a member that nobody has asked for is a misspelling, which is said too.
pub struct Entry<'a> {
    /// `auth[2]`.
    pub(super) place: String,
    kind: &'a str,
    members: &'a [(String, Node)],
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
        let mut names = HashSet::new();
        if let Some((name, _)) = members.iter().find(|(name, _)| !names.insert(name)) {
            return Err(Error::caller(format!("{place} has {} twice", quoted(name))));
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
        entry.kind = entry.word("type")?.ok_or_else(|| entry.missing("type", ""))?;
        Ok(entry)
    }

    fn read_origins(&mut self) -> Result<(), Error> {
        let plain_http = self.flag("danger_plain_http")?;
        let texts = self.list("origins")?;
        if texts.is_empty() {
            const WRITE: &str = "; name at least one, like https://api.example.com";
            return Err(match self.get("origins") {
                Some(_) => self.error("origins", format!("is empty{WRITE}")),
                None => self.missing("origins", WRITE),
            });
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
        let common = self.asked.borrow().len();
        let made: Made = make::make(self).or_else(|| {
            schemes.iter().find_map(|make| {
                // What a function asks about an entry that is not its own says nothing of the members of that one.
                self.asked.borrow_mut().truncate(common);
                make(self)
            })
        });
        let scheme = made.unwrap_or_else(|| Err(self.unknown_type())).map_err(|error| self.here(error))?;
        self.check_members()?;
        auth.and(self.origins.clone(), scheme).map_err(|error| self.here(error))
    }

    /// Whether it is of this type. Said before anything is asked of the entry.
    pub fn is(&self, kind: &'static str) -> bool {
        self.known.borrow_mut().push(kind);
        self.kind == kind
    }

    /// Makes it by whichever of these types it is. Each is asked for, so that a misspelling finds its neighbour.
    pub fn made_by(&self, types: &[(&'static str, Make)]) -> Made {
        let mut found = types.iter().filter(|(name, _)| self.is(name)).collect::<Vec<_>>();
        found.pop().map(|(_, make)| make(self))
    }

    /// How messages name it: `auth[2]`, or `securitySchemes.app` where it comes from an OpenAPI document.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The type, as the document has it.
    pub fn kind(&self) -> &str {
        self.kind
    }

    /// Where the program keeps tokens, if it [said so](AuthConfig::store).
    pub fn store(&self) -> Option<Arc<dyn TokenStore>> {
        self.config.store.clone()
    }

    /// An error about a member, as a sentence about it: `auth[2].url` and `is no URL; write it like ..`. No secret, please.
    pub fn error(&self, name: &str, what: impl fmt::Display) -> Error {
        Error::caller(format!("{}.{name} {what}", self.place))
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
        // A neighbour of its own, such as `subject_token_type`, is no misspelling: what counts is how many letters are wrong.
        let mut misspelt = others.filter(|other| is_near(other, name) || is_drawn_out(other, name));
        match misspelt.next() {
            Some(other) => self.unknown_member(other, &format!(", did you mean \"{name}\"?")),
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
        let own =
            || asked.iter().copied().filter(|name| !["origins", "type", "danger_plain_http"].contains(name));
        let has = || format!("; {} has {}", self.kind, listed(own()));
        Err(self.unknown_member(name, &near.unwrap_or_else(has)))
    }

    fn unknown_member(&self, name: &str, hint: &str) -> Error {
        Error::caller(format!("{} has an unknown member {}{hint}", self.place, quoted(name)))
    }

    fn unknown_type(&self) -> Error {
        let kind = quoted(self.kind);
        if let Some(needs) = make::elsewhere(self.kind) {
            return Error::caller(format!("the type {kind} needs {needs}"));
        }
        let mut known = self.known.borrow().clone();
        known.sort_unstable();
        let near = did_you_mean(self.kind, known.iter().copied().chain(make::names_elsewhere()));
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

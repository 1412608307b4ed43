//! What is read of an OpenAPI document, and how its parts are found in there.

use std::collections::{BTreeMap, BTreeSet};

use super::{Alternative, Error};
use crate::config::{Keep, Node, all, quoted, shown};

/// The members of a document that are about security and servers.
pub(super) const SECURITY_PART: Keep = Keep(|name| match name {
    "openapi" | "swagger" | "security" => Some(Keep(all)),
    "servers" => Some(Keep(|name| matches!(name, "url" | "variables").then_some(Keep(all)))),
    "components" => Some(Keep(|name| match name {
        "securitySchemes" => Some(Keep(all)),
        "pathItems" => Some(PATHS),
        _ => None,
    })),
    "paths" => Some(PATHS),
    _ => None,
});

const PATHS: Keep = Keep(|_| Some(PATH_ITEM));
const PATH_ITEM: Keep = Keep(|name| METHODS.contains(&name).then_some(OPERATION));
const OPERATION: Keep = Keep(|name| (name == "security").then_some(Keep(all)));
const METHODS: [&str; 9] = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"];

/// So many references lead from one to the next, at most.
const REFERENCES: usize = 16;

/// A document that is one of OpenAPI 3.
pub(super) struct Document<'a> {
    members: &'a [(String, Node)],
    schemes: BTreeMap<&'a str, &'a Node>,
}

/// A security scheme as the document declares it.
#[derive(Clone, Copy)]
pub(super) struct Declared<'a> {
    pub(super) name: &'a str,
    members: &'a [(String, Node)],
}

impl<'a> Document<'a> {
    pub(super) fn of(node: &'a Node) -> Result<Self, Error> {
        let Node::Table(members) = node else {
            let what = node.is_a();
            return Err(Error::caller(format!("the document is {what}; it must be an OpenAPI document")));
        };
        if get(members, "swagger")?.is_some() {
            return Err(Error::caller("this is a Swagger 2.0 document; convert it to OpenAPI 3"));
        }
        match get(members, "openapi")? {
            Some(Node::Text(version)) if version.starts_with("3.") => {}
            Some(Node::Text(version)) => {
                let version = quoted(version);
                return Err(Error::caller(format!("openapi is {version}; it must be a version 3")));
            }
            // As YAML has it without quotes: `3.1`.
            Some(Node::Float(version)) if (3.0..4.0).contains(version) => {}
            Some(other) => {
                return Err(Error::caller(format!("openapi is {}; it must be text", other.is_a())));
            }
            None => return Err(Error::caller("this is no OpenAPI document: it has no member \"openapi\"")),
        }
        let components = table(members, "components", "components")?.unwrap_or_default();
        let declared = table(components, "securitySchemes", "components.securitySchemes")?;
        let mut schemes = BTreeMap::new();
        for (name, scheme) in declared.unwrap_or_default() {
            if schemes.insert(&**name, scheme).is_some() {
                return Err(error(name, "is there twice"));
            }
        }
        Ok(Self { members, schemes })
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.schemes.keys().copied()
    }

    /// The scheme of this name, where references lead.
    pub(super) fn scheme(&self, name: &'a str) -> Result<Option<Declared<'a>>, Error> {
        let mut at = name;
        for _ in 0..REFERENCES {
            let members = match self.schemes.get(at) {
                None if at == name => return Ok(None),
                None => return Err(error(name, "refers to a scheme that is not there")),
                Some(Node::Table(members)) => members,
                Some(other) => {
                    return Err(error(name, &format!("is {}; it must be a table", other.is_a())));
                }
            };
            let Some(reference) = get(members, "$ref")? else {
                return Ok(Some(Declared { name, members }));
            };
            let here = match reference {
                Node::Text(text) => text.strip_prefix("#/components/securitySchemes/"),
                _ => None,
            };
            // RFC 6901 section 4, for what a name can have (OpenAPI: letters, digits, `.`, `-` and `_`).
            let Some(next) = here.filter(|next| !next.contains(['~', '%', '/'])) else {
                return Err(error(
                    name,
                    "refers to another document, or to no security scheme; bundle it first",
                ));
            };
            at = next;
        }
        Err(error(name, "refers to itself"))
    }

    /// Whether this scheme is in the connection and not in a request. One that is malformed is not, for now.
    pub(super) fn is_certificate(&self, name: &'a str) -> bool {
        let scheme = self.scheme(name).ok().flatten();
        scheme.is_some_and(|scheme| matches!(scheme.text("type"), Ok("mutualTLS")))
    }

    /// The alternatives of the document, where it has any.
    pub(super) fn security(&self) -> Result<Option<Vec<Alternative<'a>>>, Error> {
        get(self.members, "security")?.map(|node| alternatives(node, "security")).transpose()
    }

    /// Those of the operations that have their own, each list once.
    pub(super) fn operations(&self) -> Result<Vec<Vec<Alternative<'a>>>, Error> {
        let components = table(self.members, "components", "components")?.unwrap_or_default();
        let items =
            [table(self.members, "paths", "paths")?, table(components, "pathItems", "components.pathItems")?];
        let (mut known, mut lists) = (BTreeSet::new(), Vec::new());
        for (_, item) in items.into_iter().flatten().flatten() {
            let Node::Table(operations) = item else { continue };
            for (_, operation) in operations {
                let Node::Table(members) = operation else { continue };
                let Some(node) = get(members, "security")? else { continue };
                let list = alternatives(node, "security of an operation")?;
                if known.insert(list.clone()) {
                    lists.push(list);
                }
            }
        }
        Ok(lists)
    }

    /// The server objects; none where it names none, or an empty list.
    pub(super) fn servers(&self) -> Result<&'a [Node], Error> {
        match get(self.members, "servers")? {
            None => Ok(&[]),
            Some(Node::List(servers)) => Ok(servers),
            Some(other) => Err(Error::caller(format!("servers is {}; it must be a list", other.is_a()))),
        }
    }
}

impl<'a> Declared<'a> {
    pub(super) fn text(&self, name: &str) -> Result<&'a str, Error> {
        self.optional_text(name)?.ok_or_else(|| error(self.name, &format!("has no {name}")))
    }

    pub(super) fn optional_text(&self, name: &str) -> Result<Option<&'a str>, Error> {
        match get(self.members, name)? {
            None => Ok(None),
            Some(Node::Text(text)) => Ok(Some(text)),
            Some(other) => {
                let what = other.is_a();
                Err(error(self.name, &format!("has a {name} that is {what}; it must be text")))
            }
        }
    }

    /// A table of its own, read as a scheme is.
    pub(super) fn below(&self, name: &str) -> Result<Option<Self>, Error> {
        match get(self.members, name)? {
            None => Ok(None),
            Some(Node::Table(members)) => Ok(Some(Self { name: self.name, members })),
            Some(other) => {
                let what = other.is_a();
                Err(error(self.name, &format!("has a {name} that is {what}; it must be a table")))
            }
        }
    }
}

/// An error about a scheme: `securitySchemes.api_key` and a sentence about it.
pub(super) fn error(name: &str, what: &str) -> Error {
    Error::caller(format!("{} {what}", place(name)))
}

/// What messages call a scheme.
pub(super) fn place(name: &str) -> String {
    format!("securitySchemes.{}", shown(name))
}

/// The member of this name. Twice is once too often: two readers would take two different ones.
pub(super) fn get<'a>(members: &'a [(String, Node)], name: &str) -> Result<Option<&'a Node>, Error> {
    let mut found = members.iter().filter(|(other, _)| other == name).map(|(_, node)| node);
    match (found.next(), found.next()) {
        (node, None) => Ok(node),
        _ => Err(Error::caller(format!("the document has {} twice in one place", quoted(name)))),
    }
}

pub(super) fn table<'a>(
    members: &'a [(String, Node)],
    name: &str,
    place: &str,
) -> Result<Option<&'a [(String, Node)]>, Error> {
    match get(members, name)? {
        None | Some(Node::Null) => Ok(None),
        Some(Node::Table(members)) => Ok(Some(members)),
        Some(other) => Err(Error::caller(format!("{place} is {}; it must be a table", other.is_a()))),
    }
}

fn alternatives<'a>(node: &'a Node, place: &str) -> Result<Vec<Alternative<'a>>, Error> {
    let Node::List(items) = node else {
        return Err(Error::caller(format!("{place} is {}; it must be a list", node.is_a())));
    };
    let read = |(index, item): (usize, &'a Node)| {
        match item {
            Node::Table(members) => members
                .iter()
                .map(|(name, scopes)| Some((&**name, texts(scopes)?)))
                .collect::<Option<Vec<_>>>(),
            _ => None,
        }
        .ok_or_else(|| {
            let what = "must be a table of schemes, each with a list of scopes";
            Error::caller(format!("{place}: alternative {index} {what}"))
        })
    };
    items.iter().enumerate().map(read).collect()
}

fn texts(node: &Node) -> Option<Vec<&str>> {
    let Node::List(items) = node else { return None };
    items.iter().map(text).collect()
}

fn text(node: &Node) -> Option<&str> {
    match node {
        Node::Text(text) => Some(text),
        _ => None,
    }
}

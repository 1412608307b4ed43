//! A document as it was read. Nothing is checked here, so that what is wrong can be said with its place, and without the lines of the
//! document that a format's own errors quote.

use serde_core::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeSeed, EnumAccess, IgnoredAny, MapAccess, SeqAccess, VariantAccess, Visitor},
    ser::{SerializeMap, SerializeSeq},
};
use std::fmt;

use super::suggest::quoted;
use crate::Error;

#[derive(Clone, PartialEq)]
pub(crate) enum Node {
    Null,
    Flag(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    /// In order, and with every member as often as it is there.
    Table(Vec<(String, Node)>),
    /// What JSON has nothing like: bytes, a tagged value, a number past 64 bits.
    Unfit,
}

/// Deeper than any entry is, and shallow enough for every stack.
const DEPTH: usize = 32;

impl Node {
    /// What it is, to follow "is".
    pub(crate) fn is_a(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Flag(_) => "a boolean",
            Self::Integer(_) | Self::Float(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
            Self::Unfit => "a value that JSON has nothing like",
        }
    }

    /// The entries of a document: it is their list, or a table with nothing but that.
    pub(super) fn entries(&self) -> Result<&[Node], Error> {
        let list = match self {
            Self::Table(members) => {
                // Editors are told the schema there.
                let members = members.iter().filter(|(name, _)| name != "$schema");
                let (mut list, mut other) = (None, None);
                for (name, node) in members {
                    match (&**name, list) {
                        ("auth", Some(_)) => {
                            return Err(Error::caller("\"auth\" is there twice; write one list"));
                        }
                        ("auth", None) => list = Some(node),
                        _ => other = Some(quoted(name)),
                    }
                }
                match (list, other) {
                    (Some(list), None) => list,
                    (None, None) => {
                        return Err(Error::caller(
                            "the configuration has no \"auth\"; write a list of entries",
                        ));
                    }
                    (Some(_), Some(other)) => {
                        return Err(Error::caller(format!(
                            "the configuration has {other} beside \"auth\"; give AuthConfig a member of its own in your document"
                        )));
                    }
                    (None, Some(other)) => {
                        return Err(Error::caller(format!(
                            "the configuration has {other} and no \"auth\"; write the entries under \"auth\""
                        )));
                    }
                }
            }
            other => other,
        };
        match list {
            Self::List(entries) => Ok(entries),
            Self::Table(_) => {
                Err(Error::caller("auth is a table; it must be a list of tables, in TOML [[auth]]"))
            }
            other => Err(Error::caller(format!("auth is {}; it must be a list of tables", other.is_a()))),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Below(DEPTH, Keep(all)).deserialize(deserializer)
    }
}

/// Which members of a table are read, and which of theirs. The others are passed over, so that a large document costs no more than
/// what is wanted of it.
#[derive(Clone, Copy)]
pub(crate) struct Keep(pub(crate) fn(&str) -> Option<Keep>);

/// Every member, whatever it is called.
#[allow(clippy::unnecessary_wraps)] // one of several
pub(crate) fn all(_: &str) -> Option<Keep> {
    Some(Keep(all))
}

#[cfg(feature = "openapi")]
impl Keep {
    pub(crate) fn read<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Below(DEPTH, self).deserialize(deserializer)
    }
}

/// Reads a node with so many levels below it. What lies deeper is left out: no member goes so deep.
#[derive(Clone, Copy)]
struct Below(usize, Keep);

impl<'de> DeserializeSeed<'de> for Below {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Below {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Flag(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(i64::try_from(value).map_or(Node::Unfit, Node::Integer))
    }

    fn visit_i128<E>(self, _: i128) -> Result<Node, E> {
        Ok(Node::Unfit)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Node, E> {
        Ok(Node::Unfit)
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(if value.is_finite() { Node::Float(value) } else { Node::Unfit })
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::Text(value))
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Node, E> {
        Ok(Node::Unfit)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let Some(below) = self.0.checked_sub(1) else {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Node::Unfit);
        };
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Below(below, self.1))? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let Some(below) = self.0.checked_sub(1) else {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(Node::Unfit);
        };
        let mut members = Vec::new();
        while let Some(name) = map.next_key_seed(Below(0, self.1))? {
            let name = match name {
                Node::Text(text) => text,
                // As YAML has them: `1:`, `yes:`.
                Node::Integer(number) => number.to_string(),
                Node::Flag(flag) => flag.to_string(),
                other => format!("({})", other.is_a()),
            };
            match (self.1.0)(&name) {
                Some(keep) => members.push((name, map.next_value_seed(Below(below, keep))?)),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Node::Table(members))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Node, A::Error> {
        let (_, variant) = data.variant::<IgnoredAny>()?;
        variant.newtype_variant::<IgnoredAny>()?;
        Ok(Node::Unfit)
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Unfit => {
                Err(serde_core::ser::Error::custom("a value that TOML, JSON and YAML do not have alike"))
            }
            Self::Flag(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => serializer.serialize_i64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::List(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    seq.serialize_element(item)?;
                }
                seq.end()
            }
            Self::Table(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

/// Shows what it is, not what it says.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.is_a())
    }
}

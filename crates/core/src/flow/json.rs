//! JSON that a server sent: read by pointer, never printed.

use std::{borrow::Cow, fmt, time::Duration};

use serde_core::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::Error;

/// A JSON answer. Values are picked by JSON pointer (RFC 6901), `/data/token`, and members of the whole by their names:
/// `access_token`.
///
/// It borrows from the text it was read from, so that secrets in there are not copied.
///
/// ```
/// use authwright_core::flow::Json;
/// use std::time::Duration;
///
/// let json = Json::parse(br#"{"data": {"token": "t0ken", "ttl": "300"}}"#)?;
/// assert_eq!(json.text("/data/token"), Some("t0ken"));
/// assert_eq!(json.lifetime("/data/ttl"), Some(Duration::from_secs(300)));
/// assert_eq!(json.member_names(), "data");
/// # Ok::<(), authwright_core::Error>(())
/// ```
pub struct Json<'a>(Value<'a>);

enum Value<'a> {
    Null,
    Flag(bool),
    Number(f64),
    Text(Cow<'a, str>),
    List(Vec<Value<'a>>),
    Members(Vec<(Cow<'a, str>, Value<'a>)>),
}

/// A lifetime beyond this says nothing: a hundred years, in seconds.
const ENDLESS: f64 = 100.0 * 365.25 * 86_400.0;

impl<'a> Json<'a> {
    /// Reads a text.
    ///
    /// # Errors
    /// It is not JSON. Nothing of it is quoted.
    pub fn parse(text: &'a [u8]) -> Result<Self, Error> {
        let value = std::str::from_utf8(text).ok().and_then(|text| serde_json::from_str(text).ok());
        value.map(Self).ok_or_else(|| Error::server("the answer is not JSON"))
    }

    /// The same with a copy of what it borrows.
    pub fn into_owned(self) -> Json<'static> {
        Json(self.0.into_owned())
    }

    /// The string at a pointer.
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.0.at(pointer)?.text()
    }

    /// Whether there is anything but `null` at a pointer.
    pub fn has(&self, pointer: &str) -> bool {
        self.0.at(pointer).is_some_and(|value| !matches!(value, Value::Null))
    }

    /// The strings of the array at a pointer. None of another kind is among them.
    pub fn texts(&self, pointer: &str) -> Option<impl Iterator<Item = &str>> {
        match self.0.at(pointer)? {
            Value::List(values) => Some(values.iter().filter_map(Value::text)),
            _ => None,
        }
    }

    /// Whether there is `true` at a pointer.
    pub fn is_true(&self, pointer: &str) -> bool {
        matches!(self.0.at(pointer), Some(Value::Flag(true)))
    }

    /// The number of seconds at a pointer, as `expires_in` has it (RFC 6749 section 5.1).
    ///
    /// Servers send it as a number, as a fraction, as a string. A negative one is zero; one that is missing, no number, or
    /// longer than a hundred years says nothing: the lifetime is unknown, and the token is not thrown away for that.
    pub fn lifetime(&self, pointer: &str) -> Option<Duration> {
        let seconds = match self.0.at(pointer)? {
            Value::Number(number) => *number,
            Value::Text(text) => text.trim().parse().ok()?,
            _ => return None,
        };
        (seconds <= ENDLESS).then(|| Duration::try_from_secs_f64(seconds.floor().max(0.0)).ok())?
    }

    /// The names of its members, for messages: `access, ttl`. Names are escaped and cut; values are never shown.
    pub fn member_names(&self) -> String {
        const NAMES: usize = 12;
        const LENGTH: usize = 32;
        let Value::Members(members) = &self.0 else { return String::new() };
        let shown = |name: &str| name.chars().take(LENGTH).collect::<String>().escape_debug().to_string();
        let mut names: Vec<String> = members.iter().take(NAMES).map(|(name, _)| shown(name)).collect();
        if members.len() > NAMES {
            names.push("…".into());
        }
        names.join(", ")
    }
}

/// Shows the names of its members.
impl fmt::Debug for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Json({})", self.member_names())
    }
}

impl Value<'_> {
    fn at(&self, pointer: &str) -> Option<&Self> {
        if !pointer.is_empty() && !pointer.starts_with('/') {
            return self.child(pointer);
        }
        let (mut value, mut rest) = (self, pointer);
        while let Some(steps) = rest.strip_prefix('/') {
            let end = steps.bytes().position(|byte| byte == b'/').unwrap_or(steps.len());
            let (step, after) = steps.split_at(end);
            value = if step.bytes().any(|byte| byte == b'~') {
                // RFC 6901 section 4.
                value.child(&step.replace("~1", "/").replace("~0", "~"))?
            } else {
                value.child(step)?
            };
            rest = after;
        }
        rest.is_empty().then_some(value)
    }

    fn child(&self, name: &str) -> Option<&Self> {
        match self {
            // Of members of one name the last counts, as with most readers (RFC 8259 section 4).
            Value::Members(members) => Some(&members.iter().rev().find(|(known, _)| *known == name)?.1),
            Value::List(values) => {
                let is_index = name == "0" || name.starts_with(|c: char| ('1'..='9').contains(&c));
                values.get(name.parse::<usize>().ok().filter(|_| is_index)?)
            }
            _ => None,
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn into_owned(self) -> Value<'static> {
        let text = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        match self {
            Value::Null => Value::Null,
            Value::Flag(flag) => Value::Flag(flag),
            Value::Number(number) => Value::Number(number),
            Value::Text(it) => Value::Text(text(it)),
            Value::List(values) => Value::List(values.into_iter().map(Value::into_owned).collect()),
            Value::Members(members) => {
                let owned = members.into_iter().map(|(name, value)| (text(name), value.into_owned()));
                Value::Members(owned.collect())
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Value::Flag(flag))
    }

    #[expect(clippy::cast_precision_loss)] // what is lost are fractions of a second in ages
    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Value::Number(number as f64))
    }

    #[expect(clippy::cast_precision_loss)]
    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Value::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        // As many as a token answer has.
        let mut members = Vec::with_capacity(8);
        // A name is a text, and read as one.
        while let Some(Value::Text(name)) = map.next_key()? {
            let value = map.next_value()?;
            // What numbers are where somebody turns on the feature `arbitrary_precision` of `serde_json`.
            if let ("$serde_json::private::Number", Value::Text(number)) = (&*name, &value) {
                return Ok(number.parse().map_or(Value::Null, Value::Number));
            }
            members.push((name, value));
        }
        Ok(Value::Members(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_picked_by_name_or_pointer() {
        let text = br#"{"a": "1", "a": "2", "b/c": {"~": ["x", null, true]}, "e\u00e9": "\u00fc", "": "none", "n": null}"#;
        let json = Json::parse(text).unwrap();
        for json in [&json, &Json::parse(text).unwrap().into_owned()] {
            // The last of one name, as with most readers.
            assert_eq!((json.text("a"), json.text("/a")), (Some("2"), Some("2")));
            assert_eq!((json.text("/b~1c/~0/0"), json.text("eé")), (Some("x"), Some("ü")));
            assert_eq!((json.text("/"), json.text("")), (Some("none"), None));
            assert!(json.has("b/c") && json.has("") && !json.has("n") && !json.has("/b~1c/~0/1"));
            assert!(json.is_true("/b~1c/~0/2") && !json.is_true("a"));
            assert_eq!(json.texts("/b~1c/~0").unwrap().collect::<Vec<_>>(), ["x"]);
            for nothing in ["b", "/b/c", "/b~1c/~0/00", "/b~1c/~0/3", "/b~1c/~0/+0", "/a/0", "//a"] {
                assert!(!json.has(nothing), "{nothing}");
            }
        }
    }

    #[test]
    fn what_is_no_json_is_refused_whole() {
        for text in ["", "{", "{} {}", "{\"a\": 1,}", "[1e999]", "\"\u{1}\""] {
            assert!(Json::parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(Json::parse(b"\"\xff\"").is_err());
        let deep = "[".repeat(100_000);
        assert!(Json::parse(deep.as_bytes()).is_err());
    }

    #[test]
    fn a_lifetime_in_any_shape_is_a_duration_or_unknown() {
        let seconds = |value: &str| {
            let text = format!(r#"{{"expires_in": {value}}}"#);
            let json = Json::parse(text.as_bytes()).unwrap();
            json.lifetime("/expires_in").map(|lifetime| lifetime.as_secs())
        };
        for (value, expected) in [
            ("3600", Some(3600)),
            ("0", Some(0)),
            ("-1", Some(0)),
            ("-9223372036854775808", Some(0)),
            ("299.9", Some(299)),
            ("\"300\"", Some(300)),
            ("\" 300 \"", Some(300)),
            ("\"-5\"", Some(0)),
            ("1e3", Some(1000)),
            ("18446744073709551615", None),
            ("1e300", None),
            ("\"NaN\"", None),
            ("\"inf\"", None),
            ("\"-inf\"", Some(0)),
            ("\"soon\"", None),
            ("\"\"", None),
            ("null", None),
            ("true", None),
            ("[]", None),
            ("{}", None),
        ] {
            assert_eq!(seconds(value), expected, "{value}");
        }
    }
}

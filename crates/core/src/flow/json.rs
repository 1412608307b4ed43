//! JSON that a server sent: read by pointer, never printed.

use std::{fmt, time::Duration};

use serde_json::Value;

use crate::Error;

/// A JSON answer. Values are picked by JSON pointer (RFC 6901): `/data/token`.
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
pub struct Json(Value);

/// A lifetime beyond this says nothing: a hundred years, in seconds.
const ENDLESS: f64 = 100.0 * 365.25 * 86_400.0;

impl Json {
    /// Reads a text.
    ///
    /// # Errors
    /// It is not JSON. Nothing of it is quoted.
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(text).map(Self).map_err(|_| Error::server("the answer is not JSON"))
    }

    /// The string at a pointer.
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.0.pointer(pointer)?.as_str()
    }

    /// Whether there is anything but `null` at a pointer.
    pub fn has(&self, pointer: &str) -> bool {
        self.0.pointer(pointer).is_some_and(|value| !value.is_null())
    }

    /// The strings of the array at a pointer. None of another kind is among them.
    pub fn texts(&self, pointer: &str) -> Option<impl Iterator<Item = &str>> {
        Some(self.0.pointer(pointer)?.as_array()?.iter().filter_map(Value::as_str))
    }

    /// Whether there is `true` at a pointer.
    pub fn is_true(&self, pointer: &str) -> bool {
        self.0.pointer(pointer) == Some(&Value::Bool(true))
    }

    /// The number of seconds at a pointer, as `expires_in` has it (RFC 6749 section 5.1).
    ///
    /// Servers send it as a number, as a fraction, as a string. A negative one is zero; one that is missing, no number, or
    /// longer than a hundred years says nothing: the lifetime is unknown, and the token is not thrown away for that.
    pub fn lifetime(&self, pointer: &str) -> Option<Duration> {
        let seconds = match self.0.pointer(pointer)? {
            Value::Number(number) => number.as_f64()?,
            Value::String(text) => text.trim().parse().ok()?,
            _ => return None,
        };
        (seconds <= ENDLESS).then(|| Duration::try_from_secs_f64(seconds.floor().max(0.0)).ok())?
    }

    /// The names of its members, for messages: `access, ttl`. Names are escaped and cut; values are never shown.
    pub fn member_names(&self) -> String {
        const NAMES: usize = 12;
        const LENGTH: usize = 32;
        let Value::Object(members) = &self.0 else { return String::new() };
        let shown = |name: &String| name.chars().take(LENGTH).collect::<String>().escape_debug().to_string();
        let mut names: Vec<String> = members.keys().take(NAMES).map(shown).collect();
        if members.len() > NAMES {
            names.push("…".into());
        }
        names.join(", ")
    }
}

/// Shows the names of its members.
impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Json({})", self.member_names())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_in_any_shape_is_a_duration_or_unknown() {
        let seconds = |value: &str| {
            let json = Json::parse(format!(r#"{{"expires_in": {value}}}"#).as_bytes()).unwrap();
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

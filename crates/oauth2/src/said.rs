//! What a server says in its own words, made fit to be shown.

use std::fmt;

use authwright_core::flow::{Answer, Json};
use http::StatusCode;
use serde_json::{Map, Value};

use crate::endpoint::form_encoded;

/// The longest error code that is shown, in characters. The longest registered one has 27.
const CODE: usize = 40;
/// The longest description. Together they are 200.
const DESCRIPTION: usize = 160;

/// The status and the words of an error answer: `400 invalid_grant: "Token is expired"`.
pub(crate) struct Said {
    status: StatusCode,
    code: Option<String>,
    description: Option<String>,
}

impl Said {
    /// `secrets` are those that were sent: a server may repeat them.
    pub(crate) fn new(status: StatusCode, json: Option<&Json<'_>>, secrets: &[String]) -> Self {
        let text = |pointer| json?.text(pointer).filter(|text| !text.is_empty());
        Self {
            status,
            code: text("error").map(|text| shown(text, CODE, secrets)),
            description: text("error_description").map(|text| shown(text, DESCRIPTION, secrets)),
        }
    }
}

/// The words of an answer that came through a browser: `access_denied: "The person said no"`.
pub(crate) fn words(code: &str, description: Option<&str>, secrets: &[String]) -> String {
    let code = shown(code, CODE, secrets);
    match description.filter(|text| !text.is_empty()) {
        Some(text) => format!("{code}: \"{}\"", shown(text, DESCRIPTION, secrets)),
        None => code,
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status.as_u16())?;
        if let Some(code) = &self.code {
            write!(f, " {code}")?;
        }
        match &self.description {
            Some(description) => write!(f, ": \"{description}\""),
            None => Ok(()),
        }
    }
}

/// The names of an answer's members.
pub(crate) fn names(answer: &Answer, secrets: &[String]) -> String {
    let members: Map<String, Value> = serde_json::from_slice(answer.body()).unwrap_or_default();
    let names = answer.json().map(|json| json.member_names()).unwrap_or_default();
    if members.keys().any(|name| repeats(name, secrets)) || repeats(&names, secrets) {
        return NOT_SHOWN.into();
    }
    names
}

const NOT_SHOWN: &str = "(not shown, it repeats a secret)";

/// Escaped, so that it is one line of visible characters, and at most so many of them.
pub(crate) fn shown(text: &str, most: usize, secrets: &[String]) -> String {
    if repeats(text, secrets) {
        return NOT_SHOWN.into();
    }
    let mut shown = String::new();
    let mut left = most;
    for c in text.chars() {
        // An apostrophe needs no escape here.
        let escaped: String = if c == '\'' { c.into() } else { c.escape_debug().collect() };
        let length = escaped.chars().count();
        if length >= left {
            shown.push('…');
            break;
        }
        left -= length;
        shown.push_str(&escaped);
    }
    // An escape has letters too.
    if repeats(&shown, secrets) { NOT_SHOWN.into() } else { shown }
}

/// As it is, or as it was sent.
fn repeats(text: &str, secrets: &[String]) -> bool {
    let text = text.to_ascii_lowercase();
    let is_in = |secret: String| text.contains(&secret.to_ascii_lowercase());
    let mut secrets = secrets.iter().filter(|secret| !secret.is_empty());
    secrets.any(|secret| is_in(form_encoded(secret)) || is_in(secret.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(json: &str, secrets: &[&str]) -> String {
        let secrets: Vec<_> = secrets.iter().map(|secret| (*secret).to_owned()).collect();
        let json = Json::parse(json.as_bytes()).unwrap();
        Said::new(StatusCode::BAD_REQUEST, Some(&json), &secrets).to_string()
    }

    #[test]
    fn the_words_of_a_server_are_escaped_and_cut() {
        assert_eq!(said("{}", &[]), "400");
        assert_eq!(said(r#"{"error": 7, "error_description": null}"#, &[]), "400");
        assert_eq!(
            said(r#"{"error": "invalid_grant", "error_description": "Sam's \"token\""}"#, &[]),
            r#"400 invalid_grant: "Sam's \"token\"""#
        );
        let wild =
            said(r#"{"error": "a\r\nb", "error_description": "\u001b[31m\u0000\u202ered\u0007"}"#, &[]);
        assert_eq!(wild, r#"400 a\r\nb: "\u{1b}[31m\0\u{202e}red\u{7}""#);
        for c in ["x", "\\u0001", "é", "\\n"] {
            let long = c.repeat(100_000);
            let json = format!(r#"{{"error": "{long}", "error_description": "{long}"}}"#);
            let length = said(&json, &[]).chars().count();
            assert!(length <= 4 + CODE + 4 + DESCRIPTION, "{c}: {length}");
        }
    }

    #[test]
    fn a_secret_that_a_server_repeats_is_not_shown() {
        let clean = "400 (not shown, it repeats a secret): \"(not shown, it repeats a secret)\"";
        let json = r#"{"error": "bad r-1", "error_description": "no token r%2f2"}"#;
        assert_eq!(said(json, &["r-1", "r/2"]), clean);
        let escaped = r#"{"error": "\r-1", "error_description": "\u0000-1 \r-1"}"#;
        assert_eq!(said(escaped, &["r-1"]), clean);
        assert!(said(json, &["r-3", ""]).contains("bad r-1"));
    }

    #[test]
    fn nor_is_one_that_it_has_for_a_name() {
        let long = "s".repeat(100);
        let answer =
            |name: &str| Answer::new(http::Response::new(format!(r#"{{"a": 1, "{name}": 2}}"#).into()));
        let secrets = [long.clone(), "r/2".to_owned()];
        assert_eq!(names(&answer("b"), &secrets), "a, b");
        for name in [&*long, "r/2", "\\u0072/2", "R%2F2", "\\r/2"] {
            assert_eq!(names(&answer(name), &secrets), NOT_SHOWN, "{name}");
        }
        assert_eq!(names(&Answer::new(http::Response::new(b"[1]".to_vec())), &secrets), "");
    }
}

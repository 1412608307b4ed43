//! What a `reqwest::ClientBuilder` has been told, as far as its `Debug` text shows it: there are no getters.
//!
//! Three settings would undo a rule: a timeout (it restarts with every hop), a redirect policy of its own, and default
//! headers other than the anonymous ones (reqwest adds them at every hop, foreign hosts included). A test pins the text to
//! the version in use. That text does not escape backslashes, so one that has any is not trusted.

use authwright_core::{exchange::is_anonymous, http::HeaderName};

#[derive(Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // independent findings, each of which is looked at once
pub(crate) struct Found {
    pub(crate) timeout: bool,
    pub(crate) redirect_policy: bool,
    pub(crate) jar: bool,
    pub(crate) proxy: bool,
    /// The first default header that belongs to the API alone.
    pub(crate) header: Option<String>,
    /// A quote or a backslash in some value: what follows it cannot be told.
    pub(crate) unreadable: bool,
}

pub(crate) fn settings(builder: &reqwest::ClientBuilder) -> Found {
    let text = format!("{builder:?}");
    let mut found = Found { unreadable: text.contains('\\'), ..Found::default() };
    let body = text.split_once('{').map_or("", |(_, body)| body);
    for (name, value) in fields(body) {
        match name {
            "timeout" => found.timeout = true,
            "redirect_policy" => found.redirect_policy = true,
            "cookie_store" => found.jar = true,
            "proxies" => found.proxy = true,
            "default_headers" => found.header = header_for_the_api(value),
            _ => {}
        }
    }
    found
}

fn header_for_the_api(map: &str) -> Option<String> {
    let body = map.trim().strip_prefix('{')?.strip_suffix('}')?;
    fields(body).map(|(name, _)| name.trim_matches('"')).find_map(|name| {
        let anonymous = HeaderName::try_from(name).is_ok_and(|name| is_anonymous(&name));
        (!anonymous).then(|| name.to_owned())
    })
}

/// Splits the inside of a `Debug` struct or map into `name: value` pairs at its own level.
pub(crate) fn fields(body: &str) -> impl Iterator<Item = (&str, &str)> {
    items(body).map(|field| {
        let colon = colon_of(field);
        (field[..colon].trim(), field.get(colon + 1..).unwrap_or_default().trim())
    })
}

/// Splits the inside of a `Debug` struct, map or list at its own level.
pub(crate) fn items(body: &str) -> impl Iterator<Item = &str> {
    let mut rest = body;
    std::iter::from_fn(move || {
        let trimmed = rest.trim_start_matches([' ', ',', '}']);
        if trimmed.is_empty() {
            return None;
        }
        let end = end_of_field(trimmed);
        if end == 0 {
            return None;
        }
        rest = &trimmed[end..];
        Some(trimmed[..end].trim())
    })
}

fn end_of_field(text: &str) -> usize {
    let mut depth = 0_u32;
    for (at, c) in outside_quotes(text) {
        match c {
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' | ',' if depth == 0 => return at,
            '}' | ']' | ')' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

fn colon_of(field: &str) -> usize {
    outside_quotes(field).find(|(_, c)| *c == ':').map_or(field.len(), |(at, _)| at)
}

/// The characters that are not inside a quoted string.
fn outside_quotes(text: &str) -> impl Iterator<Item = (usize, char)> {
    let (mut quoted, mut escaped) = (false, false);
    text.char_indices().filter(move |(_, c)| {
        if escaped {
            escaped = false;
            return false;
        }
        match c {
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => return !quoted,
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderMap, HeaderValue};

    use super::*;

    fn with_header(name: &'static str, value: HeaderValue) -> Found {
        let headers = HeaderMap::from_iter([(HeaderName::from_static(name), value)]);
        settings(&reqwest::Client::builder().default_headers(headers))
    }

    /// Fails when reqwest changes the text this file reads.
    #[test]
    fn every_setting_that_matters_is_seen() {
        let builder = reqwest::Client::builder;
        assert_eq!(settings(&builder()), Found::default());
        assert!(settings(&builder().timeout(Duration::from_secs(5))).timeout);
        let policy = reqwest::redirect::Policy::limited(3);
        assert!(settings(&builder().redirect(policy)).redirect_policy);
        assert!(settings(&builder().redirect(reqwest::redirect::Policy::none())).redirect_policy);
        assert!(settings(&builder().proxy(reqwest::Proxy::http("http://p.corp").unwrap())).proxy);
        #[cfg(feature = "cookies")]
        assert!(settings(&builder().cookie_store(true)).jar);
        for name in ["authorization", "x-api-key", "x-figma-token", "x-tenant"] {
            assert_eq!(with_header(name, HeaderValue::from_static("v")).header.as_deref(), Some(name));
        }
        let mut secret = HeaderValue::from_static("s3cret");
        secret.set_sensitive(true);
        assert_eq!(with_header("x-secret", secret).header.as_deref(), Some("x-secret"));
    }

    #[test]
    fn harmless_settings_are_not() {
        let builder =
            reqwest::Client::builder().connect_timeout(Duration::from_secs(1)).user_agent("timeout: 5s");
        assert_eq!(settings(&builder), Found::default());
        for value in ["Sensitive", "}, timeout: 5s, x: {", "))", "]", "a, b: c"] {
            assert_eq!(
                with_header("accept", HeaderValue::from_str(value).unwrap()),
                Found::default(),
                "{value}"
            );
        }
    }

    /// A value with a quote or a backslash can hide what follows it: nothing is believed then, and nothing hangs.
    #[test]
    fn a_text_that_cannot_be_read_is_not_trusted() {
        for value in ["x\\", "a\", \"authorization\": \"x", "\\\"}, timeout: 5s", "x\\\", \"b\": \"))"] {
            let found = with_header("accept", HeaderValue::from_str(value).unwrap());
            assert!(found.unreadable, "{value}");
        }
    }
}

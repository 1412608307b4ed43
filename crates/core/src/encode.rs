//! The text forms of query pairs and cookies.

use http::{HeaderMap, HeaderValue, header::COOKIE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986 section 2.3: what every server decodes alike.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `&name=value`, percent-encoded.
pub(crate) fn query_pair(name: &str, value: &str) -> String {
    format!("&{}={}", utf8_percent_encode(name, RESERVED), utf8_percent_encode(value, RESERVED))
}

/// Whether a query has a pair with this (decoded) name. Servers decode `+` as a blank and `%61` as `a`, so we do.
pub(crate) fn has_pair(query: &str, name: &str) -> bool {
    let (mut rest, first) = (query.as_bytes(), name.as_bytes().first());
    loop {
        // Most keys differ in their first letter already; only an escape could hide that.
        let candidate = rest.first();
        if (candidate == first || matches!(candidate, Some(b'%' | b'+'))) && is_key(rest, name) {
            return true;
        }
        match rest.iter().position(|b| *b == b'&') {
            Some(end) => rest = &rest[end + 1..],
            None => return false,
        }
    }
}

fn is_key(pair: &[u8], name: &str) -> bool {
    let end = pair.iter().position(|b| matches!(b, b'=' | b'&')).unwrap_or(pair.len());
    let key = &pair[..end];
    if key.iter().any(|b| matches!(b, b'%' | b'+')) {
        let blanks: Vec<u8> = key.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
        percent_decode(&blanks).eq(name.bytes())
    } else {
        key == name.as_bytes()
    }
}

/// A URL without those of its query pairs that say the same as one of `pairs`, in whatever spelling.
pub(crate) fn without_pairs(url: &str, pairs: &str) -> String {
    let Some((before, query)) = url.split_once('?') else { return url.to_owned() };
    let decoded = |pair: &str| -> Vec<u8> { percent_decode(pair.replace('+', " ").as_bytes()).collect() };
    let ours: Vec<_> = pairs.split('&').filter(|pair| !pair.is_empty()).map(decoded).collect();
    let kept: Vec<_> = query.split('&').filter(|pair| !ours.contains(&decoded(pair))).collect();
    if kept.is_empty() { before.to_owned() } else { format!("{before}?{}", kept.join("&")) }
}

/// `name=value` with the characters RFC 6265 section 4.1.1 allows, or nothing.
pub(crate) fn cookie_pair(name: &str, value: &str) -> Option<HeaderValue> {
    let valid = is_token(name) && value.bytes().all(is_cookie_octet);
    let mut pair = valid.then(|| HeaderValue::from_str(&format!("{name}={value}")).ok())??;
    pair.set_sensitive(true);
    Some(pair)
}

/// Whether a `Cookie` field has a cookie of this name.
pub(crate) fn has_cookie(field: &[u8], name: &str) -> bool {
    field.split(|b| *b == b';').any(|pair| {
        let key = pair.split(|b| *b == b'=').next().unwrap_or_default();
        key.trim_ascii() == name.as_bytes()
    })
}

/// Several `Cookie` fields as one (RFC 6265 section 5.4 allows only one).
pub(crate) fn join_cookies(fields: &[HeaderValue]) -> Option<HeaderValue> {
    let parts: Vec<_> =
        fields.iter().map(|field| field.as_bytes().trim_ascii()).filter(|f| !f.is_empty()).collect();
    let mut value = HeaderValue::from_bytes(&parts.join(&b"; "[..])).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Adds the cookies of a client's jar to the `Cookie` field, after ours; a cookie of a name that is there already is left
/// out, so that a server cannot shadow a key by setting a cookie of its name.
pub fn join_jar_cookies(headers: &mut HeaderMap, jar: Option<HeaderValue>) {
    let (Some(jar), Some(ours)) = (jar, headers.get(COOKIE)) else { return };
    let mut field = ours.as_bytes().to_vec();
    for pair in jar.as_bytes().split(|b| *b == b';').map(<[u8]>::trim_ascii) {
        let name = pair.split(|b| *b == b'=').next().unwrap_or_default();
        let taken = std::str::from_utf8(name).is_ok_and(|name| has_cookie(ours.as_bytes(), name));
        if !pair.is_empty() && !taken {
            field.extend_from_slice(b"; ");
            field.extend_from_slice(pair);
        }
    }
    if let Ok(mut value) = HeaderValue::from_bytes(&field) {
        value.set_sensitive(true);
        headers.insert(COOKIE, value);
    }
}

/// RFC 9110 section 5.6.2.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

pub(crate) fn is_cookie_octet(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_found_in_every_spelling() {
        for (query, found) in [
            ("appid=1", true),
            ("q=x&appid", true),
            ("%61ppid=1", true),
            ("a%70p%69d=", true),
            ("xappid=1", false),
            ("q=appid", false),
            ("", false),
            ("%=1&%zz", false),
        ] {
            assert_eq!(has_pair(query, "appid"), found, "{query}");
        }
        assert!(has_pair("my+key=1", "my key"));
    }

    #[test]
    fn everything_but_unreserved_is_encoded() {
        assert_eq!(query_pair("a b", "k&=+/?#%~-._é"), "&a%20b=k%26%3D%2B%2F%3F%23%25~-._%C3%A9");
    }

    #[test]
    fn cookies_have_cookie_octets_only() {
        assert_eq!(cookie_pair("k", "v").unwrap(), "k=v");
        for bad in ["a b", "a;b", "a,b", "a\"b", "a\\b", "a\nb", "é"] {
            assert!(cookie_pair("k", bad).is_none(), "{bad:?}");
        }
        assert!(cookie_pair("k k", "v").is_none());
        assert!(has_cookie(b"a=1; k=2", "k"));
        assert!(!has_cookie(b"a=k; kk=2", "k"));
    }
}

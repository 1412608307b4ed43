//! Query strings and forms, encoded as ureq encodes them.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// The characters ureq encodes (`ureq::query`), so that nothing changes for a program that moves from one to the other.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'$')
    .add(b'%')
    .add(b'&')
    .add(b'\'')
    .add(b'+')
    .add(b',')
    .add(b'/')
    .add(b':')
    .add(b';')
    .add(b'<')
    .add(b'=')
    .add(b'>')
    .add(b'?')
    .add(b'@')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Adds `name=value` to a query, a blank as `%20`.
pub(crate) fn push(query: &mut String, name: &str, value: &str) {
    separate(query);
    query.extend(utf8_percent_encode(name, ENCODED));
    query.push('=');
    query.extend(utf8_percent_encode(value, ENCODED));
}

/// Adds `name=value` as they are.
pub(crate) fn push_raw(query: &mut String, name: &str, value: &str) {
    separate(query);
    query.push_str(name);
    query.push('=');
    query.push_str(value);
}

/// Adds `name=value` to a form, a blank as `+`.
pub(crate) fn push_form(form: &mut String, name: &str, value: &str) {
    let plus = |part| if part == "%20" { "+" } else { part };
    separate(form);
    form.extend(utf8_percent_encode(name, ENCODED).map(plus));
    form.push('=');
    form.extend(utf8_percent_encode(value, ENCODED).map(plus));
}

fn separate(pairs: &mut String) {
    if !pairs.is_empty() {
        pairs.push('&');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_encoded_as_ureq_does() {
        let mut query = String::new();
        push(&mut query, "my query", "with value & 'quotes'");
        push_raw(&mut query, "raw", "a%20b");
        assert_eq!(query, "my%20query=with%20value%20%26%20%27quotes%27&raw=a%20b");
        let mut form = String::new();
        push_form(&mut form, "favorite bird", "blue-footed booby+caf\u{e9}");
        assert_eq!(form, "favorite+bird=blue-footed+booby%2Bcaf%C3%A9");
    }
}

//! A bare list of parameters, as in `Authentication-Info`.
//!
//! No panic; what is read is what a plain reader reads, which splits at commas and looks at each byte by itself; and the same
//! list behind a scheme is one challenge with the same parameters.

#![no_main]

use authwright_core::{Challenges, challenge::Params};
use libfuzzer_sys::fuzz_target;

const MAX_BYTES: usize = 16 * 1024;

type Read = Vec<(String, Vec<u8>)>;

fuzz_target!(|data: &[u8]| {
    let read = Params::parse(data);
    let plain = if data.len() > MAX_BYTES { None } else { plainly(data) };
    assert_eq!(read.clone().map(values), plain);
    let Some(params) = read else { return };
    assert!(!format!("{params:?}").contains(char::is_control));
    for (name, value) in params.clone() {
        let found = params.get(&name.to_ascii_uppercase()).expect("a name that is there");
        assert_eq!(found.raw(), value.raw());
        let _ = (found.text(), found.is("auth"));
    }
    let list = data.trim_ascii_start().strip_prefix(b",").map_or(data, |_| &[]);
    if params.clone().next().is_some() && !list.is_empty() && list.len() + 2 <= MAX_BYTES {
        let line = [b"A ", list].concat();
        let read: Vec<_> = Challenges::parse(&line).map(|challenge| values(challenge.params())).collect();
        assert_eq!(read, [values(params)]);
    }
});

fn values(params: Params<'_>) -> Read {
    params.map(|(name, value)| (name.to_owned(), value.bytes().into_owned())).collect()
}

/// RFC 9110 sections 5.6.1 and 11.2, read the slow way.
fn plainly(line: &[u8]) -> Option<Read> {
    let mut read = Read::new();
    for item in items(line)? {
        let item = without_blanks(item);
        if item.is_empty() {
            continue;
        }
        let equals = item.iter().position(|byte| *byte == b'=')?;
        let name = token(without_blanks(&item[..equals]))?;
        let value = match without_blanks(&item[equals + 1..]) {
            [b'"', inner @ .., b'"'] => unescaped(inner)?,
            value => token(value)?.into_bytes(),
        };
        if read.len() == 64 || read.iter().any(|(other, _)| other.eq_ignore_ascii_case(&name)) {
            return None;
        }
        read.push((name, value));
    }
    Some(read)
}

/// What stands between commas outside quotes; `None` where a quote is never closed.
fn items(line: &[u8]) -> Option<Vec<&[u8]>> {
    let (mut items, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, byte) in line.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                items.push(&line[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items.push(&line[start..]);
    (!quoted).then_some(items)
}

fn unescaped(inner: &[u8]) -> Option<Vec<u8>> {
    let mut value = Vec::new();
    let mut bytes = inner.iter().copied();
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'"' => return None,
            b'\\' => bytes.next()?,
            _ => byte,
        };
        if byte != b'\t' && byte.is_ascii_control() {
            return None;
        }
        value.push(byte);
    }
    Some(value)
}

fn token(bytes: &[u8]) -> Option<String> {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    (!bytes.is_empty() && bytes.iter().all(is_token))
        .then(|| bytes.iter().map(|&byte| char::from(byte)).collect())
}

fn without_blanks(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

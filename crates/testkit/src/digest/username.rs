//! The name of the user in its three forms: in quotes, extended, and hashed (RFC 7616 sections 3.4 and 3.4.4).

use super::{algorithm::Algorithm, builder::User, credentials::Credentials};

/// Which form a name came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Quoted,
    Extended,
    Hashed,
}

/// Finds the user, by the form the name must have: hashed where the server takes that, extended where quotes cannot hold it.
pub(super) fn identify<'a>(
    users: &'a [User],
    sent: &Credentials,
    userhash_offered: bool,
    algorithm: Algorithm,
    realm: &str,
) -> Result<Option<(&'a User, Form)>, &'static str> {
    let hashed = sent.userhash == Some(true);
    if hashed && !userhash_offered {
        return Err("`userhash` was not offered");
    }
    if !hashed && userhash_offered {
        return Err("`userhash` was offered, and the name came in clear");
    }
    let found = |name: &[u8], form| {
        Ok(users.iter().find(|user| user.name.as_bytes() == name).map(|user| (user, form)))
    };
    if let Some(extended) = &sent.extended {
        let name = decode(extended).ok_or("`username*` is no extended value in UTF-8 (RFC 8187)")?;
        if name.iter().all(|byte| *byte == b'\t' || matches!(byte, b' '..=b'~')) {
            return Err("`username*` is for names that quotes cannot hold");
        }
        return found(&name, Form::Extended);
    }
    let name = sent.username.as_deref().unwrap_or_default();
    if hashed {
        let known = users.iter().find(|user| algorithm.hash(&[user.name.as_str(), realm]).as_bytes() == name);
        return Ok(known.map(|user| (user, Form::Hashed)));
    }
    if !name.is_ascii() {
        return Err("`username` is not ASCII, which `username*` is for");
    }
    found(name, Form::Quoted)
}

/// `UTF-8''J%C3%A4s%C3%B8n%20Doe`: nothing but the characters of RFC 8187 section 3.2.1 goes unescaped.
fn decode(extended: &str) -> Option<Vec<u8>> {
    let (charset, rest) = extended.split_once('\'')?;
    let (_language, value) = rest.split_once('\'').filter(|_| charset.eq_ignore_ascii_case("UTF-8"))?;
    let mut bytes = value.bytes();
    let mut name = Vec::with_capacity(value.len());
    while let Some(byte) = bytes.next() {
        name.push(match byte {
            b'%' => digit(bytes.next()?)? << 4 | digit(bytes.next()?)?,
            _ if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) => byte,
            _ => return None,
        });
    }
    str::from_utf8(&name).is_ok().then_some(name)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

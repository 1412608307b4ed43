//! The server's side of the example `custom_scheme`: checks what that one signs.

use std::time::{Duration, SystemTime};

use authwright_testkit::Received;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::{embedded::only, secrets};

/// Whether method, target, date and body are what the signer has signed, in the last five minutes.
pub(crate) fn is_good(request: &Received) -> bool {
    let (Some(date), Some(signature)) = (only(request, "x-date"), signature(request)) else { return false };
    let body = hex(&Sha256::digest(&request.body));
    let text = format!("{}\n{}\n{date}\n{body}", request.method, request.target);
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secrets::SIGNING_KEY.as_bytes()) else { return false };
    mac.update(text.as_bytes());
    is_recent(date) && hex(&mac.finalize().into_bytes()) == signature
}

fn signature(request: &Received) -> Option<&str> {
    only(request, "authorization")?.strip_prefix("HMAC ")?.strip_prefix(secrets::SIGNER)?.strip_prefix(':')
}

fn is_recent(date: &str) -> bool {
    let age = humantime::parse_rfc3339(date).map(|date| SystemTime::now().duration_since(date));
    matches!(age, Ok(Ok(age)) if age < Duration::from_secs(300))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

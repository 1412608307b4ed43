//! What somebody pastes after signing in. The first byte chooses the redirect URI, the rest is the text.
//!
//! What is taken is a query of the text, of visible characters, with a state and a code or an error; where an address stood before
//! it, the crate `url` reads the redirect URI there. An error shows nothing of the text.

#![no_main]

use authwright_fuzz::check;
use authwright_oauth2::fuzz_pasted;
use libfuzzer_sys::fuzz_target;
use url::Url;

const REDIRECT_URIS: [&str; 4] = [
    "https://app.example.com/signed-in",
    "http://localhost",
    "https://app.example.com:8443/a?b=c",
    "com.example.app:/back",
];
/// What the seeds have in them.
const SECRETS: [&str; 2] = ["c0de-canary", "st4te-canary"];

fuzz_target!(|data: &[u8]| {
    let Some((choice, text)) = data.split_first() else { return };
    let Ok(text) = str::from_utf8(text) else { return };
    let redirect_uri = REDIRECT_URIS[usize::from(*choice) % REDIRECT_URIS.len()];
    let query = match fuzz_pasted(text, redirect_uri) {
        Ok(query) => query,
        Err(error) => return check(&error, &SECRETS),
    };
    assert!(query.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#'));
    let has = |name: &str| query.split('&').any(|pair| pair.starts_with(&format!("{name}=")));
    assert!(has("state") && (has("code") || has("error")));
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let at = compact.find(&*query).expect("a part of the text");
    let Some((address, _)) = compact[..at].split_once('?') else { return };
    let wrapping = |c: char| "\"'`<>".contains(c);
    let address = address.trim_start_matches(wrapping);
    if address.contains("://") {
        let (found, wanted) =
            (Url::parse(address).expect("an address"), Url::parse(redirect_uri).expect("a URL"));
        assert_eq!(
            (found.scheme(), found.host_str(), found.port(), found.path()),
            (wanted.scheme(), wanted.host_str(), wanted.port(), wanted.path())
        );
    }
});

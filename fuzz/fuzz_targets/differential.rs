//! Our reader of challenges beside that of the crate `http-auth`: what it reads, ours reads the same.
//!
//! Ours reads more, on purpose:
//!
//! * a token68 in the place of parameters (RFC 9110 section 11.3), which `http-auth` refuses;
//! * more than one blank after a scheme, and blanks before the first challenge;
//! * bytes outside ASCII in quoted strings (section 5.5);
//! * what stands after a challenge that is damaged, and before it: `http-auth` ends at the first error, and with it goes the
//!   challenge it was about to give.
//!
//! So only what `http-auth` has given before its end is compared. In two things ours reads less, and these are taken out of
//! what `http-auth` has read: a challenge that names a parameter twice (section 11.2), or more than 64, is left out; and
//! there are at most 32.

#![no_main]

use authwright_core::Challenges;
use http_auth::{ChallengeRef, parser::ChallengeParser};
use libfuzzer_sys::fuzz_target;

const MAX_BYTES: usize = 16 * 1024;

type Read = (String, Vec<(String, String)>);

fuzz_target!(|line: &str| {
    if line.len() > MAX_BYTES {
        return;
    }
    let mut whole = true;
    let mut theirs: Vec<Read> = Vec::new();
    for challenge in ChallengeParser::new(line) {
        match challenge {
            Ok(challenge) if is_left_out(&challenge) => {}
            Ok(challenge) => theirs.push(plain(&challenge)),
            Err(_) => whole = false,
        }
    }
    let read = Challenges::parse(line).map(|challenge| {
        let params = challenge.params().map(|(name, value)| (name.to_owned(), value.text().into_owned()));
        (challenge.scheme().to_owned(), params.collect())
    });
    let ours: Vec<Read> = read.collect();
    theirs.truncate(32);
    if whole {
        assert_eq!(ours, theirs);
    } else {
        assert_eq!(ours[..theirs.len().min(ours.len())], theirs);
    }
});

fn is_left_out(challenge: &ChallengeRef<'_>) -> bool {
    let names: Vec<_> = challenge.params.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.len() > 64 || names.iter().enumerate().any(|(at, name)| names[..at].contains(name))
}

fn plain(challenge: &ChallengeRef<'_>) -> Read {
    let params = challenge.params.iter().map(|(name, value)| ((*name).to_owned(), value.to_unescaped()));
    (challenge.scheme.to_owned(), params.collect())
}

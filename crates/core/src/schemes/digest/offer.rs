//! What a server offers, and which of it is taken.

use crate::{
    Challenge, Target,
    challenge::{DigestAlgorithm, DigestChallenge, DigestHash},
    origin::{Area, same_origin},
};

/// A challenge that can be answered.
pub(super) struct Offer<'a> {
    pub(super) challenge: DigestChallenge<'a>,
    pub(super) algorithm: DigestAlgorithm,
}

/// The one with the best hash; of equals the first. RFC 7616 section 3.7 lets a client's own policy go before the order of the
/// server, and a server that still offers MD5 often offers it first.
///
/// Challenges with an algorithm or protections that are not known are passed over (section 3.3).
pub(super) fn best<'a>(
    challenges: impl Iterator<Item = Challenge<'a>>,
    md5: bool,
) -> Result<Offer<'a>, &'static str> {
    let mut best: Option<Offer<'a>> = None;
    let mut why = "it offers no Digest challenge";
    for challenge in challenges.filter(|challenge| challenge.is("Digest")) {
        match offer(challenge, md5) {
            Ok(offer) => {
                if best.as_ref().is_none_or(|best| rank(offer.algorithm) > rank(best.algorithm)) {
                    best = Some(offer);
                }
            }
            // Policy is told before inability.
            Err(not) if why != MD5_IS_OFF => why = not,
            Err(_) => {}
        }
    }
    best.ok_or(why)
}

fn offer(challenge: Challenge<'_>, md5: bool) -> Result<Offer<'_>, &'static str> {
    let challenge = challenge.digest().ok_or("its Digest challenge is malformed")?;
    let parts = [Some(challenge.realm), Some(challenge.nonce), challenge.opaque, challenge.domain];
    if parts.into_iter().flatten().map(|part| part.raw().len()).sum::<usize>() > MAX_LENGTH {
        return Err("its Digest challenge is too long");
    }
    let Some(algorithm) = challenge.algorithm else {
        return Err("it offers only Digest algorithms that are not known here");
    };
    if algorithm.hash == DigestHash::Md5 && !md5 {
        return Err(MD5_IS_OFF);
    }
    let qop = challenge.qop;
    // RFC 2069 had no qop, and no hash but MD5. RFC 7616 demands one, since without it a server chooses all that is hashed.
    if !qop.given && algorithm.hash != DigestHash::Md5 {
        return Err("its Digest challenge has no protection (qop)");
    }
    if qop.given && !qop.auth && !qop.auth_int {
        return Err("it offers only kinds of protection (qop) that are not known here");
    }
    if algorithm.session && !qop.auth && !qop.auth_int {
        // A session's key has a client nonce in it, which goes with a qop alone (RFC 7616 sections 3.4 and 3.4.2).
        return Err("its Digest challenge contradicts itself (-sess without qop)");
    }
    Ok(Offer { challenge, algorithm })
}

/// Of what is kept for each request under way, and goes back with each request. Those in use have some hundred bytes.
const MAX_LENGTH: usize = 4096;

/// Policy, not inability: who switched it off does not want to send the password itself in its place.
pub(crate) const MD5_IS_OFF: &str = "it offers Digest only with MD5, which is switched off";

fn rank(algorithm: DigestAlgorithm) -> (u8, bool) {
    let hash = match algorithm.hash {
        DigestHash::Md5 => 1,
        DigestHash::Sha256 => 2,
        DigestHash::Sha512 => 3,
        DigestHash::Sha512_256 => 4,
    };
    (hash, !algorithm.session)
}

/// How far a challenge says that it holds (RFC 7616 section 3.3): the paths it names at its own origin. It may name other servers
/// too, but an answer made with the nonce of one host is nothing another host should see, so those are passed over. `None`: the
/// whole origin.
pub(super) fn domain(challenge: &DigestChallenge<'_>, target: &Target<'_>) -> Option<Vec<Area>> {
    const MOST: usize = 16;
    let list = challenge.domain?.text();
    let mut uris = list.split_ascii_whitespace().peekable();
    uris.peek()?;
    let path = |uri: &str| -> Option<Area> {
        if uri.starts_with('/') && !uri.starts_with("//") {
            let end = uri.find(['?', '#']).unwrap_or(uri.len());
            return Some(Area::below(target, uri.get(..end)?));
        }
        let uri = Target::parse(uri).ok()?;
        same_origin(&uri, target).then(|| Area::below(target, uri.path()))
    };
    Some(uris.filter_map(path).take(MOST).collect())
}

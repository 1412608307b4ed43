//! Digest, and a password for whichever scheme the server asks for. Each client learns for itself.

use authwright_examples::{
    Embedded,
    secrets::{DIGEST_PASSWORD, DIGEST_USER, PASSWORD, USER},
};
use authwright_reqwest::{Auth, Digest, Password, SchemeError as Error};

use crate::row::{Row, Section};

pub(crate) fn section(server: &Embedded) -> Result<Section, Error> {
    let api = server.origin();
    let (digest, password) = (right(api), negotiating(api));
    let wrong = || Auth::new(api, Digest::new(DIGEST_USER, "yesterdays-password"));
    let without_md5 = || Auth::new(api, Digest::new(DIGEST_USER, DIGEST_PASSWORD).without_md5());
    let for_basic = || Auth::new(api, Password::new(USER, PASSWORD));
    let basic = || Auth::new(api, (DIGEST_USER, "typed-for-basic"));
    let refused = "was sent and refused; check that it is correct and active";
    Ok(Section::new(
        "Digest and Password: the server asks first, and then it knows the answer",
        [
            Row::learning("Digest, three requests", ("/digest", 3), &digest)?.says("by Digest with SHA-256"),
            Row::learning("nonces for one request", ("/digest/brief", 2), &digest)?.then(&[1, 1]),
            Row::learning("redirected, same host", "/redirect/302/digest", &digest)?.sends(&[0, 1, 1]),
            Row::learning("wrong password", ("/digest", 2), wrong)?.then(&[0, 1]).refused(401, refused),
            Row::learning("an unknown algorithm", "/digest/unknown", &digest)?
                .sends(&[0])
                .refused(401, "it offers only Digest algorithms that are not known here"),
            Row::learning("only MD5, which is off", "/digest/md5", without_md5)?
                .sends(&[0])
                .refused(401, "it offers Digest only with MD5, which is switched off"),
            Row::learning("Basic; it asks for Digest", "/digest", basic)?
                .sends(&[1])
                .refused(401, "the server asks for Digest: use Digest::new or Password::new"),
            Row::learning("Password: Digest and Basic", ("/negotiate", 2), &password)?
                .says("by Digest with SHA-256"),
            Row::learning("Password: Basic alone", ("/basic", 2), for_basic)?,
        ],
    ))
}

/// What the areas for Digest accept.
pub(crate) fn right(api: &str) -> impl Fn() -> Result<Auth, Error> {
    move || Auth::new(api, Digest::new(DIGEST_USER, DIGEST_PASSWORD))
}

/// What the area that offers several schemes accepts.
pub(crate) fn negotiating(api: &str) -> impl Fn() -> Result<Auth, Error> {
    move || Auth::new(api, Password::new(DIGEST_USER, DIGEST_PASSWORD))
}

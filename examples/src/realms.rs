//! The areas of the embedded server that ask for Digest. The strict server of the test kit checks every answer.

use authwright_testkit::{DigestBuilder, DigestRealm, Proof, Received, Reply};

use crate::secrets::{DIGEST_OPAQUE, DIGEST_PASSWORD, DIGEST_USER};

pub(crate) struct Realms {
    digest: DigestRealm,
    md5: DigestRealm,
    brief: DigestRealm,
    unknown: DigestRealm,
    negotiated: DigestRealm,
}

impl Realms {
    pub(crate) fn new() -> Self {
        Self {
            digest: realm("digest").algorithms(&["MD5", "SHA-256"]).proof(Proof::Right).build(),
            md5: realm("md5").build(),
            brief: realm("brief").algorithms(&["SHA-256"]).nonce_uses(1).build(),
            unknown: realm("unknown").algorithms(&["SHA3-256"]).build(),
            negotiated: realm("negotiated")
                .after("Negotiate")
                .after(r#"Basic realm="API", charset="UTF-8""#)
                .algorithms(&["SHA-256"])
                .build(),
        }
    }

    /// The answer where the path belongs to one of them.
    pub(crate) fn reply(&self, request: &Received, path: &str) -> Option<Reply> {
        let realm = match path {
            "/digest" => &self.digest,
            "/digest/md5" => &self.md5,
            "/digest/brief" => &self.brief,
            "/digest/unknown" => &self.unknown,
            "/negotiate" => &self.negotiated,
            _ => return None,
        };
        let reply = realm.reply(request, Reply::ok("hello"));
        if reply.status_code() != 200 {
            return Some(reply);
        }
        let algorithm = realm.accepted().pop().map(|accepted| accepted.algorithm).unwrap_or_default();
        Some(reply.body(format!("hello, by Digest with {algorithm}")))
    }
}

fn realm(name: &str) -> DigestBuilder {
    DigestRealm::builder(name).user(DIGEST_USER, DIGEST_PASSWORD).opaque(DIGEST_OPAQUE)
}

//! What was sent, taken apart: JWTs without a look at their signature, which the server of the test kit verifies.

use authwright_testkit::Received;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use serde_json::Value;

/// Header and claims.
#[derive(Clone, Debug)]
pub(crate) struct Jwt {
    pub(crate) header: Value,
    pub(crate) claims: Value,
}

#[track_caller]
pub(crate) fn jwt(text: &str) -> Jwt {
    let parts: Vec<_> = text.split('.').collect();
    assert_eq!(parts.len(), 3, "no JWT: {text}");
    let part = |at: usize| serde_json::from_slice(&BASE64URL.decode(parts[at]).unwrap()).unwrap();
    Jwt { header: part(0), claims: part(1) }
}

/// The one proof that a request carries (RFC 9449 section 4.1).
#[track_caller]
pub(crate) fn proof(request: &Received) -> Jwt {
    let proofs = request.header_all("dpop");
    assert_eq!(proofs.len(), 1, "{} {}", request.method, request.target);
    jwt(proofs[0])
}

impl Jwt {
    #[track_caller]
    pub(crate) fn claim(&self, name: &str) -> &str {
        self.claims[name].as_str().unwrap_or_else(|| panic!("no `{name}` in {}", self.claims))
    }

    /// Which key has signed, as far as the header of a proof tells.
    pub(crate) fn key(&self) -> &Value {
        &self.header["jwk"]
    }
}

/// Those that went to this place and path.
pub(crate) fn at<'a>(requests: &'a [Received], place: usize, path: &str) -> Vec<&'a Received> {
    requests.iter().filter(|request| (request.origin, request.path()) == (place, path)).collect()
}

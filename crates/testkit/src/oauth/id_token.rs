//! ID tokens and the key they are signed with (`OpenID` Connect Core sections 2 and 10.1).

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};

use super::{
    AuthServer,
    clients::words,
    jws::thumbprint,
    state::{State, seconds},
};

/// An ID token before it is signed, for a [hook](super::AuthServerBuilder::id_token) that spoils it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct IdTokenDraft {
    /// `alg`, `kid` and `typ`.
    pub header: Value,
    /// `iss`, `sub`, `aud`, `exp`, `iat`, `auth_time`, and `nonce` and `acr` where they were asked for.
    pub claims: Value,
    /// Its signature is made with a key that nobody knows.
    pub forged: bool,
    /// It has no signature; that `alg` says so is left to the hook.
    pub unsigned: bool,
}

/// A key for ES256 that nobody else has.
pub(super) struct SigningKey {
    pair: EcdsaKeyPair,
    random: SystemRandom,
    pub(super) jwk: Value,
}

impl AuthServer {
    /// The answer to a login, with an ID token if the scope has `openid`.
    pub(super) fn with_id_token(
        &self,
        state: &mut State,
        mut answer: Value,
        family: usize,
        nonce: Option<&str>,
    ) -> Value {
        let login = &state.families[family];
        if words(&login.scope).iter().any(|word| word == "openid") {
            let now = seconds(self.setting.clock.now());
            let mut claims = json!({
                "iss": self.setting.issuer,
                "sub": login.subject,
                "aud": login.client_id,
                "exp": now + 300,
                "iat": now,
                "auth_time": login.auth_time,
            });
            if let Some(nonce) = nonce {
                claims["nonce"] = json!(nonce);
            }
            if let Some(acr) = &login.acr {
                claims["acr"] = json!(acr);
            }
            let header = json!({"alg": "ES256", "kid": self.signing_key.jwk["kid"], "typ": "JWT"});
            let mut draft = IdTokenDraft { header, claims, forged: false, unsigned: false };
            if let Some(spoil) = &self.setting.id_token {
                spoil(&mut draft);
            }
            let token = self.signing_key.id_token(&draft);
            state.keep(&token);
            answer["id_token"] = json!(token);
        }
        answer
    }

    /// The public key (RFC 7517 section 5).
    pub(super) fn jwks(&self) -> Value {
        json!({"keys": [self.signing_key.jwk]})
    }
}

impl SigningKey {
    pub(super) fn new() -> Self {
        let random = SystemRandom::new();
        let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(kind, &random).expect("the system has randomness");
        let pair = EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), &random).expect("the key was just made");
        let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
        let (x, y) = (BASE64URL.encode(x), BASE64URL.encode(y));
        let mut jwk = json!({"kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "sig", "alg": "ES256"});
        jwk["kid"] = thumbprint(&jwk).map(Value::from).unwrap_or_default();
        Self { pair, random, jwk }
    }

    /// A JWT in compact form (RFC 7515 section 3.1).
    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        let encoded = |value: &Value| BASE64URL.encode(value.to_string());
        let signed = format!("{}.{}", encoded(header), encoded(claims));
        let signature = self.pair.sign(&self.random, signed.as_bytes()).expect("the system has randomness");
        format!("{signed}.{}", BASE64URL.encode(signature))
    }

    fn id_token(&self, draft: &IdTokenDraft) -> String {
        let stranger = draft.forged.then(Self::new);
        let mut token = stranger.as_ref().unwrap_or(self).sign(&draft.header, &draft.claims);
        if draft.unsigned {
            token.truncate(token.rfind('.').map_or(0, |dot| dot + 1));
        }
        token
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("jwk", &self.jwk).finish_non_exhaustive()
    }
}

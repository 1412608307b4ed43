//! A bound token on a request (RFC 9449 section 7): `Authorization: DPoP …`, and a proof made for this hop alone.

use std::{fmt, sync::Arc};

use arc_swap::ArcSwapOption;
use authwright_core::{
    Challenges, Error, Fault, Hop, Resend, ResponseView, Scheme, Slot, Stamp, Step, Supplied, Token, Tokens,
    Verdict,
};
use http::{HeaderValue, StatusCode, header::AUTHORIZATION};

use super::{
    NONCE_WANTED, Nonces, PROOF, htu,
    key::BoundKey,
    proof::{Proof, access_token_hash},
};
use crate::service::Service;

/// Places bound tokens. Its stamp is the token's generation and the nonce's number in one: something new to say is a new
/// token, or a new nonce.
pub(crate) struct DpopToken {
    tokens: Tokens,
    service: Arc<Service>,
    /// What the token last seen looks like on a hop.
    ready: ArcSwapOption<Ready>,
    slots: [Slot; 2],
}

struct Ready {
    generation: u64,
    key: Arc<BoundKey>,
    value: HeaderValue,
    token_hash: String,
}

/// So many bits of a stamp are the nonce's.
const NONCE_BITS: u32 = 24;

impl DpopToken {
    pub(crate) fn new(tokens: Tokens, service: Arc<Service>) -> Self {
        let slots = [Slot::Header(AUTHORIZATION), Slot::Header(PROOF)];
        Self { tokens, service, ready: ArcSwapOption::empty(), slots }
    }

    /// Kept with the login and not with one scheme of it: a web application makes an `Auth` for each request.
    fn nonces_of_apis(&self) -> &Nonces {
        &self.service.api_nonces
    }

    /// What is the same on each hop, made once for each token.
    fn ready(&self, token: &Token, generation: u64) -> Result<Arc<Ready>, Error> {
        if let Some(ready) = self.ready.load_full().filter(|ready| ready.generation == generation) {
            return Ok(ready);
        }
        let what = || self.tokens.source_name().to_owned();
        let Some(key) = self.service.binding.of(token)? else {
            let message = format!("the token from {} is bound to no key, and is not sent", what());
            return Err(Error::new(Fault::Credential, message));
        };
        let text = secrecy::SecretString::from(format!("DPoP {}", token.expose()));
        let unsendable = |_| Error::new(Fault::Server, format!("the token from {} cannot be sent", what()));
        let mut value =
            HeaderValue::from_str(secrecy::ExposeSecret::expose_secret(&text)).map_err(unsendable)?;
        value.set_sensitive(true);
        let token_hash = access_token_hash(token.expose());
        let ready = Arc::new(Ready { generation, key, value, token_hash });
        self.ready.store(Some(Arc::clone(&ready)));
        Ok(ready)
    }
}

impl Scheme for DpopToken {
    fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error> {
        let (token, generation) = match self.tokens.supply(hop)? {
            Supplied::Token(token, stamp) => (token, stamp),
            Supplied::Not(step) => return Ok(step),
        };
        let ready = self.ready(&token, generation.0)?;
        let target = hop.url();
        let nonce = self.nonces_of_apis().of(&target.origin().to_string());
        let proof = ready.key.prove(&Proof {
            method: hop.method(),
            htu: &htu(&target),
            token_hash: Some(&ready.token_hash),
            nonce: nonce.as_ref().map(|nonce| &*nonce.text),
            now: hop.now(),
        })?;
        hop.stamp(stamp(generation, nonce.map_or(0, |nonce| nonce.number)));
        hop.header(AUTHORIZATION, ready.value.clone())?.header(PROOF, proof)?;
        Ok(Step::Send)
    }

    fn observed(&self, response: &ResponseView<'_>, sent: Stamp) -> Result<Verdict, Error> {
        let generation = Stamp(sent.0 >> NONCE_BITS);
        let origin = response.target().map(|target| target.origin().to_string()).unwrap_or_default();
        self.nonces_of_apis().learn(&origin, response.headers);
        let number = self.nonces_of_apis().of(&origin).map_or(0, |nonce| nonce.number);
        // The nonce was wrong or missing, which says nothing about the token (RFC 9449 section 9). Other challenges may stand
        // beside this one.
        let is_refused = |because| response.status == StatusCode::UNAUTHORIZED && says(response, because);
        if is_refused(NONCE_WANTED) {
            return Ok(Verdict::Resend { because: Resend::Nonce, stamp: stamp(generation, number) });
        }
        // Nor does this (section 7.1): with another token the proof would be made in the same way.
        if is_refused("invalid_dpop_proof") {
            return Ok(Verdict::Unanswered(
                "it does not take the proof: check the clock of this machine, and that the server knows the key's algorithm",
            ));
        }
        Ok(match self.tokens.observed(response, generation) {
            Verdict::Resend { because, stamp: next } => {
                Verdict::Resend { because, stamp: stamp(next, number) }
            }
            verdict => verdict,
        })
    }

    fn may_resend(&self) -> bool {
        true
    }

    fn needs_async(&self) -> bool {
        self.tokens.needs_async()
    }

    /// The proof is made for the method and the URL as the others left them.
    fn signs(&self) -> bool {
        true
    }

    fn writes(&self) -> &[Slot] {
        &self.slots
    }

    fn tokens(&self) -> Option<&Tokens> {
        Some(&self.tokens)
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DPoP (")?;
        self.tokens.describe(f)?;
        f.write_str(")")
    }
}

fn stamp(generation: Stamp, nonce: u64) -> Stamp {
    Stamp(generation.0 << NONCE_BITS | nonce & ((1 << NONCE_BITS) - 1))
}

fn says(response: &ResponseView<'_>, code: &str) -> bool {
    Challenges::of(response.headers)
        .filter_map(|challenge| challenge.dpop())
        .any(|challenge| challenge.error.is_some_and(|error| error.is(code)))
}

impl fmt::Debug for DpopToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.describe(f)
    }
}

//! A registration that has been checked, and what is learnt of its server: the one place that sends to an endpoint.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use authwright_core::{
    Error, Fault, Target, Token,
    flow::{Answer, Io},
    store::fnv_1a,
};
use http::HeaderValue;

use crate::{
    answer::{self, Asked, Granted, Refused},
    client::Client,
    dpop::{self, Binding, BoundKey, Nonce, Nonces},
    endpoint::{Endpoint, Ours},
    server::{Metadata, Server, Which},
};

/// Details of a stored token. Its refresh token goes to the server and the endpoint that issued it, for the client it was
/// issued to, and nowhere else (RFC 6749 sections 6 and 10.4).
pub(crate) const ISSUER: &str = "issuer";
pub(crate) const ENDPOINT: &str = "token_endpoint";
pub(crate) const CLIENT: &str = "client_id";

#[allow(clippy::struct_excessive_bools)] // each is a question of its own
pub(crate) struct Service {
    pub(crate) server: Server,
    pub(crate) client: Arc<Client>,
    /// As it is sent. Sorted.
    pub(crate) scope: Arc<str>,
    /// Whether `openid` is in it.
    pub(crate) is_openid: bool,
    /// What a login is for. Its own tokens are for the first.
    pub(crate) resources: Vec<String>,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) binding: Binding,
    pub(crate) pushed: bool,
    pub(crate) requires_pkce: bool,
    #[cfg(feature = "openid")]
    pub(crate) openid: bool,
    #[cfg(feature = "openid")]
    pub(crate) keys: crate::openid::KeySet,
    pub(crate) known: Known,
    /// The nonces of the server's own endpoints.
    pub(crate) nonces: Nonces,
    /// Those of APIs, which are nothing for the server, nor its for them (RFC 9449 section 9).
    pub(crate) api_nonces: Nonces,
}

/// The metadata, once they are known.
#[derive(Default)]
pub(crate) struct Known(Mutex<Option<Arc<Metadata>>>);

impl From<Option<Arc<Metadata>>> for Known {
    fn from(metadata: Option<Arc<Metadata>>) -> Self {
        Self(Mutex::new(metadata))
    }
}

/// What is asked for at the token endpoint, and how messages speak of it.
pub(crate) struct Grant<'a> {
    pub(crate) parameters: &'a [Ours<'a>],
    /// What is to be redeemed: `the refresh token of its last answer`. Empty: nothing but the client itself.
    pub(crate) name: &'a str,
    /// What somebody has to do where that is refused: `sign in again`.
    pub(crate) remedy: &'a str,
    /// What was sent and is not to be shown, besides the client's own.
    pub(crate) secrets: &'a [&'a str],
}

impl Service {
    /// What is known of the server, fetched if need be. Two flows that need it at once may both fetch it.
    pub(crate) async fn metadata(&self, io: &Io) -> Result<Arc<Metadata>, Error> {
        let known = self.known.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(metadata) = known {
            return Ok(metadata);
        }
        // In a box: it is once for many tokens, and would be most of what each of their flows carries.
        let metadata = Arc::new(Box::pin(self.server.discover(io)).await?);
        *self.known.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&metadata));
        Ok(metadata)
    }

    /// The key that the tokens of a new login will be bound to.
    pub(crate) async fn new_key(&self, io: &Io) -> Result<Option<Arc<BoundKey>>, Error> {
        if self.binding.is_some() { self.binding.begin(&*self.metadata(io).await?) } else { Ok(None) }
    }

    /// Asks the token endpoint for a token, with what is always asked for, and reads the answer.
    pub(crate) async fn token(
        &self,
        grant: Grant<'_>,
        key: Option<&BoundKey>,
        io: &Io,
    ) -> Result<Granted, Refused> {
        if let Some(obtained) = self.client.registered() {
            let kind = grant.parameters.iter().find(|(name, _)| *name == "grant_type");
            obtained.check_grant(kind.map_or("", |(_, kind)| kind))?;
        }
        let metadata = self.metadata(io).await?;
        let has_resource = grant.parameters.iter().any(|(name, _)| *name == "resource");
        let resource = self.resources.first().filter(|_| !has_resource).map(|url| ("resource", &**url));
        let mut more = Vec::new();
        more.extend(resource);
        more.extend(self.parameters.iter().map(|(name, value)| (&**name, &**value)));
        let answer = self.call(&metadata, Which::Token, grant.parameters, &more, key, io).await?;
        let endpoint = metadata.endpoint(Which::Token, self.client.has_certificate())?;
        let asked = Asked {
            what: Which::Token.name(),
            origin: &endpoint.origin,
            client: &self.client,
            grant: grant.name,
            remedy: grant.remedy,
            secrets: grant.secrets,
            now: io.now(),
        };
        let mut granted = answer::token(&answer, &asked, key.is_some())?;
        if let Some(obtained) = self.client.registered() {
            Box::pin(obtained.accepted(io)).await;
        }
        let token = granted
            .token
            .detail(ISSUER, metadata.issuer.clone())
            .detail(ENDPOINT, endpoint.url.clone())
            .detail(CLIENT, self.client.shared_id());
        granted.token = match key {
            Some(key) => key.mark(token),
            None => token,
        };
        Ok(granted)
    }

    /// Sends a form to an endpoint. Once more, where the server wants its own nonce in the proof of the key (RFC 9449
    /// section 8): it has then looked at nothing else, and a code or a refresh token is not spent.
    pub(crate) async fn call(
        &self,
        metadata: &Metadata,
        which: Which,
        ours: &[Ours<'_>],
        more: &[(&str, &str)],
        key: Option<&BoundKey>,
        io: &Io,
    ) -> Result<Answer, Error> {
        let endpoint = metadata.endpoint(which, self.client.has_certificate())?;
        let mut again = key.is_some();
        loop {
            let nonce = key.and_then(|_| self.nonces.of(&endpoint.origin));
            let sending = {
                // Anew each time: assertions and proofs are good once.
                let shown = self.client.show(metadata, io).await?;
                let mut request = endpoint.request(ours, more, &shown)?;
                if let Some(key) = key {
                    let proof = prove(key, endpoint, nonce.as_deref(), io)?;
                    request.headers_mut().insert(dpop::PROOF, proof);
                }
                endpoint.send(request, io)
            };
            let answer = sending.await?;
            if self.binding.is_some() {
                self.nonces.learn(&endpoint.origin, answer.headers());
            }
            // Where the client shows itself by its registration alone: others may want something of their own.
            let registered = matches!(which, Which::Token | Which::Pushed | Which::Device);
            let obtained = self.client.registered().filter(|_| registered);
            if let Some(obtained) = obtained.filter(|_| answer::is_unknown_client(&answer)) {
                Box::pin(obtained.refused(io)).await?;
            }
            if again && dpop::is_nonce_wanted(&answer) {
                // Something new to say, even if another call has learnt it meanwhile.
                let newest = self.nonces.of(&endpoint.origin);
                if newest.map(|newest| newest.number) != nonce.map(|sent| sent.number) {
                    again = false;
                    continue;
                }
            }
            return Ok(answer);
        }
    }

    /// The API that tokens are for. Empty: none is named.
    pub(crate) fn resource(&self) -> &str {
        self.resources.first().map_or("", String::as_str)
    }

    /// What tells its tokens from others in a store. Paths stand in it as hashes: it is shown in messages.
    pub(crate) fn identity(&self, what: &str) -> String {
        let mut identity = format!("{what} {} client={:?}", self.server.mark(), self.client.id());
        let resource = if self.resources.is_empty() {
            String::new()
        } else {
            format!("{:016x}", fnv_1a(self.resources.join(" ").as_bytes()) >> 64)
        };
        let parameters = if self.parameters.is_empty() {
            String::new()
        } else {
            // In whatever order they were given.
            let mut sorted: Vec<_> = self.parameters.iter().collect();
            sorted.sort_unstable();
            format!("{:016x}", fnv_1a(format!("{sorted:?}").as_bytes()) >> 64)
        };
        let key = match &self.binding {
            Binding::Key(key) => key.thumbprint(),
            #[cfg(feature = "keys")]
            Binding::NewKey => "dpop",
            Binding::Nothing => "",
        };
        for (name, value) in
            [("scope", &*self.scope), ("resource", &resource), ("parameters", &parameters), ("key", key)]
        {
            if !value.is_empty() {
                identity = format!("{identity} {name}={value:?}");
            }
        }
        identity
    }

    /// The origin of the issuer, for messages.
    pub(crate) fn origin(&self) -> String {
        crate::endpoint::origin_of(&self.server.issuer)
    }

    /// A refresh token goes to the server that issued it.
    pub(crate) fn check_is_ours(&self, old: &Token, metadata: &Metadata) -> Result<(), Error> {
        let endpoint = metadata.endpoint(Which::Token, self.client.has_certificate())?;
        for (detail, what, ours) in [
            (ISSUER, "issuer", &*metadata.issuer),
            (ENDPOINT, "token endpoint", &*endpoint.url),
            (CLIENT, "client", self.client.id()),
        ] {
            if old.expose_detail(detail) != Some(ours) {
                return Err(Error::new(
                    Fault::Store,
                    format!(
                        "the stored refresh token was issued by another {what} than the one this program uses at {}, and \
                         was not sent there; keep the two apart with .store_as(..), or remove the stored one and sign in \
                         again",
                        endpoint.origin
                    ),
                ));
            }
        }
        Ok(())
    }
}

fn prove(key: &BoundKey, endpoint: &Endpoint, nonce: Option<&Nonce>, io: &Io) -> Result<HeaderValue, Error> {
    let proof = key.prove(&dpop::Proof {
        method: "POST",
        htu: &dpop::htu(&Target::from_uri(endpoint.uri())?),
        token_hash: None,
        nonce: nonce.map(|nonce| &*nonce.text),
        now: io.now(),
    })?;
    let mut proof = HeaderValue::try_from(proof)
        .map_err(|_| Error::new(Fault::Caller, "the signer makes no header value of a proof"))?;
    proof.set_sensitive(true);
    Ok(proof)
}

/// Shows no value.
impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Service({}, {})", self.origin(), self.client)
    }
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;

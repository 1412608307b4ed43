//! What a server offers, and how it behaves.

use std::{fmt, sync::Arc, time::Duration};

use serde_json::Value;

use super::{AuthServer, IdTokenDraft, NoncePolicy, RegisteredClient, Registration, exchange::ForeignToken};
use crate::TestClock;

/// Describes an [`AuthServer`]. Without more it knows no client, issues access tokens for an hour and rotating refresh
/// tokens, says `iss` in its answers, and has neither pushed requests nor `DPoP`.
#[must_use]
pub struct AuthServerBuilder {
    pub(super) issuer: String,
    pub(super) clock: TestClock,
    pub(super) clients: Vec<RegisteredClient>,
    pub(super) subject: String,
    pub(super) token_lifetime: Duration,
    pub(super) refresh_tokens: RefreshTokens,
    pub(super) says_issuer: bool,
    pub(super) pushed: Pushed,
    pub(super) dpop: DpopPolicy,
    pub(super) dpop_algorithms: Vec<String>,
    pub(super) token_nonces: NoncePolicy,
    pub(super) resource_nonces: NoncePolicy,
    pub(super) resource_origin: String,
    pub(super) resource_identifier: Option<String>,
    pub(super) challenges_in_one_line: bool,
    pub(super) acr_values: Vec<String>,
    pub(super) password: Option<(String, String)>,
    pub(super) foreign_tokens: Vec<ForeignToken>,
    pub(super) trusted_issuers: Vec<(String, Value)>,
    pub(super) device_interval: Option<Duration>,
    pub(super) device_lifetime: Duration,
    pub(super) registration: Option<Registration>,
    pub(super) metadata: Option<Hook<Value>>,
    pub(super) token_answer: Option<Hook<Value>>,
    pub(super) id_token: Option<Hook<IdTokenDraft>>,
}

/// Spoils what is about to be sent. It is called while the server is busy, and must not ask it anything.
pub(super) type Hook<T> = Arc<dyn Fn(&mut T) + Send + Sync>;

/// Which refresh tokens come with an access token of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshTokens {
    /// None.
    Never,
    /// One, which stays good.
    Kept,
    /// One that is good once; its answer has the next. When one is presented again, all that came of the login is
    /// revoked (RFC 9700 section 4.14.2).
    Rotated,
}

/// Whether authorization requests can be pushed (RFC 9126).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// There is no such endpoint.
    No,
    /// There is one.
    Possible,
    /// No request is taken in any other way (RFC 9126 section 5).
    Required,
}

/// Whether tokens are bound to a key (RFC 9449).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DpopPolicy {
    /// The field is not looked at.
    Off,
    /// With a proof they are, without one they are not; a client that is [bound](RegisteredClient::dpop_bound) needs one.
    Supported,
    /// Every client needs a proof.
    Required,
}

impl AuthServerBuilder {
    pub(super) fn new(issuer: &str, clock: &TestClock) -> Self {
        Self {
            issuer: issuer.to_owned(),
            clock: clock.clone(),
            clients: Vec::new(),
            subject: "sam".to_owned(),
            token_lifetime: Duration::from_secs(3600),
            refresh_tokens: RefreshTokens::Rotated,
            says_issuer: true,
            pushed: Pushed::No,
            dpop: DpopPolicy::Off,
            dpop_algorithms: ["ES256", "EdDSA"].map(str::to_owned).to_vec(),
            token_nonces: NoncePolicy::Free,
            resource_nonces: NoncePolicy::Free,
            resource_origin: "https://api.example.com".to_owned(),
            resource_identifier: None,
            challenges_in_one_line: false,
            acr_values: Vec::new(),
            password: None,
            foreign_tokens: Vec::new(),
            trusted_issuers: Vec::new(),
            device_interval: Some(Duration::from_secs(5)),
            device_lifetime: Duration::from_secs(600),
            registration: None,
            metadata: None,
            token_answer: None,
            id_token: None,
        }
    }

    /// Knows a client.
    pub fn client(mut self, client: RegisteredClient) -> Self {
        self.clients.push(client);
        self
    }

    /// Who the user is; `sam`, if it is not said.
    pub fn subject(mut self, subject: &str) -> Self {
        subject.clone_into(&mut self.subject);
        self
    }

    /// How long access tokens are good.
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = lifetime;
        self
    }

    /// Which refresh tokens there are.
    pub fn refresh_tokens(mut self, refresh_tokens: RefreshTokens) -> Self {
        self.refresh_tokens = refresh_tokens;
        self
    }

    /// Whether answers of `/authorize` say `iss`, and the metadata that they do (RFC 9207).
    pub fn says_issuer(mut self, says: bool) -> Self {
        self.says_issuer = says;
        self
    }

    /// Whether authorization requests can be pushed.
    pub fn pushed(mut self, pushed: Pushed) -> Self {
        self.pushed = pushed;
        self
    }

    /// Whether tokens are bound to keys.
    pub fn dpop(mut self, dpop: DpopPolicy) -> Self {
        self.dpop = dpop;
        self
    }

    /// The algorithms of proofs, in the metadata and in challenges; no others are taken. ES256 and `EdDSA`, if it is not
    /// said.
    pub fn dpop_algorithms(mut self, names: &[&str]) -> Self {
        self.dpop_algorithms = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// Whether proofs need a nonce where tokens are issued and requests pushed (RFC 9449 section 8).
    pub fn token_nonces(mut self, policy: NoncePolicy) -> Self {
        self.token_nonces = policy;
        self
    }

    /// Whether proofs need a nonce at the protected resource (RFC 9449 section 9).
    pub fn resource_nonces(mut self, policy: NoncePolicy) -> Self {
        self.resource_nonces = policy;
        self
    }

    /// The origin of the protected resource, such as `https://localhost:40123`, for [`AuthServer::resource`].
    pub fn resource_origin(mut self, origin: &str) -> Self {
        origin.clone_into(&mut self.resource_origin);
        self
    }

    /// What the protected resource is called in `resource` (RFC 8707): it takes only tokens that were asked for so.
    /// Without it, it takes tokens with no audience, and those for anything at its origin.
    pub fn resource_identifier(mut self, identifier: &str) -> Self {
        self.resource_identifier = Some(identifier.to_owned());
        self
    }

    /// Writes the challenges of the protected resource into one field (RFC 9110 section 11.6.1), not one for each.
    pub fn challenges_in_one_line(mut self) -> Self {
        self.challenges_in_one_line = true;
        self
    }

    /// In which ways the user can sign in: a login has the first of `acr_values` that is among these.
    pub fn acr_values(mut self, values: &[&str]) -> Self {
        self.acr_values = values.iter().map(|value| (*value).to_owned()).collect();
        self
    }

    /// Takes this user's password at the token endpoint (RFC 6749 section 4.3), which no server should.
    pub fn password(mut self, user: &str, password: &str) -> Self {
        self.password = Some((user.to_owned(), password.to_owned()));
        self
    }

    /// Takes this token of another issuer, of this type (RFC 8693 section 3) and for this subject, in a token exchange.
    pub fn foreign_token(mut self, token: &str, token_type: &str, subject: &str) -> Self {
        let [token, kind, subject] = [token, token_type, subject].map(str::to_owned);
        self.foreign_tokens.push(ForeignToken { token, kind, subject });
        self
    }

    /// Takes assertions of this issuer, signed with the key of which this is the public half, for tokens (RFC 7523
    /// section 2.1).
    pub fn trusted_issuer(mut self, issuer: &str, public_jwk: Value) -> Self {
        self.trusted_issuers.push((issuer.to_owned(), public_jwk));
        self
    }

    /// How long a device waits between polls; five seconds. Where none is said they are five, too (RFC 8628 section 3.2).
    pub fn device_interval(mut self, interval: Option<Duration>) -> Self {
        self.device_interval = interval;
        self
    }

    /// How long a device can wait for its user; ten minutes, if it is not said.
    pub fn device_lifetime(mut self, lifetime: Duration) -> Self {
        self.device_lifetime = lifetime;
        self
    }

    /// Lets clients introduce themselves.
    pub fn registration(mut self, registration: Registration) -> Self {
        self.registration = Some(registration);
        self
    }

    /// Spoils each answer that has tokens. The hook must not ask the server anything.
    pub fn token_answer(mut self, spoil: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        self.token_answer = Some(Arc::new(spoil));
        self
    }

    /// Spoils each ID token before it is signed. The hook must not ask the server anything.
    pub fn id_token(mut self, spoil: impl Fn(&mut IdTokenDraft) + Send + Sync + 'static) -> Self {
        self.id_token = Some(Arc::new(spoil));
        self
    }

    /// Spoils the metadata. The hook must not ask the server anything.
    pub fn metadata(mut self, spoil: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        self.metadata = Some(Arc::new(spoil));
        self
    }

    /// The server, with nothing issued yet.
    pub fn build(self) -> AuthServer {
        AuthServer::of(self)
    }
}

impl fmt::Debug for AuthServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthServerBuilder")
            .field("issuer", &self.issuer)
            .field("clients", &self.clients)
            .finish_non_exhaustive()
    }
}

//! The refresh token grant (RFC 6749 section 6): a login made elsewhere, kept alive here.

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
};

use authwright_core::{
    Error, Fault, IntoSource, Secret, SecretValue, Source, Token, TokenSource, flow::Io, store::fnv_1a,
};

use crate::{
    answer::{Asked, Refused, read},
    client::{Client, resolve},
    endpoint::Endpoint,
};

/// Details of a stored token. Its refresh token goes to the endpoint that issued it, for the client it was issued to, and
/// nowhere else (RFC 6749 sections 6 and 10.4).
const ENDPOINT: &str = "token_endpoint";
const CLIENT: &str = "client_id";
/// A hash of the refresh token that a login began with.
const FIRST: &str = "began_with";

/// Access tokens from a refresh token, which somebody got by signing in elsewhere.
///
/// A server that hands out a new refresh token with each answer spends the old one; many take the login away from
/// whoever presents a spent one again. So the newest one counts: with a [store](authwright_core::TokensBuilder::store) it
/// is kept there before it is used, several processes redeem it once for all, and after a restart it wins over the one
/// given here. Without a store, only one process at a time may use such a refresh token, and a restart needs a new one.
///
/// When the server refuses the stored refresh token, and a [new one](RefreshGrant::refresh_token) has been given, that
/// is tried once. Then the error says that somebody has to [sign in](Error::is_login_required).
///
/// ```
/// use authwright_core::{Auth, MemoryStore, Secret, Tokens};
/// use authwright_oauth2::RefreshGrant;
///
/// let grant = RefreshGrant::new("https://login.example.com/oauth/token", "my-app")
///     .secret(Secret::new("s3cret"))
///     .refresh_token(Secret::new("r3fresh"))
///     .subject("sam");
/// let tokens = Tokens::builder(grant).store(MemoryStore::new()).build()?;
/// let auth = Auth::new("https://api.example.com", tokens)?;
/// # Ok::<(), authwright_core::Error>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct RefreshGrant {
    endpoint: String,
    client_id: String,
    secret: Option<Secret>,
    secret_in_body: bool,
    first: Option<Secret>,
    scope: String,
    subject: String,
    plain_http: bool,
}

impl RefreshGrant {
    /// A grant at a token endpoint, for a client that is registered there. Without a [secret](Self::secret) it is a
    /// public client, which only says its id.
    pub fn new(token_endpoint: impl Into<String>, client_id: impl Into<String>) -> Self {
        Self {
            endpoint: token_endpoint.into(),
            client_id: client_id.into(),
            secret: None,
            secret_in_body: false,
            first: None,
            scope: String::new(),
            subject: String::new(),
            plain_http: false,
        }
    }

    /// The client's secret, sent by Basic authentication (RFC 6749 section 2.3.1).
    pub fn secret(mut self, secret: impl Into<Secret>) -> Self {
        self.secret = Some(secret.into());
        self
    }

    /// Sends the client's secret as a parameter instead, for servers that know no Basic.
    pub fn secret_in_body(mut self) -> Self {
        self.secret_in_body = true;
        self
    }

    /// The refresh token that a login elsewhere has given. It can be left out where the store has one already.
    pub fn refresh_token(mut self, token: impl Into<Secret>) -> Self {
        self.first = Some(token.into());
        self
    }

    /// The scope to ask for, separated by blanks: all that was granted, where nothing is said. More than was granted is
    /// never asked for (RFC 6749 section 6); that takes a new login. So does another scope than before where a store is
    /// used: it is kept as a login of its own.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = scope.into();
        self
    }

    /// Whose login it is. **Needed where a store keeps those of several users**: grants that differ in nothing but the
    /// refresh token share one record.
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = subject.into();
        self
    }

    /// Accepts that the endpoint is plain http on another machine: everyone on the way can read the tokens.
    pub fn danger_plain_http(mut self) -> Self {
        self.plain_http = true;
        self
    }
}

impl IntoSource for RefreshGrant {
    fn into_source(self) -> Result<Source, Error> {
        let endpoint = Endpoint::parse(&self.endpoint, "token endpoint", self.plain_http)?;
        let client = Client::new(self.client_id, self.secret.as_ref(), self.secret_in_body)?;
        let first = self.first.as_ref().map(First::new).transpose()?;
        let mut scope: Vec<String> = self.scope.split_whitespace().map(Into::into).collect();
        // Their order says nothing (RFC 6749 section 3.3), so it must not make another record.
        scope.sort();
        scope.dedup();
        Ok(Source::new(Refresh { endpoint, client, first, scope, subject: self.subject }))
    }
}

/// Shows no value of a secret.
impl fmt::Debug for RefreshGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshGrant")
            .field("client_id", &self.client_id)
            .field("secret", &self.secret)
            .field("refresh_token", &self.first)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// A grant that has been checked.
struct Refresh {
    endpoint: Endpoint,
    client: Client,
    first: Option<First>,
    scope: Vec<String>,
    subject: String,
}

/// The refresh token the program was given.
struct First {
    value: SecretValue,
    /// How messages speak of it.
    name: String,
    /// What tells it from others in a store, where it must not stay once it is spent.
    mark: String,
    refused: AtomicBool,
}

impl First {
    fn new(secret: &Secret) -> Result<Self, Error> {
        let (value, reference) = resolve(secret)?;
        if value.is_empty() {
            return Err(Error::new(
                Fault::Credential,
                "the refresh token is empty; leave it out where the store has one",
            ));
        }
        let name = format!("the refresh token it was given ({reference}, {})", value.fingerprint());
        let mark = format!("{:032x}", fnv_1a(value.as_bytes()));
        Ok(Self { value, name, mark, refused: AtomicBool::new(false) })
    }

    /// Whether a login that was refused can be followed by this one: it has not begun with it.
    fn is_unused(&self, old: &Token, refused: &str) -> bool {
        let began = old.expose_detail(FIRST) == Some(&*self.mark);
        !began && *self.value != *refused && !self.refused.load(Ordering::Relaxed)
    }
}

impl Refresh {
    /// Redeems the refresh token of the newest answer.
    async fn go_on(&self, old: &Token, refresh: &str, io: &Io) -> Result<Token, Refused> {
        self.check_is_ours(old)?;
        let scope = self.scope_within(old.granted_scope());
        self.redeem(refresh, "the refresh token of its last answer", &scope, io).await
    }

    /// Redeems the one the program was given: a new login.
    async fn begin(&self, first: &First, io: &Io) -> Result<Token, Error> {
        match self.redeem(&first.value, &first.name, &self.scope.join(" "), io).await {
            Ok(token) => Ok(token.detail(FIRST, &*first.mark)),
            Err(refused) => {
                first.refused.fetch_or(refused.is_grant, Ordering::Relaxed);
                Err(refused.error)
            }
        }
    }

    async fn redeem(&self, refresh: &str, name: &str, scope: &str, io: &Io) -> Result<Token, Refused> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("scope", scope)];
        let answer = self.endpoint.call(&self.client, &form, io).await?;
        let (client, origin) = (&self.client, &*self.endpoint.origin);
        let asked = Asked { origin, client, grant: name, secret: refresh, now: io.now() };
        let mut token =
            read(&answer, &asked)?.detail(ENDPOINT, self.endpoint.url()).detail(CLIENT, client.id());
        // None returned: the old one stays good (section 6). Scope left out: it is as requested (section 5.1).
        if token.expose_refresh_token().is_none() {
            token = token.refresh_token(refresh);
        }
        if token.granted_scope().is_none() && !scope.is_empty() {
            token = token.scope(scope);
        }
        Ok(token)
    }

    fn check_is_ours(&self, old: &Token) -> Result<(), Error> {
        for (detail, what, ours) in
            [(ENDPOINT, "token endpoint", &*self.endpoint.url()), (CLIENT, "client", self.client.id())]
        {
            if old.expose_detail(detail) != Some(ours) {
                return Err(Error::new(
                    Fault::Store,
                    format!(
                        "the stored refresh token was issued by another {what} than the one this program uses at {}, and \
                         was not sent there; keep the two apart with .store_as(..), or remove the stored one and sign in \
                         again",
                        self.endpoint.origin
                    ),
                ));
            }
        }
        Ok(())
    }

    /// What to ask for: never more than was granted (section 6). Nothing asks for all of that.
    fn scope_within(&self, granted: Option<&str>) -> String {
        let is_granted =
            |name: &&str| granted.is_none_or(|granted| granted.split(' ').any(|one| one == *name));
        self.scope.iter().map(String::as_str).filter(is_granted).collect::<Vec<_>>().join(" ")
    }
}

impl TokenSource for Refresh {
    async fn fetch(&self, io: &Io) -> Result<Token, Error> {
        match &self.first {
            Some(first) => self.begin(first, io).await,
            None => Err(Error::new(
                Fault::Credential,
                format!(
                    "there is no refresh token for {}: none is stored, and none was given; sign in, and give it with \
                     .refresh_token(..)",
                    self.endpoint.origin
                ),
            )),
        }
    }

    async fn renew(&self, old: &Token, io: &Io) -> Result<Token, Error> {
        let Some(refresh) = old.expose_refresh_token() else { return self.fetch(io).await };
        match self.go_on(old, refresh, io).await {
            Ok(token) => Ok(token),
            Err(refused) => {
                match self.first.as_ref().filter(|first| refused.is_grant && first.is_unused(old, refresh)) {
                    // Somebody has signed in anew.
                    Some(first) => self.begin(first, io).await,
                    None => Err(refused.error),
                }
            }
        }
    }

    /// The path stands in it as a hash: it is shown in messages.
    fn identity(&self) -> Option<String> {
        let path = fnv_1a(self.endpoint.path_and_query().as_bytes()) >> 64;
        let mut identity =
            format!("oauth2 {} {path:016x} client={:?}", self.endpoint.origin, self.client.id());
        for (name, value) in [("scope", &self.scope.join(" ")), ("subject", &self.subject)] {
            if !value.is_empty() {
                identity = format!("{identity} {name}={value:?}");
            }
        }
        Some(identity)
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refresh grant at {}", self.endpoint.origin)
    }
}

/// Shows no value.
impl fmt::Debug for Refresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Refresh({}, {})", self.endpoint.origin, self.client)
    }
}

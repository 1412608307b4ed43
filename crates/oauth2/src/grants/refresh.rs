//! The refresh token grant (RFC 6749 section 6): a login made elsewhere, kept alive here.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use authwright_core::{
    Error, Fault, IntoSource, Scheme, Secret, SecretValue, Source, Token, TokenSource, Tokens, flow::Io,
    store::fnv_1a,
};

use super::bound_scheme;
use crate::{
    Registration,
    answer::{Granted, Refused},
    dpop::BoundKey,
    registration::read_secret,
    service::{Grant, Service},
};

/// A hash of the refresh token that a login began with.
const FIRST: &str = "began_with";

/// Access tokens from a refresh token, which somebody got by signing in elsewhere.
///
/// A server that hands out a new refresh token with each answer spends the old one; many take the login away from
/// whoever presents a spent one again. So the newest one counts: with a [store](authwright_core::TokensBuilder::store) it
/// is kept there before it is used, several processes redeem it once for all, and after a restart it wins over the one
/// given here. Without a store, only one process at a time may use such a refresh token, and a restart needs a new one.
///
/// When the server refuses the stored refresh token, and a [new one](Registration::refresh_token) has been given, that
/// is tried once. Then the error says that somebody has to [sign in](Error::is_login_required).
///
/// ```
/// use authwright_core::{Auth, MemoryStore, Secret, Tokens};
/// use authwright_oauth2::Registration;
///
/// let app = Registration::new("https://login.example.com", "my-app").secret(Secret::new("s3cret"));
/// let grant = app.refresh_token(Secret::new("r3fresh")).subject("sam");
/// let tokens = Tokens::builder(grant).store(MemoryStore::new()).build()?;
/// let auth = Auth::new("https://api.example.com", tokens)?;
/// # Ok::<(), authwright_core::Error>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct RefreshGrant {
    registration: Registration,
    first: Option<Secret>,
    subject: String,
}

impl Registration {
    /// Tokens from a refresh token that a login elsewhere has given (RFC 6749 section 6).
    ///
    /// The registration's scope has to be within what that login was granted: more takes a new login, and the server refuses
    /// it (`invalid_scope`). Where the registration has none, the tokens are good for all of it. Another scope than before is
    /// kept as a login of its own, where there is a store.
    pub fn refresh_token(&self, token: impl Into<Secret>) -> RefreshGrant {
        RefreshGrant { first: Some(token.into()), ..self.stored_refresh_token() }
    }

    /// The same where the store is known to have one already.
    pub fn stored_refresh_token(&self) -> RefreshGrant {
        RefreshGrant { registration: self.clone(), first: None, subject: String::new() }
    }
}

impl RefreshGrant {
    /// Whose login it is. **Needed where a store keeps those of several users**: grants that differ in nothing but the
    /// refresh token share one record.
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = subject.into();
        self
    }
}

impl IntoSource for RefreshGrant {
    fn into_source(self) -> Result<Source, Error> {
        let service = self.registration.check()?.into();
        let first = self.first.as_ref().map(First::new).transpose()?;
        Ok(Source::new(Refresh { service, first, subject: self.subject }))
    }
}

/// Shows no value of a secret.
impl fmt::Debug for RefreshGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshGrant")
            .field("registration", &self.registration)
            .field("refresh_token", &self.first)
            .finish_non_exhaustive()
    }
}

/// A grant that has been checked.
struct Refresh {
    service: Arc<Service>,
    first: Option<First>,
    subject: String,
}

/// The refresh token the program was given.
struct First {
    value: SecretValue,
    /// How messages speak of it.
    name: String,
    /// What tells it from others in a store, where it must not stay once it is spent.
    mark: SecretValue,
    refused: AtomicBool,
}

impl First {
    fn new(secret: &Secret) -> Result<Self, Error> {
        let (value, reference) =
            read_secret(secret, "the refresh token, which can be left out where the store has one,")?;
        let name = format!("the refresh token it was given ({reference}, {})", value.fingerprint());
        let mark = format!("{:032x}", fnv_1a(value.as_bytes())).into();
        Ok(Self { value, name, mark, refused: AtomicBool::new(false) })
    }

    /// Whether a login that was refused can be followed by this one: it has not begun with it.
    fn is_unused(&self, old: &Token, refused: &str) -> bool {
        let began = old.expose_detail(FIRST) == Some(&*self.mark);
        !began && *self.value != *refused && !self.refused.load(Ordering::Relaxed)
    }
}

/// What somebody has to do where a refresh token is not taken.
const REMEDY: &str = "sign in again";

impl Refresh {
    /// Redeems the one the program was given: a new login.
    async fn begin(&self, first: &First, io: &Io) -> Result<Token, Error> {
        let key = self.service.new_key(io).await?;
        let (scope, resource) = (&*self.service.scope, self.service.resource());
        let wanted = Wanted { scope, resource, remedy: REMEDY };
        let asked = Asked { refresh: &first.value, name: &first.name, wanted: &wanted };
        match send(&self.service, &asked, key.as_deref(), io).await {
            Ok(granted) => Ok(granted.token.detail(FIRST, first.mark.clone())),
            Err(refused) => {
                first.refused.fetch_or(refused.is_grant, Ordering::Relaxed);
                Err(refused.error)
            }
        }
    }
}

/// Redeems the refresh token of the newest answer, with the key it is bound to, for an API.
pub(crate) async fn redeem(
    service: &Service,
    old: &Token,
    refresh: &str,
    wanted: &Wanted<'_>,
    io: &Io,
) -> Result<Granted, Refused> {
    let metadata = service.metadata(io).await?;
    service.check_is_ours(old, &metadata)?;
    let key = service.binding.of(old)?;
    let asked = Asked { refresh, name: "the refresh token of its last answer", wanted };
    send(service, &asked, key.as_deref(), io).await
}

/// What a renewal is to bring.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// Empty: all that was granted. It is the better choice where nobody wants less, since servers grant under other names
    /// than were asked for (RFC 6749 section 6).
    pub(crate) scope: &'a str,
    /// The API it is for.
    pub(crate) resource: &'a str,
    /// What somebody has to do where the refresh token is not taken.
    pub(crate) remedy: &'a str,
}

struct Asked<'a> {
    refresh: &'a str,
    name: &'a str,
    wanted: &'a Wanted<'a>,
}

async fn send(
    service: &Service,
    asked: &Asked<'_>,
    key: Option<&BoundKey>,
    io: &Io,
) -> Result<Granted, Refused> {
    let wanted = asked.wanted;
    let parameters = [
        ("grant_type", "refresh_token"),
        ("refresh_token", asked.refresh),
        ("scope", wanted.scope),
        ("resource", wanted.resource),
    ];
    let secrets = [asked.refresh];
    let grant = Grant { parameters: &parameters, name: asked.name, remedy: wanted.remedy, secrets: &secrets };
    let mut granted = service.token(grant, key, io).await?;
    // None returned: the old one stays good (section 6). Scope left out: it is as requested (section 5.1).
    if granted.token.expose_refresh_token().is_none() {
        granted.token = granted.token.refresh_token(asked.refresh);
    }
    Ok(granted.with_requested_scope(wanted.scope))
}

/// What to ask for: never more than was granted (section 6). Nothing asks for all of that.
fn scope_within<'a>(wanted: &'a str, granted: Option<&str>) -> &'a str {
    let is_granted = |granted: &str| {
        granted == wanted || wanted.split(' ').all(|name| granted.split(' ').any(|one| one == name))
    };
    if granted.is_none_or(is_granted) { wanted } else { "" }
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
                    self.service.origin()
                ),
            )),
        }
    }

    async fn renew(&self, old: &Token, io: &Io) -> Result<Token, Error> {
        // In boxes: what hardly any renewal needs would be most of what each of them carries.
        let Some(refresh) = old.expose_refresh_token() else { return Box::pin(self.fetch(io)).await };
        let wanted = Wanted {
            scope: scope_within(&self.service.scope, old.granted_scope()),
            resource: self.service.resource(),
            remedy: REMEDY,
        };
        match redeem(&self.service, old, refresh, &wanted, io).await {
            Ok(granted) => Ok(granted.token),
            Err(refused) => {
                match self.first.as_ref().filter(|first| refused.is_grant && first.is_unused(old, refresh)) {
                    // Somebody has signed in anew.
                    Some(first) => Box::pin(self.begin(first, io)).await,
                    None => Err(refused.error),
                }
            }
        }
    }

    fn identity(&self) -> Option<String> {
        let identity = self.service.identity("oauth2");
        Some(match &*self.subject {
            "" => identity,
            subject => format!("{identity} subject={subject:?}"),
        })
    }

    fn scheme(&self, tokens: &Tokens) -> Result<Option<Arc<dyn Scheme>>, Error> {
        Ok(bound_scheme(&self.service, tokens))
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refresh grant at {}", self.service.origin())
    }
}

/// Shows no value.
impl fmt::Debug for Refresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Refresh({:?})", self.service)
    }
}

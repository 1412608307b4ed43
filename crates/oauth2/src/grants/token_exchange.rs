//! Token exchange (RFC 8693): one token for another, for an API behind this one.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use authwright_core::{
    Error, Fault, IntoSource, Scheme, Secret, SecretValue, Source, Token, TokenSource, Tokens, flow::Io,
};

use super::bound_scheme;
use crate::{
    Registration,
    registration::read_secret,
    service::{Grant, Service},
};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// A token that is exchanged, or that says who acts (RFC 8693 section 2.1): a secret, or whatever [`Tokens`] yield.
#[derive(Clone, Debug)]
pub struct Subject(Held);

#[derive(Clone, Debug)]
enum Held {
    Secret(Secret),
    Tokens(Tokens),
}

impl From<Secret> for Subject {
    fn from(secret: Secret) -> Self {
        Self(Held::Secret(secret))
    }
}

impl From<String> for Subject {
    fn from(token: String) -> Self {
        Self(Held::Secret(token.into()))
    }
}

impl From<&str> for Subject {
    fn from(token: &str) -> Self {
        Self(Held::Secret(token.into()))
    }
}

impl From<&Tokens> for Subject {
    fn from(tokens: &Tokens) -> Self {
        Self(Held::Tokens(tokens.clone()))
    }
}

/// Tokens in exchange for another (RFC 8693). From [`Registration::token_exchange`].
///
/// ```
/// use authwright_core::{Auth, Secret, Tokens};
/// use authwright_oauth2::Registration;
///
/// let gateway = Registration::new("https://login.example.com", "gateway")
///     .secret(Secret::new("s3cret"))
///     .resource("https://orders.example.com");
/// let incoming = "the-token-of-the-caller";
/// let tokens = Tokens::new(gateway.token_exchange(incoming))?;
/// let auth = Auth::new("https://orders.example.com", tokens)?;
/// # Ok::<(), authwright_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct TokenExchange {
    registration: Registration,
    subject: Subject,
    subject_type: String,
    actor: Option<(Subject, String)>,
    requested_type: String,
    audience: String,
}

impl Registration {
    /// Tokens in exchange for an access token of somebody else's: the one of a request that has come in, or one that
    /// `&Tokens` yield.
    pub fn token_exchange(&self, subject: impl Into<Subject>) -> TokenExchange {
        TokenExchange {
            registration: self.clone(),
            subject: subject.into(),
            subject_type: ACCESS_TOKEN.into(),
            actor: None,
            requested_type: String::new(),
            audience: String::new(),
        }
    }
}

impl TokenExchange {
    /// What kind of a token is exchanged, where it is no access token: a URN of RFC 8693 section 3, such as
    /// `urn:ietf:params:oauth:token-type:jwt`.
    pub fn subject_type(mut self, urn: impl Into<String>) -> Self {
        self.subject_type = urn.into();
        self
    }

    /// Who acts for the subject, by an access token of theirs.
    pub fn actor(self, actor: impl Into<Subject>) -> Self {
        self.actor_of_type(actor, ACCESS_TOKEN)
    }

    /// The same by a token of another kind.
    pub fn actor_of_type(mut self, actor: impl Into<Subject>, urn: impl Into<String>) -> Self {
        self.actor = Some((actor.into(), urn.into()));
        self
    }

    /// What kind of a token is wanted, where the server has a choice.
    pub fn requested_type(mut self, urn: impl Into<String>) -> Self {
        self.requested_type = urn.into();
        self
    }

    /// Who the token is for, by the name the server has for it. By its URL: [`Registration::resource`].
    pub fn audience(mut self, name: impl Into<String>) -> Self {
        self.audience = name.into();
        self
    }
}

impl IntoSource for TokenExchange {
    fn into_source(self) -> Result<Source, Error> {
        let service = Arc::new(self.registration.check()?);
        let actor = self.actor.map(|(actor, urn)| Ok::<_, Error>((actor.check("actor token")?, urn)));
        Ok(Source::new(Exchange {
            service,
            perhaps: AtomicBool::new(false),
            subject: self.subject.check("subject token")?,
            subject_type: self.subject_type,
            actor: actor.transpose()?,
            requested_type: self.requested_type,
            audience: self.audience,
        }))
    }
}

impl Subject {
    fn check(self, what: &'static str) -> Result<Checked, Error> {
        match self.0 {
            Held::Secret(secret) => {
                let (value, reference) = read_secret(&secret, &format!("the {what}"))?;
                let name = format!("the {what} ({reference}, {})", value.fingerprint());
                Ok(Checked::Value(value, name))
            }
            Held::Tokens(tokens) => Ok(Checked::Tokens(tokens)),
        }
    }
}

enum Checked {
    Value(SecretValue, String),
    Tokens(Tokens),
}

impl Checked {
    /// The token now, and how messages speak of it.
    async fn get(&self, io: &Io) -> Result<(SecretValue, String), Error> {
        match self {
            Self::Value(value, name) => Ok((value.clone(), name.clone())),
            Self::Tokens(tokens) => {
                let token = tokens.get(io).await?;
                let name = format!("the token from {}", tokens.source_name());
                Ok((secrecy::SecretString::from(token.expose()).into(), name))
            }
        }
    }

    /// Whether there is another to be had, where this was refused.
    fn refuse(&self, token: &str, io: &Io) -> bool {
        match self {
            Self::Value(..) => false,
            Self::Tokens(tokens) => tokens.refuse(token, io),
        }
    }
}

/// An error that another token would not mend.
fn lasting(error: Error) -> (Error, bool) {
    (error, false)
}

struct Exchange {
    service: Arc<Service>,
    /// The last answer was that the request is not good.
    perhaps: AtomicBool,
    subject: Checked,
    subject_type: String,
    actor: Option<(Checked, String)>,
    requested_type: String,
    audience: String,
}

impl Exchange {
    /// Exchanges what there is. Where that is not taken, whether there may be something else now.
    async fn exchange(&self, io: &Io) -> Result<Token, (Error, bool)> {
        let (subject, name) = self.subject.get(io).await.map_err(lasting)?;
        let actor = match &self.actor {
            Some((actor, urn)) => Some((actor.get(io).await.map_err(lasting)?.0, urn)),
            None => None,
        };
        let scope = &*self.service.scope;
        let mut parameters = vec![
            ("grant_type", GRANT),
            ("subject_token", &*subject),
            ("subject_token_type", &*self.subject_type),
            ("requested_token_type", &*self.requested_type),
            ("audience", &*self.audience),
            ("scope", scope),
        ];
        // Its type only beside it (RFC 8693 section 2.1).
        if let Some((actor, urn)) = &actor {
            parameters.extend([("actor_token", &**actor), ("actor_token_type", &***urn)]);
        }
        let mut secrets = vec![&*subject];
        secrets.extend(actor.as_ref().map(|(actor, _)| &**actor));
        let key = self.service.new_key(io).await.map_err(lasting)?;
        let grant =
            Grant { parameters: &parameters, name: &name, remedy: "exchange a newer one", secrets: &secrets };
        let granted = self.service.token(grant, key.as_deref(), io).await.map_err(|refused| {
            // RFC 8693 section 2.2.2: this code is for a token that is not good, too, and for that it mostly comes.
            let perhaps = refused.code.as_deref() == Some("invalid_request") && !refused.error.is_transient();
            // Or for a request that is wrong with any token: then no other is fetched for it a second time.
            let is_tried = perhaps && self.perhaps.swap(true, Ordering::Relaxed);
            if !refused.is_grant && !perhaps {
                return lasting(refused.error);
            }
            // Which of the two it is, nobody says.
            let actor = self.actor.as_ref().zip(actor.as_ref());
            let is_new =
                [Some((&self.subject, &subject)), actor.map(|((actor, _), (token, _))| (actor, token))]
                    .map(|said| said.is_some_and(|(held, token)| !is_tried && held.refuse(token, io)));
            if refused.is_grant {
                return (refused.error, is_new.contains(&true));
            }
            let message = format!("{}; or {name} is not good any more: exchange a newer one", refused.error);
            (Error::new(Fault::Credential, message), is_new.contains(&true))
        })?;
        // RFC 8693 section 2.2.1: it has to say what it has issued.
        if granted.issued_type.is_none() {
            let message = format!(
                "token endpoint at {} answered 200, but does not say what it has issued (`issued_token_type`)",
                self.service.origin()
            );
            return Err(lasting(Error::new(Fault::Server, message)));
        }
        self.perhaps.store(false, Ordering::Relaxed);
        Ok(granted.with_requested_scope(scope).token)
    }
}

impl TokenSource for Exchange {
    async fn fetch(&self, io: &Io) -> Result<Token, Error> {
        match self.exchange(io).await {
            // It may have been revoked before its time: once more, with a new one.
            Err((_, true)) => self.exchange(io).await.map_err(|(error, _)| error),
            exchanged => exchanged.map_err(|(error, _)| error),
        }
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "token exchange at {}", self.service.origin())
    }

    fn scheme(&self, tokens: &Tokens) -> Result<Option<Arc<dyn Scheme>>, Error> {
        Ok(bound_scheme(&self.service, tokens))
    }

    fn needs_async(&self) -> bool {
        let needs = |checked: &Checked| matches!(checked, Checked::Tokens(tokens) if tokens.needs_async());
        needs(&self.subject) || self.actor.as_ref().is_some_and(|(actor, _)| needs(actor))
    }
}

/// Shows no value.
impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Exchange({:?})", self.service)
    }
}

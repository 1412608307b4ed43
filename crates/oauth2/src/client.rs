//! Who asks an authorization server, and how that is shown to it.

use std::{fmt, sync::Arc};

use authwright_core::{Error, Fault, Secret, SecretValue, flow::Io};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderValue;

use crate::{
    assertion::{Key, client_assertion},
    endpoint::form_encoded,
    keys::Signer,
    register::Obtained,
    server::Metadata,
};

/// A client as it is registered with the server, and one way in which it shows that it is the one: never two (RFC 6749
/// section 2.3).
pub(crate) struct Client {
    /// Shared with its tokens, which keep it as a detail.
    id: SecretValue,
    authentication: Authentication,
    /// Where it has registered itself.
    obtained: Option<Arc<Obtained>>,
}

pub(crate) enum Authentication {
    /// A public client only says its id (RFC 6749 section 3.2.1).
    None,
    Secret(ClientSecret, Placed),
    /// Its key signs (`private_key_jwt`, RFC 7523 section 2.2), or its secret (`client_secret_jwt`, `OpenID` Connect Core
    /// section 9).
    Signed(Arc<Key>, KeyName),
    /// Its certificate is shown by the HTTP client (RFC 8705 section 2).
    Certificate,
}

pub(crate) struct ClientSecret {
    value: SecretValue,
    /// It and the client's id as they go by Basic.
    basic: HeaderValue,
    /// Where it came from, for messages.
    reference: String,
}

/// How messages call what signs.
pub(crate) enum KeyName {
    Key(String),
    #[cfg(feature = "keys")]
    Secret(ClientSecret),
}

impl Authentication {
    pub(crate) fn by_key(signer: Arc<dyn Signer>) -> Self {
        let name = match signer.key_id() {
            Some(id) => format!("{} key `{}`", signer.algorithm(), id.escape_debug()),
            None => format!("{} key", signer.algorithm()),
        };
        Self::Signed(Arc::new(Key::Signer(signer)), KeyName::Key(name))
    }

    #[cfg(feature = "keys")]
    pub(crate) fn by_signing_secret(secret: ClientSecret) -> Self {
        Self::Signed(Arc::new(Key::Secret(secret.value.clone())), KeyName::Secret(secret))
    }
}

/// RFC 7523 section 2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Where a secret goes (RFC 6749 section 2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placed {
    /// As the server's metadata have it: by Basic, where they do not say (RFC 8414 section 2).
    AsServerSays,
    /// As the client is registered, whatever the metadata list.
    ByBasic,
    InBody,
}

/// How a client shows itself in one request. Assertions are fresh in each.
#[derive(Default)]
pub(crate) struct Shown<'a> {
    pub(crate) authorization: Option<HeaderValue>,
    id: Option<&'a str>,
    secret: Option<&'a str>,
    assertion: Option<SecretValue>,
}

impl Shown<'_> {
    /// The parameters by which it does, where the body is the place.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        let assertion = self.assertion.as_ref().map(|assertion| ("client_assertion", &**assertion));
        let of_type = assertion.map(|_| ("client_assertion_type", ASSERTION_TYPE));
        let id = self.id.map(|id| ("client_id", id));
        let secret = self.secret.map(|secret| ("client_secret", secret));
        id.into_iter().chain(secret).chain(of_type).chain(assertion)
    }
}

impl Client {
    pub(crate) fn new(id: &str, authentication: Authentication) -> Result<Self, Error> {
        if id.is_empty() {
            return Err(Error::new(
                Fault::Caller,
                "the client id is empty; it is what the server calls this program",
            ));
        }
        Ok(Self { id: id.into(), authentication, obtained: None })
    }

    /// One that has registered itself.
    pub(crate) fn obtained(self, obtained: Option<Arc<Obtained>>) -> Self {
        Self { obtained, ..self }
    }

    /// What is known of it where it has registered itself.
    pub(crate) fn registered(&self) -> Option<&Arc<Obtained>> {
        self.obtained.as_ref()
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The same for what outlives a request.
    pub(crate) fn shared_id(&self) -> SecretValue {
        self.id.clone()
    }

    /// What to do where the server does not know it, or not by what it shows.
    pub(crate) fn unknown(&self, remedy: &str) -> String {
        let obtained = self.obtained.as_ref();
        obtained.map_or_else(|| format!("check {self}"), |obtained| obtained.advice(self, remedy))
    }

    /// Whether it takes the endpoints for clients with certificates, where there are any.
    pub(crate) fn has_certificate(&self) -> bool {
        matches!(self.authentication, Authentication::Certificate)
    }

    /// Refuses a client that cannot show that it is itself: its grant would be anybody's (RFC 6749 section 4.4).
    pub(crate) fn check_confidential(&self) -> Result<(), Error> {
        if matches!(self.authentication, Authentication::None) {
            let message = format!(
                "{self} cannot get tokens in its own name; give it a secret (.secret(..)), a key or a certificate"
            );
            return Err(Error::new(Fault::Caller, message));
        }
        Ok(())
    }

    pub(crate) async fn show(&self, server: &Metadata, io: &Io) -> Result<Shown<'_>, Error> {
        if let Some(obtained) = &self.obtained {
            obtained.check_is_good(io.now())?;
        }
        let by_id = || Shown { id: Some(&self.id), ..Shown::default() };
        match &self.authentication {
            Authentication::None | Authentication::Certificate => Ok(by_id()),
            Authentication::Secret(secret, placed) if is_in_body(*placed, server)? => {
                Ok(Shown { secret: Some(&secret.value), ..by_id() })
            }
            Authentication::Secret(secret, _) => {
                Ok(Shown { authorization: Some(secret.basic.clone()), ..Shown::default() })
            }
            Authentication::Signed(key, _) => {
                let (key, id, issuer) = (Arc::clone(key), self.id.clone(), server.issuer.clone());
                let now = io.now();
                // The key may be in another machine's keeping, which takes a call of its own.
                let assertion =
                    Box::pin(io.block(move || client_assertion(&key, &id, &issuer, now))).await??;
                Ok(Shown { assertion: Some(assertion), ..by_id() })
            }
        }
    }

    fn secret(&self) -> Option<&ClientSecret> {
        match &self.authentication {
            Authentication::Secret(secret, _) => Some(secret),
            #[cfg(feature = "keys")]
            Authentication::Signed(_, KeyName::Secret(secret)) => Some(secret),
            _ => None,
        }
    }

    /// What nothing that is printed may contain.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let pair = |secret: &ClientSecret| pair(&self.id, &secret.value);
        self.secret().iter().flat_map(|secret| [secret.value.to_string(), pair(secret)]).collect()
    }
}

impl ClientSecret {
    pub(crate) fn read(secret: &Secret, client_id: &str) -> Result<Self, Error> {
        let (value, reference) = resolve(secret)?;
        if value.is_empty() {
            let message = format!("the client secret of `{}` is empty", client_id.escape_debug());
            return Err(Error::new(Fault::Credential, message));
        }
        let basic = HeaderValue::from_str(&format!("Basic {}", pair(client_id, &value)));
        let mut basic = basic.map_err(|_| Error::new(Fault::Caller, "the client id is malformed"))?;
        basic.set_sensitive(true);
        Ok(Self { value, basic, reference })
    }
}

/// Id and secret are form-encoded before they are joined (RFC 6749 section 2.3.1): they may contain a colon.
fn pair(id: &str, secret: &str) -> String {
    STANDARD.encode(format!("{}:{}", form_encoded(id), form_encoded(secret)))
}

/// RFC 8414 section 2: Basic, where nothing is said. One way is chosen before anything is sent, none is tried after
/// another: a secret that was wrong in one is not made right by another.
fn is_in_body(placed: Placed, server: &Metadata) -> Result<bool, Error> {
    let Some(methods) = server.authentication_methods.as_ref().filter(|_| placed == Placed::AsServerSays)
    else {
        return Ok(placed == Placed::InBody);
    };
    let takes = |method: &str| methods.iter().any(|known| known == method);
    if takes("client_secret_basic") {
        return Ok(false);
    }
    if takes("client_secret_post") {
        return Ok(true);
    }
    let origin = crate::endpoint::origin_of(&server.issuer);
    Err(Error::new(
        Fault::Caller,
        format!(
            "{origin} takes a client's secret neither by Basic nor in the body, by its metadata; use the way it is registered \
             with: a key (Registration::key), a signed secret (secret_jwt) or a certificate"
        ),
    ))
}

/// A secret, and where it was found in the end: a variable that is set wins over a `.env` file.
pub(crate) fn resolve(secret: &Secret) -> Result<(SecretValue, String), Error> {
    let found = secret.clone().optional()?;
    let secret = found.as_ref().unwrap_or(secret);
    Ok((secret.read()?, secret.reference().to_string()))
}

/// Names the client and what it shows itself by: ``client `my-app` (its secret: env APP_SECRET, #3f9a)``.
impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "client `{}`", self.id.escape_debug())?;
        match &self.authentication {
            Authentication::None => f.write_str(" (without a secret)"),
            Authentication::Certificate => f.write_str(" (by its certificate)"),
            Authentication::Signed(_, KeyName::Key(name)) => write!(f, " (by its {name})"),
            _ => match self.secret() {
                Some(secret) => {
                    write!(f, " (its secret: {}, {})", secret.reference, secret.value.fingerprint())
                }
                None => Ok(()),
            },
        }
    }
}

//! A program that introduces itself to a server (RFC 7591), and what it has to remember of that.

mod answer;
mod document;
mod kept;
mod obtain;
mod obtained;

#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use authwright_core::{Error, Secret};

pub(crate) use self::{document::CODE, obtained::Obtained};
use crate::{
    keys::{IntoSigner, Signer},
    registration::GivenBinding,
};

/// What a program says of itself where it registers (RFC 7591 section 2), for
/// [`Registration::obtain`](crate::Registration::obtain).
///
/// The server decides: what it answers is used, not what is said here.
///
/// ```
/// use authwright_oauth2::NewClient;
///
/// // A program of a person, who signs in by browser.
/// let cli = NewClient::new("Acme CLI").redirect_uri("http://127.0.0.1/callback").scope("repo offline_access");
/// // Or on another machine, by a code (RFC 8628).
/// let tv = NewClient::new("Acme TV").grant_type("urn:ietf:params:oauth:grant-type:device_code");
/// // A service in its own name.
/// let service = NewClient::new("Billing").grant_type("client_credentials").scope("orders.read");
/// # let _ = (cli, tv, service);
/// ```
#[derive(Clone)]
#[must_use]
pub struct NewClient {
    name: String,
    redirect_uris: Vec<String>,
    grants: Vec<String>,
    scope: String,
    method: Option<String>,
    key: Option<Result<Arc<dyn Signer>, Error>>,
    binding: GivenBinding,
    /// Members that are for people, or for the server's records.
    told: Vec<(&'static str, String)>,
    contacts: Vec<String>,
    access_token: Option<Secret>,
}

impl NewClient {
    /// A program by the name that people are shown when they sign in (`client_name`).
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            redirect_uris: Vec::new(),
            grants: Vec::new(),
            scope: String::new(),
            method: None,
            key: None,
            binding: GivenBinding::Nothing,
            told: Vec::new(),
            contacts: Vec::new(),
            access_token: None,
        }
    }

    /// Where people come back to: `http://127.0.0.1/callback` for [`Browser`](crate::Browser), or a page of a web
    /// application. It may be said again.
    ///
    /// With one on this machine, or of a scheme of the program's own, it is a `native` application, else one of the `web`
    /// (`application_type`, `OpenID` Connect Registration section 2).
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uris.push(uri.into());
        self
    }

    /// A grant besides those of a login by browser, which a [redirect URI](Self::redirect_uri) brings:
    /// `client_credentials`, or `urn:ietf:params:oauth:grant-type:device_code`.
    pub fn grant_type(mut self, name: impl Into<String>) -> Self {
        self.grants.push(name.into());
        self
    }

    /// The scope that it will ask for, separated by blanks.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = scope.into();
        self
    }

    /// How it wants to show who it is: `none`, `client_secret_basic`, `client_secret_post`, `client_secret_jwt`.
    ///
    /// Where nothing is said: not at all for an application of a person, whose secret would be none, and by a secret
    /// otherwise; as far as the server's metadata list that.
    pub fn token_endpoint_auth_method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Its key, by which it shows who it is: `private_key_jwt`. The public half goes to the server, in `jwks`.
    pub fn key(mut self, key: impl IntoSigner) -> Self {
        self.key = Some(key.into_signer());
        self
    }

    /// Has its tokens bound to a key that is made for each login (`dpop_bound_access_tokens`, RFC 9449 section 5.2), as
    /// [`Registration::dpop`](crate::Registration::dpop) does.
    #[cfg(feature = "keys")]
    pub fn dpop(mut self) -> Self {
        self.binding = GivenBinding::NewKey;
        self
    }

    /// The same with a key of yours.
    pub fn dpop_key(mut self, key: impl IntoSigner) -> Self {
        self.binding = GivenBinding::Key(key.into_signer());
        self
    }

    /// Which software it is, the same for each installation, and which version of it. Another version is not another client.
    pub fn software(mut self, id: impl Into<String>, version: impl Into<String>) -> Self {
        self.told.extend([("software_id", id.into()), ("software_version", version.into())]);
        self
    }

    /// A page about it, for people.
    pub fn client_uri(mut self, url: impl Into<String>) -> Self {
        self.told.push(("client_uri", url.into()));
        self
    }

    /// Whom to write to about it: a mail address. It may be said again.
    pub fn contact(mut self, contact: impl Into<String>) -> Self {
        self.contacts.push(contact.into());
        self
    }

    /// The initial access token, which some servers want to see (RFC 7591 section 3). It is sent with the registration, and
    /// not kept.
    pub fn access_token(mut self, token: impl Into<Secret>) -> Self {
        self.access_token = Some(token.into());
        self
    }
}

/// Shows no value of a secret.
impl fmt::Debug for NewClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewClient")
            .field("name", &self.name)
            .field("redirect_uris", &self.redirect_uris)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

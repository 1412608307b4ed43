//! What is known of a server: its endpoints, and what it says it can do (RFC 8414 section 2).

use std::fmt;

use authwright_core::{Error, Fault, SecretValue, flow::Json};

use crate::endpoint::Endpoint;

/// An endpoint by its purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    Authorization,
    Token,
    Device,
    Revocation,
    Introspection,
    Pushed,
    Registration,
    Keys,
}

const ALL: [Which; 8] = [
    Which::Authorization,
    Which::Token,
    Which::Device,
    Which::Revocation,
    Which::Introspection,
    Which::Pushed,
    Which::Registration,
    Which::Keys,
];

impl Which {
    /// How messages call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Authorization => "authorization endpoint",
            Self::Token => "token endpoint",
            Self::Device => "device authorization endpoint",
            Self::Revocation => "revocation endpoint",
            Self::Introspection => "introspection endpoint",
            Self::Pushed => "pushed authorization request endpoint",
            Self::Registration => "registration endpoint",
            Self::Keys => "key set",
        }
    }

    fn member(self) -> &'static str {
        match self {
            Self::Authorization => "authorization_endpoint",
            Self::Token => "token_endpoint",
            Self::Device => "device_authorization_endpoint",
            Self::Revocation => "revocation_endpoint",
            Self::Introspection => "introspection_endpoint",
            Self::Pushed => "pushed_authorization_request_endpoint",
            Self::Registration => "registration_endpoint",
            Self::Keys => "jwks_uri",
        }
    }
}

/// A server's metadata, read and checked.
pub(crate) struct Metadata {
    /// Shared with the tokens it issues, which keep it as a detail.
    pub(crate) issuer: SecretValue,
    /// One that is malformed is an error only for who needs it.
    endpoints: [Option<Result<Endpoint, Error>>; ALL.len()],
    /// For clients that authenticate by a certificate (RFC 8705 section 5).
    with_certificate: [Option<Result<Endpoint, Error>>; ALL.len()],
    /// Whether each answer of the authorization endpoint has `iss` (RFC 9207 section 3).
    pub(crate) sends_issuer: bool,
    /// Whether authorization requests must be pushed (RFC 9126 section 5).
    pub(crate) requires_pushed: bool,
    pub(crate) authentication_methods: Option<Vec<String>>,
    pub(crate) challenge_methods: Option<Vec<String>>,
    pub(crate) dpop_algorithms: Option<Vec<String>>,
    #[cfg(feature = "openid")]
    pub(crate) id_token_algorithms: Option<Vec<String>>,
}

impl Metadata {
    /// Nothing known yet.
    pub(crate) fn by_hand(issuer: &str) -> Self {
        Self {
            issuer: issuer.into(),
            endpoints: [const { None }; ALL.len()],
            with_certificate: [const { None }; ALL.len()],
            sends_issuer: false,
            requires_pushed: false,
            authentication_methods: None,
            challenge_methods: None,
            dpop_algorithms: None,
            #[cfg(feature = "openid")]
            id_token_algorithms: None,
        }
    }

    /// Adds an endpoint that is given by hand.
    pub(crate) fn insert(&mut self, which: Which, url: &str, plain_http: bool) -> Result<(), Error> {
        let endpoint = Endpoint::parse(url, which.name(), plain_http)?;
        self.endpoints[which as usize] = Some(Ok(endpoint));
        // What somebody gives by hand is there to be used.
        self.requires_pushed |= which == Which::Pushed;
        Ok(())
    }

    /// A document whose issuer has been compared. Members of another type than theirs count as absent; so do unknown ones.
    pub(super) fn of_document(issuer: &str, json: &Json<'_>, plain_http: bool) -> Self {
        let list = |member| json.texts(member).map(|texts| texts.map(Into::into).collect());
        let mut metadata = Self {
            sends_issuer: json.is_true("authorization_response_iss_parameter_supported"),
            requires_pushed: json.is_true("require_pushed_authorization_requests"),
            authentication_methods: list("token_endpoint_auth_methods_supported"),
            challenge_methods: list("code_challenge_methods_supported"),
            dpop_algorithms: list("dpop_signing_alg_values_supported"),
            #[cfg(feature = "openid")]
            id_token_algorithms: list("id_token_signing_alg_values_supported"),
            ..Self::by_hand(issuer)
        };
        let read = |member: &str, which: Which| {
            let url = json.text(member)?;
            Some(Endpoint::parse(url, which.name(), plain_http).map_err(|error| {
                Error::new(Fault::Server, format!("the metadata of the server are unusable: {error}"))
            }))
        };
        for which in ALL {
            let member = which.member();
            metadata.endpoints[which as usize] = read(member, which);
            metadata.with_certificate[which as usize] =
                read(&format!("/mtls_endpoint_aliases/{member}"), which);
        }
        metadata
    }

    /// An endpoint, or an error that says that there is none.
    pub(crate) fn endpoint(&self, which: Which, certificate: bool) -> Result<&Endpoint, Error> {
        match self.find(which, certificate)? {
            Some(endpoint) => Ok(endpoint),
            None => Err(Error::new(
                Fault::Caller,
                format!(
                    "{} is not known to have a {}; if it has, give its URL by hand (Server::{})",
                    crate::endpoint::origin_of(&self.issuer),
                    which.name(),
                    which.member()
                ),
            )),
        }
    }

    /// An endpoint, if there is one.
    pub(crate) fn find(&self, which: Which, certificate: bool) -> Result<Option<&Endpoint>, Error> {
        let alias = self.with_certificate[which as usize].as_ref().filter(|_| certificate);
        let found = alias.or(self.endpoints[which as usize].as_ref());
        found.map(|endpoint| endpoint.as_ref().map_err(Clone::clone)).transpose()
    }
}

/// Shows the origin of its issuer.
impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Metadata({})", crate::endpoint::origin_of(&self.issuer))
    }
}

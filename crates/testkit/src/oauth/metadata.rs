//! Where everything is, and the document that says so (RFC 8414, `OpenID` Connect Discovery).

use serde_json::json;

use super::{
    AuthServer, DpopPolicy, Pushed,
    server::origin_of,
    token::{DEVICE_CODE, JWT_BEARER, TOKEN_EXCHANGE},
};
use crate::Reply;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `/.well-known/oauth-authorization-server` and `/.well-known/openid-configuration`, before the issuer's own path
    /// (RFC 8414 sections 3.1 and 5), and the latter also behind it.
    Metadata,
    /// `/authorize`, where the browser goes.
    Authorize,
    /// `/token`
    Token,
    /// `/par` (RFC 9126), where it is [open](super::AuthServerBuilder::pushed).
    Pushed,
    /// `/device_authorization` (RFC 8628)
    DeviceAuthorization,
    /// `/revoke` (RFC 7009)
    Revocation,
    /// `/introspect` (RFC 7662)
    Introspection,
    /// `/register` (RFC 7591), where it is [open](super::AuthServerBuilder::registration).
    Registration,
    /// `/jwks`
    Jwks,
    /// The protected resource, on an origin of its own.
    Resource,
}

impl Endpoint {
    /// Those whose path is the issuer's with this behind it.
    const BELOW: [(Self, &str); 8] = [
        (Self::Authorize, "/authorize"),
        (Self::Token, "/token"),
        (Self::Pushed, "/par"),
        (Self::DeviceAuthorization, "/device_authorization"),
        (Self::Revocation, "/revoke"),
        (Self::Introspection, "/introspect"),
        (Self::Registration, "/register"),
        (Self::Jwks, "/jwks"),
    ];

    pub(super) fn at(issuer: &str, path: &str) -> Option<Self> {
        let base = base_path(issuer);
        let is_metadata = path == format!("/.well-known/oauth-authorization-server{base}")
            || path == format!("/.well-known/openid-configuration{base}")
            || path == format!("{base}/.well-known/openid-configuration");
        if is_metadata {
            return Some(Self::Metadata);
        }
        let below = path.strip_prefix(base)?;
        Self::BELOW.into_iter().find(|(_, path)| *path == below).map(|(endpoint, _)| endpoint)
    }

    pub(super) fn url(self, issuer: &str) -> String {
        let (origin, base) = (origin_of(issuer), base_path(issuer));
        match Self::BELOW.into_iter().find(|(endpoint, _)| *endpoint == self) {
            Some((_, path)) => format!("{origin}{base}{path}"),
            None => format!("{origin}/.well-known/oauth-authorization-server{base}"),
        }
    }
}

/// The path of the issuer, without a slash at its end (RFC 8414 section 3.1).
fn base_path(issuer: &str) -> &str {
    let path = &issuer[origin_of(issuer).len()..];
    path.strip_suffix('/').unwrap_or(path)
}

impl AuthServer {
    pub(super) fn metadata(&self) -> Reply {
        let setting = &*self.setting;
        let mut document = json!({
            "issuer": setting.issuer,
            "authorization_endpoint": self.url(Endpoint::Authorize),
            "token_endpoint": self.url(Endpoint::Token),
            "device_authorization_endpoint": self.url(Endpoint::DeviceAuthorization),
            "revocation_endpoint": self.url(Endpoint::Revocation),
            "introspection_endpoint": self.url(Endpoint::Introspection),
            "jwks_uri": self.url(Endpoint::Jwks),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": [
                "authorization_code",
                "refresh_token",
                "client_credentials",
                DEVICE_CODE,
                TOKEN_EXCHANGE,
                JWT_BEARER,
            ],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": [
                "none",
                "client_secret_basic",
                "client_secret_post",
                "client_secret_jwt",
                "private_key_jwt",
                "tls_client_auth",
            ],
            "token_endpoint_auth_signing_alg_values_supported": ["ES256", "EdDSA", "RS256", "PS256", "HS256"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": setting.says_issuer,
        });
        if setting.dpop != DpopPolicy::Off {
            document["dpop_signing_alg_values_supported"] = json!(setting.dpop_algorithms);
        }
        if setting.registration.is_some() {
            document["registration_endpoint"] = json!(self.url(Endpoint::Registration));
        }
        if !setting.acr_values.is_empty() {
            document["acr_values_supported"] = json!(setting.acr_values);
        }
        if setting.pushed != Pushed::No {
            document["pushed_authorization_request_endpoint"] = json!(self.url(Endpoint::Pushed));
        }
        if setting.pushed == Pushed::Required {
            document["require_pushed_authorization_requests"] = json!(true);
        }
        if let Some(spoil) = &setting.metadata {
            spoil(&mut document);
        }
        Reply::json(&document.to_string())
    }
}

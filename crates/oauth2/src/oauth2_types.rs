//! Values of the [`oauth2`] crate, for programs that hold them already.
//!
//! Most need nothing from here, because a text is taken where they have one:
//!
//! ```
//! use authwright_oauth2::{Registration, Server, oauth2_types};
//! use oauth2::{AuthUrl, ClientId, ClientSecret, RefreshToken, Scope, TokenUrl};
//! # let (client_id, client_secret) = (ClientId::new("acme".into()), ClientSecret::new("s3cret".into()));
//! # let auth_url = AuthUrl::new("https://login.example.com/authorize".into()).unwrap();
//! # let token_url = TokenUrl::new("https://login.example.com/token".into()).unwrap();
//! # let scopes = [Scope::new("orders.read".into()), Scope::new("offline_access".into())];
//! # let refresh_token = RefreshToken::new("r3fresh".into());
//!
//! let server = Server::new("https://login.example.com")
//!     .authorization_endpoint(auth_url.as_str())
//!     .token_endpoint(token_url.as_str());
//! let app = Registration::new(server, client_id)
//!     .secret(client_secret.into_secret())
//!     .scope(oauth2_types::scope(&scopes));
//! let grant = app.refresh_token(refresh_token.into_secret());
//! ```
//!
//! Its client appears nowhere here: what it builds has no place for a proof of a key, a pushed request or a signed assertion.

use std::time::{Duration, SystemTime};

use authwright_core::{Error, Fault, Token};
use oauth2::{
    AccessToken, EmptyExtraTokenFields, ExtraTokenFields, RefreshToken, Scope, StandardTokenResponse,
    TokenResponse, TokenType,
    basic::{BasicTokenResponse, BasicTokenType},
};

use crate::dpop;

/// The scope of a list, as [`Registration::scope`](crate::Registration::scope) has it.
pub fn scope<'a>(scopes: impl IntoIterator<Item = &'a Scope>) -> String {
    scopes.into_iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
}

/// The token of an answer, which lives from when it was asked for. Fields of a server's own are not kept.
///
/// # Errors
/// Its type is not `Bearer`: nobody here knows how to send another (RFC 6749 section 7.1). One that is bound to a key is
/// worth nothing without that key.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use authwright_oauth2::oauth2_types;
/// use oauth2::{AccessToken, EmptyExtraTokenFields, TokenResponse, basic::{BasicTokenResponse, BasicTokenType}};
///
/// let asked_at = SystemTime::now();
/// let access = AccessToken::new("t0ken".into());
/// let mut response = BasicTokenResponse::new(access, BasicTokenType::Bearer, EmptyExtraTokenFields {});
/// response.set_expires_in(Some(&Duration::from_secs(300)));
///
/// let token = oauth2_types::token(&response, asked_at)?;
/// assert_eq!(token.expiry(), Some(asked_at + Duration::from_secs(300)));
///
/// // And back, a minute later.
/// let response = oauth2_types::response(&token, asked_at + Duration::from_secs(60));
/// assert_eq!(response.access_token().secret(), "t0ken");
/// assert_eq!(response.expires_in(), Some(Duration::from_secs(240)));
/// # Ok::<(), authwright_core::Error>(())
/// ```
pub fn token<F, T>(response: &StandardTokenResponse<F, T>, asked_at: SystemTime) -> Result<Token, Error>
where
    F: ExtraTokenFields,
    T: TokenType + AsRef<str>,
{
    let kind: &str = response.token_type().as_ref();
    if !kind.eq_ignore_ascii_case("bearer") {
        let kind: String = kind.chars().take(20).collect();
        let message = format!(
            "a token of type `{}` is not used: nobody here knows how to send it (RFC 6749 section 7.1)",
            kind.escape_debug()
        );
        return Err(Error::new(Fault::Server, message));
    }
    let mut token = Token::new(response.access_token().secret());
    if let Some(lifetime) = response.expires_in() {
        token = token.lifetime(asked_at, lifetime);
    }
    if let Some(refresh) = response.refresh_token() {
        token = token.refresh_token(refresh.secret());
    }
    // An empty text comes as a list with an empty name.
    if let Some(granted) = response.scopes().map(scope).filter(|granted| !granted.is_empty()) {
        token = token.scope(granted);
    }
    Ok(token)
}

/// A token as that crate has it, with the time that is left of it. One that is bound to a key is of the type `DPoP`.
pub fn response(token: &Token, now: SystemTime) -> BasicTokenResponse {
    let kind = if dpop::is_bound(token) {
        BasicTokenType::Extension("DPoP".to_owned())
    } else {
        BasicTokenType::Bearer
    };
    let access = AccessToken::new(token.expose().to_owned());
    let mut response = BasicTokenResponse::new(access, kind, EmptyExtraTokenFields {});
    let left = token.expiry().map(|expiry| expiry.duration_since(now).unwrap_or(Duration::ZERO));
    response.set_expires_in(left.as_ref());
    response.set_refresh_token(token.expose_refresh_token().map(|refresh| RefreshToken::new(refresh.into())));
    let scopes = token.granted_scope().map(|scope| scope.split_whitespace());
    response.set_scopes(scopes.map(|names| names.map(|name| Scope::new(name.into())).collect()));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(json: &str) -> BasicTokenResponse {
        serde_json::from_str(json).unwrap()
    }

    fn asked_at() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    }

    #[test]
    fn a_token_goes_there_and_back_with_all_that_is_known_of_it() {
        let json = r#"{"access_token":"t0ken","token_type":"BEARER","expires_in":300,"refresh_token":"r3fresh","scope":"a b"}"#;
        let token = token(&answered(json), asked_at()).unwrap();
        assert_eq!(token.expose(), "t0ken");
        assert_eq!(token.issued_at(), Some(asked_at()));
        assert_eq!(token.expiry(), Some(asked_at() + Duration::from_secs(300)));
        assert_eq!(token.expose_refresh_token(), Some("r3fresh"));
        assert_eq!(token.granted_scope(), Some("a b"));

        for (later, left) in [(0, 300), (299, 1), (300, 0), (10_000, 0)] {
            let response = response(&token, asked_at() + Duration::from_secs(later));
            let json: serde_json::Value = serde_json::to_value(&response).unwrap();
            assert_eq!(
                json,
                serde_json::json!({"access_token": "t0ken", "token_type": "bearer", "expires_in": left,
                                   "refresh_token": "r3fresh", "scope": "a b"})
            );
        }
    }

    #[test]
    fn what_is_not_known_stays_unknown() {
        let token =
            token(&answered(r#"{"access_token":"t","token_type":"bearer","scope":""}"#), asked_at()).unwrap();
        assert_eq!((token.expiry(), token.expose_refresh_token(), token.granted_scope()), (None, None, None));
        let response = response(&token, asked_at());
        assert!(response.expires_in().is_none() && response.refresh_token().is_none());
        assert!(response.scopes().is_none());
    }

    #[test]
    fn a_lifetime_that_no_clock_can_hold_is_unknown() {
        let json = format!(r#"{{"access_token":"t","token_type":"bearer","expires_in":{}}}"#, u64::MAX);
        assert_eq!(token(&answered(&json), asked_at()).unwrap().expiry(), None);
    }

    #[test]
    fn e9_a_token_of_another_type_is_not_used() {
        for kind in ["mac", "DPoP", "N_A", "a\\u001bb"] {
            let json = format!(r#"{{"access_token":"c4nary","token_type":"{kind}"}}"#);
            let error = token(&answered(&json), asked_at()).unwrap_err();
            assert_eq!(error.fault(), Fault::Server);
            let error = format!("{error} {error:?}");
            assert!(error.contains("token of type") && !error.contains("c4nary"), "{error}");
            assert!(!error.contains(char::is_control), "{error:?}");
        }
    }

    /// Nobody sends it as Bearer by mistake (RFC 9449 section 7.1).
    #[test]
    fn n3_a_bound_token_says_so() {
        let key = dpop::BoundKey::new(std::sync::Arc::new(crate::testing::Key::es256())).unwrap();
        let bound = key.mark(Token::new("t"));
        assert_eq!(*response(&bound, asked_at()).token_type(), BasicTokenType::Extension("DPoP".into()));
    }

    /// What they print is theirs; that they print no secret is relied on by whoever logs an answer.
    #[test]
    fn their_debug_shows_no_secret() {
        let token = Token::new("c4nary").refresh_token("c4nary");
        let shown = format!("{:?}", response(&token, asked_at()));
        assert!(shown.contains("redacted") && !shown.contains("c4nary"), "{shown}");
    }
}

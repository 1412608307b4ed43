//! What the challenges of Basic, Bearer and `DPoP` say, by name. Parameters they do not know are passed over.

use super::{Challenge, ParamValue};

/// A challenge for Basic (RFC 7617 section 2).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct BasicChallenge<'a> {
    /// What the credential is for. Demanded by the RFC, and left out by some servers.
    pub realm: Option<ParamValue<'a>>,
    /// `charset="UTF-8"`: user name and password are expected in UTF-8 (RFC 7617 section 2.1).
    pub utf8: bool,
}

/// A challenge for Bearer (RFC 6750 section 3).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct BearerChallenge<'a> {
    /// What the token is for.
    pub realm: Option<ParamValue<'a>>,
    /// The scopes needed, separated by blanks.
    pub scope: Option<ParamValue<'a>>,
    /// Why the token was refused: `invalid_request`, `invalid_token`, `insufficient_scope`, or another word. Absent where
    /// there was no token.
    pub error: Option<ParamValue<'a>>,
    /// The same for a developer.
    pub error_description: Option<ParamValue<'a>>,
    /// A page that explains it.
    pub error_uri: Option<ParamValue<'a>>,
    /// The URL of the description of the resource (RFC 9728 section 5.1).
    pub resource_metadata: Option<ParamValue<'a>>,
    /// How the user is to log in, the most wanted first, separated by blanks (RFC 9470 section 3).
    pub acr_values: Option<ParamValue<'a>>,
    /// How many seconds ago the user may have logged in at most (RFC 9470 section 3).
    pub max_age: Option<u64>,
}

/// A challenge for `DPoP` (RFC 9449 section 7.1).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct DpopChallenge<'a> {
    /// What the token is for.
    pub realm: Option<ParamValue<'a>>,
    /// The scopes needed, separated by blanks.
    pub scope: Option<ParamValue<'a>>,
    /// Why token or proof was refused: `use_dpop_nonce`, `invalid_dpop_proof`, one of the errors of Bearer, or another
    /// word.
    pub error: Option<ParamValue<'a>>,
    /// The same for a developer.
    pub error_description: Option<ParamValue<'a>>,
    /// A page that explains it.
    pub error_uri: Option<ParamValue<'a>>,
    /// The signature algorithms accepted for a proof, separated by blanks.
    pub algs: Option<ParamValue<'a>>,
    /// The URL of the description of the resource (RFC 9728 section 5.1).
    pub resource_metadata: Option<ParamValue<'a>>,
    /// How the user is to log in, the most wanted first, separated by blanks (RFC 9470 section 3).
    pub acr_values: Option<ParamValue<'a>>,
    /// How many seconds ago the user may have logged in at most (RFC 9470 section 3).
    pub max_age: Option<u64>,
}

impl<'a> Challenge<'a> {
    /// What is said for Basic; `None` for another scheme.
    pub fn basic(&self) -> Option<BasicChallenge<'a>> {
        if !self.is("Basic") {
            return None;
        }
        let [realm, charset] = self.params().pick(["realm", "charset"]);
        Some(BasicChallenge { realm, utf8: charset.is_some_and(|charset| charset.is("UTF-8")) })
    }

    /// What is said for Bearer; `None` for another scheme.
    pub fn bearer(&self) -> Option<BearerChallenge<'a>> {
        if !self.is("Bearer") {
            return None;
        }
        let [realm, scope, error, error_description, error_uri, resource_metadata, acr_values, max_age] =
            self.params().pick([
                "realm",
                "scope",
                "error",
                "error_description",
                "error_uri",
                "resource_metadata",
                "acr_values",
                "max_age",
            ]);
        let max_age = max_age.and_then(ParamValue::number);
        Some(BearerChallenge {
            realm,
            scope,
            error,
            error_description,
            error_uri,
            resource_metadata,
            acr_values,
            max_age,
        })
    }

    /// What is said for `DPoP`; `None` for another scheme.
    pub fn dpop(&self) -> Option<DpopChallenge<'a>> {
        if !self.is("DPoP") {
            return None;
        }
        let [realm, scope, error, error_description, error_uri, algs, resource_metadata, acr_values, max_age] =
            self.params().pick([
                "realm",
                "scope",
                "error",
                "error_description",
                "error_uri",
                "algs",
                "resource_metadata",
                "acr_values",
                "max_age",
            ]);
        let max_age = max_age.and_then(ParamValue::number);
        Some(DpopChallenge {
            realm,
            scope,
            error,
            error_description,
            error_uri,
            algs,
            resource_metadata,
            acr_values,
            max_age,
        })
    }
}

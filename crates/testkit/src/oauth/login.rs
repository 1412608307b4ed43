//! The two grants of a login: its code (RFC 6749 section 4.1.3, RFC 7636 section 4.6) and its refresh tokens (section 6).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    AuthServer, RefreshTokens,
    authorize::resources,
    clients::scope_words,
    form::is_unreserved,
    refused::Refused,
    state::{Code, State},
    token::{Asked, Grant, invalid},
};

impl AuthServer {
    pub(super) fn redeem_code(&self, state: &mut State, asked: &Asked<'_>) -> Result<Value, Refused> {
        let code = asked.form.get("code").ok_or_else(|| invalid("`code` is missing"))?;
        let verifier =
            asked.form.get("code_verifier").ok_or_else(|| invalid("`code_verifier` is missing"))?;
        let Some(known) = state.codes.get_mut(code) else {
            return Err(bad_grant("`code` is none of ours"));
        };
        if known.used {
            // RFC 6749 section 4.1.2: all tokens that came of it go, too.
            if let Some(family) = known.family {
                state.revoke(family);
                state.revocations += 1;
            }
            return Err(bad_grant("`code` was used before"));
        }
        // Whatever follows, it was sent.
        known.used = true;
        let known = known.clone();
        self.check_code(&known, asked, verifier)?;

        let request = known.request;
        let audience = narrowed(resources(asked.form)?, &request.resources)?;
        let subject = &self.setting.subject;
        let family = self.family(state, asked, subject, &request.scope, &request.resources);
        state.families[family].acr.clone_from(&request.acr);
        state.families[family].auth_time = request.auth_time;
        if let Some(code) = state.codes.get_mut(code) {
            code.family = Some(family);
        }
        let grant = Grant { family, scope: request.scope.clone(), audience, refreshes: true };
        let answer = self.issue(state, asked, &grant);
        Ok(self.with_id_token(state, answer, family, request.nonce.as_deref()))
    }

    fn check_code(&self, known: &Code, asked: &Asked<'_>, verifier: &str) -> Result<(), Refused> {
        if known.request.client_id != asked.client.id {
            return Err(bad_grant("`code` was given to another client"));
        }
        if known.expires <= self.setting.clock.now() {
            return Err(Refused { broken: false, ..bad_grant("`code` is over") });
        }
        if asked.form.get("redirect_uri") != Some(&known.request.redirect_uri) {
            return Err(bad_grant("`redirect_uri` is not the one the code was sent to"));
        }
        if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(is_unreserved) {
            return Err(bad_grant("`code_verifier` is not one of RFC 7636 section 4.1"));
        }
        if BASE64URL.encode(Sha256::digest(verifier)) != known.request.challenge {
            return Err(bad_grant("`code_verifier` does not fit `code_challenge`"));
        }
        match &known.request.dpop_jkt {
            Some(jkt) if asked.key.as_ref() != Some(jkt) => {
                Err(bad_grant("the proof is not of the key that `dpop_jkt` named"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn refresh(&self, state: &mut State, asked: &Asked<'_>) -> Result<Value, Refused> {
        let text = asked.form.get("refresh_token").ok_or_else(|| invalid("`refresh_token` is missing"))?;
        let over = |why: &str| Refused::denied("invalid_grant", why);
        let token =
            state.refresh_tokens.get(text).cloned().ok_or_else(|| over("`refresh_token` is none of ours"))?;
        let login = state.families[token.family].clone();
        if login.client_id != asked.client.id {
            return Err(bad_grant("`refresh_token` was given to another client"));
        }
        if login.bound_to.is_some() && login.bound_to != asked.key {
            return Err(bad_grant("the proof is not of the key that the refresh token is bound to"));
        }
        if login.revoked {
            return Err(over("this login has been revoked"));
        }
        if token.spent {
            // Two hold it, and nobody knows which is the thief (RFC 9700 section 4.14.2).
            state.revoke(token.family);
            state.revocations += 1;
            return Err(over("`refresh_token` was used before"));
        }
        let scope = match asked.form.get("scope") {
            Some(scope) => {
                let granted = scope_words(&login.scope).unwrap_or_default();
                if !scope_words(scope)?.iter().all(|word| granted.contains(word)) {
                    return Err(Refused::broken("invalid_scope", "`scope` is more than was granted"));
                }
                scope.to_owned()
            }
            None => login.scope,
        };
        let audience = narrowed(resources(asked.form)?, &login.audience)?;
        let rotates = self.setting.refresh_tokens == RefreshTokens::Rotated;
        if rotates && let Some(token) = state.refresh_tokens.get_mut(text) {
            token.spent = true;
        }
        let grant = Grant { family: token.family, scope, audience, refreshes: rotates };
        Ok(self.issue(state, asked, &grant))
    }
}

/// The resources a token is for: some of those that were granted, or all (RFC 8707 section 2.2).
fn narrowed(asked: Vec<String>, granted: &[String]) -> Result<Vec<String>, Refused> {
    if asked.is_empty() {
        return Ok(granted.to_vec());
    }
    if asked.iter().all(|resource| granted.contains(resource)) {
        return Ok(asked);
    }
    Err(Refused::broken("invalid_target", "`resource` was not granted"))
}

fn bad_grant(why: &str) -> Refused {
    Refused::broken("invalid_grant", why)
}

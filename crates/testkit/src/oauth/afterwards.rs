//! What becomes of a token: revocation (RFC 7009) and introspection (RFC 7662).

use serde_json::{Value, json};

use super::{
    AuthServer,
    form::Form,
    refused::{Refused, json_reply},
    state::{State, seconds},
    token::invalid,
};
use crate::{Received, Reply};

impl AuthServer {
    /// The tokens that clients gave back, in order.
    pub fn revoked_tokens(&self) -> Vec<String> {
        self.state().given_back.clone()
    }

    pub(super) fn revocation(&self, state: &mut State, request: &Received) -> Result<Reply, Refused> {
        let form = Form::of_body(request).map_err(invalid)?;
        let client = self.authenticate(state, request, &form)?;
        let text = token_of(&form)?;
        let refresh = state.refresh_tokens.get(text).map(|token| token.family);
        let access = state.access_tokens.get(text).map(|token| token.family);
        if let Some(family) = refresh.or(access) {
            if state.families[family].client_id != client.id {
                return Err(invalid("the token was given to another client"));
            }
            state.given_back.push(text.to_owned());
        }
        if let Some(family) = refresh {
            // With a refresh token go the access tokens that came of it (RFC 7009 section 2.1).
            state.revoke(family);
        }
        if let Some(token) = state.access_tokens.get_mut(text) {
            token.revoked = true;
        }
        // Also for a token nobody knows (section 2.2).
        Ok(Reply::status(200))
    }

    pub(super) fn introspection(&self, state: &mut State, request: &Received) -> Result<Reply, Refused> {
        let form = Form::of_body(request).map_err(invalid)?;
        let client = self.authenticate(state, request, &form)?;
        if client.is_public() {
            let why = "a public client asks about a token (RFC 7662 section 2.1)";
            return Err(Refused::broken("invalid_client", why).status(401));
        }
        let answer = self.about(state, token_of(&form)?).unwrap_or_else(|| json!({"active": false}));
        Ok(json_reply(200, &answer))
    }

    /// What there is to say of a token that is good.
    fn about(&self, state: &State, text: &str) -> Option<Value> {
        if let Some(token) = state.refresh_tokens.get(text) {
            let login = &state.families[token.family];
            return (!token.spent && !login.revoked).then(|| {
                json!({"active": true, "client_id": login.client_id, "sub": login.subject, "scope": login.scope})
            });
        }
        let token = state.access_tokens.get(text)?;
        let login = &state.families[token.family];
        if token.revoked || login.revoked || token.expires <= self.setting.clock.now() {
            return None;
        }
        let mut answer = json!({
            "active": true,
            "iss": self.setting.issuer,
            "client_id": login.client_id,
            "sub": login.subject,
            "scope": token.scope,
            "iat": token.issued_at,
            "exp": seconds(token.expires),
            "token_type": if token.bound_to.is_some() { "DPoP" } else { "Bearer" },
            "auth_time": login.auth_time,
        });
        if !token.audience.is_empty() {
            answer["aud"] = json!(token.audience);
        }
        if let Some(key) = &token.bound_to {
            answer["cnf"] = json!({"jkt": key});
        }
        if let Some(acr) = &login.acr {
            answer["acr"] = json!(acr);
        }
        Some(answer)
    }
}

fn token_of(form: &Form) -> Result<&str, Refused> {
    if form.get("token_type_hint").is_some_and(|hint| !["access_token", "refresh_token"].contains(&hint)) {
        return Err(Refused::broken("unsupported_token_type", "`token_type_hint` is not one of RFC 7009"));
    }
    form.get("token").ok_or_else(|| invalid("`token` is missing"))
}

//! Grants by something the client already has: a token (RFC 8693), an assertion (RFC 7523 section 2.1), a password.

use serde_json::{Value, json};

use super::{
    AuthServer,
    authorize::resources,
    jws::{Jwt, Key},
    refused::Refused,
    state::State,
    token::{Asked, Grant, invalid},
};

/// A token of another issuer, taken in an exchange.
#[derive(Clone)]
pub(super) struct ForeignToken {
    pub(super) token: String,
    pub(super) kind: String,
    pub(super) subject: String,
}

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// How far ahead an assertion for tokens may end, in seconds.
const AHEAD: u64 = 3600;

impl AuthServer {
    pub(super) fn exchange(&self, state: &mut State, asked: &Asked<'_>) -> Result<Value, Refused> {
        let form = asked.form;
        let needed =
            |name: &'static str| form.get(name).ok_or_else(|| invalid(format!("`{name}` is missing")));
        let subject = self.holder(state, needed("subject_token")?, needed("subject_token_type")?)?;
        match (form.get("actor_token"), form.get("actor_token_type")) {
            (None, None) => {}
            (Some(token), Some(kind)) => drop(self.holder(state, token, kind)?),
            _ => return Err(invalid("`actor_token` and `actor_token_type` are not there together")),
        }
        let kind = form.get("requested_token_type").unwrap_or(ACCESS_TOKEN);
        if !kind.contains(':') {
            return Err(invalid("`requested_token_type` is no URI"));
        }
        let scope = asked.client.scope(form.get("scope"))?;
        let mut audience = resources(form)?;
        audience.extend(form.all("audience").map(str::to_owned));
        let family = self.family(state, asked, &subject, &scope, &audience);
        let mut answer = self.issue(state, asked, &Grant { family, scope, audience, refreshes: false });
        answer["issued_token_type"] = json!(kind);
        if kind != ACCESS_TOKEN && kind != JWT {
            // RFC 8693 section 2.2.1: not to be used as an access token.
            answer["token_type"] = json!("N_A");
        }
        Ok(answer)
    }

    /// Whom a token in an exchange stands for.
    fn holder(&self, state: &State, token: &str, kind: &str) -> Result<String, Refused> {
        let foreign = self.setting.foreign_tokens.iter();
        if let Some(known) = foreign.clone().find(|known| known.token == token && known.kind == kind) {
            return Ok(known.subject.clone());
        }
        if !kind.contains(':') {
            return Err(invalid("the type of a token is no URI (RFC 8693 section 3)"));
        }
        let own = state.access_tokens.get(token).filter(|_| [ACCESS_TOKEN, JWT].contains(&kind));
        let login = own.map(|token| (token, &state.families[token.family]));
        match login {
            Some((token, login))
                if !token.revoked && !login.revoked && token.expires > self.setting.clock.now() =>
            {
                Ok(login.subject.clone())
            }
            _ => Err(Refused::denied("invalid_request", "a token is none of ours, or over")),
        }
    }

    pub(super) fn jwt_bearer(&self, state: &mut State, asked: &Asked<'_>) -> Result<Value, Refused> {
        let bad = |why: &str| Refused::broken("invalid_grant", format!("the assertion is not good: {why}"));
        let assertion = asked.form.get("assertion").ok_or_else(|| invalid("`assertion` is missing"))?;
        let jwt = Jwt::parse(assertion).map_err(|why| bad(&why))?;
        let issuer = jwt.text("iss").ok_or_else(|| bad("it has no `iss`"))?;
        let trusted = self.setting.trusted_issuers.iter().find(|(name, _)| name == issuer);
        let (_, key) = trusted.ok_or_else(|| Refused { broken: false, ..bad("nobody trusts its `iss`") })?;
        jwt.verify(Key::Public(key)).map_err(|why| Refused { broken: false, ..bad(&why) })?;
        // The issuer, or as RFC 7523 section 3 also has it the token endpoint.
        if ![&self.setting.issuer, &self.url(super::Endpoint::Token)]
            .iter()
            .any(|own| jwt.text("aud") == Some(own))
        {
            return Err(bad("its `aud` is not this server, as a text"));
        }
        self.check_times(&jwt, AHEAD).map_err(|why| bad(&why))?;
        if jwt.text("jti").is_some_and(|jti| !state.first("jti of an assertion", jti)) {
            return Err(bad("its `jti` was used before"));
        }
        let subject = jwt.text("sub").filter(|sub| !sub.is_empty()).ok_or_else(|| bad("it has no `sub`"))?;
        self.without_refresh(state, asked, subject)
    }

    pub(super) fn password(&self, state: &mut State, asked: &Asked<'_>) -> Result<Value, Refused> {
        let Some((user, password)) = &self.setting.password else {
            // RFC 9700 section 2.4.
            return Err(Refused::broken("unsupported_grant_type", "the password grant is used"));
        };
        let (name, word) = (asked.form.get("username"), asked.form.get("password"));
        if name.is_none() || word.is_none() {
            return Err(invalid("`username` or `password` is missing"));
        }
        if (name, word) != (Some(user), Some(password)) {
            return Err(Refused::denied("invalid_grant", "name or password is wrong"));
        }
        let scope = asked.client.scope(asked.form.get("scope"))?;
        let audience = resources(asked.form)?;
        let family = self.family(state, asked, user, &scope, &audience);
        Ok(self.issue(state, asked, &Grant { family, scope, audience, refreshes: true }))
    }

    /// Issues an access token to whoever can ask for the next one in the same way.
    pub(super) fn without_refresh(
        &self,
        state: &mut State,
        asked: &Asked<'_>,
        subject: &str,
    ) -> Result<Value, Refused> {
        let scope = asked.client.scope(asked.form.get("scope"))?;
        let audience = resources(asked.form)?;
        let family = self.family(state, asked, subject, &scope, &audience);
        Ok(self.issue(state, asked, &Grant { family, scope, audience, refreshes: false }))
    }
}

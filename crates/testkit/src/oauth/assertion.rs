//! Assertions: JWTs by which a client authenticates (RFC 7523 section 3, with what rfc7523bis made stricter).

use super::{
    AuthServer, RegisteredClient,
    clients::Authentication,
    jws::{Jwt, Key},
    refused::Refused,
    state::{State, seconds},
};

/// How far ahead a client's assertion may end, in seconds.
const AHEAD: u64 = 300;

impl AuthServer {
    pub(super) fn check_client_assertion(
        &self,
        state: &mut State,
        client: &RegisteredClient,
        assertion: &str,
    ) -> Result<(), Refused> {
        let jwt = Jwt::parse(assertion).map_err(|why| broken(&why))?;
        let key = match &client.authentication {
            Authentication::SecretJwt(secret) => Key::Secret(secret.as_bytes()),
            Authentication::PrivateKeyJwt(jwk) => {
                if jwk.get("kid").is_some_and(|kid| jwt.header.get("kid").is_some_and(|said| said != kid)) {
                    return Err(broken("its `kid` is not that of the registered key"));
                }
                Key::Public(jwk)
            }
            _ => return Err(broken("this client has no key")),
        };
        // Another key than the registered one is a matter of credentials, not of rules.
        jwt.verify(key).map_err(|why| Refused { broken: false, ..broken(&why) })?;
        if jwt.header("typ") != Some("client-authentication+jwt") {
            return Err(broken("its `typ` is not `client-authentication+jwt`"));
        }
        if jwt.text("iss") != Some(&client.id) || jwt.text("sub") != Some(&client.id) {
            return Err(broken("its `iss` and `sub` are not both the client id"));
        }
        if jwt.text("aud") != Some(&self.setting.issuer) {
            return Err(broken("its `aud` is not the issuer, as a text"));
        }
        self.check_times(&jwt, AHEAD).map_err(|why| broken(&why))?;
        let jti = jwt.text("jti").filter(|jti| !jti.is_empty()).ok_or_else(|| broken("it has no `jti`"))?;
        if !state.first("jti of an assertion", jti) {
            return Err(broken("its `jti` was used before"));
        }
        Ok(())
    }

    /// `exp` is there, and near; `iat` and `nbf` are not to come.
    pub(super) fn check_times(&self, jwt: &Jwt, ahead: u64) -> Result<(), String> {
        let now = seconds(self.setting.clock.now());
        let end = jwt.moment("exp").ok_or("it has no `exp` in whole seconds")?;
        if end <= now {
            return Err("it is over".to_owned());
        }
        if end > now + ahead {
            return Err(format!("its `exp` is more than {ahead} seconds ahead"));
        }
        for name in ["iat", "nbf"] {
            if jwt.claims.contains_key(name) && jwt.moment(name).is_none_or(|moment| moment > now) {
                return Err(format!("its `{name}` is to come, or not in whole seconds"));
            }
        }
        Ok(())
    }
}

/// Who an assertion says it is from. Nothing is checked yet.
pub(super) fn client_of(assertion: &str) -> Result<String, Refused> {
    let jwt = Jwt::parse(assertion).map_err(|why| broken(&why))?;
    jwt.text("sub").map(str::to_owned).ok_or_else(|| broken("it has no `sub`"))
}

fn broken(why: &str) -> Refused {
    Refused::broken("invalid_client", format!("the client assertion is not good: {why}")).status(401)
}

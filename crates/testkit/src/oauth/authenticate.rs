//! How a client says who it is: by one method, the registered one (RFC 6749 section 2.3).

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};

use super::{
    AuthServer, RegisteredClient, assertion,
    clients::Authentication,
    form::{Form, decoded},
    refused::Refused,
    state::State,
    token::JWT_BEARER,
};
use crate::Received;

/// What a request has to say about its client.
enum Shown<'a> {
    Id,
    Basic(String, String),
    Post(&'a str),
    Assertion(&'a str),
}

impl AuthServer {
    /// Who sends this request: one known client, by its one method (RFC 6749 section 2.3).
    pub(super) fn authenticate(
        &self,
        state: &mut State,
        request: &Received,
        form: &Form,
    ) -> Result<RegisteredClient, Refused> {
        let shown = shown(request, form)?;
        let id = match &shown {
            Shown::Basic(id, _) => id.clone(),
            Shown::Assertion(assertion) => assertion::client_of(assertion)?,
            Shown::Id | Shown::Post(_) => form.get("client_id").unwrap_or_default().to_owned(),
        };
        // An assertion speaks for itself (RFC 7521 section 4.1).
        if id.is_empty() && form.get("grant_type") == Some(JWT_BEARER) {
            return Ok(RegisteredClient::public(""));
        }
        if id.is_empty() {
            return Err(Refused::broken("invalid_client", "the client does not say who it is").status(401));
        }
        if form.get("client_id").is_some_and(|said| said != id) {
            return Err(Refused::broken(
                "invalid_request",
                "`client_id` is not the client that authenticates",
            ));
        }
        let Some(client) = state.client(&id).cloned() else {
            return Err(self.unknown_client("there is no such client", &shown));
        };
        if client.secret_expires.is_some_and(|end| end <= self.setting.clock.now()) {
            let refused = self.unknown_client("the secret is used after its end", &shown);
            return Err(Refused { broken: true, ..refused });
        }
        let right = match (&client.authentication, &shown) {
            (Authentication::None | Authentication::Tls, Shown::Id) => true,
            (Authentication::Basic(ours), Shown::Basic(_, theirs)) => ours == theirs,
            (Authentication::Post(ours), Shown::Post(theirs)) => ours == theirs,
            (
                Authentication::SecretJwt(_) | Authentication::PrivateKeyJwt(_),
                Shown::Assertion(assertion),
            ) => {
                self.check_client_assertion(state, &client, assertion)?;
                true
            }
            (registered, _) => {
                let why = format!("the client did not authenticate by {}", registered.name());
                return Err(Refused { broken: true, ..self.unknown_client(&why, &shown) });
            }
        };
        if right { Ok(client) } else { Err(self.unknown_client("the secret is wrong", &shown)) }
    }

    /// A client that tried by a header field is told how (RFC 6749 section 5.2).
    fn unknown_client(&self, why: &str, shown: &Shown<'_>) -> Refused {
        let refused = Refused::denied("invalid_client", why).status(401);
        match shown {
            Shown::Basic(..) => {
                refused.field("www-authenticate", format!("Basic realm=\"{}\"", self.setting.issuer))
            }
            _ => refused,
        }
    }
}

/// Finds the one method that is used.
fn shown<'a>(request: &Received, form: &'a Form) -> Result<Shown<'a>, Refused> {
    let broken = |why: &str| Err(Refused::broken("invalid_request", why));
    let fields: Vec<_> = request.headers.iter().filter(|(name, _)| name == "authorization").collect();
    let secret = form.get("client_secret");
    let assertion = match (form.get("client_assertion"), form.get("client_assertion_type")) {
        (None, None) => None,
        (Some(assertion), Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")) => Some(assertion),
        (Some(_), Some(_)) => return broken("`client_assertion_type` is not the one of RFC 7523"),
        _ => return broken("`client_assertion` and `client_assertion_type` are not there together"),
    };
    match (&fields[..], secret, assertion) {
        ([], None, None) => Ok(Shown::Id),
        ([], Some(secret), None) => Ok(Shown::Post(secret)),
        ([], None, Some(assertion)) => Ok(Shown::Assertion(assertion)),
        ([(_, value)], None, None) => {
            let (id, secret) = basic(value).map_err(|why| {
                Refused::broken("invalid_client", why).status(401).field("www-authenticate", "Basic")
            })?;
            Ok(Shown::Basic(id, secret))
        }
        _ => broken("the client authenticates in more than one way"),
    }
}

/// Both halves are form-encoded before they are joined (RFC 6749 section 2.3.1).
fn basic(value: &[u8]) -> Result<(String, String), &'static str> {
    let pair = value.strip_prefix(b"Basic ").ok_or("the scheme is not `Basic`")?;
    let pair = BASE64.decode(pair).map_err(|_| "what follows `Basic` is no base64")?;
    let colon =
        pair.iter().position(|byte| *byte == b':').ok_or("id and secret have no colon between them")?;
    let id = decoded(&pair[..colon]).ok_or("the client id in Basic is not form-encoded")?;
    let secret = decoded(&pair[colon + 1..]).ok_or("the client secret in Basic is not form-encoded")?;
    Ok((id, secret))
}

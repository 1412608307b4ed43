//! What a token endpoint answers, and what follows from it (RFC 6749 sections 5.1 and 5.2).
//!
//! Only the status and the registered error codes decide. Everything else a server says is for people to read.

use std::time::SystemTime;

use authwright_core::{
    Error, Fault, Token,
    flow::{Answer, Json},
};
use http::StatusCode;

use crate::{client::Client, said::Said};

/// What was asked, for the messages about its answer.
pub(crate) struct Asked<'a> {
    /// Of the endpoint.
    pub(crate) origin: &'a str,
    pub(crate) client: &'a Client,
    /// What was to be redeemed: `the refresh token (env REFRESH_TOKEN, #3f9a)`.
    pub(crate) grant: &'a str,
    /// What was sent and is not to be shown, besides the client's own.
    pub(crate) secret: &'a str,
    pub(crate) now: SystemTime,
}

/// There is no token.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) error: Error,
    /// What was redeemed is spent, has ended or was revoked: `invalid_grant`.
    pub(crate) is_grant: bool,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self { error, is_grant: false }
    }
}

/// The token of an answer. Members it does not know are ignored, `null` counts as absent, and so does a `Content-Type`:
/// servers get it wrong.
pub(crate) fn read(answer: &Answer, asked: &Asked<'_>) -> Result<Token, Refused> {
    let json = answer.json().ok();
    let error = json.as_ref().and_then(|json| json.text("/error")).filter(|code| !code.is_empty());
    if answer.status() != StatusCode::OK || error.is_some() {
        return Err(refused(answer, asked, json.as_ref(), error));
    }
    let says = format!("token endpoint at {} answered 200", asked.origin);
    let Some(json) = json else {
        // A page of a gateway or a captive portal rather than the endpoint's own answer: that passes.
        return Err(passing(format!("{says}, but not with JSON; try again later"), answer, asked).into());
    };
    let server = |message| Refused::from(Error::new(Fault::Server, message));
    let Some(access) = json.text("/access_token").filter(|token| !token.is_empty()) else {
        let names = json.member_names();
        return Err(server(format!("{says}, but there is no string `access_token` (members: {names})")));
    };
    // RFC 6749 appendix A.12.
    if !access.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(server(format!("{says}, but its `access_token` has characters that no token can have")));
    }
    match json.text("/token_type") {
        Some(kind) if kind.eq_ignore_ascii_case("bearer") => {}
        Some(kind) => {
            let kind: String = kind.chars().take(20).collect();
            return Err(server(format!(
                "{says}, but with a token of type `{}`, which this release does not know how to send; ask for a Bearer \
                 token",
                kind.escape_debug()
            )));
        }
        None => {
            return Err(server(format!(
                "{says}, but does not say what type its token is of (`token_type`); RFC 6749 section 5.1 demands it"
            )));
        }
    }
    let mut token = Token::new(access);
    if let Some(lifetime) = json.lifetime("/expires_in") {
        token = token.lifetime(answer.asked_at(), lifetime);
    }
    if let Some(refresh) = json.text("/refresh_token").filter(|token| !token.is_empty()) {
        token = token.refresh_token(refresh);
    }
    if let Some(scope) = json.text("/scope").filter(|scope| !scope.is_empty()) {
        token = token.scope(scope);
    }
    Ok(token)
}

fn refused(answer: &Answer, asked: &Asked<'_>, json: Option<&Json>, code: Option<&str>) -> Refused {
    let Asked { origin, client, grant, .. } = asked;
    let status = answer.status();
    let mut secrets = client.secrets();
    secrets.push(asked.secret.to_owned());
    let said = Said::new(status, json, &secrets);
    let says = format!("token endpoint at {origin} answered {said}");
    let credential = |advice: String| Error::new(Fault::Credential, format!("{says}; {advice}"));
    let caller = |advice: &str| Error::new(Fault::Caller, format!("{says}; {advice}"));

    // A server that fails, or has too much to do, says nothing about what it was asked.
    let is_busy = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
    if status.is_server_error() || is_busy {
        return passing(format!("{says}; try again later"), answer, asked).into();
    }
    if status.is_redirection() {
        return Error::new(
            Fault::Server,
            format!("{says}, a redirect, which is not followed with {grant}; use the URL it leads to"),
        )
        .into();
    }
    match code {
        Some("invalid_grant") => {
            let error = credential(format!("it does not take {grant} any more: sign in again"));
            return Refused { error, is_grant: true };
        }
        Some("invalid_client" | "unauthorized_client") => credential(format!("check {client}")),
        Some("invalid_scope") => credential(
            "it asks for more scope than was granted: sign in again with that scope, or ask for less"
                .to_owned(),
        ),
        Some("temporarily_unavailable" | "slow_down" | "server_error") => {
            passing(format!("{says}; try again later"), answer, asked)
        }
        Some("invalid_request" | "unsupported_grant_type" | "unsupported_response_type") => {
            caller("check that this is the token endpoint, and that it knows this grant")
        }
        _ => unregistered(answer, asked, json.is_some(), &says),
    }
    .into()
}

/// An error answer without a code, or with one of the provider's own: the status has to say it all.
fn unregistered(answer: &Answer, asked: &Asked<'_>, is_json: bool, says: &str) -> Error {
    let Asked { client, grant, .. } = asked;
    match answer.status() {
        StatusCode::UNAUTHORIZED => Error::new(Fault::Credential, format!("{says}; check {client}")),
        StatusCode::OK
        | StatusCode::BAD_REQUEST
        | StatusCode::FORBIDDEN
        | StatusCode::UNPROCESSABLE_ENTITY => {
            if is_json {
                let advice = format!("check {client}; where that is right, {grant} is not: sign in again");
                return Error::new(Fault::Credential, format!("{says}; {advice}"));
            }
            // A page of something in between: it knows nothing of tokens.
            passing(format!("{says}, but not with JSON; try again later"), answer, asked)
        }
        status if status.is_client_error() => {
            Error::new(Fault::Caller, format!("{says}; check the URL of the token endpoint"))
        }
        _ => Error::new(Fault::Server, format!("{says}, where RFC 6749 section 5.1 has 200")),
    }
}

fn passing(message: String, answer: &Answer, asked: &Asked<'_>) -> Error {
    let error = Error::new(Fault::Server, message).transient();
    match answer.retry_after(asked.now) {
        Some(wait) => error.with_retry_after(wait),
        None => error,
    }
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;

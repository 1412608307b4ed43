//! What a token endpoint answers, and what follows from it (RFC 6749 sections 5.1 and 5.2).
//!
//! Only the status and the registered error codes decide. Everything else a server says is for people to read.

use std::time::SystemTime;

use authwright_core::{
    Error, Fault, Token,
    flow::{Answer, Json},
};
use http::StatusCode;

use crate::{
    client::Client,
    dpop,
    said::{self, Said},
};

/// What was asked, for the messages about its answer.
pub(crate) struct Asked<'a> {
    /// Who was asked: `token endpoint`.
    pub(crate) what: &'static str,
    /// Of the endpoint.
    pub(crate) origin: &'a str,
    pub(crate) client: &'a Client,
    /// What was to be redeemed: `the refresh token (env REFRESH_TOKEN, #3f9a)`. Empty: nothing but the client itself.
    pub(crate) grant: &'a str,
    /// What somebody has to do where that is refused: `sign in again`.
    pub(crate) remedy: &'a str,
    /// What was sent and is not to be shown, besides the client's own.
    pub(crate) secrets: &'a [&'a str],
    pub(crate) now: SystemTime,
}

impl Asked<'_> {
    /// Everything that is not to be shown.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let others = self.secrets.iter().map(|secret| (*secret).to_owned());
        self.client.secrets().into_iter().chain(others).collect()
    }
}

/// There is no token.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) error: Error,
    /// What was redeemed is spent, has ended or was revoked: `invalid_grant`.
    pub(crate) is_grant: bool,
    /// The registered code, for the one grant whose errors are half of its protocol (RFC 8628 section 3.5).
    pub(crate) code: Option<String>,
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        refused.error
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self { error, is_grant: false, code: None }
    }
}

/// The token of an answer; `bound`: to a key. Members it does not know are ignored, `null` counts as absent, and so does a
/// `Content-Type`: servers get it wrong.
pub(crate) fn token(answer: &Answer, asked: &Asked<'_>, bound: bool) -> Result<Granted, Refused> {
    let json = granted(answer, asked)?;
    let server = |what: String| {
        let message = format!("token endpoint at {} answered 200, but {what}", asked.origin);
        Refused::from(Error::new(Fault::Server, message))
    };
    let Some(access) = json.text("access_token").filter(|token| !token.is_empty()) else {
        let names = said::names(answer, &asked.secrets());
        return Err(server(format!("there is no string `access_token` (members: {names})")));
    };
    // RFC 6749 appendix A.12.
    // Without an end in between, which makes it a few instructions for many bytes.
    if access.bytes().fold(false, |other, byte| other | !(b' '..=b'~').contains(&byte)) {
        return Err(server("its `access_token` has characters that no token can have".to_owned()));
    }
    check_type(json.text("token_type"), bound, asked).map_err(server)?;
    let mut token = Token::new(access);
    if let Some(lifetime) = json.lifetime("expires_in") {
        token = token.lifetime(answer.asked_at(), lifetime);
    }
    if let Some(refresh) = json.text("refresh_token").filter(|token| !token.is_empty()) {
        token = token.refresh_token(refresh);
    }
    if let Some(scope) = json.text("scope").filter(|scope| !scope.is_empty()) {
        token = token.scope(scope);
    }
    Ok(Granted {
        token,
        issued_type: json.text("issued_token_type").filter(|kind| !kind.is_empty()).map(Into::into),
        #[cfg(feature = "openid")]
        id_token: json.text("id_token").map(Into::into),
    })
}

/// What a token endpoint has given.
pub(crate) struct Granted {
    pub(crate) token: Token,
    /// What kind of a token it is (RFC 8693 section 2.2.1).
    pub(crate) issued_type: Option<String>,
    /// Who has signed in, as the server puts it.
    #[cfg(feature = "openid")]
    pub(crate) id_token: Option<secrecy::SecretString>,
}

impl Granted {
    /// Scope left out is as requested (RFC 6749 section 5.1).
    pub(crate) fn with_requested_scope(mut self, scope: &str) -> Self {
        if self.token.granted_scope().is_none() && !scope.is_empty() {
            self.token = self.token.scope(scope);
        }
        self
    }
}

/// RFC 6749 section 7.1: a token of a type that is not understood is not used. One that is bound where none was asked for
/// cannot be; one that is not bound where that was asked for is worth less than was meant (RFC 9449 section 5).
fn check_type(kind: Option<&str>, bound: bool, asked: &Asked<'_>) -> Result<(), String> {
    let Some(kind) = kind else {
        return Err("does not say what type its token is of (`token_type`); RFC 6749 section 5.1 demands it"
            .to_owned());
    };
    let is = |known: &str| kind.eq_ignore_ascii_case(known);
    match bound {
        true if is("dpop") => Ok(()),
        true if is("bearer") => {
            Err("with a token that is not bound to the key it was shown (`Bearer`); it is not used"
                .to_owned())
        }
        false if is("bearer") => Ok(()),
        false if is("dpop") => {
            Err("with a token that is bound to a key (`DPoP`), which was not asked for; use \
                                    Registration::dpop_key"
                .to_owned())
        }
        _ => {
            let kind = said::shown(kind, 20, &asked.secrets());
            Err(format!("with a token of type `{kind}`, which nobody here knows how to send"))
        }
    }
}

/// The JSON of an answer that grants what was asked for: 200, and no error in it.
pub(crate) fn granted<'a>(answer: &'a Answer, asked: &Asked<'_>) -> Result<Json<'a>, Refused> {
    granted_with(StatusCode::OK, answer, asked)
}

pub(crate) fn granted_with<'a>(
    wanted: StatusCode,
    answer: &'a Answer,
    asked: &Asked<'_>,
) -> Result<Json<'a>, Refused> {
    let json = answer.json().ok();
    let error = json.as_ref().and_then(|json| json.text("error")).filter(|code| !code.is_empty());
    if answer.status() != wanted || error.is_some() {
        return Err(refused(answer, asked, json.as_ref(), error));
    }
    json.ok_or_else(|| {
        // A page of a gateway or a captive portal rather than the endpoint's own answer: that passes.
        let Asked { what, origin, .. } = asked;
        let message =
            format!("{what} at {origin} answered {}, but not with JSON; try again later", wanted.as_u16());
        passing(message, answer, asked.now).into()
    })
}

/// A refusal, whatever its status.
pub(crate) fn refused(
    answer: &Answer,
    asked: &Asked<'_>,
    json: Option<&Json<'_>>,
    code: Option<&str>,
) -> Refused {
    let error = classified(answer, asked, json, code);
    // A server that fails says nothing about what it was asked.
    let code = code.filter(|_| answer.status().is_client_error() || answer.status() == StatusCode::OK);
    Refused {
        // GitHub has a word of its own for a refresh token that is over.
        is_grant: matches!(code, Some("invalid_grant" | "bad_refresh_token")) && !error.is_transient(),
        code: code.map(|code| code.chars().take(80).collect()),
        error,
    }
}

/// Whether the client that asked is not known, or not by what it has shown (RFC 6749 section 5.2).
pub(crate) fn is_unknown_client(answer: &Answer) -> bool {
    let is_said = || answer.json().is_ok_and(|json| json.text("error") == Some("invalid_client"));
    !says_nothing(answer.status()) && is_said()
}

/// A server that fails, or has too much to do, says nothing about what it was asked.
pub(crate) fn says_nothing(status: StatusCode) -> bool {
    let is_busy = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
    status.is_server_error() || is_busy
}

fn classified(answer: &Answer, asked: &Asked<'_>, json: Option<&Json<'_>>, code: Option<&str>) -> Error {
    let Asked { what, origin, client, grant, remedy, .. } = asked;
    let status = answer.status();
    let said = Said::new(status, json, &asked.secrets());
    let says = format!("{what} at {origin} answered {said}");
    let credential = |advice: String| Error::new(Fault::Credential, format!("{says}; {advice}"));
    let caller = |advice: &str| Error::new(Fault::Caller, format!("{says}; {advice}"));

    if says_nothing(status) {
        return passing(format!("{says}; try again later"), answer, asked.now);
    }
    if status.is_redirection() {
        let with = if grant.is_empty() { "what was sent" } else { grant };
        return Error::new(
            Fault::Server,
            format!("{says}, a redirect, which is not followed with {with}; use the URL it leads to"),
        );
    }
    match code {
        Some("invalid_grant" | "bad_refresh_token") if grant.is_empty() => {
            credential(format!("check {client}"))
        }
        Some("invalid_grant" | "bad_refresh_token") => {
            credential(format!("it does not take {grant} any more: {remedy}"))
        }
        Some("invalid_client") => credential(client.unknown(remedy)),
        Some("unauthorized_client") => credential(format!("check {client}")),
        Some("invalid_scope") if grant.is_empty() => {
            credential(format!("{client} may not have the scope it asks for"))
        }
        Some("invalid_scope") => credential(
            "it asks for more scope than was granted: sign in again with that scope, or ask for less"
                .to_owned(),
        ),
        Some("invalid_target") => caller("check the resource that tokens are asked for (RFC 8707 section 2)"),
        Some("invalid_dpop_proof") => {
            caller("check the clock of this machine, and that the server knows the key's algorithm")
        }
        Some(dpop::NONCE_WANTED) => {
            Error::new(Fault::Server, format!("{says}; it wants another nonce in every proof"))
        }
        Some("temporarily_unavailable" | "slow_down" | "server_error") => {
            passing(format!("{says}; try again later"), answer, asked.now)
        }
        Some("invalid_request" | "unsupported_grant_type" | "unsupported_response_type") => {
            caller(&format!("check that this is the {what}, and that it knows this grant"))
        }
        _ => unregistered(answer, asked, json.is_some(), &says),
    }
}

/// An error answer without a code, or with one of the provider's own: the status has to say it all.
fn unregistered(answer: &Answer, asked: &Asked<'_>, is_json: bool, says: &str) -> Error {
    let Asked { what, client, grant, remedy, .. } = asked;
    match answer.status() {
        StatusCode::UNAUTHORIZED => Error::new(Fault::Credential, format!("{says}; check {client}")),
        StatusCode::OK
        | StatusCode::BAD_REQUEST
        | StatusCode::FORBIDDEN
        | StatusCode::UNPROCESSABLE_ENTITY => {
            if is_json {
                let advice = if grant.is_empty() {
                    format!("check {client}")
                } else {
                    format!("check {client}; where that is right, {grant} is not: {remedy}")
                };
                return Error::new(Fault::Credential, format!("{says}; {advice}"));
            }
            // A page of something in between: it knows nothing of tokens.
            passing(format!("{says}, but not with JSON; try again later"), answer, asked.now)
        }
        status if status.is_client_error() => {
            Error::new(Fault::Caller, format!("{says}; check the URL of the {what}"))
        }
        _ => Error::new(Fault::Server, format!("{says}, where RFC 6749 section 5.1 has 200")),
    }
}

/// An error of a server that may do better later, and at what time.
pub(crate) fn passing(message: String, answer: &Answer, now: SystemTime) -> Error {
    let error = Error::new(Fault::Server, message).transient();
    match answer.retry_after(now) {
        Some(wait) => error.with_retry_after(wait),
        None => error,
    }
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;

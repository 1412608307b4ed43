//! What a registration endpoint answers (RFC 7591 section 3.2), and what follows from it.

use std::time::SystemTime;

use authwright_core::{
    Error, Fault,
    flow::{Answer, Json},
};
use http::{StatusCode, header};
use secrecy::SecretString;

use super::kept::Registered;
use crate::{
    answer::{passing, says_nothing},
    said::{Said, names},
};

/// What was asked.
pub(super) struct Asked<'a> {
    /// Of the endpoint.
    pub(super) origin: &'a str,
    /// What counts where the server does not say.
    pub(super) method: &'a str,
    pub(super) scope: &'a str,
    pub(super) redirect_uris: &'a [String],
    pub(super) grants: &'a [&'a str],
    /// The initial access token, and how messages speak of it.
    pub(super) token: Option<(&'a str, &'a str)>,
    pub(super) now: SystemTime,
}

impl Asked<'_> {
    /// What was sent and is not to be shown.
    fn secrets(&self) -> Vec<String> {
        self.token.iter().map(|(token, _)| (*token).to_owned()).collect()
    }
}

/// Longer than any client id. It stands in every request, and in the keys of stored logins.
const LONGEST_ID: usize = 4096;

/// The client of an answer. Members of another type than theirs count as absent, and so do unknown ones.
pub(super) fn registered(answer: &Answer, asked: &Asked<'_>) -> Result<Registered, Error> {
    let json = answer.json().ok();
    let status = answer.status();
    let has_error = json.as_ref().is_some_and(|json| json.has("/error"));
    // RFC 7591 section 3.2.1 has 201. Some servers say 200, and have registered the client all the same.
    if !matches!(status, StatusCode::CREATED | StatusCode::OK) || has_error {
        return Err(refused(answer, asked, json.as_ref()));
    }
    let says = format!("registration endpoint at {} answered {}", asked.origin, status.as_u16());
    let server = |message: String| Error::new(Fault::Server, message);
    let Some(json) = json.filter(|_| is_json(answer)) else {
        // A page of a gateway or a captive portal rather than the endpoint's own answer: that passes.
        return Err(passing(format!("{says}, but not with JSON; try again later"), answer, asked.now));
    };
    let text = |pointer| json.text(pointer).filter(|text| !text.is_empty());
    let Some(id) = text("/client_id") else {
        let names = names(answer, &asked.secrets());
        return Err(server(format!("{says}, but there is no string `client_id` (members: {names})")));
    };
    // RFC 6749 appendix A.1.
    if !id.bytes().all(|byte| (b' '..=b'~').contains(&byte)) || id.len() > LONGEST_ID {
        return Err(server(format!("{says}, but with a `client_id` that no client can have")));
    }
    let list = |pointer| {
        let list: Vec<String> = json.texts(pointer)?.map(Into::into).collect();
        Some(list).filter(|list| !list.is_empty())
    };
    let secret = text("/client_secret");
    let method = match (text("/token_endpoint_auth_method"), secret) {
        (Some(method), _) => method,
        // RFC 7591 section 2: who says nothing means this. A secret is there to be shown.
        (None, Some(_)) if asked.method == "none" => "client_secret_basic",
        (None, _) => asked.method,
    };
    Ok(Registered {
        id: id.to_owned(),
        secret: secret.map(Into::into),
        // Zero is never (RFC 7591 section 3.2.1).
        secret_ends: json
            .lifetime("/client_secret_expires_at")
            .map(|since| since.as_secs())
            .filter(|end| *end > 0),
        method: method.to_owned(),
        scope: scope_within(asked.scope, text("/scope")),
        redirect_uris: list("/redirect_uris").unwrap_or_else(|| asked.redirect_uris.to_vec()),
        grants: list("/grant_types")
            .unwrap_or_else(|| asked.grants.iter().map(|grant| (*grant).to_owned()).collect()),
        access_token: text("/registration_access_token").map(SecretString::from),
        uri: text("/registration_client_uri").map(Into::into),
    })
}

/// What the program meant to ask for, as far as it may. Nothing said: all of it. What decides on the kind of a login, and not on
/// what it may do, some servers leave out of their answers.
fn scope_within(asked: &str, may: Option<&str>) -> String {
    let is_allowed = |name: &&str| {
        ["openid", "offline_access"].contains(name)
            || may.is_none_or(|may| may.split_whitespace().any(|one| one == *name))
    };
    asked.split(' ').filter(is_allowed).collect::<Vec<_>>().join(" ")
}

/// Nobody has registered where something else comes: a page for people may hold JSON too.
fn is_json(answer: &Answer) -> bool {
    let Some(kind) = answer.headers().get(header::CONTENT_TYPE) else { return true };
    let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let kind = kind.to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// RFC 7591 section 3.2.2. Status and registered codes decide; the rest is for people to read.
fn refused(answer: &Answer, asked: &Asked<'_>, json: Option<&Json<'_>>) -> Error {
    let status = answer.status();
    let said = Said::new(status, json, &asked.secrets());
    let says = format!("registration endpoint at {} answered {said}", asked.origin);
    let caller = |advice: &str| Error::new(Fault::Caller, format!("{says}; {advice}"));
    if says_nothing(status) {
        return passing(format!("{says}; try again later"), answer, asked.now);
    }
    if status.is_redirection() {
        let message =
            format!("{says}, a redirect, which is not followed with a registration; use the URL it leads to");
        return Error::new(Fault::Server, message);
    }
    match json.and_then(|json| json.text("/error")) {
        Some("invalid_redirect_uri") => {
            return caller(
                "the server does not take the redirect URI; give it one that it allows (.redirect_uri(..))",
            );
        }
        Some("invalid_client_metadata") => {
            return caller("the server does not take what the program says of itself; change it (NewClient)");
        }
        _ => {}
    }
    let by_hand = "register the program by hand, and give its client id to Registration::new";
    // A 401 says it by itself (RFC 6750 section 3); a 403 may be of something in between.
    if status == StatusCode::UNAUTHORIZED || (status == StatusCode::FORBIDDEN && json.is_some()) {
        let advice = match asked.token {
            Some((_, name)) => format!("check the initial access token ({name})"),
            None => format!(
                "it may want an initial access token (NewClient::access_token); where you have none, {by_hand}"
            ),
        };
        return Error::new(Fault::Credential, format!("{says}; {advice}"));
    }
    if matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) {
        return caller("check the URL of the registration endpoint");
    }
    if json.is_some() {
        return caller(&format!("the server does not register this program: {by_hand}"));
    }
    if status.is_client_error() {
        // A page of something in between: it knows nothing of clients.
        return passing(format!("{says}, but not with JSON; try again later"), answer, asked.now);
    }
    Error::new(Fault::Server, format!("{says}, where RFC 7591 section 3.2.1 has 201"))
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;

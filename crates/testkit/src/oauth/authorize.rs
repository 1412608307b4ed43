//! Where the browser goes (RFC 6749 section 4.1.1, RFC 7636 section 4.3, RFC 9207).

use std::{fmt, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};

use super::{
    AuthServer, Pushed, RegisteredClient,
    builder::Hook,
    form::{Form, SECRETS, encoded},
    refused::Refused,
    state::{Code, State, seconds},
};
use crate::{Received, Reply};

/// How long a code is good (RFC 6749 section 4.1.2 advises ten minutes at most).
const CODE_LIFETIME: Duration = Duration::from_secs(60);

/// How the browser comes back to the client.
#[derive(Clone)]
pub enum Callback {
    /// By the letter.
    Right,
    /// With a `state` that nobody gave.
    WrongState,
    /// Without `state`.
    MissingState,
    /// With the `iss` of somebody else.
    WrongIssuer,
    /// Without `iss`, although it was announced.
    MissingIssuer,
    /// With this parameter twice.
    Twice(&'static str),
    /// With what this makes of the parameters. It must not ask the server anything.
    Changed(Hook<Vec<(String, String)>>),
}

/// A checked request for a code.
#[derive(Clone, Debug)]
pub(super) struct AuthorizationRequest {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) state: String,
    pub(super) scope: String,
    pub(super) challenge: String,
    pub(super) nonce: Option<String>,
    pub(super) resources: Vec<String>,
    pub(super) acr: Option<String>,
    pub(super) dpop_jkt: Option<String>,
    /// When the user signed in.
    pub(super) auth_time: u64,
}

impl AuthServer {
    pub(super) fn authorize(&self, state: &mut State, request: &Received) -> Result<Reply, Refused> {
        let form = Form::of_query(request).map_err(invalid)?;
        if let Some(secret) = form.names().find(|name| SECRETS.contains(name)) {
            return Err(invalid(format!("`{secret}` stands in a URL")));
        }
        if let Some(request_uri) = form.get("request_uri") {
            let pushed = self.pushed(state, &form, request_uri)?;
            return Ok(self.came_back(state, pushed));
        }
        if self.setting.pushed == Pushed::Required {
            return Err(invalid("requests have to be pushed"));
        }
        // Nobody is sent to a place that is not the client's (RFC 6749 section 4.1.2.1).
        let client = client_and_place(state, &form)?;
        match self.checked(state, &client, &form) {
            Ok(checked) => Ok(self.came_back(state, checked)),
            Err(refused) => {
                if refused.broken {
                    state.violations.push(format!("GET {}: {}", request.path(), refused.description));
                }
                let place = form.get("redirect_uri").unwrap_or_default();
                let said = [("error", refused.error), ("error_description", &refused.description)];
                Ok(self.sent_to(state, place, form.get("state").unwrap_or_default(), &said))
            }
        }
    }

    /// Everything else about a request.
    pub(super) fn checked(
        &self,
        state: &mut State,
        client: &RegisteredClient,
        form: &Form,
    ) -> Result<AuthorizationRequest, Refused> {
        let needed =
            |name: &'static str| form.get(name).ok_or_else(|| invalid(format!("`{name}` is missing")));
        if needed("response_type")? != "code" {
            return Err(Refused::broken("unsupported_response_type", "`response_type` is not `code`"));
        }
        if needed("code_challenge_method")? != "S256" {
            return Err(invalid("`code_challenge_method` is not S256"));
        }
        let challenge = needed("code_challenge")?;
        if BASE64URL.decode(challenge).map(|hash| hash.len()) != Ok(32) {
            return Err(invalid("`code_challenge` is no SHA-256 in base64url without padding"));
        }
        let request_state = needed("state")?;
        // 128 bits in base64url (RFC 6749 section 10.10).
        if request_state.len() < 22 {
            return Err(invalid("`state` can be guessed: it is too short"));
        }
        for (name, value) in [
            ("state", Some(request_state)),
            ("code_challenge", Some(challenge)),
            ("nonce", form.get("nonce")),
        ] {
            if value.is_some_and(|value| !state.first(name, value)) {
                return Err(invalid(format!("`{name}` was used in another request")));
            }
        }
        if form.get("max_age").is_some_and(|age| age.parse::<u32>().is_err()) {
            return Err(invalid("`max_age` is no number of seconds"));
        }
        let dpop_jkt = form.get("dpop_jkt").map(str::to_owned);
        if dpop_jkt.as_ref().is_some_and(|jkt| BASE64URL.decode(jkt).map(|hash| hash.len()) != Ok(32)) {
            return Err(invalid("`dpop_jkt` is no thumbprint"));
        }
        let acr = form.get("acr_values").and_then(|list| {
            list.split(' ').find(|value| self.setting.acr_values.iter().any(|known| known == value))
        });
        Ok(AuthorizationRequest {
            client_id: client.id.clone(),
            redirect_uri: needed("redirect_uri")?.to_owned(),
            state: request_state.to_owned(),
            scope: client.scope(form.get("scope"))?,
            challenge: challenge.to_owned(),
            nonce: form.get("nonce").map(str::to_owned),
            resources: resources(form)?,
            acr: acr.map(str::to_owned),
            dpop_jkt,
            auth_time: 0,
        })
    }

    /// The user has signed in, and says yes or no.
    pub(super) fn came_back(&self, state: &mut State, mut request: AuthorizationRequest) -> Reply {
        request.auth_time = seconds(self.setting.clock.now());
        let (place, request_state) = (request.redirect_uri.clone(), request.state.clone());
        if state.user_denies {
            let said = [("error", "access_denied"), ("error_description", "the user said no")];
            return self.sent_to(state, &place, &request_state, &said);
        }
        let code = state.fresh("code", "+/=&%");
        let expires = self.setting.clock.now() + CODE_LIFETIME;
        state.codes.insert(code.clone(), Code { request, expires, used: false, family: None });
        self.sent_to(state, &place, &request_state, &[("code", &code)])
    }

    /// Back to the client with this and what every answer has.
    fn sent_to(&self, state: &State, place: &str, request_state: &str, said: &[(&str, &str)]) -> Reply {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut pairs: Vec<_> = said.iter().map(|(name, value)| pair(name, value)).collect();
        if !request_state.is_empty() {
            pairs.push(pair("state", request_state));
        }
        if self.setting.says_issuer {
            pairs.push(pair("iss", &self.setting.issuer));
        }
        state.callback.spoil(&mut pairs);
        let mark = if place.contains('?') { '&' } else { '?' };
        Reply::redirect(302, &format!("{place}{mark}{}", encoded(&pairs)))
    }
}

impl Callback {
    fn spoil(&self, pairs: &mut Vec<(String, String)>) {
        let set = |pairs: &mut Vec<(String, String)>, name: &str, value: &str| {
            pairs.retain(|(key, _)| key != name);
            pairs.push((name.to_owned(), value.to_owned()));
        };
        match self {
            Self::Right => {}
            Self::WrongState => set(pairs, "state", "a-state-that-nobody-gave"),
            Self::MissingState => pairs.retain(|(name, _)| name != "state"),
            Self::WrongIssuer => set(pairs, "iss", "https://attacker.example"),
            Self::MissingIssuer => pairs.retain(|(name, _)| name != "iss"),
            Self::Twice(name) => {
                let again = pairs.iter().find(|(key, _)| key == name).cloned();
                pairs.extend(again);
            }
            Self::Changed(change) => change(pairs),
        }
    }
}

/// Who asks, if the answer may go where it says.
pub(super) fn client_and_place(state: &State, form: &Form) -> Result<RegisteredClient, Refused> {
    let id = form.get("client_id").ok_or_else(|| invalid("`client_id` is missing"))?;
    let client =
        state.client(id).ok_or_else(|| Refused::denied("invalid_request", "there is no such client"))?;
    let place = form.get("redirect_uri").ok_or_else(|| invalid("`redirect_uri` is missing"))?;
    if !client.may_redirect_to(place) {
        return Err(invalid("`redirect_uri` is not registered"));
    }
    Ok(client.clone())
}

/// What a token is for: absolute URIs without a fragment (RFC 8707 section 2).
pub(super) fn resources(form: &Form) -> Result<Vec<String>, Refused> {
    let resources: Vec<String> = form.all("resource").map(str::to_owned).collect();
    let bad =
        |uri: &String| uri.contains('#') || !uri.split_once(':').is_some_and(|(scheme, _)| is_scheme(scheme));
    if resources.iter().any(bad) {
        return Err(Refused::broken("invalid_target", "`resource` is no absolute URI without a fragment"));
    }
    Ok(resources)
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

fn invalid(why: impl Into<String>) -> Refused {
    Refused::broken("invalid_request", why)
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Right => "Right",
            Self::WrongState => "WrongState",
            Self::MissingState => "MissingState",
            Self::WrongIssuer => "WrongIssuer",
            Self::MissingIssuer => "MissingIssuer",
            Self::Twice(_) => "Twice",
            Self::Changed(_) => "Changed",
        })
    }
}

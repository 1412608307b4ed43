//! Pushed authorization requests (RFC 9126).

use std::time::{Duration, SystemTime};

use serde_json::json;

use super::{
    AuthServer, Endpoint, Pushed,
    authorize::{AuthorizationRequest, client_and_place},
    form::Form,
    refused::{Refused, json_reply},
    state::State,
    token::{invalid, with_nonce},
};
use crate::{Received, Reply};

/// How long a `request_uri` is good: it is meant for the very next step (RFC 9126 section 2.2).
const LIFETIME: Duration = Duration::from_secs(60);

/// A request that waits for its browser.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    request: AuthorizationRequest,
    expires: SystemTime,
    used: bool,
}

impl AuthServer {
    /// Takes a request, whose client authenticates as at the token endpoint (RFC 9126 section 2).
    pub(super) fn push(&self, state: &mut State, request: &Received) -> Result<Reply, Refused> {
        if self.setting.pushed == Pushed::No {
            return Err(Refused::denied("invalid_request", "requests cannot be pushed here").status(404));
        }
        let form = Form::of_body(request).map_err(invalid)?;
        let client = self.authenticate(state, request, &form)?;
        if form.get("request_uri").is_some() {
            return Err(invalid("`request_uri` is pushed"));
        }
        let key = self.proven_key(state, request, &client, Endpoint::Pushed)?;
        let client = client_and_place(state, &form)?;
        let mut checked = self.checked(state, &client, &form)?;
        // RFC 9449 section 10.1: both may be there, and then they agree.
        if let (Some(named), Some(proven)) = (&checked.dpop_jkt, &key)
            && named != proven
        {
            return Err(Refused::broken(
                "invalid_dpop_proof",
                "the proof is not of the key that `dpop_jkt` names",
            ));
        }
        let proved = key.is_some();
        checked.dpop_jkt = checked.dpop_jkt.or(key);

        let text = format!("urn:ietf:params:oauth:request_uri:{}", state.fresh("pushed", "+/"));
        state.keep(&text);
        let expires = self.setting.clock.now() + LIFETIME;
        state.waiting.insert(text.clone(), Waiting { request: checked, expires, used: false });
        let answer = json!({"request_uri": text, "expires_in": LIFETIME.as_secs()});
        Ok(with_nonce(state, proved, json_reply(201, &answer)))
    }

    /// What was pushed under this URI. It is good once, for the client that pushed it, and nothing else is in the URL.
    pub(super) fn pushed(
        &self,
        state: &mut State,
        form: &Form,
        request_uri: &str,
    ) -> Result<AuthorizationRequest, Refused> {
        if let Some(name) = form.names().find(|name| !["client_id", "request_uri"].contains(name)) {
            return Err(invalid(format!("`{}` stands beside `request_uri`", name.escape_debug())));
        }
        let waiting = state.waiting.get_mut(request_uri);
        let waiting = waiting.ok_or_else(|| bad_uri("`request_uri` is none of ours"))?;
        if form.get("client_id") != Some(&waiting.request.client_id) {
            return Err(bad_uri("`request_uri` was given to another client"));
        }
        if waiting.expires <= self.setting.clock.now() {
            return Err(Refused { broken: false, ..bad_uri("`request_uri` is over") });
        }
        if std::mem::replace(&mut waiting.used, true) {
            return Err(bad_uri("`request_uri` was used before"));
        }
        Ok(waiting.request.clone())
    }
}

fn bad_uri(why: &str) -> Refused {
    Refused::broken("invalid_request_uri", why)
}

//! A protected resource (RFC 6750, RFC 9449 section 7, RFC 9470).

use super::{
    AuthServer, DpopPolicy, Endpoint, ExpectedProof, ProofRejected,
    clients::words,
    server::{harvest, origin_of, replaced_or},
    state::{AccessToken, State, seconds},
};
use crate::{Received, Reply};

/// How a request shows its token.
struct Shown<'a> {
    bound: bool,
    token: &'a str,
}

/// A challenge for one scheme: its parameters, without the comma in front.
struct Challenge {
    status: u16,
    bound: bool,
    parameters: String,
    why: String,
    broken: bool,
    nonce: Option<String>,
}

impl AuthServer {
    /// Answers as a protected resource would, on any path of the [origin](super::AuthServerBuilder::resource_origin) it was
    /// given: 200 with the name of the user, or a challenge.
    pub fn resource(&self, request: &Received) -> Reply {
        let mut state = self.state();
        harvest(&mut state, request);
        replaced_or(&mut state, Endpoint::Resource, request, |state| match self.admit(state, request) {
            Ok((subject, bound)) => {
                let nonce = if bound { state.resource_nonces.announced(false) } else { None };
                Ok(with_nonce(Reply::ok(&subject), nonce))
            }
            Err(challenge) => {
                if challenge.broken {
                    let line = format!("{} {}: {}", request.method, request.path(), challenge.why);
                    state.violations.push(line);
                }
                Ok(self.challenged(challenge))
            }
        })
    }

    /// Whose token it is, and whether it is bound.
    fn admit(&self, state: &mut State, request: &Received) -> Result<(String, bool), Challenge> {
        let shown = shown(request)?;
        let refuse = |why: &str, broken| Challenge::new(shown.bound, "invalid_token", why, broken);
        let Some(token) = state.access_tokens.get(shown.token).cloned() else {
            return Err(refuse("the token is none of ours", false));
        };
        match (&token.bound_to, shown.bound) {
            (Some(_), false) => return Err(refuse("a bound token came as Bearer", true)),
            (None, true) => return Err(refuse("a token that is not bound came as DPoP", true)),
            (Some(key), true) => self.check_key(state, request, shown.token, key)?,
            (None, false) => {}
        }
        let login = state.families[token.family].clone();
        if token.revoked || login.revoked || token.expires <= self.setting.clock.now() {
            return Err(refuse("the token is over", false));
        }
        if !self.is_for_us(&token) {
            return Err(refuse("the token is for another resource", true));
        }
        let granted = words(&token.scope);
        if !words(&state.scope_demanded).iter().all(|word| granted.contains(word)) {
            let scope = format!(", scope=\"{}\"", state.scope_demanded);
            let challenge =
                Challenge::new(shown.bound, "insufficient_scope", "the scope is too small", false);
            return Err(Challenge { status: 403, ..challenge.with(&scope) });
        }
        if let Some((acr, max_age)) = &state.acr_demanded {
            let age = seconds(self.setting.clock.now()).saturating_sub(login.auth_time);
            if login.acr.as_ref() != Some(acr) || max_age.is_some_and(|most| age > most) {
                let mut demand = format!(", acr_values=\"{acr}\"");
                demand.extend(max_age.map(|most| format!(", max_age=\"{most}\"")));
                let error = "insufficient_user_authentication";
                return Err(
                    Challenge::new(shown.bound, error, "another login is needed", false).with(&demand)
                );
            }
        }
        Ok((login.subject, shown.bound))
    }

    fn check_key(
        &self,
        state: &mut State,
        request: &Received,
        token: &str,
        key: &str,
    ) -> Result<(), Challenge> {
        let nonce = state.resource_nonces.expected();
        let url = format!("{}{}", self.setting.resource_origin, request.path());
        let expected = ExpectedProof { url: &url, access_token: Some(token), nonce: nonce.as_deref() };
        let bad = |why: &str| Err(Challenge::new(true, "invalid_dpop_proof", why, true));
        match self.proofs.check_proof(request, expected) {
            Ok(proof)
                if proof.nonce.as_ref().is_some_and(|nonce| !state.resource_nonces.has_given(nonce)) =>
            {
                bad("the nonce of the proof is none of ours")
            }
            Ok(proof) if proof.thumbprint != key => bad("the proof is not of the key the token is bound to"),
            Ok(_) => Ok(()),
            Err(ProofRejected::Nonce(sent)) => {
                let foreign = sent.is_some_and(|nonce| !state.resource_nonces.has_given(&nonce));
                let challenge =
                    Challenge::new(true, "use_dpop_nonce", "the proof needs the newest nonce", foreign);
                Err(Challenge { nonce: state.resource_nonces.announced(true), ..challenge })
            }
            Err(rejected) => bad(&rejected.to_string()),
        }
    }

    fn is_for_us(&self, token: &AccessToken) -> bool {
        let origin = &self.setting.resource_origin;
        match &self.setting.resource_identifier {
            Some(identifier) => token.audience.contains(identifier),
            None => token.audience.is_empty() || token.audience.iter().any(|uri| origin_of(uri) == origin),
        }
    }

    /// The challenge, and that of the other scheme where both are spoken.
    fn challenged(&self, challenge: Challenge) -> Reply {
        let speaks_dpop = self.setting.dpop != DpopPolicy::Off;
        let algorithms = format!("algs=\"{}\"", self.setting.dpop_algorithms.join(" "));
        let said = |bound: bool| if challenge.bound == bound { challenge.parameters.as_str() } else { "" };
        let mut lines = Vec::new();
        if speaks_dpop || challenge.bound {
            let comma = if said(true).is_empty() { "" } else { ", " };
            lines.push(format!("DPoP {}{comma}{algorithms}", said(true)));
        }
        if self.setting.dpop != DpopPolicy::Required || !said(false).is_empty() {
            lines.push(format!("Bearer {}", said(false)).trim_end().to_owned());
        }
        if self.setting.challenges_in_one_line {
            lines = vec![lines.join(", ")];
        }
        let reply = Reply::status(challenge.status).body(challenge.why);
        let reply = lines.iter().fold(reply, |reply, line| reply.header("www-authenticate", line));
        with_nonce(reply, challenge.nonce)
    }
}

impl Challenge {
    fn new(bound: bool, error: &str, why: &str, broken: bool) -> Self {
        let parameters = format!("error=\"{error}\"");
        Self { status: 401, bound, parameters, why: why.to_owned(), broken, nonce: None }
    }

    fn with(mut self, more: &str) -> Self {
        self.parameters.push_str(more);
        self
    }
}

/// The one Authorization field, of one of the two schemes.
fn shown(request: &Received) -> Result<Shown<'_>, Challenge> {
    let fields: Vec<_> = request.headers.iter().filter(|(name, _)| name == "authorization").collect();
    let plain = |status, why: &str, broken| Challenge {
        status,
        parameters: String::new(),
        ..Challenge::new(false, "", why, broken)
    };
    let value = match fields[..] {
        // No error code for who shows nothing (RFC 6750 section 3.1).
        [] => return Err(plain(401, "there is no token", false)),
        [(_, value)] => str::from_utf8(value).unwrap_or_default(),
        _ => return Err(plain(400, "there are two Authorization fields", true)),
    };
    let (bound, token) = match value.split_once(' ') {
        Some(("Bearer", token)) => (false, token),
        Some(("DPoP", token)) => (true, token),
        _ => return Err(plain(400, "the scheme is neither `Bearer` nor `DPoP`", true)),
    };
    Ok(Shown { bound, token })
}

fn with_nonce(reply: Reply, nonce: Option<String>) -> Reply {
    nonce.into_iter().fold(reply, |reply, nonce| reply.header("dpop-nonce", nonce))
}

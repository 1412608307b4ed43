//! The token endpoint (RFC 6749 section 3.2): who asks, with which key, for what.

use serde_json::{Value, json};

use super::{
    AuthServer, DpopPolicy, Endpoint, ExpectedProof, ProofRejected, RefreshTokens, RegisteredClient,
    form::Form,
    refused::{Refused, json_reply},
    state::{AccessToken, Family, RefreshToken, State, seconds},
};
use crate::{Received, Reply};

pub(super) const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
pub(super) const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A request for tokens whose client is known.
pub(super) struct Asked<'a> {
    pub(super) client: RegisteredClient,
    pub(super) form: &'a Form,
    /// The key it proved to have.
    pub(super) key: Option<String>,
}

/// What is to be issued.
pub(super) struct Grant {
    pub(super) family: usize,
    pub(super) scope: String,
    pub(super) audience: Vec<String>,
    /// Whether a refresh token goes with it.
    pub(super) refreshes: bool,
}

impl AuthServer {
    pub(super) fn token(&self, state: &mut State, request: &Received) -> Result<Reply, Refused> {
        let form = Form::of_body(request).map_err(invalid)?;
        let grant_type = form.get("grant_type").ok_or_else(|| invalid("`grant_type` is missing"))?;
        let client = self.authenticate(state, request, &form)?;
        if !client.may_use(grant_type) {
            return Err(Refused::broken(
                "unauthorized_client",
                "the client is not registered for this grant",
            ));
        }
        // Before a code is looked at: one that was sent without the newest nonce is sent again (RFC 9449 section 8).
        let key = self.proven_key(state, request, &client, Endpoint::Token)?;
        let asked = Asked { client, form: &form, key };
        let mut answer = match grant_type {
            "authorization_code" => self.redeem_code(state, &asked),
            "refresh_token" => self.refresh(state, &asked),
            "client_credentials" => self.client_credentials(state, &asked),
            DEVICE_CODE => self.poll_device(state, &asked),
            TOKEN_EXCHANGE => self.exchange(state, &asked),
            JWT_BEARER => self.jwt_bearer(state, &asked),
            "password" => self.password(state, &asked),
            _ => Err(Refused::denied("unsupported_grant_type", "this grant is not given here")),
        }?;
        if let Some(spoil) = &self.setting.token_answer {
            spoil(&mut answer);
        }
        Ok(with_nonce(state, asked.key.is_some(), json_reply(200, &answer)))
    }

    /// The thumbprint of the key that a request proves to have, where proofs are looked at.
    pub(super) fn proven_key(
        &self,
        state: &mut State,
        request: &Received,
        client: &RegisteredClient,
        endpoint: Endpoint,
    ) -> Result<Option<String>, Refused> {
        if self.setting.dpop == DpopPolicy::Off {
            return Ok(None);
        }
        let nonce = state.token_nonces.expected();
        let url = self.url(endpoint);
        let expected = ExpectedProof { url: &url, access_token: None, nonce: nonce.as_deref() };
        match self.proofs.check_proof(request, expected) {
            Ok(proof) if proof.nonce.as_ref().is_some_and(|nonce| !state.token_nonces.has_given(nonce)) => {
                Err(Refused::broken("invalid_dpop_proof", "the nonce of the proof is none of ours"))
            }
            Ok(proof) => Ok(Some(proof.thumbprint)),
            Err(ProofRejected::Missing) => {
                let needed = client.dpop_bound || self.setting.dpop == DpopPolicy::Required;
                let why = "this client needs a DPoP proof";
                if needed { Err(Refused::broken("invalid_dpop_proof", why)) } else { Ok(None) }
            }
            Err(ProofRejected::Nonce(sent)) => {
                let foreign = sent.is_some_and(|nonce| !state.token_nonces.has_given(&nonce));
                let refused = Refused::denied("use_dpop_nonce", "the proof needs the newest nonce");
                let nonce = state.token_nonces.announced(true).unwrap_or_default();
                Err(Refused { broken: foreign, ..refused.field("dpop-nonce", nonce) })
            }
            Err(ProofRejected::Broken(why)) => Err(Refused::broken("invalid_dpop_proof", why)),
        }
    }

    fn client_credentials(&self, state: &mut State, asked: &Asked<'_>) -> Result<Value, Refused> {
        if asked.client.is_public() {
            return Err(Refused::broken("unauthorized_client", "a public client has no credentials"));
        }
        self.without_refresh(state, asked, &asked.client.id)
    }

    /// Begins a login, or what stands for one.
    pub(super) fn family(
        &self,
        state: &mut State,
        asked: &Asked<'_>,
        subject: &str,
        scope: &str,
        audience: &[String],
    ) -> usize {
        state.families.push(Family {
            client_id: asked.client.id.clone(),
            subject: subject.to_owned(),
            scope: scope.to_owned(),
            audience: audience.to_vec(),
            acr: None,
            auth_time: seconds(self.setting.clock.now()),
            bound_to: asked.key.clone().filter(|_| asked.client.is_public()),
            revoked: false,
        });
        state.families.len() - 1
    }

    /// Issues what was granted (RFC 6749 section 5.1).
    pub(super) fn issue(&self, state: &mut State, asked: &Asked<'_>, grant: &Grant) -> Value {
        let (setting, now) = (&*self.setting, self.setting.clock.now());
        let text = state.fresh("access", "~+/==");
        let token = AccessToken {
            family: grant.family,
            scope: grant.scope.clone(),
            audience: grant.audience.clone(),
            issued_at: seconds(now),
            expires: now + setting.token_lifetime,
            bound_to: asked.key.clone(),
            revoked: false,
        };
        state.access_tokens.insert(text.clone(), token);
        state.issued += 1;
        let mut answer = json!({
            "access_token": text,
            "token_type": if asked.key.is_some() { "DPoP" } else { "Bearer" },
            "expires_in": setting.token_lifetime.as_secs(),
        });
        if !grant.scope.is_empty() {
            answer["scope"] = json!(grant.scope);
        }
        let refreshes = grant.refreshes && asked.client.may_use("refresh_token");
        if refreshes && setting.refresh_tokens != RefreshTokens::Never {
            let refresh = state.fresh("refresh", "+/=");
            state.refresh_tokens.insert(refresh.clone(), RefreshToken { family: grant.family, spent: false });
            answer["refresh_token"] = json!(refresh);
        }
        answer
    }
}

/// Says the next nonce to who proved a key, where there is one to say.
pub(super) fn with_nonce(state: &mut State, proved: bool, reply: Reply) -> Reply {
    let nonce = if proved { state.token_nonces.announced(false) } else { None };
    nonce.into_iter().fold(reply, |reply, nonce| reply.header("dpop-nonce", nonce))
}

pub(super) fn invalid(why: impl Into<String>) -> Refused {
    Refused::broken("invalid_request", why)
}

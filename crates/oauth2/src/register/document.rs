//! What a program says of itself, as the server gets it (RFC 7591 section 2).

use std::sync::Arc;

use authwright_core::{Error, Fault, store::fnv_1a};
use serde_json::{Map, Value, json};

use super::NewClient;
use crate::{
    device::DEVICE_CODE,
    keys::Signer,
    registration::GivenBinding,
    registration::check_redirect_uri,
    server::{Metadata, Server},
};

pub(crate) const CODE: &str = "authorization_code";
const REFRESH: &str = "refresh_token";
const CLIENT_CREDENTIALS: &str = "client_credentials";

/// How a client shows who it is (`token_endpoint_auth_method`), as far as that can be done here.
pub(super) const METHODS: [&str; 5] =
    ["none", "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"];

impl NewClient {
    /// Checks what the program says, before anything is sent.
    pub(super) fn check(&self) -> Result<(), Error> {
        let caller = |message: String| Err(Error::new(Fault::Caller, message));
        if self.name.trim().is_empty() {
            return caller("the name of the new client is empty; it is what people are shown".to_owned());
        }
        for uri in &self.redirect_uris {
            check_redirect_uri(uri)?;
        }
        if self.grants().is_empty() {
            return caller(
                "the new client would get no tokens: give it a redirect URI (.redirect_uri(..)) or another grant \
                 (.grant_type(..))"
                    .to_owned(),
            );
        }
        if let Some(method) = self.method.as_deref().filter(|method| !METHODS.contains(method)) {
            let message = format!(
                "`{}` is no way to show a client that is known here; there are {}",
                method.escape_debug(),
                METHODS.join(", ")
            );
            return caller(message);
        }
        let key = self.signer()?;
        if key.is_none() && self.method.as_deref() == Some("private_key_jwt") {
            return caller("private_key_jwt needs a key; give it with .key(..)".to_owned());
        }
        if key.is_some_and(|key| key.public_key().is_none()) {
            return caller(
                "the key of the new client does not say its public half, which the server needs: Signer::public_key"
                    .to_owned(),
            );
        }
        Ok(())
    }

    /// What is sent, and the `token_endpoint_auth_method` that is asked for in it.
    pub(super) fn document(&self, server: &Metadata) -> Result<(Value, String), Error> {
        let method = self.method(server)?;
        let grants = self.grants();
        let responses: &[&str] = if grants.contains(&CODE) { &["code"] } else { &[] };
        let mut document = Map::new();
        let mut say = |name: &str, value: Value| document.insert(name.to_owned(), value);
        say("client_name", json!(self.name));
        say("application_type", json!(self.application_type()));
        say("grant_types", json!(grants));
        say("response_types", json!(responses));
        say("token_endpoint_auth_method", json!(method));
        if !self.redirect_uris.is_empty() {
            say("redirect_uris", json!(self.redirect_uris));
        }
        let scope = self.scope_as_sent();
        if !scope.is_empty() {
            say("scope", json!(scope));
        }
        if let Some(jwks) = self.jwks()? {
            say("jwks", jwks);
        }
        if self.is_bound() {
            say("dpop_bound_access_tokens", json!(true));
        }
        if !self.contacts.is_empty() {
            say("contacts", json!(self.contacts));
        }
        for (name, value) in self.told.iter().filter(|(_, value)| !value.is_empty()) {
            say(name, json!(value));
        }
        Ok((Value::Object(document), method))
    }

    /// What tells it from other clients in a store: what it may do, and where. Not who is to be written to, and not its
    /// version: a release is no new client, whose logins would be lost.
    pub(super) fn identity(&self, server: &Server) -> Result<String, Error> {
        let jwks = self.jwks()?;
        let software = self.told.iter().find(|(name, _)| *name == "software_id").map(|(_, id)| id);
        let rest = json!([
            self.redirect_uris,
            self.grants(),
            self.scope_as_sent(),
            self.method,
            jwks,
            self.is_bound(),
            software,
        ]);
        let hash = fnv_1a(rest.to_string().as_bytes()) >> 64;
        Ok(format!("client {} name={:?} {hash:016x}", server.mark(), self.name))
    }

    /// A login by browser, and its renewal; and what else was given.
    pub(super) fn grants(&self) -> Vec<&str> {
        let mut grants = Vec::new();
        if !self.redirect_uris.is_empty() {
            grants.push(CODE);
        }
        grants.extend(self.grants.iter().map(String::as_str));
        if grants.contains(&CODE) || grants.contains(&DEVICE_CODE) {
            grants.push(REFRESH);
        }
        let mut seen = Vec::new();
        grants.retain(|grant| {
            let is_first = !seen.contains(grant);
            seen.push(*grant);
            is_first
        });
        grants
    }

    pub(super) fn scope_as_sent(&self) -> String {
        self.scope.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    pub(super) fn redirect_uris(&self) -> &[String] {
        &self.redirect_uris
    }

    pub(super) fn signer(&self) -> Result<Option<Arc<dyn Signer>>, Error> {
        self.key.clone().transpose()
    }

    fn is_bound(&self) -> bool {
        !matches!(self.binding, GivenBinding::Nothing)
    }

    /// `OpenID` Connect Registration section 2: loopback and schemes of its own are for native applications alone.
    fn application_type(&self) -> &'static str {
        let is_native =
            |uri: &String| uri.split(':').next().is_some_and(|scheme| !scheme.eq_ignore_ascii_case("https"));
        let is_device = self.redirect_uris.is_empty() && self.grants().contains(&DEVICE_CODE);
        if is_device || self.redirect_uris.iter().any(is_native) { "native" } else { "web" }
    }

    /// The way that is asked for: of those that fit, the first that the server lists.
    fn method(&self, server: &Metadata) -> Result<String, Error> {
        if let Some(method) = &self.method {
            return Ok(method.clone());
        }
        if self.signer()?.is_some() {
            return Ok("private_key_jwt".to_owned());
        }
        // A secret that comes with a program is none (RFC 8252 section 8.5). One that each installation gets is no worse
        // than none, where the server insists.
        let is_public = self.application_type() == "native" && !self.grants().contains(&CLIENT_CREDENTIALS);
        let fitting = &METHODS[usize::from(!is_public)..3];
        let is_listed = |method: &&&str| {
            let listed = server.authentication_methods.as_ref();
            listed.is_none_or(|listed| listed.iter().any(|known| known == **method))
        };
        Ok((*fitting.iter().find(is_listed).unwrap_or(&fitting[0])).to_owned())
    }

    /// The public half of its key (RFC 7517 section 5).
    fn jwks(&self) -> Result<Option<Value>, Error> {
        let Some(key) = self.signer()? else { return Ok(None) };
        let Some(public) = key.public_key() else { return Ok(None) };
        let mut jwk: Value = serde_json::from_str(&public.to_jwk())
            .map_err(|_| Error::new(Fault::Caller, "the public half of the key makes no JSON"))?;
        jwk["use"] = json!("sig");
        jwk["alg"] = json!(key.algorithm().name());
        if let Some(id) = key.key_id() {
            jwk["kid"] = json!(id);
        }
        Ok(Some(json!({"keys": [jwk]})))
    }
}

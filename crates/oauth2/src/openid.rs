//! Who has signed in: the ID token of a login, verified with the server's keys (`OpenID` Connect Core section 3.1.3.7).

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use authwright_core::{Error, Fault, Token, flow::Io};
use http::{Request, StatusCode, header};
use secrecy::ExposeSecret;

use crate::{
    IdClaims,
    answer::Granted,
    id_token::{Expected, verify},
    server::{Metadata, Which},
    service::Service,
};

/// A detail of a stored token: who has signed in.
const CLAIMS: &str = "id_claims";

/// Those that are verified here, where the server does not say which it uses.
const ALGORITHMS: [&str; 4] = ["RS256", "PS256", "ES256", "EdDSA"];

/// The server's keys, as they came.
#[derive(Default)]
pub(crate) struct KeySet(Mutex<Option<Arc<Vec<u8>>>>);

/// What an ID token has to say.
#[derive(Default)]
pub(crate) struct Wanted<'a> {
    pub(crate) nonce: Option<&'a str>,
    pub(crate) max_age: Option<Duration>,
}

/// Who has signed in, by the token of a login.
pub(crate) fn claims_of(token: &Token) -> Option<IdClaims> {
    IdClaims::from_record(token.expose_detail(CLAIMS)?)
}

impl Service {
    /// Verifies the ID token of a login and keeps what it says with the token, where the registration asks for that.
    pub(crate) async fn identified(
        &self,
        mut granted: Granted,
        wanted: &Wanted<'_>,
        io: &Io,
    ) -> Result<Granted, Error> {
        if !self.openid {
            return Ok(granted);
        }
        let Some(id_token) = granted.id_token.take() else {
            let message = format!(
                "{} does not say who has signed in: there is no `id_token` in its answer; nobody is signed in by it",
                self.origin()
            );
            return Err(Error::new(Fault::Server, message));
        };
        let claims = self.verified(id_token.expose_secret(), wanted, io).await?;
        granted.token = granted.token.detail(CLAIMS, claims.to_record());
        Ok(granted)
    }

    /// Refuses a renewal that is about somebody else (section 12.2). An ID token that comes with one is not needed: what is
    /// known of the person stays what their login said.
    ///
    /// So nothing is asked for here. The old refresh token may be spent already, and the new one is not stored yet: to wait
    /// for the server's keys, or to fail without them, could lose the login.
    pub(crate) fn check_is_same(&self, old: &Token, granted: &Granted) -> Result<(), Error> {
        let (Some(before), Some(id_token)) = (claims_of(old), &granted.id_token) else { return Ok(()) };
        if !self.openid || !before.is_denied_by(id_token.expose_secret()) {
            return Ok(());
        }
        let message = format!("{} has renewed the login of another person; it is not used", self.origin());
        Err(Error::new(Fault::Server, message))
    }

    async fn verified(&self, id_token: &str, wanted: &Wanted<'_>, io: &Io) -> Result<IdClaims, Error> {
        let metadata = self.metadata(io).await?;
        let all = || ALGORITHMS.map(str::to_owned).to_vec();
        let algorithms = metadata.id_token_algorithms.clone().unwrap_or_else(all);
        let expected = Expected {
            issuer: &metadata.issuer,
            client_id: self.client.id(),
            nonce: wanted.nonce,
            now: io.now(),
            max_age: wanted.max_age.map(|age| age.as_secs()),
            algorithms: &algorithms,
        };
        let known = self.keys.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(keys) = known {
            match verify(id_token, &keys, &expected) {
                // A server changes its keys now and then (section 10.1.1), and need not give the new one another name.
                Err(rejected) if rejected.is_about_keys => {}
                verified => return verified.map_err(|rejected| rejected.error),
            }
        }
        let keys = fetch_keys(&metadata, io).await?;
        let claims = verify(id_token, &keys, &expected).map_err(|rejected| rejected.error)?;
        // Only those that have shown to be keys: a page of something in between would be all that is known from then on.
        *self.keys.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(keys.into());
        Ok(claims)
    }
}

async fn fetch_keys(metadata: &Metadata, io: &Io) -> Result<Vec<u8>, Error> {
    let endpoint = metadata.endpoint(Which::Keys, false)?;
    let request = Request::get(endpoint.uri().clone())
        .header(header::ACCEPT, "application/jwk-set+json, application/json")
        .body(Vec::new())?;
    let answer = endpoint.send(request, io).await?;
    if answer.status() != StatusCode::OK {
        let status = answer.status();
        let message = format!("the keys of {} cannot be had ({})", endpoint.origin, status.as_u16());
        let error = Error::new(Fault::Server, message);
        let passes = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        return Err(if passes { error.transient() } else { error });
    }
    Ok(answer.body().to_vec())
}

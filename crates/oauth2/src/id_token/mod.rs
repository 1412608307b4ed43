//! ID tokens: who has signed in, said by the server that saw it (`OpenID` Connect Core 1.0 section 2), and what has to hold
//! before that is believed (section 3.1.3.7).

mod key;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use authwright_core::{Error, Fault, Target, flow::Json};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

/// The longest token that is read, in bytes. One with hundreds of groups in it has less.
const LONGEST: usize = 64 * 1024;
/// How far the server's clock may be from ours.
const SKEW: Duration = Duration::from_secs(60);

/// What a server has said about whoever signed in. It has been verified.
///
/// Only [`issuer`](Self::issuer) and [`subject`](Self::subject) together name a person, and go on doing so: an address or a
/// name can change, and be somebody else's later (section 5.7).
///
/// ```
/// use authwright_oauth2::IdClaims;
///
/// fn account(claims: &IdClaims) -> (String, Option<String>) {
///     let id = format!("{} {}", claims.issuer(), claims.subject());
///     let email = claims.text("email").filter(|_| claims.flag("email_verified") == Some(true));
///     (id, email.map(str::to_owned))
/// }
/// ```
#[derive(Clone)]
pub struct IdClaims {
    claims: Map<String, Value>,
    issuer: String,
    subject: String,
    audience: Vec<String>,
    expires_at: SystemTime,
    issued_at: SystemTime,
    authenticated_at: Option<SystemTime>,
}

impl IdClaims {
    /// The server that says so (`iss`).
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Who signed in, by a name that is unique at the issuer (`sub`).
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// For whom the token was made (`aud`): this client is among them.
    pub fn audience(&self) -> impl Iterator<Item = &str> {
        self.audience.iter().map(String::as_str)
    }

    /// Until when it may be accepted (`exp`). How long somebody stays signed in is the program's decision.
    pub fn expires_at(&self) -> SystemTime {
        self.expires_at
    }

    /// When it was made (`iat`).
    pub fn issued_at(&self) -> SystemTime {
        self.issued_at
    }

    /// When the person was last asked to prove who they are (`auth_time`), where the server says it.
    pub fn authentication_time(&self) -> Option<SystemTime> {
        self.authenticated_at
    }

    /// How surely they did (`acr`), in the server's own terms.
    pub fn authentication_class(&self) -> Option<&str> {
        self.text("acr")
    }

    /// A claim that is a string: `email`, `name`, `locale` (section 5.1).
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// What has been verified, as it is kept with the tokens of the login.
    pub(crate) fn to_record(&self) -> String {
        Value::Object(self.claims.clone()).to_string()
    }

    /// What was kept.
    pub(crate) fn from_record(record: &str) -> Option<Self> {
        let claims: Map<String, Value> = serde_json::from_str(record).ok()?;
        let text = |name| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let time = |name| claims.get(name).and_then(moment);
        Some(Self {
            issuer: text("iss")?,
            subject: text("sub")?,
            audience: audience(claims.get("aud"))?,
            expires_at: time("exp")?,
            issued_at: time("iat")?,
            authenticated_at: time("auth_time"),
            claims,
        })
    }

    /// Whether an ID token of the same login is plainly about somebody else (section 12.2). It is not verified, and nothing it
    /// says is believed: the most it can do is to have itself refused.
    pub(crate) fn is_denied_by(&self, id_token: &str) -> bool {
        let payload = id_token.split('.').nth(1).and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok());
        let claims = payload.and_then(|payload| serde_json::from_slice::<Map<String, Value>>(&payload).ok());
        let Some(claims) = claims else { return false };
        let differs = |name, known: &str| claims.get(name).is_some_and(|value| value != known);
        differs("sub", &self.subject) || differs("iss", &self.issuer)
    }

    /// A claim that is true or false: `email_verified`, without which an `email` proves nothing.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.claims.get(name)?.as_bool()
    }
}

/// Shows who says it, and the names of what is said.
impl fmt::Debug for IdClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let claims = Value::Object(self.claims.clone()).to_string();
        let names = Json::parse(claims.as_bytes());
        let names = names.map(|json| json.member_names()).unwrap_or_default();
        write!(f, "IdClaims({}; {names})", origin(&self.issuer))
    }
}

/// What was asked for, and when.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    /// What was sent with the request, if anything.
    pub(crate) nonce: Option<&'a str>,
    pub(crate) now: SystemTime,
    /// What was asked for, in seconds.
    pub(crate) max_age: Option<u64>,
    /// Those the server says it signs with: `id_token_signing_alg_values_supported`.
    pub(crate) algorithms: &'a [String],
}

/// There is nobody to be believed.
#[derive(Debug)]
pub(crate) struct Rejected {
    pub(crate) error: Error,
    /// It is not signed with one of the keys given, as far as can be seen: the server may have new ones (section 10.1.1), so
    /// that they are worth fetching once more.
    pub(crate) is_about_keys: bool,
}

/// Verifies an ID token with the keys the server publishes (RFC 7517), which are given as they came.
pub(crate) fn verify(id_token: &str, jwks: &[u8], expected: &Expected<'_>) -> Result<IdClaims, Rejected> {
    let server = origin(expected.issuer);
    let rejected = |is_about_keys| {
        let server = &server;
        move |problem: Problem| {
            let message = format!("the ID token of {server} {problem}; nobody is signed in by it");
            Rejected { error: Error::new(Fault::Server, message), is_about_keys }
        }
    };
    if id_token.len() > LONGEST {
        return Err(rejected(false)("is longer than 64 KiB"));
    }
    let payload = key::verified_payload(id_token, jwks, expected.algorithms).map_err(rejected(true))?;
    read(payload, expected).map_err(rejected(false))
}

/// The end of a sentence about a token. It quotes nothing: whoever made the token may not be the server.
type Problem = &'static str;

/// What section 3.1.3.7 asks of the claims, in its order.
fn read(payload: &str, expected: &Expected<'_>) -> Result<IdClaims, Problem> {
    let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| "is malformed")?;
    let claims: Map<String, Value> =
        serde_json::from_slice(&payload).map_err(|_| "has claims that are no JSON object")?;
    let text = |name| claims.get(name).and_then(Value::as_str);

    let issuer =
        text("iss").filter(|issuer| *issuer == expected.issuer).ok_or("is not issued by it (iss)")?;
    let subject =
        text("sub").filter(|subject| !subject.is_empty()).ok_or("does not say who signed in (sub)")?;
    let audience = audience(claims.get("aud")).ok_or("does not say for whom it is (aud)")?;
    if !audience.iter().any(|one| one == expected.client_id) {
        return Err("is for another client (aud)");
    }
    match claims.get("azp") {
        None if audience.len() > 1 => return Err("is for several, and does not say who asked for it (azp)"),
        Some(party) if party != expected.client_id => return Err("was asked for by another client (azp)"),
        _ => {}
    }

    let now = expected.now;
    let (earliest, latest) =
        (now.checked_sub(SKEW).unwrap_or(UNIX_EPOCH), now.checked_add(SKEW).unwrap_or(now));
    let time = |name| claims.get(name).map(|value| moment(value).ok_or(())).transpose();
    let expires_at = time("exp").ok().flatten().ok_or("does not say until when it is good (exp)")?;
    if expires_at <= earliest {
        return Err("has expired, by the clock of this machine");
    }
    let issued_at = time("iat").ok().flatten().ok_or("does not say when it was made (iat)")?;
    if issued_at > latest || issued_at > expires_at {
        return Err("was made in the future, by the clock of this machine");
    }
    if time("nbf").map_err(|()| "has a moment that is none (nbf)")?.is_some_and(|from| from > latest) {
        return Err("is not good yet, by the clock of this machine");
    }
    if expected.nonce.is_some_and(|nonce| text("nonce") != Some(nonce)) {
        return Err("does not answer the request that was made here (nonce)");
    }
    let authenticated_at = time("auth_time").map_err(|()| "has a moment that is none (auth_time)")?;
    if let Some(max_age) = expected.max_age {
        let at = authenticated_at.ok_or("does not say when the person proved who they are (auth_time)")?;
        let until = at.checked_add(Duration::from_secs(max_age));
        if at > latest || until.is_some_and(|until| until < earliest) {
            return Err("is about somebody who proved who they are too long ago (auth_time)");
        }
    }

    let (issuer, subject) = (issuer.to_owned(), subject.to_owned());
    Ok(IdClaims { claims, issuer, subject, audience, expires_at, issued_at, authenticated_at })
}

/// One, or several (RFC 7519 section 4.1.3).
fn audience(claim: Option<&Value>) -> Option<Vec<String>> {
    let one = |value: &Value| value.as_str().map(str::to_owned);
    match claim? {
        Value::Array(several) => several.iter().map(one).collect(),
        value => one(value).map(|one| vec![one]),
    }
}

/// Seconds, fractions allowed (RFC 7519 section 2). Text is none: a moment that cannot be read is not one that was left out.
fn moment(value: &Value) -> Option<SystemTime> {
    let since = Duration::try_from_secs_f64(value.as_f64()?).ok()?;
    UNIX_EPOCH.checked_add(since)
}

/// An issuer without its path, for messages.
fn origin(issuer: &str) -> String {
    Target::parse(issuer).map_or_else(|_| "the server".into(), |target| target.origin().to_string())
}

/// For fuzzing: a token with these keys, and claims as if they had been signed, for the client `app` at
/// `https://login.example.com`.
#[doc(hidden)]
pub fn fuzz_id_token(token: &str, jwks: &[u8], claims: &[u8]) -> [Result<IdClaims, Error>; 2] {
    let algorithms = ["ES256", "EdDSA", "RS256", "PS256"].map(String::from);
    let expected = Expected {
        issuer: "https://login.example.com",
        client_id: "app",
        nonce: None,
        now: UNIX_EPOCH + Duration::from_secs(1_700_000_000),
        max_age: Some(3600),
        algorithms: &algorithms,
    };
    let verified = verify(token, jwks, &expected).map_err(|rejected| rejected.error);
    let read = read(&URL_SAFE_NO_PAD.encode(claims), &expected);
    [verified, read.map_err(|problem| Error::new(Fault::Server, problem))]
}

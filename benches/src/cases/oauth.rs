//! OAuth 2 beside the crate `oauth2`: the URL that a login begins with, and a token that is renewed. And what a proof of a
//! key costs with each request.

use std::{
    cell::Cell,
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use authwright_core::{
    Acquired, Clock, Flow, IntoSource, MemoryStore, Secret, Source, Token, Tokens,
    flow::{Answer, FlowStep, Running},
};
use authwright_oauth2::{Pending, Registration, Server, Session};
use http::{Response, header::CONTENT_TYPE};
use oauth2::{
    AuthUrl, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet, HttpResponse, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, RefreshToken, Scope, TokenUrl,
    basic::{BasicClient, BasicTokenResponse},
};
use url::Url;

use super::header::exchange;
use crate::{
    region::Recorder,
    shape::{self, ORIGIN},
    table::{Limit, Row},
};

const ISSUER: &str = "https://login.example.com";
const AUTHORIZE: &str = "https://login.example.com/oauth2/v1/authorize";
const TOKEN: &str = "https://login.example.com/oauth2/v1/token";
const CALLBACK: &str = "https://shop.example.com/signed-in";
const CLIENT: &str = "0oa1b2c3d4e5f6g7h8i9";
const SECRET: &str = "kR4bT7wY1zA3dG6jM9pS2vX5cF8hL0nQ";
const SCOPES: [&str; 2] = ["offline_access", "orders.read"];
const REFRESH: &str = "rt_8sJ2kL5mN8pQ1rT4uW7xZ0aC3dF6gH9j";
const LIFETIME: u64 = 3600;

const THEIR_URL: &str = "oauth2: PKCE URL";
const THEIR_ROUND: &str = "oauth2: refresh round trip";
const BEARER: &str = "oauth: a Bearer hop";
const WITHIN: Limit = Limit::Times(0.6);

pub(super) const ROWS: &[Row] = &[
    Row::floor(THEIR_URL),
    Row::held("oauth: PKCE URL", THEIR_URL, WITHIN, WITHIN),
    Row::floor(THEIR_ROUND),
    Row::held("oauth: refresh round trip", THEIR_ROUND, WITHIN, WITHIN),
    // With a token that is kept, whose server, endpoint, client, key and scope are compared first.
    Row::held("oauth: refresh round trip, a later one", THEIR_ROUND, Limit::Report, WITHIN),
    // What theirs does not have: one for all callers, and in place of the old one.
    Row::shown("oauth: a whole renewal of Tokens", THEIR_ROUND),
    Row::floor(BEARER),
    Row::shown("oauth: a DPoP hop", BEARER),
];

pub(super) fn run(recorder: &mut Recorder) {
    let clock: Arc<dyn Clock> = Arc::new(SystemTime::now);
    let theirs = Theirs::new();
    recorder.each(THEIR_URL, || (), |()| theirs.begin());
    let session = Session::new(registration(), MemoryStore::new()).expect("a whole registration");
    recorder.each("oauth: PKCE URL", || (), |()| begun(session.begin(CALLBACK), &clock));

    let bearer = body("Bearer");
    recorder.each(THEIR_ROUND, || Cell::new(Some(response(&bearer))), |answer| theirs.renew(answer));
    let grant = registration().refresh_token(Secret::new(REFRESH));
    let source = grant.into_source().expect("a whole registration");
    recorder.each(
        "oauth: refresh round trip",
        || Some(response(&bearer)),
        |answer| round_trip(&source, None, &clock, answer.take()?),
    );
    let old = round_trip(&source, None, &clock, response(&bearer));
    recorder.each(
        "oauth: refresh round trip, a later one",
        || Some(response(&bearer)),
        |answer| round_trip(&source, old.as_ref(), &clock, answer.take()?),
    );

    let ours = Renewed::new(&registration());
    recorder.each(
        "oauth: a whole renewal of Tokens",
        || Some(response(&bearer)),
        |answer| ours.renew(answer.take()?),
    );
    for (case, registration, kind) in
        [(BEARER, registration(), "Bearer"), ("oauth: a DPoP hop", registration().dpop(), "DPoP")]
    {
        let ours = Renewed::new(&registration);
        ours.renew(response(&body(kind)));
        exchange(recorder, case, &shape::auth(ORIGIN, &ours.tokens), &shape::policy(0));
    }
}

fn registration() -> Registration {
    let server = Server::new(ISSUER).authorization_endpoint(AUTHORIZE).token_endpoint(TOKEN);
    Registration::new(server, CLIENT).secret(Secret::new(SECRET)).scope(SCOPES.join(" "))
}

/// What a token endpoint answers, a token of usual length in it.
fn body(kind: &str) -> Vec<u8> {
    let access = "eyJhbGciOi".repeat(78);
    format!(
        "{{\"access_token\":\"{access}\",\"token_type\":\"{kind}\",\"expires_in\":{LIFETIME},\
         \"refresh_token\":\"{REFRESH}\",\"scope\":\"offline_access orders.read\"}}"
    )
    .into_bytes()
}

fn response(body: &[u8]) -> Response<Vec<u8>> {
    let response = Response::builder().header(CONTENT_TYPE, "application/json");
    response.body(body.to_vec()).expect("a status and a field")
}

/// The login to which the person is sent.
fn begun(flow: Flow<Pending>, clock: &Arc<dyn Clock>) -> Pending {
    let FlowStep::Done(Ok(pending)) = flow.start(Arc::clone(clock)).step() else {
        unreachable!("with endpoints by hand it asks for nothing");
    };
    black_box(pending.url());
    pending
}

/// The request for a token, and the token of its answer: what theirs does, without a cache.
fn round_trip(
    source: &Source,
    old: Option<&Token>,
    clock: &Arc<dyn Clock>,
    answer: Response<Vec<u8>>,
) -> Option<Token> {
    let (source, old) = (source.clone(), old.cloned());
    let flow = Flow::new(move |io| async move { source.fetch(old.as_ref(), &io).await });
    let mut running = flow.start(Arc::clone(clock));
    answered(&mut running, answer)?;
    let FlowStep::Done(token) = running.step() else { return None };
    token.ok()
}

/// What a driver does, without its network.
fn answered<T>(running: &mut Running<T>, answer: Response<Vec<u8>>) -> Option<()> {
    let FlowStep::Send(mut call) = running.step() else { return None };
    black_box(call.take_request());
    call.answer(Ok(Answer::new(answer)));
    Some(())
}

/// A token that is renewed whenever it is asked for: an hour has passed.
struct Renewed {
    tokens: Tokens,
    seconds: Arc<AtomicU64>,
    clock: Arc<dyn Clock>,
}

impl Renewed {
    fn new(registration: &Registration) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let seconds = Arc::new(AtomicU64::new(now));
        let clock = {
            let seconds = Arc::clone(&seconds);
            Arc::new(move || UNIX_EPOCH + Duration::from_secs(seconds.load(Ordering::Relaxed)))
        };
        let tokens =
            Tokens::new(registration.refresh_token(Secret::new(REFRESH))).expect("a whole registration");
        Self { tokens, seconds, clock }
    }

    /// The token is over, a flow redeems the refresh token, all callers have the new one.
    fn renew(&self, answer: Response<Vec<u8>>) -> Option<Token> {
        self.seconds.fetch_add(LIFETIME, Ordering::Relaxed);
        let mut acquire = self.tokens.acquire();
        let Acquired::Start(flow) = acquire.step(self.clock.now()).ok()? else { return None };
        let mut running = flow.start(Arc::clone(&self.clock));
        answered(&mut running, answer)?;
        let FlowStep::Done(Ok(())) = running.step() else { return None };
        let Acquired::Token(token) = acquire.step(self.clock.now()).ok()? else { return None };
        Some(token)
    }
}

/// Their client for the same server.
struct Theirs {
    client: BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>,
    refresh: RefreshToken,
}

impl Theirs {
    fn new() -> Self {
        let client = BasicClient::new(ClientId::new(CLIENT.into()))
            .set_client_secret(ClientSecret::new(SECRET.into()))
            .set_auth_uri(AuthUrl::new(AUTHORIZE.into()).expect("a URL"))
            .set_token_uri(TokenUrl::new(TOKEN.into()).expect("a URL"))
            .set_redirect_uri(RedirectUrl::new(CALLBACK.into()).expect("a URL"));
        Self { client, refresh: RefreshToken::new(REFRESH.into()) }
    }

    /// With a state of as many bits as ours has.
    fn begin(&self) -> (Url, CsrfToken, PkceCodeVerifier) {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let state = || CsrfToken::new_random_len(32);
        let request = self.client.authorize_url(state).set_pkce_challenge(challenge);
        let (url, state) = request.add_scopes(SCOPES.map(|name| Scope::new(name.into()))).url();
        (url, state, verifier)
    }

    fn renew(&self, answer: &Cell<Option<HttpResponse>>) -> Option<BasicTokenResponse> {
        let send = |request| {
            black_box(request);
            answer.take().ok_or(std::fmt::Error)
        };
        let request = self.client.exchange_refresh_token(&self.refresh);
        request.add_scopes(SCOPES.map(|name| Scope::new(name.into()))).request(&send).ok()
    }
}

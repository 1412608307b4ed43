//! A credential in a header: core alone, no client.

use std::hint::black_box;

use authwright_core::{
    ApiKey, Auth, Basic, Bearer, Body, Error, Exchange, Fault, Hop, IntoScheme, Next, Outgoing, Policy,
    Ready, ResponseView, RotatingSecret, Step, Target,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header::AUTHORIZATION};
use url::{Position, Url};

use crate::{
    region::Recorder,
    shape::{self, ELSEWHERE, KEY, KEY_HEADER, ORIGIN, URL},
    table::{Limit, Row},
};

const FLOOR: &str = "insert(name, ready_value.clone())";
const FLOOR_STANDARD: &str = "insert(name, ..), name a standard one";

pub(super) const ROWS: &[Row] = &[
    Row::floor(FLOOR),
    Row::held("key: scheme", FLOOR, Limit::Times(1.2), Limit::AtMost(0.0)),
    Row::held("key: scheme, 4 KiB", "key: scheme", Limit::Plus(0.0), Limit::AtMost(0.0)),
    Row::held("key: exchange", FLOOR, Limit::Times(1.8), Limit::AtMost(0.0)),
    // Comparing hosts costs four instructions more or less, by where the allocator put them.
    Row::held("rotating key: scheme", "key: scheme", Limit::Times(1.3), Limit::AtMost(0.0)),
    Row::held(
        "rotating key: exchange, 10 redirects",
        "key: exchange, 10 redirects",
        Limit::Times(1.3),
        Limit::Plus(0.0),
    ),
    Row::held("key: exchange, 4 KiB", "key: exchange", Limit::Plus(4.0), Limit::AtMost(0.0)),
    Row::held("key: exchange, target from Uri", FLOOR, Limit::Report, Limit::AtMost(0.0)),
    Row::held("key: exchange, target from Url", FLOOR, Limit::Report, Limit::AtMost(0.0)),
    Row::held("key: exchange, observed(200)", FLOOR, Limit::Report, Limit::AtMost(0.0)),
    Row::held("key: exchange, path prefix", FLOOR, Limit::Report, Limit::AtMost(0.0)),
    Row::held("key: exchange, 10 redirects", FLOOR, Limit::Report, Limit::AtMost(1.0)),
    Row::held("key: exchange, 10 redirects, observed(200)", FLOOR, Limit::Report, Limit::AtMost(1.0)),
    Row::held("unmatched origin", FLOOR, Limit::Report, Limit::AtMost(0.0)),
    Row::held("10 unmatched origins", FLOOR, Limit::Report, Limit::AtMost(0.0)),
    Row::floor(FLOOR_STANDARD),
    Row::held("bearer: scheme", FLOOR_STANDARD, Limit::Times(1.2), Limit::AtMost(0.0)),
    Row::held("bearer: exchange", FLOOR_STANDARD, Limit::Times(1.8), Limit::AtMost(0.0)),
    Row::shown("by hand: bearer", FLOOR_STANDARD),
    Row::held("basic: scheme", FLOOR_STANDARD, Limit::Times(1.2), Limit::AtMost(0.0)),
    Row::held("basic: exchange", FLOOR_STANDARD, Limit::Times(1.8), Limit::AtMost(0.0)),
    Row::shown("by hand: basic", FLOOR_STANDARD),
    Row::floor("two inserts"),
    Row::held("two credentials: exchange", "two inserts", Limit::Times(1.8), Limit::AtMost(0.0)),
];

pub(super) fn run(recorder: &mut Recorder) {
    let long = shape::long_key();
    let (key, bearer) = (ApiKey::header(KEY_HEADER, KEY), Bearer::new(KEY));
    let long_key = ApiKey::header(KEY_HEADER, long.as_str());
    floors(recorder);
    scheme(recorder, "key: scheme", key.clone());
    scheme(recorder, "key: scheme, 4 KiB", long_key.clone());
    let rotating = RotatingSecret::new(KEY).expect("a value");
    let rotating = ApiKey::header(KEY_HEADER, &rotating);
    scheme(recorder, "rotating key: scheme", rotating.clone());
    exchange(
        recorder,
        "rotating key: exchange, 10 redirects",
        &shape::auth(ORIGIN, rotating),
        &shape::policy(10),
    );
    scheme(recorder, "bearer: scheme", bearer.clone());
    scheme(recorder, "basic: scheme", Basic::new("sam", KEY));

    let auth = shape::auth(ORIGIN, key.clone());
    exchange(recorder, "key: exchange", &auth, &shape::policy(0));
    exchange(recorder, "key: exchange, 10 redirects", &auth, &shape::policy(10));
    observed(recorder, "key: exchange, observed(200)", &auth, &shape::policy(0));
    observed(recorder, "key: exchange, 10 redirects, observed(200)", &auth, &shape::policy(10));
    targets(recorder, &auth);
    exchange(recorder, "key: exchange, 4 KiB", &shape::auth(ORIGIN, long_key), &shape::policy(0));
    let narrow = shape::auth("https://api.example.com/v1", key.clone());
    exchange(recorder, "key: exchange, path prefix", &narrow, &shape::policy(0));
    exchange(recorder, "unmatched origin", &shape::auth(ELSEWHERE, key.clone()), &shape::policy(0));
    let many: Vec<_> = (0..10).map(|index| format!("https://host{index}.example.com")).collect();
    exchange(recorder, "10 unmatched origins", &shape::auth(many, key.clone()), &shape::policy(0));
    exchange(recorder, "bearer: exchange", &shape::auth(ORIGIN, bearer.clone()), &shape::policy(0));
    let basic = shape::auth(ORIGIN, Basic::new("sam", KEY));
    exchange(recorder, "basic: exchange", &basic, &shape::policy(0));
    let both = auth.and(ORIGIN, bearer).expect("another field");
    exchange(recorder, "two credentials: exchange", &both, &shape::policy(0));
    by_hand(recorder);
}

fn floors(recorder: &mut Recorder) {
    let (name, value) = (shape::key_header(), shape::ready(KEY));
    let bearer = shape::ready(&format!("Bearer {KEY}"));
    recorder.each(FLOOR, shape::headers, |headers| headers.insert(name.clone(), value.clone()));
    // A name that is known only at run time, as a scheme's is: a constant lets the compiler do half of the insertion.
    let standard = black_box(AUTHORIZATION);
    recorder.each(FLOOR_STANDARD, shape::headers, |headers| headers.insert(standard.clone(), bearer.clone()));
    recorder.each("two inserts", shape::headers, |headers| {
        headers.insert(name.clone(), value.clone());
        headers.insert(standard.clone(), bearer.clone())
    });
}

/// A scheme on a header map that is about to be sent: no origin is matched.
pub(super) fn scheme(recorder: &mut Recorder, case: &'static str, scheme: impl IntoScheme) {
    let scheme = scheme.into_scheme().expect("a valid credential");
    let (uri, policy) = (Uri::from_static(URL), Policy::default());
    let target = Target::from_uri(&uri).expect("an absolute URL");
    recorder.each(case, shape::headers, |headers| {
        let mut hop = Hop::new(&Method::GET, target, headers, Body::Empty, &policy.clock);
        match scheme.authorize(&mut hop) {
            Ok(Step::Send) => true,
            other => black_box(other).is_err(),
        }
    });
}

/// The whole exchange up to the send, origin matching included.
pub(super) fn exchange(recorder: &mut Recorder, case: &'static str, auth: &Auth, policy: &Policy) {
    let uri = Uri::from_static(URL);
    let target = Target::from_uri(&uri).expect("an absolute URL");
    recorder.each(case, shape::headers, |headers| {
        line(Exchange::new(Some(auth), policy).step(get(black_box(target), headers)))
    });
}

/// The same, with what a driver does before: reading the parts of the target off its client's URL type.
fn targets(recorder: &mut Recorder, auth: &Auth) {
    let (uri, policy) = (Uri::from_static(URL), shape::policy(0));
    recorder.each("key: exchange, target from Uri", shape::headers, |headers| {
        let target = Target::from_uri(black_box(&uri)).ok()?;
        line(Exchange::new(Some(auth), &policy).step(get(target, headers))).ok()
    });
    let url: Url = URL.parse().expect("a URL");
    recorder.each("key: exchange, target from Url", shape::headers, |headers| {
        let url = black_box(&url);
        let path = &url[Position::BeforePath..Position::AfterQuery];
        let target = Target::new(url.scheme(), url.host_str()?, url.port(), path).ok()?;
        line(Exchange::new(Some(auth), &policy).step(get(target, headers))).ok()
    });
}

/// The exchange to its end: a 200 was received.
fn observed(recorder: &mut Recorder, case: &'static str, auth: &Auth, policy: &Policy) {
    let uri = Uri::from_static(URL);
    let target = Target::from_uri(&uri).expect("an absolute URL");
    let nothing = HeaderMap::new();
    let response = ResponseView::new(StatusCode::OK, &nothing);
    recorder.each(case, shape::headers, |headers| {
        let target = black_box(target);
        let mut exchange = Exchange::new(Some(auth), policy);
        line(exchange.step(get(target, headers))).ok()?;
        let next = exchange.observed(black_box(&response), target).ok()?;
        matches!(next, Next::Deliver).then_some(())
    });
}

/// Takes the outcome apart, as a driver does.
#[inline]
pub(super) fn line(ready: Result<Ready, Error>) -> Result<Option<String>, Error> {
    match ready? {
        Ready::Send(line) => Ok(line),
        other => Err(unready(&other)),
    }
}

/// None of the cases waits for a token.
#[cold]
fn unready(ready: &Ready) -> Error {
    Error::new(Fault::Caller, format!("{ready:?}"))
}

fn get<'a>(target: Target<'a>, headers: &'a mut HeaderMap) -> Outgoing<'a> {
    Outgoing { method: &Method::GET, target, headers, body: Body::Empty }
}

/// What people write, for comparison.
fn by_hand(recorder: &mut Recorder) {
    recorder.each("by hand: bearer", shape::headers, |headers| {
        let value = HeaderValue::from_str(&format!("Bearer {}", black_box(KEY))).ok()?;
        headers.insert(AUTHORIZATION, value)
    });
    recorder.each("by hand: basic", shape::headers, |headers| {
        let pair = STANDARD.encode(format!("{}:{}", black_box("sam"), black_box(KEY)));
        let value = HeaderValue::from_str(&format!("Basic {pair}")).ok()?;
        headers.insert(AUTHORIZATION, value)
    });
}

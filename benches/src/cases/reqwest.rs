//! The reqwest adapter: whole calls, ours beside bare ones that send the same bytes.
//!
//! Both clients talk to a server on loopback that runs in the same thread on the same runtime, so that the order of
//! events, and with it every count, repeats. Sending costs both the same: what is left over is the adapter's own work,
//! before the send and after it.

use authwright_reqwest::{ApiKey, Client};
use http::{HeaderName, HeaderValue, header::ACCEPT};
use reqwest::redirect;
use tokio::runtime::{Builder, Runtime};

use crate::{
    region::Recorder,
    server::Server,
    shape::{self, KEY, KEY_HEADER, KEY_QUERY},
    table::{Limit, Row},
};

const BUILT: &str = "bare reqwest, built with ready header";
const BUILT_UNSHARED: &str = "bare reqwest, built, value unshared";
const BARE: &str = "bare reqwest, whole call, ready header";
const BARE_QUERY: &str = "bare reqwest, key in the URL";

pub(super) const ROWS: &[Row] = &[
    Row::floor(BUILT),
    Row::held("reqwest: built, redirects off", BUILT, Limit::Plus(800.0), Limit::Plus(0.0)),
    Row::held("reqwest: built, our hops", BUILT, Limit::Plus(2000.0), Limit::Plus(1.0)),
    Row::floor(BUILT_UNSHARED),
    Row::held(
        "reqwest: built, our hops, value unshared",
        BUILT_UNSHARED,
        Limit::Plus(2000.0),
        Limit::Plus(2.0),
    ),
    Row::floor(BARE),
    Row::held("reqwest: whole call, redirects off", BARE, Limit::Times(1.03), Limit::Plus(0.0)),
    Row::held("reqwest: whole call, our hops", BARE, Limit::Times(1.04), Limit::Plus(1.0)),
    Row::floor(BARE_QUERY),
    Row::shown("reqwest: query key, redirects off", BARE_QUERY),
];

pub(super) fn run(recorder: &mut Recorder) {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let server = runtime.block_on(Server::start()).expect("a socket on loopback");
    let bench = Bench { url: format!("{}/v1/orders?state=open", server.origin), runtime, server };

    let bare = reqwest::Client::builder().redirect(redirect::Policy::none()).referer(false);
    let bare = bare.build().expect("a client");
    let header = ApiKey::header(KEY_HEADER, KEY);
    let (off, on) = (bench.ours(header.clone(), 0), bench.ours(header, 10));
    let (name, value) = (shape::key_header(), shape::ready(KEY));

    // The adapter's own work before the send: both end with the request that is handed to reqwest.
    let built = |accept: HeaderValue| {
        bare.get(&bench.url).header(ACCEPT, accept).header(name.clone(), value.clone()).build().ok()
    };
    let ready = |client: &Client, accept: HeaderValue| {
        client.get(&bench.url).header(ACCEPT, accept).build_ready().ok()
    };
    recorder.each(BUILT, || (), |()| built(JSON));
    recorder.each("reqwest: built, redirects off", || (), |()| ready(&off, JSON));
    recorder.each("reqwest: built, our hops", || (), |()| ready(&on, JSON));
    // Text becomes a new header value with every request, and is shared when it is first cloned.
    recorder.each(BUILT_UNSHARED, || (), |()| built(json()));
    recorder.each("reqwest: built, our hops, value unshared", || (), |()| ready(&on, json()));

    bench.count(recorder, BARE, async || bench.bare(&bare, JSON, (&name, &value)).await);
    bench.count(recorder, "reqwest: whole call, redirects off", async || bench.send(&off, JSON).await);
    bench.count(recorder, "reqwest: whole call, our hops", async || bench.send(&on, JSON).await);

    let key = bench.ours(ApiKey::query(KEY_QUERY, KEY), 0);
    let url = format!("{}&{KEY_QUERY}={KEY}", bench.url);
    bench.count(recorder, BARE_QUERY, async || {
        let response = bare.get(&url).header(ACCEPT, JSON).send().await.expect("an answer");
        response.bytes().await.expect("a body").len()
    });
    bench.count(recorder, "reqwest: query key, redirects off", async || bench.send(&key, JSON).await);
    // The difference of two calls is the adapter's work only where both send the same.
    let mut sent = bench.server.first_requests();
    sent.retain(|request| !request.contains(KEY_QUERY));
    assert!(sent.windows(2).all(|pair| pair[0].len() == pair[1].len()), "{sent:#?}");
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");

fn json() -> HeaderValue {
    HeaderValue::from_str("application/json").expect("visible ASCII")
}

struct Bench {
    runtime: Runtime,
    server: Server,
    url: String,
}

impl Bench {
    fn ours(&self, key: ApiKey, max_redirects: u32) -> Client {
        let auth = shape::auth(self.server.origin.as_str(), key);
        Client::builder(auth).max_redirects(max_redirects).build().expect("a client")
    }

    async fn send(&self, client: &Client, accept: HeaderValue) -> usize {
        let response = client.get(&self.url).header(ACCEPT, accept).send().await.expect("an answer");
        response.bytes().await.expect("a body").len()
    }

    async fn bare(
        &self,
        client: &reqwest::Client,
        accept: HeaderValue,
        (name, key): (&HeaderName, &HeaderValue),
    ) -> usize {
        let request = client.get(&self.url).header(ACCEPT, accept).header(name.clone(), key.clone());
        let response = request.send().await.expect("an answer");
        response.bytes().await.expect("a body").len()
    }

    fn count(&self, recorder: &mut Recorder, case: &'static str, call: impl AsyncFn() -> usize) {
        recorder.repeat(case, |iterations| {
            self.runtime.block_on(async {
                for _ in 0..iterations {
                    assert_eq!(call().await, 2);
                }
            });
        });
    }
}

//! The client is asked before every send, and the one that was ready is the one called.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use authwright_core::{ApiKey, Auth};
use authwright_testkit::FakeServer;
use authwright_tower::AuthLayer;
use http::Request;
use tower::{Service, ServiceBuilder};
use tower_layer::Layer;

use crate::support::{Scripted, answer, block_on, call, get, http, tokens};

/// Must be asked before each call, and its clones anew.
struct Strict<S> {
    client: S,
    is_ready: bool,
    asked: Arc<AtomicUsize>,
}

impl<S: Clone> Clone for Strict<S> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone(), is_ready: false, asked: Arc::clone(&self.asked) }
    }
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for Strict<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        if !self.is_ready {
            // The first answer is always no.
            self.is_ready = true;
            self.asked.fetch_add(1, Ordering::Relaxed);
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.client.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> S::Future {
        assert!(std::mem::take(&mut self.is_ready), "called without having been asked");
        self.client.call(request)
    }
}

fn strict<S>(client: S) -> Strict<S> {
    Strict { client, is_ready: false, asked: Arc::default() }
}

#[test]
fn every_send_waits_until_the_client_is_ready() {
    block_on(async {
        let client = strict(Scripted::new(|seen| match seen.uri.as_str() {
            "https://api.example.com/a" => answer(302, &[("location", "/b")]),
            _ => answer(200, &[]),
        }));
        let auth = Auth::new("https://api.example.com", ApiKey::header("x-api-key", "k3y")).unwrap();
        let mut service = AuthLayer::new(auth).max_redirects(9).layer(client.clone());
        for expected in [2, 4] {
            let response = call(&mut service, get("https://api.example.com/a")).await.unwrap();
            assert_eq!(response.status(), 200);
            // Two hops, asked once for each.
            assert_eq!(client.asked.load(Ordering::Relaxed), expected);
        }
    });
}

/// A client with one place, which also fetches the tokens: a request that kept its place while it waits would wait for itself.
#[test]
fn a_request_that_waits_for_a_token_keeps_no_place() {
    let server = FakeServer::start().unwrap();
    let auth = Auth::new(server.url(), tokens(&server)).unwrap();
    block_on(async {
        let client = ServiceBuilder::new().concurrency_limit(1).service(strict(http()));
        let mut service = AuthLayer::new(auth).flows(client.clone()).layer(client);
        let whole = call(&mut service, get(format!("{}/orders", server.url())));
        let response =
            tokio::time::timeout(Duration::from_secs(10), whole).await.expect("not stuck").unwrap();
        assert_eq!((response.status().as_u16(), server.count("/login")), (200, 1));
    });
}

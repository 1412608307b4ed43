//! Others around our client: `tower` layers, and a chain of middlewares (task 13).

use std::{
    future::{Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use authwright_core::{Auth, LoginEndpoint, Tokens};
use authwright_reqwest::{Client, Error, async_trait};
use authwright_testkit::FakeServer;
use authwright_tests::Reqwest;
use http::{Extensions, Method};
use reqwest::{Request, Response};
use reqwest_middleware::{ClientBuilder, Middleware, Next};
use tower::{Service, ServiceBuilder, ServiceExt, retry::Policy};

/// Sends again what may pass, three times at most.
#[derive(Clone)]
struct Again(u32);

impl Policy<Request, Response, Error> for Again {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut Request, result: &mut Result<Response, Error>) -> Option<Ready<()>> {
        let passes = match result {
            Ok(response) => response.status().is_server_error(),
            Err(error) => error.is_transient(),
        };
        (passes && self.0 > 0).then(|| {
            self.0 -= 1;
            ready(())
        })
    }

    fn clone_request(&mut self, request: &Request) -> Option<Request> {
        request.try_clone()
    }
}

/// A client with tokens, and a server that issues them.
fn client(server: &FakeServer) -> Client {
    drop(Reqwest::new()); // which chooses a TLS provider for the process
    server.tokens("/login");
    let tokens = Tokens::new(LoginEndpoint::form(format!("{}/login", server.url()))).unwrap();
    Client::new(Auth::new(server.url(), tokens).unwrap()).unwrap()
}

fn get(server: &FakeServer) -> Request {
    Request::new(Method::GET, format!("{}/orders", server.url()).parse().unwrap())
}

fn block_on<T>(task: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(task)
}

#[test]
fn a_retry_layer_does_not_multiply_what_a_refusal_costs() {
    let server = FakeServer::start().unwrap();
    let api = client(&server);
    block_on(async {
        let mut service = ServiceBuilder::new().retry(Again(3)).service(api.clone());
        let response = service.ready().await.unwrap().call(get(&server)).await.unwrap();
        assert_eq!((response.status().as_u16(), server.count("/orders")), (200, 1));

        // Refused for good: once with each token, and that is all.
        server.on("GET /orders").status(401);
        let error = service.ready().await.unwrap().call(get(&server)).await.unwrap_err();
        assert!(error.denied().is_some() && !error.is_transient(), "{error}");
        assert_eq!((server.count("/orders"), server.count("/login")), (3, 2));

        // What passes is the layer's to repeat.
        server.on("GET /orders").status(503);
        let response = service.ready().await.unwrap().call(get(&server)).await.unwrap();
        assert_eq!((response.status().as_u16(), server.count("/orders")), (503, 7));
        assert_eq!(server.count("/login"), 2);
    });
}

/// Counts what it lets through.
#[derive(Clone, Default)]
struct Counts(Arc<AtomicUsize>);

#[async_trait]
impl Middleware for Counts {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        self.0.fetch_add(1, Ordering::Relaxed);
        assert!(request.headers().is_empty(), "no credential is in sight");
        next.run(request, extensions).await
    }
}

#[test]
fn in_a_chain_of_middlewares_ours_is_the_last() {
    let server = FakeServer::start().unwrap();
    let api = client(&server);
    let (before, behind) = (Counts::default(), Counts::default());
    let chain = ClientBuilder::new(reqwest::Client::new())
        .with(before.clone())
        .with(api)
        .with(behind.clone())
        .build();
    block_on(async {
        let response = chain.get(format!("{}/orders", server.url())).send().await.unwrap();
        assert_eq!((response.status().as_u16(), server.count("/orders")), (200, 1));
        server.on("GET /orders").status(401);
        let error = chain.get(format!("{}/orders", server.url())).send().await.unwrap_err();
        assert_eq!((server.count("/orders"), server.count("/login")), (3, 2));
        // What went wrong is still to be had.
        let reqwest_middleware::Error::Middleware(error) = error else { panic!("{error}") };
        assert!(error.downcast_ref::<Error>().unwrap().denied().is_some(), "{error}");
    });
    let count = |counts: &Counts| counts.0.load(Ordering::Relaxed);
    assert_eq!((count(&before), count(&behind)), (2, 0));
}

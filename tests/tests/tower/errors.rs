//! What an error shows of what the client has said.

use std::{
    future::{Ready, ready},
    task::{Context, Poll},
};

use authwright_core::{ApiKey, Auth, Flow};
use authwright_testkit::Outcome;
use authwright_tower::{AuthLayer, bytes::Bytes};
use http::{Request, Response};
use http_body_util::Full;
use tower::Service;
use tower_layer::Layer;

use crate::support::{block_on, call, get};

/// Fails, and quotes the whole URL, as some clients do.
#[derive(Clone)]
struct Quoting;

impl<B> Service<Request<B>> for Quoting {
    type Response = Response<Full<Bytes>>;
    type Error = std::io::Error;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ready(Err(std::io::Error::other(format!("cannot send {}", request.uri()))))
    }
}

#[test]
fn a_clients_error_that_quotes_a_key_is_not_shown() {
    block_on(async {
        let auth = Auth::new("https://api.example.com", ApiKey::query("key", "k3y")).unwrap();
        let mut service = AuthLayer::new(auth).layer(Quoting);
        for (url, shown) in [("https://api.example.com/x?a=1", false), ("https://elsewhere.example/x", true)]
        {
            let error = call(&mut service, get(url)).await.unwrap_err();
            let mut printed = Vec::new();
            Outcome::print_error(&mut printed, &error);
            let printed = printed.concat();
            assert!(!printed.contains("k3y"), "{printed}");
            assert_eq!(printed.contains("cannot send"), shown, "{printed}");
            assert!(error.is_transient() && error.client().is_some());
            let origin = url.split("/x").next().unwrap();
            assert!(error.to_string().starts_with(&format!("{origin}: ")), "{error}");
        }
    });
}

/// The call of a flow may have a secret in its query, which was put there by its source.
#[test]
fn the_same_holds_for_the_calls_of_a_flow() {
    let layer = AuthLayer::new(Auth::none()).flows::<_, Full<Bytes>, _>(Quoting);
    let flow = || {
        Flow::new(|io| async move {
            let call = Request::get("https://login.example.com/token?key=k3y").body(Vec::new());
            io.send(call.unwrap()).await.map(drop)
        })
    };
    let error = block_on(layer.run_flow(flow())).unwrap_err();
    let mut printed = Vec::new();
    Outcome::print_error(&mut printed, &error);
    assert!(error.to_string().starts_with("https://login.example.com: "), "{error}");
    assert!(!printed.concat().contains("k3y") && error.is_transient(), "{printed:?}");
}

/// Runs out of time, as the connector of a client does.
#[test]
fn a_timeout_of_the_client_is_one() {
    let client = tower::service_fn(|_: Request<Full<Bytes>>| async {
        Err::<Response<Full<Bytes>>, _>(std::io::Error::from(std::io::ErrorKind::TimedOut))
    });
    let error = block_on(call(&mut AuthLayer::new(Auth::none()).layer(client), get("https://a.example/")));
    let error = error.unwrap_err();
    assert!(error.is_timeout() && error.is_transient(), "{error}");
}

/// What tonic and other layers ask of an error.
#[test]
fn an_error_goes_into_a_box_whatever_the_body() {
    fn boxed<R: Send + 'static>(
        error: authwright_tower::Error<R>,
    ) -> Box<dyn std::error::Error + Send + Sync> {
        error.into()
    }
    block_on(async {
        let mut service = AuthLayer::new(Auth::none()).layer(Quoting);
        let error = call(&mut service, get("https://api.example.com/x")).await.unwrap_err();
        assert!(boxed(error).downcast_ref::<authwright_tower::Error<Full<Bytes>>>().is_some());
        assert_eq!(size_of::<authwright_tower::Error<[u8; 64]>>(), size_of::<usize>());
    });
}

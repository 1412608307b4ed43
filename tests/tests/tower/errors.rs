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

/// Nor the path, which the source has chosen; and what is shown is one line.
#[test]
fn what_a_flows_client_says_is_one_line_without_a_path() {
    let layer = AuthLayer::new(Auth::none()).flows::<_, Full<Bytes>, _>(Quoting);
    let ask = |url: &'static str| {
        let flow = Flow::new(move |io| async move {
            io.send(Request::get(url).body(Vec::new()).unwrap()).await.map(drop)
        });
        block_on(layer.run_flow(flow)).unwrap_err().to_string()
    };
    let hooks = ask("https://login.example.com/hooks/s3cret/token");
    assert!(!hooks.contains("s3cret"), "{hooks}");
    let bare = ask("https://login.example.com");
    assert!(bare.contains("cannot send"), "{bare}");

    let client = tower::service_fn(|_: Request<Full<Bytes>>| async {
        Err::<Response<Full<Bytes>>, _>(std::io::Error::other("two\nlines\u{1b}[31m"))
    });
    let error = block_on(call(&mut AuthLayer::new(Auth::none()).layer(client), get("https://a.example/")));
    assert_eq!(error.unwrap_err().to_string(), "https://a.example: two\\nlines\\u{1b}[31m");
}

/// A refusal is one also where it comes from a layer of ours inside: who retries what may pass does not repeat it.
#[test]
fn a_refusal_inside_is_not_transient() {
    let key = Auth::new("https://a.example", ApiKey::header("x-gateway", "k3y")).unwrap();
    let refusing = tower::service_fn(|_: Request<Full<Bytes>>| async {
        Ok::<_, std::io::Error>(Response::builder().status(401).body(Full::<Bytes>::default()).unwrap())
    });
    let inner = AuthLayer::new(key).layer(refusing);
    let error = block_on(call(&mut AuthLayer::new(Auth::none()).layer(inner), get("https://a.example/")));
    let error = error.unwrap_err();
    assert!(!error.is_transient() && error.fault() == authwright_core::Fault::Credential, "{error}");
}

/// The key alone, or decoded, is as good as the pair.
#[test]
fn a_clients_error_that_quotes_the_value_is_not_shown() {
    for quoting in ["key is k3y&%2", "key is k3y%26%252"] {
        let client = tower::service_fn(move |_: Request<Full<Bytes>>| async move {
            Err::<Response<Full<Bytes>>, _>(std::io::Error::other(quoting))
        });
        let auth = Auth::new("https://a.example", ApiKey::query("key", "k3y&%2")).unwrap();
        let error = block_on(call(&mut AuthLayer::new(auth).layer(client), get("https://a.example/")));
        let text = error.unwrap_err().to_string();
        assert!(!text.contains("k3y"), "{text}");
    }
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

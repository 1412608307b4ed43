//! What a request says for itself, in its extensions.

use authwright_core::{ApiKey, Auth, Trail};
use authwright_testkit::FakeServer;
use authwright_tower::{AuthLayer, Explain, WithAuth, WithoutAuth};
use tower::{Service, ServiceBuilder, ServiceExt};
use tower_layer::Layer;

use crate::support::{Scripted, answer, block_on, call, get, http, tokens};

const HERE: &str = "https://api.example.com";

fn key(name: &'static str) -> Auth {
    Auth::new(HERE, ApiKey::header(name, "k3y")).unwrap()
}

/// Ours are taken off, so that a client that looks at extensions does not find an `Auth` there; others travel with every
/// send to where the request was for, and no further.
#[test]
fn extensions_of_ours_are_not_sent_on_and_others_are() {
    #[derive(Clone, Debug, PartialEq)]
    struct Theirs(u8);

    block_on(async {
        let client = Scripted::new(|seen| match seen.uri.as_str() {
            "https://api.example.com/a" => answer(302, &[("location", "/b")]),
            _ => answer(200, &[]),
        });
        let mut service = AuthLayer::new(key("x-own-key")).max_redirects(1).layer(client.clone());
        let mut request = get(format!("{HERE}/a"));
        request.extensions_mut().insert(Theirs(7));
        request.extensions_mut().insert(WithAuth(key("x-tenant-key")));
        request.extensions_mut().insert(Explain);
        let response = call(&mut service, request).await.unwrap();
        let trail = response.extensions().get::<Trail>().unwrap().to_string();
        assert!(trail.contains("X-Tenant-Key") || trail.contains("x-tenant-key"), "{trail}");
        let seen = client.take();
        assert_eq!(seen.len(), 2);
        for (seen, theirs) in seen.into_iter().zip([Some(&Theirs(7)), None]) {
            assert_eq!(seen.extensions.get::<Theirs>(), theirs);
            assert_eq!(seen.extensions.len(), usize::from(theirs.is_some()));
            assert!(seen.headers.contains_key("x-tenant-key") && !seen.headers.contains_key("x-own-key"));
        }

        let mut request = get(format!("{HERE}/b"));
        request.extensions_mut().insert(WithAuth(key("x-tenant-key")));
        request.extensions_mut().insert(WithoutAuth);
        call(&mut service, request).await.unwrap();
        let seen = client.take();
        assert!(seen[0].headers.is_empty() && seen[0].extensions.is_empty(), "bare wins");
    });
}

/// Sends again what may pass, three times at most.
#[derive(Clone)]
struct Again(u32);

type Answered = http::Response<hyper::body::Incoming>;
type Request = http::Request<http_body_util::Full<authwright_tower::bytes::Bytes>>;
type Failed = authwright_tower::Error<hyper::body::Incoming>;

impl tower::retry::Policy<Request, Answered, Failed> for Again {
    type Future = std::future::Ready<()>;

    fn retry(&mut self, _: &mut Request, result: &mut Result<Answered, Failed>) -> Option<Self::Future> {
        let passes = match result {
            Ok(response) => response.status().is_server_error(),
            Err(error) => error.is_transient(),
        };
        (passes && self.0 > 0).then(|| {
            self.0 -= 1;
            std::future::ready(())
        })
    }

    fn clone_request(&mut self, request: &Request) -> Option<Request> {
        Some(request.clone())
    }
}

#[test]
fn a_retry_layer_does_not_multiply_what_a_refusal_costs() {
    let server = FakeServer::start().unwrap();
    let auth = Auth::new(server.url(), tokens(&server)).unwrap();
    let layer = AuthLayer::new(auth).flows(http());
    block_on(async {
        let mut service = ServiceBuilder::new().retry(Again(3)).layer(layer).service(http());
        let url = format!("{}/orders", server.url());
        let response = service.ready().await.unwrap().call(get(&url)).await.unwrap();
        assert_eq!((response.status().as_u16(), server.count("/orders")), (200, 1));

        server.on("GET /orders").status(401);
        let error = service.ready().await.unwrap().call(get(&url)).await.unwrap_err();
        assert!(error.denied().is_some() && !error.is_transient(), "{error}");
        assert_eq!((server.count("/orders"), server.count("/login")), (3, 2));

        server.on("GET /orders").status(503);
        let response = service.ready().await.unwrap().call(get(&url)).await.unwrap();
        assert_eq!((response.status().as_u16(), server.count("/orders")), (503, 7));
    });
}

//! Requests that do not say where they go, and the field `Host`.

use authwright_core::{ApiKey, Auth, Fault};
use authwright_tower::AuthLayer;
use http::header::HOST;
use tower_layer::Layer;

use crate::support::{Scripted, answer, block_on, call, get};

const HERE: &str = "https://grpc.example.com";

fn auth() -> Auth {
    Auth::new([HERE, "https://other.example.com"], ApiKey::header("x-api-key", "k3y")).unwrap()
}

#[test]
fn a_uri_without_a_host_is_an_error_unless_the_layer_knows_the_origin() {
    block_on(async {
        let client = Scripted::new(|_| answer(200, &[]));
        let error = call(&mut AuthLayer::new(auth()).layer(client.clone()), get("/p.S/M")).await.unwrap_err();
        assert!(error.to_string().contains(".origin(\"https://..\")"), "{error}");
        assert_eq!(error.fault(), Fault::Caller);
        assert!(client.take().is_empty());

        let mut service = AuthLayer::new(auth()).origin(HERE).unwrap().layer(client.clone());
        call(&mut service, get("/p.S/M?x=1")).await.unwrap();
        let seen = client.take();
        // The URI stays as it was: who sends it adds its own.
        assert_eq!((&*seen[0].uri, &seen[0].headers["x-api-key"]), ("/p.S/M?x=1", &"k3y".parse().unwrap()));

        // Judged as any other: outside the origins it is bare.
        let elsewhere = AuthLayer::new(auth()).origin("https://elsewhere.example").unwrap();
        call(&mut elsewhere.layer(client.clone()), get("/p.S/M")).await.unwrap();
        assert!(client.take()[0].headers.is_empty());
    });
}

/// Such a client sends everything to its own server, whatever the URI names: what is for another must not go along.
#[test]
fn a_request_for_another_origin_is_an_error_where_the_client_is_for_one() {
    block_on(async {
        let client = Scripted::new(|_| answer(200, &[]));
        let mut service = AuthLayer::new(auth()).origin(HERE).unwrap().layer(client.clone());
        for other in
            ["https://other.example.com/x", "http://grpc.example.com/x", "https://grpc.example.com:8443/x"]
        {
            let error = call(&mut service, get(other)).await.unwrap_err();
            let origin = other.trim_end_matches("/x");
            let expected = format!(
                "the request is for {origin}, and the layer's client is for {HERE} alone; nothing was sent"
            );
            assert_eq!(error.to_string(), expected);
        }
        assert!(client.take().is_empty());
        for own in ["https://grpc.example.com/x", "https://GRPC.example.com:443/x"] {
            call(&mut service, get(own)).await.unwrap();
            assert!(client.take()[0].headers.contains_key("x-api-key"), "{own}");
        }
    });
}

/// A key for the query is put on what is sent, not on where that is judged.
#[test]
fn a_query_key_leaves_a_uri_without_a_host_so() {
    block_on(async {
        let client = Scripted::new(|_| answer(200, &[]));
        let auth = Auth::new(HERE, ApiKey::query("key", "k3y")).unwrap();
        let mut service = AuthLayer::new(auth).origin(HERE).unwrap().layer(client.clone());
        call(&mut service, get("/p.S/M?x=1")).await.unwrap();
        assert_eq!(client.take()[0].uri, "/p.S/M?x=1&key=k3y");
    });
}

/// The same of a redirect.
#[test]
fn a_redirect_is_not_followed_where_the_client_is_for_one() {
    block_on(async {
        let client = Scripted::new(|_| answer(307, &[("location", "https://other.example.com/x")]));
        let mut service = AuthLayer::new(auth()).origin(HERE).unwrap().max_redirects(5).layer(client.clone());
        for own in ["/p.S/M", "https://grpc.example.com/p.S/M"] {
            assert_eq!(call(&mut service, get(own)).await.unwrap().status(), 307);
            assert_eq!(client.take().len(), 1);
        }
    });
}

/// Nor anywhere else, unless it is asked for: whether the client goes where a URI says is not known here.
#[test]
fn redirects_are_followed_where_it_is_said_alone() {
    block_on(async {
        let client = Scripted::new(|seen| match &*seen.uri {
            "https://grpc.example.com/a" => answer(302, &[("location", "/b")]),
            _ => answer(200, &[]),
        });
        for (layer, status, sends) in
            [(AuthLayer::new(auth()), 302, 1), (AuthLayer::new(auth()).max_redirects(3), 200, 2)]
        {
            let mut service = layer.layer(client.clone());
            assert_eq!(call(&mut service, get("https://grpc.example.com/a")).await.unwrap().status(), status);
            assert_eq!(client.take().len(), sends);
        }
    });
}

#[test]
fn an_origin_is_an_origin_and_nothing_more() {
    for wrong in [
        "grpc.example.com",
        "/path",
        "https://",
        "https://grpc.example.com/path",
        "https://grpc.example.com?key=s3cret",
        "https://sam:s3cret@grpc.example.com",
        "ftp://grpc.example.com",
        "https://grpc example.com",
    ] {
        let error = AuthLayer::new(auth()).origin(wrong).unwrap_err();
        assert_eq!(error.fault(), Fault::Caller, "{wrong}");
        assert!(!error.to_string().contains("s3cret"), "{wrong}: {error}");
    }
    assert!(AuthLayer::new(auth()).origin("https://grpc.example.com/").is_ok());
}

/// The caller's `Host` is for the origin they named. Elsewhere it would be wrong, and tell where the request comes from.
#[test]
fn a_host_field_stays_at_its_origin() {
    block_on(async {
        let client = Scripted::new(|seen| match seen.uri.as_str() {
            "https://grpc.example.com/a" => answer(302, &[("location", "/b")]),
            "https://grpc.example.com/b" => answer(302, &[("location", "https://elsewhere.example/c")]),
            _ => answer(200, &[]),
        });
        let mut request = get(format!("{HERE}/a"));
        request.headers_mut().insert(HOST, "virtual.example".parse().unwrap());
        call(&mut AuthLayer::new(auth()).max_redirects(9).layer(client.clone()), request).await.unwrap();
        let hosts: Vec<_> = client.take().iter().map(|seen| seen.headers.get(HOST).cloned()).collect();
        let own = Some("virtual.example".parse().unwrap());
        assert_eq!(hosts, [own.clone(), own, None]);
    });
}

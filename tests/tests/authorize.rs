//! Requests that somebody else sends, on both clients: what is put on them, and when nothing is (task 16).

use std::time::Duration;

use authwright_core::{ApiKey, Auth, Bearer, Digest, Error, Fault, Hop, LoginEndpoint, Scheme, Step, Tokens};
use authwright_testkit::{FakeServer, TestClock};
use authwright_tests::Reqwest;
use http::{HeaderMap, Request, Uri, header::AUTHORIZATION};

/// How a request ends: its URL and its fields, or why it is as it was.
type Outcome = Result<(String, HeaderMap), (Fault, String)>;

/// Through the three kinds of requests that can be authorised.
fn each(auth: &Auth, url: &str, with: impl Fn(&mut HeaderMap), check: impl Fn(&str, &Outcome)) {
    let before = |headers: &HeaderMap| {
        let mut expected = HeaderMap::new();
        with(&mut expected);
        assert_eq!(*headers, expected, "an error leaves it as it was");
    };
    drop(Reqwest::new()); // which chooses a TLS provider for the process
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();

    let api = authwright_reqwest::Client::new(auth.clone()).unwrap();
    let mut request = Request::get(url).body(()).unwrap();
    with(request.headers_mut());
    let outcome = runtime.block_on(api.authorize(&mut request));
    if outcome.is_err() {
        before(request.headers());
        assert_eq!(request.uri(), url);
    }
    let outcome = outcome.map_err(|error| (error.fault(), error.to_string()));
    check(
        "reqwest, http::Request",
        &outcome.map(|()| (request.uri().to_string(), request.headers().clone())),
    );

    let mut request = reqwest::Request::new(http::Method::GET, url.parse().unwrap());
    with(request.headers_mut());
    let outcome = runtime.block_on(api.authorize(&mut request));
    if outcome.is_err() {
        before(request.headers());
    }
    let outcome = outcome.map_err(|error| (error.fault(), error.to_string()));
    check("reqwest, its own", &outcome.map(|()| (request.url().to_string(), request.headers().clone())));

    let agent = authwright_ureq::Agent::new(auth.clone()).unwrap();
    let mut request = Request::get(url).body(()).unwrap();
    with(request.headers_mut());
    let outcome = agent.authorize(&mut request);
    if outcome.is_err() {
        before(request.headers());
        assert_eq!(request.uri(), url);
    }
    let outcome = outcome.map_err(|error| (error.fault(), error.to_string()));
    check("ureq", &outcome.map(|()| (request.uri().to_string(), request.headers().clone())));
}

#[test]
fn a_credential_goes_on_and_wss_is_judged_as_https() {
    let auth = Auth::new("https://stream.example.com", Bearer::new("t0ken"))
        .unwrap()
        .and("https://stream.example.com", ApiKey::query("key", "k 1"))
        .unwrap();
    each(
        &auth,
        "wss://stream.example.com/feed?a=b",
        |_| {},
        |who, outcome| {
            let (url, headers) = outcome.as_ref().unwrap();
            assert_eq!(url, "wss://stream.example.com/feed?a=b&key=k%201", "{who}");
            assert_eq!(headers[AUTHORIZATION], "Bearer t0ken", "{who}");
            assert!(headers[AUTHORIZATION].is_sensitive() && headers.len() == 1, "{who}: {headers:?}");
        },
    );
}

#[test]
fn outside_the_origins_it_is_an_error_and_not_a_bare_request() {
    let auth = Auth::new("https://stream.example.com", Bearer::new("t0ken")).unwrap();
    for url in [
        "wss://stream.example.org/feed",
        "ws://stream.example.com/feed",
        "wss://stream.example.com:8443/feed",
    ] {
        each(
            &auth,
            url,
            |headers| {
                headers.insert("x-mine", "1".parse().unwrap());
                // Whatever else the caller has set.
                headers.insert("cookie", "theme=dark".parse().unwrap());
            },
            |who, outcome| {
                let (fault, text) = outcome.as_ref().unwrap_err();
                assert_eq!(*fault, Fault::Caller, "{who}");
                assert!(text.starts_with("no credential goes onto the request to http"), "{who}: {text}");
                assert!(
                    text.contains(", because Bearer (value, #") && !text.contains("/feed"),
                    "{who}: {text}"
                );
            },
        );
    }
    each(
        &Auth::none(),
        "https://stream.example.com/",
        |_| {},
        |who, outcome| {
            let expected = "no credential goes onto the request to https://stream.example.com, because this client's Auth is empty";
            assert_eq!(outcome.as_ref().unwrap_err().1, expected, "{who}");
        },
    );
}

/// It could not hear the challenge.
#[test]
fn a_scheme_that_waits_to_be_asked_is_an_error() {
    let auth = Auth::new("https://nas.example.com", Digest::new("sam", "pw")).unwrap();
    each(
        &auth,
        "https://nas.example.com/",
        |_| {},
        |who, outcome| {
            let text = &outcome.as_ref().unwrap_err().1;
            assert!(
                text.ends_with("goes only where the server asks for it, which is not heard here"),
                "{who}: {text}"
            );
        },
    );
}

/// RFC 9110 section 11.6.2: one `Authorization`, whoever set it.
#[test]
fn a14_there_is_one_authorization_field_and_the_callers_own_stays() {
    let auth = Auth::new("https://api.example.com", Bearer::new("ours")).unwrap();
    let mine = |headers: &mut HeaderMap| drop(headers.insert(AUTHORIZATION, "Bearer mine".parse().unwrap()));
    each(&auth, "https://api.example.com/", mine, |who, outcome| {
        let (_, headers) = outcome.as_ref().unwrap();
        let all: Vec<_> = headers.get_all(AUTHORIZATION).iter().collect();
        assert_eq!(all, ["Bearer mine"], "{who}");
    });
    let proxy =
        |headers: &mut HeaderMap| drop(headers.insert("proxy-authorization", "Basic x".parse().unwrap()));
    each(&auth, "https://api.example.com/", proxy, |who, outcome| {
        assert!(outcome.as_ref().unwrap_err().1.contains("`Proxy-Authorization` is set"), "{who}");
    });
}

#[test]
fn a_token_is_fetched_first_and_one_that_ends_is_renewed() {
    let (server, clock) = (FakeServer::start().unwrap(), TestClock::new());
    server.tokens("/login").lifetime(Duration::from_secs(300));
    let tokens = Tokens::new(LoginEndpoint::form(format!("{}/login", server.url()))).unwrap();
    let auth = Auth::new(server.url(), &tokens).unwrap();
    let api = authwright_reqwest::Client::builder(auth.clone()).clock(clock.clone()).build().unwrap();
    let agent = authwright_ureq::Agent::builder(auth).clock(clock.clone()).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let request = || Request::post(format!("{}/orders", server.url())).body("two boxes").unwrap();
    let value = |request: &Request<&str>| request.headers()[AUTHORIZATION].to_str().unwrap().to_owned();

    let mut first = request();
    runtime.block_on(api.authorize(&mut first)).unwrap();
    assert_eq!(value(&first), "Bearer token-1");
    clock.advance(Duration::from_secs(301));
    let mut second = request();
    agent.authorize(&mut second).unwrap();
    assert_eq!(value(&second), "Bearer token-2");
    assert_eq!((server.count("/login"), server.count("/orders")), (2, 0));

    server.tokens("/login").accepts(|_| false);
    clock.advance(Duration::from_secs(301));
    let mut third = request();
    assert!(agent.authorize(&mut third).unwrap_err().is_login_required());
    assert!(third.headers().is_empty());
}

/// A signature covers the bytes, where there are some.
#[test]
fn a_signed_body_is_the_requests_and_a_stream_is_an_error() {
    #[derive(Debug)]
    struct Length;

    impl Scheme for Length {
        fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error> {
            let length = hop.body().len();
            hop.header("x-length", length)?;
            Ok(Step::Send)
        }

        fn needs_body(&self) -> bool {
            true
        }
    }

    let auth = Auth::new("https://api.example.com", Length).unwrap();
    let (api, agent) =
        (authwright_reqwest::Client::new(auth.clone()).unwrap(), authwright_ureq::Agent::new(auth).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = Uri::from_static("https://api.example.com/");
    let mut bytes = Request::post(url.clone()).body(b"four".to_vec()).unwrap();
    runtime.block_on(api.authorize(&mut bytes)).unwrap();
    assert_eq!(bytes.headers()["x-length"], "4");
    let mut text = Request::post(url.clone()).body("three".to_owned()).unwrap();
    agent.authorize(&mut text).unwrap();
    assert_eq!(text.headers()["x-length"], "5");
    // Of a type that nobody here knows.
    let mut stream = Request::post(url).body(Some(7)).unwrap();
    let error = runtime.block_on(api.authorize(&mut stream)).unwrap_err();
    assert!(error.to_string().contains("signs the body, and this body is a stream"), "{error}");
    assert!(stream.headers().is_empty());
}

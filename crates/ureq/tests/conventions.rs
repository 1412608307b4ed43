//! What ureq's users expect, and what a 401 becomes.

mod common;

use authwright_testkit::Reply;
use authwright_ureq::{Agent, Auth, Error, Fault, Trail};
use http::{HeaderMap, HeaderValue, Method};
use ureq::Error as UreqError;

use common::{agent, builder, http, net};

#[test]
fn a_status_is_an_error_unless_ureq_was_told_otherwise() {
    let net = net(|_| Reply::status(503).header("retry-after", "7").body("later"));
    let url = net.url(0, "/secret-path");
    let error = agent(&net).get(&url).call().unwrap_err();
    assert!(matches!(error.client(), Some(UreqError::StatusCode(503))));
    assert_eq!(error.to_string(), format!("{}: http status: 503", net.origin(0)));
    assert_eq!(error.status().unwrap(), 503);
    assert_eq!(error.retry_after().unwrap().as_secs(), 7);
    assert!(error.is_transient() && error.fault() == Fault::Server && !error.is_login_required());

    let quiet = builder(&net).http(http().http_status_as_error(false)).build().unwrap();
    let mut response = quiet.get(&url).call().unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(response.body_mut().read_to_string().unwrap(), "later");
    let loud = quiet.get(&url).configure(|ureq| ureq.http_status_as_error(true)).call();
    assert_eq!(loud.unwrap_err().status().unwrap(), 503);
}

#[test]
fn a_401_is_an_error_that_owns_its_body() {
    let net = net(|_| Reply::unauthorized("Bearer realm=\"x\"").body("who are you?"));
    let url = net.url(0, "/");
    let error = agent(&net).get(&url).call().unwrap_err();
    assert!(error.denied().unwrap().was_attached());
    assert_eq!(error.denied().unwrap().challenges().count(), 1);
    assert!(
        error.to_string().ends_with("was sent and refused; check that it is correct and active"),
        "{error}"
    );
    assert!(!error.is_login_required() && !error.is_transient() && error.client().is_none());
    let mut response = error.into_response().unwrap();
    assert_eq!(response.body_mut().read_to_string().unwrap(), "who are you?");

    // Where it is not about our credential, ureq's convention holds.
    let own = agent(&net).get(&url).header("Authorization", "Bearer mine").call().unwrap_err();
    assert!(matches!(own.client(), Some(UreqError::StatusCode(401))));
    assert!(own.into_response().unwrap_err().denied().is_none());
    let bare = agent(&net).get(&url).without_auth().call().unwrap_err();
    assert!(matches!(bare.client(), Some(UreqError::StatusCode(401))));
    let off = builder(&net).denied_as_error(false).build().unwrap();
    assert!(matches!(off.get(&url).call().unwrap_err().client(), Some(UreqError::StatusCode(401))));
}

#[test]
fn a_forgotten_auth_is_named_and_another_one_replaces_it() {
    let net = net(|request| match request.header("authorization") {
        Some(_) => Reply::ok("in"),
        None => Reply::unauthorized("Bearer"),
    });
    let empty = Agent::builder(Auth::none()).http(http()).build().unwrap();
    let error = empty.get(net.url(0, "/")).call().unwrap_err();
    assert!(error.to_string().ends_with("because this client's Auth is empty"), "{error}");
    let tenant = Auth::new(net.origin(0), ("sam", "pw".to_owned())).unwrap();
    empty.get(net.url(0, "/")).auth(&tenant).call().unwrap();
    assert_eq!(net.requests()[1].header("authorization"), Some("Basic c2FtOnB3"));
}

#[test]
fn a_base_url_is_joined_and_pairs_are_appended() {
    let net = net(|_| Reply::ok(""));
    let agent = builder(&net).base_url(net.url(0, "/v1")).build().unwrap();
    agent.get("orders").query("my query", "a b&c").query_raw("raw", "x%20y").call().unwrap();
    agent.get("/orders?state=open").query_pairs([("a", "1"), ("b", "'")]).call().unwrap();
    agent.run(http::Request::get("/orders").body(()).unwrap()).unwrap();
    agent.get(net.url(1, "/elsewhere")).call().unwrap();
    let targets: Vec<_> = net.requests().into_iter().map(|request| request.target).collect();
    assert_eq!(
        targets,
        [
            "/v1/orders?my%20query=a%20b%26c&raw=x%20y",
            "/v1/orders?state=open&a=1&b=%27",
            "/v1/orders",
            "/elsewhere"
        ]
    );
    assert!(net.requests()[2].header("authorization").is_some());
    assert!(net.requests()[3].header("authorization").is_none());
    assert!(agent.get("../admin").call().unwrap_err().to_string().contains("could leave the base URL"));
    assert_eq!(net.requests().len(), 4);
}

#[test]
fn headers_replace() {
    let net = net(|_| Reply::ok(""));
    let mut defaults = HeaderMap::new();
    defaults.insert("x-app", HeaderValue::from_static("default"));
    defaults.insert("x-team", HeaderValue::from_static("red"));
    let agent = builder(&net).default_headers(defaults).build().unwrap();
    let mut two = HeaderMap::new();
    two.append("x-two", HeaderValue::from_static("1"));
    two.append("x-two", HeaderValue::from_static("2"));
    let request = agent.get(net.url(0, "/")).header("X-App", "first").header("x-app", "second");
    request.header("x-two", "0").headers(two).call().unwrap();
    let request = &net.requests()[0];
    assert_eq!(request.header_all("x-app"), ["second"]);
    assert_eq!(request.header_all("x-team"), ["red"]);
    assert_eq!(request.header_all("x-two"), ["1", "2"]);
}

#[test]
fn methods_and_the_ways_to_send_them() {
    let net = net(|_| Reply::ok(""));
    let agent = builder(&net).http(http().allow_non_standard_methods(true)).build().unwrap();
    let url = net.url(0, "/");
    agent.head(&url).call().unwrap();
    agent.options(&url).call().unwrap();
    agent.delete(&url).call().unwrap();
    agent.delete(&url).force_send_body().send("why").unwrap();
    agent.patch(&url).send_empty().unwrap();
    agent.request(Method::PUT, &url).call().unwrap();
    agent.request(Method::from_bytes(b"PROPFIND").unwrap(), &url).send("<a/>").unwrap();
    let requests = net.requests();
    let seen: Vec<_> = requests
        .iter()
        .map(|request| (request.method.as_str(), request.header("content-length"), request.body.as_slice()))
        .collect();
    assert_eq!(
        seen,
        [
            ("HEAD", None, &b""[..]),
            ("OPTIONS", None, b""),
            ("DELETE", None, b""),
            ("DELETE", Some("3"), b"why"),
            ("PATCH", Some("0"), b""),
            ("PUT", Some("0"), b""),
            ("PROPFIND", Some("4"), b"<a/>"),
        ]
    );
    assert!(requests.iter().all(|request| request.header("transfer-encoding").is_none()));
}

#[test]
fn the_escape_hatch_reaches_ureqs_own_settings() {
    let net = net(|_| Reply::ok(&"x".repeat(10)).header("x-long", "y".repeat(4000)));
    let agent = agent(&net);
    let url = net.url(0, "/");
    let error = agent.get(&url).configure(|ureq| ureq.max_response_header_size(1000)).call().unwrap_err();
    assert!(matches!(error.client(), Some(UreqError::LargeResponseHeader(..))));
    let twice = agent.get(&url).configure(|ureq| ureq.accept("a/b")).configure(|ureq| ureq.user_agent("me"));
    twice.call().unwrap();
    assert_eq!(net.requests()[1].header("accept"), Some("a/b"));
    assert_eq!(net.requests()[1].header("user-agent"), Some("me"));
    // Settings and a token: both are there.
    assert!(net.requests()[1].header("authorization").is_some());
}

#[test]
fn settings_that_cannot_be_are_refused_when_built() {
    let auth = Auth::none();
    let error = Agent::builder(auth.clone()).base_url("api.example.com").build().unwrap_err();
    assert!(error.to_string().starts_with("the base URL has no scheme"), "{error}");
    let error = Agent::builder(auth).http(http().user_agent("a\nb")).build().unwrap_err();
    assert!(error.to_string().starts_with("the value for header `user-agent` has a line break"), "{error}");
}

#[test]
fn middleware_of_the_agent_runs_once_per_send() {
    let net = net(|request| match request.path() {
        "/a" => Reply::redirect(302, "/b"),
        _ => Reply::ok(""),
    });
    let middleware = |request: http::Request<ureq::SendBody<'_>>,
                      next: ureq::middleware::MiddlewareNext<'_>| {
        let (mut parts, body) = request.into_parts();
        let mark = parts.extensions.get::<&str>().copied().unwrap_or("none");
        parts.headers.append("x-mark", HeaderValue::from_static(mark));
        next.handle(http::Request::from_parts(parts, body))
    };
    let agent = builder(&net).http(http().middleware(middleware)).build().unwrap();
    assert!(net.requests().is_empty());
    agent.get(net.url(0, "/a")).extension("ours").call().unwrap();
    let requests = net.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests.iter().all(|request| request.header_all("x-mark") == ["ours"]));
}

#[test]
fn explain_leaves_a_trail_on_responses_and_errors() {
    let net = net(|request| match request.path() {
        "/ok" => Reply::ok(""),
        _ => Reply::unauthorized("Bearer"),
    });
    let agent = agent(&net);
    let response = agent.get(net.url(0, "/ok")).explain().call().unwrap();
    let trail = response.extensions().get::<Trail>().unwrap().to_string();
    assert!(trail.contains("attached") && trail.ends_with("answered 200"), "{trail}");
    let error = agent.get(net.url(0, "/no")).explain().call().unwrap_err();
    assert!(error.trail().unwrap().to_string().ends_with("answered 401"));
    assert!(agent.get(net.url(0, "/no")).call().unwrap_err().trail().is_none());
}

#[test]
fn types_are_what_programs_need_them_to_be() {
    fn both() -> Result<(), Error> {
        let io: Result<(), std::io::Error> = Ok(());
        let client: Result<(), UreqError> = Ok(());
        io?;
        client?;
        Ok(())
    }
    fn check<T: Send + Sync + 'static>() {}
    check::<Error>();
    check::<Agent>();
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    both().unwrap();
}

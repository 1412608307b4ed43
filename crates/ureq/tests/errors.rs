//! Errors and what is printed: origins, never a path, a query or a secret.

mod common;

use std::{
    io::{Read, Write},
    net::TcpListener,
    time::{Duration, Instant},
};

use authwright_testkit::Reply;
use authwright_ureq::{Agent, ApiKey, Auth, Error, Fault};
use ureq::Error as UreqError;

use common::{agent, builder, http, net};

/// Every text an error has.
fn texts(error: &Error) -> String {
    let mut all = format!("{error}\n{error:?}\n{:?}", error.client());
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(error) = cause {
        all = format!("{all}\n{error}\n{error:?}");
        cause = error.source();
    }
    all
}

fn assert_clean(text: &str) {
    for word in ["canary", "/path", "?"] {
        assert!(!text.contains(word), "{word} in {text}");
    }
}

#[test]
fn texts_name_the_origin_only() {
    let net = net(|request| match request.path() {
        "/path-canary" => Reply::status(404),
        "/path-closed" => Reply::ok("").close_before_head(),
        _ => Reply::redirect(302, "/path-canary-loop?canary"),
    });
    let auth = Auth::new(net.origin(0), ApiKey::query("appid", "k3y-canary")).unwrap();
    let agent = Agent::builder(auth).http(http()).build().unwrap();
    let https_only = |path| agent.get(net.url(0, path)).configure(|ureq| ureq.https_only(true));
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/path-canary?canary", listener.local_addr().unwrap())
    };
    for error in [
        agent.get(net.url(0, "/path-canary?canary=1")).call().unwrap_err(),
        agent.get(net.url(0, "/path-closed?canary=1")).call().unwrap_err(),
        agent.get(net.url(0, "/path-loop-canary")).explain().call().unwrap_err(),
        https_only("/path-canary?canary=1").call().unwrap_err(),
        agent.get(closed).call().unwrap_err(),
        agent.get("/path-canary?canary").call().unwrap_err(),
        agent.get("https://sam:canary@host.invalid/path").call().unwrap_err(),
        agent.get("https://host.invalid/path\u{7f}canary").call().unwrap_err(),
        agent.get("ftp://host.invalid/path-canary").call().unwrap_err(),
        agent.get("ws://127.0.0.1:1/path-canary").call().unwrap_err(),
        agent.get("http://127.0.0.1:1/").header("x-ok", "canary\n").call().unwrap_err(),
        agent.get("http://127.0.0.1:1/").header("x canary", "1").call().unwrap_err(),
        Error::from(UreqError::BadUri("/path?canary is missing scheme".into())),
        Error::from(UreqError::BadUri("unknown scheme: canary".into())),
        Error::from(UreqError::RequireHttpsOnly("http://u:canary@h/path".into())),
        Error::from(UreqError::ConnectProxyFailed("canary".into())),
    ] {
        assert_clean(&texts(&error));
    }
    let error = https_only("/path").call().unwrap_err();
    let origin = net.origin(0);
    assert_eq!(error.to_string(), format!("{origin}: configured for https only: {origin}"));
    assert!(matches!(error.client(), Some(UreqError::RequireHttpsOnly(text)) if text == origin));
    let error = agent.get("orders").call().unwrap_err();
    assert!(error.to_string().contains("no base URL was set; nothing was sent"), "{error}");
    assert_eq!(error.fault(), Fault::Caller);
}

#[test]
fn debug_shows_no_secret() {
    let net = net(|_| Reply::status(403).header("set-cookie", "canary").body("canary"));
    let agent = builder(&net).base_url(net.url(0, "/path-canary")).build().unwrap();
    let request = agent.get("x-canary?canary=1").header("x-own", "canary").query("q", "canary");
    for text in [
        format!("{:?}", builder(&net).base_url("http://canary/")),
        format!("{agent:?}"),
        format!("{request:?}"),
        format!("{:?}", agent.get("http://sam:canary@h/path")),
        texts(&request.call().unwrap_err()),
    ] {
        assert_clean(&text);
    }
}

#[test]
fn lost_connections_are_transient_and_broken_bodies_are_not() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("disk"))
        }
    }
    let net = net(|_| Reply::ok("").close_before_head());
    let error = agent(&net).get(net.url(0, "/")).call().unwrap_err();
    assert!(error.is_transient() && error.fault() == Fault::Network, "{error:?}");
    assert!(agent(&net).get("http://127.0.0.1:1/").call().unwrap_err().is_transient());
    let body = ureq::SendBody::from_owned_reader(Broken);
    let error = agent(&net).post(net.url(0, "/")).send(body).unwrap_err();
    assert!(!error.is_transient() && error.fault() == Fault::Caller, "{error:?}");
    assert!(error.to_string().ends_with(": disk"), "{error}");
}

type Send<'a> = Box<dyn FnOnce() -> Error + 'a>;

#[test]
fn one_timeout_covers_every_hop() {
    const HOP: Duration = Duration::from_millis(90);
    const ALL: Duration = Duration::from_millis(200);
    let net = net(|_| Reply::redirect(302, "/next").delay(HOP));
    let url = net.url(0, "/");
    let own = builder(&net).timeout(ALL).build().unwrap();
    let ureqs = builder(&net).http(http().timeout_global(Some(ALL))).build().unwrap();
    let none = agent(&net);
    let request = none.configure_request(http::Request::get(&url).body(()).unwrap());
    let request = request.timeout_global(Some(ALL)).build();
    let sends: [(&str, Send<'_>); 4] = [
        ("the agent's", Box::new(|| own.get(&url).call().unwrap_err())),
        ("ureq's", Box::new(|| ureqs.get(&url).call().unwrap_err())),
        ("the request's", Box::new(|| none.get(&url).timeout(ALL).call().unwrap_err())),
        ("the request's configuration's", Box::new(|| none.run(request).unwrap_err())),
    ];
    for (whose, send) in sends {
        let start = Instant::now();
        let error = send();
        let took = start.elapsed();
        assert!(error.is_timeout() && error.is_transient(), "{whose}: {error:?}");
        assert!(took >= ALL && took < ALL + HOP, "{whose}: {took:?}");
        assert_eq!(net.take().len(), 3, "{whose}");
    }
}

#[test]
fn a_timeout_covers_the_body_too() {
    const ALL: Duration = Duration::from_millis(150);
    // A server that answers, and then never ends its body.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut buffer = [0; 4096];
        let _ = socket.read(&mut buffer).unwrap();
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").unwrap();
        // Until the client goes away.
        let _ = socket.read(&mut buffer);
    });
    let agent = Agent::builder(Auth::none()).http(http()).timeout(ALL).build().unwrap();
    let start = Instant::now();
    let mut response = agent.get(url).call().unwrap();
    let error = Error::from(response.body_mut().read_to_string().unwrap_err());
    assert!(error.is_timeout(), "{error:?}");
    assert!(start.elapsed() < ALL * 3);
    drop((response, agent));
    server.join().unwrap();
}

/// Another member of the workspace may enable TLS; CI runs this crate alone with `AUTHWRIGHT_NO_TLS` set.
#[test]
fn without_tls_it_says_which_features_to_enable() {
    let net = net(|_| Reply::ok(""));
    let url = net.url(0, "/").replace("http://", "https://");
    let agent = agent(&net);
    let error = agent.get(url).call().unwrap_err();
    let alone = std::env::var_os("AUTHWRIGHT_NO_TLS").is_some();
    if alone || matches!(error.client(), Some(UreqError::TlsRequired)) {
        assert_eq!(
            error.to_string(),
            "this build of ureq has no TLS; enable one of its TLS features (rustls, native-tls) in Cargo.toml"
        );
    }
    assert!(net.requests().is_empty());
}

#[test]
fn a_proxy_that_refuses_is_not_the_server_refusing() {
    let proxy = net(|_| Reply::status(407).header("proxy-authenticate", "Basic"));
    let address = proxy.origin(0).trim_start_matches("http://").to_owned();
    let through = ureq::Proxy::new(&format!("http://sam:canary@{address}")).unwrap();
    let config = ureq::Agent::config_builder().proxy(Some(through));
    let auth = Auth::new("https://api.example.com", ApiKey::header("x-key", "k3y-canary")).unwrap();
    let agent = Agent::builder(auth).http(config).build().unwrap();
    assert!(proxy.requests().is_empty() && proxy.connections(0) == 0);
    let error = agent.get("https://api.example.com/path").call().unwrap_err();
    assert!(error.is_proxy_denied() && error.denied().is_none() && !error.is_transient());
    assert_eq!(
        error.to_string(),
        format!("proxy {address} refused its credentials (407); https://api.example.com was not reached")
    );
    assert!(error.proxy_denied().is_some_and(|denied| denied.challenges().next().is_none()));
    assert!(
        matches!(error.client(), Some(UreqError::ConnectProxyFailed(_))) && error.into_response().is_err()
    );
    // A request's own proxy is the one that is named, and none of its own that it was given nothing.
    let request = http::Request::get("http://api.example.com/").body(()).unwrap();
    let own = ureq::Proxy::new(&format!("http://{address}")).unwrap();
    let error = agent.run(agent.configure_request(request).proxy(Some(own)).build()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "proxy {address} asks for credentials (407), and none were given to it; http://api.example.com was not \
             reached"
        )
    );
    assert_clean(&texts(&error));
}

//! What reqwest's users expect of a client, and what differs on purpose.

use std::{error::Error as _, time::Duration};

use authwright_reqwest::{ApiKey, Auth, Bearer, Client, Error, Fault, reqwest};
use authwright_testkit::{Host, Net, Place, Reply};
use http::{HeaderMap, HeaderValue};

fn net() -> Net {
    ring();
    Net::start(&[Place::http(Host::V4), Place::http(Host::V4)], |_| Reply::ok("hello")).unwrap()
}

/// Other members of the workspace build reqwest with rustls and without a provider of its own.
fn ring() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn client(net: &Net) -> Client {
    Client::new(Auth::new(net.origin(0), ApiKey::header("X-API-Key", "k3y")).unwrap()).unwrap()
}

#[test]
fn headers_replace_and_the_escape_hatch_appends() {
    let net = net();
    let api = client(&net);
    run(api.get(net.url(0, "/")).header("X-Note", "1").header("X-Note", "2").send()).unwrap();
    let twice = api.get(net.url(0, "/")).configure(|r| r.header("X-Note", "1").header("X-Note", "2"));
    run(twice.send()).unwrap();
    let headers = HeaderMap::from_iter([("x-note".parse().unwrap(), HeaderValue::from_static("3"))]);
    run(api.get(net.url(0, "/")).header("X-Note", "1").headers(headers).send()).unwrap();
    let seen: Vec<_> = net.requests().iter().map(|r| r.header_all("x-note").join(",")).collect();
    assert_eq!(seen, ["2", "1,2", "3"]);
}

#[test]
fn a_bad_header_is_reported_by_send_and_nothing_is_sent() {
    let net = net();
    let api = client(&net);
    let error = run(api.get(net.url(0, "/")).header("X-Note", "a\nb").send()).unwrap_err();
    assert!(error.to_string().contains("`x-note` has a line break"), "{error}");
    assert_eq!(error.fault(), Fault::Caller);
    let error = run(api.get(net.url(0, "/")).header("X Note", "a").send()).unwrap_err();
    assert!(error.to_string().contains("header name is malformed"), "{error}");
    assert!(net.requests().is_empty());
}

#[test]
fn other_statuses_are_responses_and_a_denied_one_gives_its_response_back() {
    let net = net();
    net.set_script(|request| Reply::status(request.path()[1..].parse().unwrap()).body("why"));
    let api = client(&net);
    for status in [200, 404, 429, 500, 503] {
        let response = run(api.get(net.url(0, &format!("/{status}"))).send()).unwrap();
        assert_eq!(response.status(), status);
    }
    let error = run(api.get(net.url(0, "/401")).send()).unwrap_err();
    assert_eq!(error.status().map(|s| s.as_u16()), Some(401));
    assert_eq!(error.fault(), Fault::Credential);
    assert!(!error.is_login_required() && !error.is_transient() && error.source().is_none());
    let text = run(async { error.into_response().unwrap().text().await.unwrap() });
    assert_eq!(text, "why");
}

#[test]
fn an_error_converts_with_the_question_mark_and_shows_no_url() {
    async fn status(api: &Client, url: String) -> Result<u16, Error> {
        Ok(api.get(url).send().await?.error_for_status()?.status().as_u16())
    }
    let net = net();
    net.set_script(|_| Reply::status(500));
    let error = run(status(&client(&net), net.url(0, "/p4th?q=s3cret"))).unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert!(error.client().is_some_and(reqwest::Error::is_status));
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains("p4th") && !text.contains("s3cret"), "{text}");
    }
}

#[test]
fn the_response_names_the_url_without_the_key() {
    let net = net();
    let api = Client::new(Auth::new(net.origin(0), ApiKey::query("appid", "s3cret")).unwrap()).unwrap();
    let url = net.url(0, "/weather?q=Oslo");
    run(async {
        let response = api.get(&url).timeout(Duration::from_secs(5)).send().await.unwrap();
        assert_eq!(net.requests()[0].target, "/weather?q=Oslo&appid=s3cret");
        assert_eq!(response.url().as_str(), url);
        assert!(response.remote_addr().is_some(), "what reqwest keeps in extensions survives");
        assert_eq!(response.text().await.unwrap(), "hello");
    });
}

#[test]
fn settings_that_would_undo_a_rule_are_refused() {
    ring();
    let auth = || Auth::new("https://api.example.com", Bearer::new("t")).unwrap();
    let build = |http| Client::builder(auth()).http(http).build();
    let builder = reqwest::Client::builder;
    let error = build(builder().timeout(Duration::from_secs(5))).unwrap_err();
    assert!(error.to_string().contains("set .timeout(..) on Authwright's builder"), "{error}");
    let error = build(builder().redirect(reqwest::redirect::Policy::none())).unwrap_err();
    assert!(error.to_string().contains(".max_redirects(..)"), "{error}");
    let key = HeaderMap::from_iter([("x-api-key".parse().unwrap(), HeaderValue::from_static("s3cret"))]);
    let error = build(builder().default_headers(key.clone())).unwrap_err();
    assert!(error.to_string().contains("`x-api-key` is set inside http(..)"), "{error}");
    assert!(!format!("{error:?}").contains("s3cret"));
    assert!(Client::builder(auth()).default_headers(key).build().is_ok(), "on our builder it is fine");
    assert!(build(builder().user_agent("x").connect_timeout(Duration::from_secs(1))).is_ok());
    for (base, why) in
        [("api.example.com", "scheme"), ("https://a.example/?x", "query"), ("https://u:p@a.example", "user")]
    {
        let error = Client::builder(auth()).base_url(base).build().unwrap_err();
        assert!(error.to_string().contains(why), "{base}: {error}");
    }
}

/// On one connection, a redirect to the same origin costs no second one: the unread answer is drained.
#[test]
fn a_redirect_reuses_the_connection() {
    let net = net();
    net.set_script(|request| match request.path() {
        "/" => Reply::redirect(302, "/next").body("moved, as they say"),
        _ => Reply::ok("there"),
    });
    let api = client(&net);
    run(async {
        assert_eq!(api.get(net.url(0, "/")).send().await.unwrap().text().await.unwrap(), "there");
        assert_eq!(api.get(net.url(0, "/")).send().await.unwrap().text().await.unwrap(), "there");
    });
    assert_eq!(net.requests().len(), 4);
    assert_eq!(net.connections(0), 1);
}

#[test]
fn tenants_share_a_client_and_not_a_key() {
    let net = net();
    let api = Client::new(Auth::none()).unwrap();
    let tenant = |key: &str| Auth::new(net.origin(0), ApiKey::header("X-API-Key", key)).unwrap();
    let (acme, zeta) = (tenant("acme"), tenant("zeta"));
    run(async {
        for auth in [&acme, &zeta, &acme] {
            api.get(net.url(0, "/")).auth(auth).send().await.unwrap().bytes().await.unwrap();
        }
    });
    let keys: Vec<_> = net.requests().iter().map(|r| r.header("x-api-key").unwrap().to_owned()).collect();
    assert_eq!(keys, ["acme", "zeta", "acme"]);
    assert_eq!(net.connections(0), 1);
}

/// `execute` takes a request built elsewhere, by the same rules.
#[test]
fn execute_follows_the_same_rules() {
    let net = net();
    let api = client(&net);
    let built = reqwest::Client::new().post(net.url(0, "/x")).body("hi").build().unwrap();
    run(api.execute(built)).unwrap();
    assert_eq!(net.requests()[0].header("x-api-key"), Some("k3y"));
    let foreign = reqwest::Client::new().get(net.url(1, "/x")).build().unwrap();
    run(api.execute(foreign)).unwrap();
    assert_eq!(net.requests()[1].header("x-api-key"), None);
}

/// What comes from a client outlives it, and crosses threads.
#[test]
fn futures_and_errors_are_send() {
    fn is_send<T: Send + 'static>(_: T) {}
    fn is_sync<T: Send + Sync + 'static>() {}
    is_send(client(&net()).get("https://api.example.com/").send());
    is_sync::<Client>();
    is_sync::<Error>();
    assert_eq!(size_of::<Error>(), size_of::<usize>());
}

#[cfg(feature = "cookies")]
mod cookies {
    use super::*;

    /// A key in a cookie and the jar's cookies arrive in one field, and a jar cannot shadow the key.
    #[test]
    fn a_cookie_key_and_the_jar_share_one_field() {
        let net = net();
        net.set_script(|request| match request.path() {
            "/login" => Reply::ok("").header("Set-Cookie", "visit=7; Path=/"),
            "/shadow" => Reply::ok("").header("Set-Cookie", "key=evil; Path=/"),
            _ => Reply::ok(""),
        });
        let auth = Auth::new(net.origin(0), ApiKey::cookie("key", "k3y")).unwrap();
        let api = Client::builder(auth).cookie_store(true).build().unwrap();
        run(async {
            for path in ["/login", "/a", "/shadow", "/b"] {
                api.get(net.url(0, path)).send().await.unwrap();
            }
            api.get(net.url(0, "/c")).without_auth().send().await.unwrap();
            api.get(net.url(0, "/d")).header("Cookie", "mine=1").without_auth().send().await.unwrap();
        });
        let seen: Vec<_> = net.requests().iter().map(|r| r.header_all("cookie").join(" | ")).collect();
        assert_eq!(seen[..4], ["key=k3y", "key=k3y; visit=7", "key=k3y; visit=7", "key=k3y; visit=7"]);
        assert!(seen[4].contains("visit=7") && seen[4].contains("key=evil"), "{seen:?}");
        assert_eq!(seen[5], "mine=1", "a caller's own field silences the jar, as in reqwest");
    }

    #[test]
    fn a_jar_inside_works_until_a_cookie_key_would_silence_it() {
        let net = net();
        net.set_script(|_| Reply::ok("").header("Set-Cookie", "visit=7; Path=/"));
        let http = || reqwest::Client::builder().cookie_store(true);
        let key = Auth::new(net.origin(0), ApiKey::cookie("key", "k3y")).unwrap();
        let error = Client::builder(key.clone()).http(http()).build().unwrap_err();
        assert!(error.to_string().contains("set .cookie_store(true)"), "{error}");
        let api = Client::builder(Auth::none()).http(http()).build().unwrap();
        run(async {
            api.get(net.url(0, "/")).send().await.unwrap();
            api.get(net.url(0, "/")).send().await.unwrap();
            assert!(api.get(net.url(0, "/")).auth(&key).send().await.is_err());
        });
        assert_eq!(net.requests().len(), 2);
        assert_eq!(net.requests()[1].header("cookie"), Some("visit=7"));
    }
}

#[cfg(all(feature = "json", feature = "query", feature = "form"))]
#[test]
fn json_query_and_form_are_reqwests() {
    let net = net();
    let api = Client::builder(Auth::none()).base_url(net.url(0, "/v1")).build().unwrap();
    run(async {
        api.get("orders").query(&[("state", "open"), ("q", "a b")]).send().await.unwrap();
        api.post("orders").json(&[1, 2]).send().await.unwrap();
        api.post("orders").form(&[("a", "b c")]).send().await.unwrap();
    });
    let requests = net.requests();
    assert_eq!(requests[0].target, "/v1/orders?state=open&q=a+b");
    assert_eq!(
        (requests[1].header("content-type"), &requests[1].body[..]),
        (Some("application/json"), &b"[1,2]"[..])
    );
    assert_eq!(requests[2].body, b"a=b+c");
}

#[cfg(feature = "multipart")]
#[test]
fn a_multipart_form_is_sent_once() {
    let net = net();
    net.set_script(
        |request| {
            if request.origin == 0 { Reply::redirect(307, "/elsewhere") } else { Reply::ok("") }
        },
    );
    let form = reqwest::multipart::Form::new().text("a", "b");
    let response = run(client(&net).post(net.url(0, "/")).multipart(form).send()).unwrap();
    assert_eq!(response.status(), 307, "its body is a stream: the redirect is delivered");
    let requests = net.requests();
    assert!(requests[0].header("content-type").unwrap().starts_with("multipart/form-data; boundary="));
    assert_eq!(requests[0].header("x-api-key"), Some("k3y"));
}

/// Another member of the workspace may enable TLS; CI runs this crate alone with `AUTHWRIGHT_NO_TLS` set.
#[test]
fn without_tls_it_says_which_features_to_enable() {
    let net = net();
    let url = net.url(0, "/").replace("http://", "https://");
    let error = run(client(&net).get(url).send()).unwrap_err().to_string();
    let expected = "this build of reqwest has no TLS; enable one of its TLS features in Cargo.toml";
    let alone = std::env::var_os("AUTHWRIGHT_NO_TLS").is_some();
    assert!(error == expected || !alone && error.starts_with("https://127.0.0.1:"), "{error}");
    assert!(net.requests().is_empty());
}

/// A tunnel that a proxy refuses is not the API refusing. Without TLS there is no tunnel, and the proxy gets nothing.
#[test]
fn a_proxy_that_refuses_is_not_the_server_refusing() {
    let net = net();
    net.set_script(|_| Reply::proxy_unauthorized("Basic"));
    let proxy = reqwest::Proxy::all(net.origin(0)).unwrap();
    let auth = Auth::new("https://api.example.com", Bearer::new("t0ken")).unwrap();
    let api = Client::builder(auth).http(reqwest::Client::builder().proxy(proxy)).build().unwrap();
    let error = run(api.get("https://api.example.com/").send()).unwrap_err();
    if error.fault() == Fault::Caller {
        assert!(error.to_string().starts_with("this build of reqwest has no TLS"), "{error}");
        assert_eq!((net.connections(0), net.bytes(0)), (0, Vec::new()));
        return;
    }
    assert!(std::env::var_os("AUTHWRIGHT_NO_TLS").is_none());
    assert!(error.is_proxy_denied() && error.denied().is_none() && !error.is_transient(), "{error}");
    let address = net.origin(0).trim_start_matches("http://");
    let expected =
        format!("proxy {address} refused its credentials (407); https://api.example.com was not reached");
    assert_eq!(error.to_string(), expected);
    assert!(error.client().is_some_and(reqwest::Error::is_connect), "{error}");
    assert!(error.into_response().is_err());
    assert!(net.requests().iter().all(|r| r.method == "CONNECT" && r.header("authorization").is_none()));
}

/// With plain http it is a response, which the error owns.
#[test]
fn a_proxy_that_refuses_a_plain_request_says_what_it_wants() {
    let net = net();
    net.set_script(|_| {
        Reply::proxy_unauthorized("Basic realm=\"corp\"").header("Retry-After", "7").body("why")
    });
    let proxy = reqwest::Proxy::all(net.origin(1)).unwrap();
    let auth = Auth::new(net.origin(0), Bearer::new("t0ken")).unwrap();
    let api = Client::builder(auth).http(reqwest::Client::builder().proxy(proxy)).build().unwrap();
    let error = run(api.get(net.url(0, "/")).send()).unwrap_err();
    assert!(error.is_proxy_denied() && error.denied().is_none() && error.client().is_none(), "{error}");
    assert_eq!((error.fault(), error.is_transient()), (Fault::Credential, false));
    assert_eq!(
        (error.status().unwrap(), error.retry_after()),
        (407.try_into().unwrap(), Some(Duration::from_secs(7)))
    );
    let denied = error.proxy_denied().unwrap();
    assert_eq!(denied.proxy(), Some(net.origin(1).trim_start_matches("http://")));
    assert!(denied.challenges().any(|challenge| challenge.is("basic")));
    assert_eq!(run(error.into_response().unwrap().text()).unwrap(), "why");
}

/// The cause is in the text, not two `source()`s away.
#[test]
fn a_network_error_says_what_happened() {
    ring();
    let error = run(Client::new(Auth::none()).unwrap().get("http://127.0.0.1:9/p4th").send()).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("http://127.0.0.1:9: ") && text.contains("refused"), "{text}");
    assert!(error.is_transient());
    assert_eq!(format!("{error:?}"), text, "what a `main` that returns it prints");
}

/// The user's own proxy setting is used: the target's origin decides, not the proxy's.
#[test]
fn a_proxy_of_the_users_client_is_used() {
    let net = net();
    let proxy = reqwest::Proxy::all(net.origin(1)).unwrap().basic_auth("sam", "pr0xy");
    let auth = Auth::new(net.origin(0), Bearer::new("t0ken")).unwrap();
    let api = Client::builder(auth).http(reqwest::Client::builder().proxy(proxy)).build().unwrap();
    run(api.get(net.url(0, "/x")).send()).unwrap();
    let requests = net.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].origin, 1, "it came to the proxy");
    assert!(requests[0].target.starts_with("http://"), "absolute form");
    assert_eq!(requests[0].header("authorization"), Some("Bearer t0ken"));
    assert!(requests[0].header("proxy-authorization").is_some());
}

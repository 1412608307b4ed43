//! A server's metadata document. The first byte chooses what is then done with it, the rest is the document.
//!
//! It is used only if it is of the issuer that was asked for. Nothing is sent to, and nobody sent to, anything but what the document
//! names for that purpose, on https or on this machine; the crate `url` reads the same origin there. The login then has PKCE with
//! S256, at a server that takes it.

#![no_main]

use authwright_core::{Error, MemoryStore, http::Request};
use authwright_fuzz::{ISSUER, REFRESH, SECRET, Time, check, fetch, run, says, sent, unless_in_hosts};
use authwright_oauth2::{Registration, Session};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use url::Url;

fuzz_target!(|data: &[u8]| {
    let Some((choice, document)) = data.split_first() else { return };
    let json: Value = serde_json::from_slice(document).unwrap_or_default();
    let (time, mut looked_up, mut asked) = (Time::default(), 0, Vec::new());
    let answer = |request: &Request<Vec<u8>>| {
        if request.method() == "GET" {
            assert!(asked.is_empty() && sent(request, "client_secret").is_none());
            assert!(request.uri().to_string().starts_with("https://login.example.com/.well-known/"));
            assert!(request.headers().get("authorization").is_none());
            looked_up += 1;
            return if looked_up == 1 + usize::from(choice >> 7) {
                says(200, document)
            } else {
                says(404, b"")
            };
        }
        asked.push(request.uri().to_string());
        says(500, b"")
    };
    let app = Registration::new(ISSUER, "app").secret(SECRET);
    let (member, result) = match choice % 5 {
        0 => ("token_endpoint", fetch(app.client_credentials(), &time, answer).map(drop)),
        1 => ("revocation_endpoint", run(app.revoke(REFRESH), &time, answer)),
        2 => ("introspection_endpoint", run(app.introspect(REFRESH), &time, answer).map(drop)),
        3 => ("device_authorization_endpoint", {
            let session = Session::new(&app, MemoryStore::new()).expect("an app");
            run(session.login(authwright_oauth2::Device::new()), &time, answer)
        }),
        _ => ("pushed_authorization_request_endpoint", begin(&app, &time, &json, answer)),
    };
    if let Err(error) = &result {
        check(error, &unless_in_hosts(&[SECRET, REFRESH], &json));
    }
    let is_ours = json["issuer"].as_str() == Some(ISSUER);
    for url in asked {
        assert!(is_ours, "used a document of another issuer");
        goes_to(&url, json[member].as_str().expect("an endpoint"));
    }
});

/// A login that is begun: with a page to go to, or an error.
fn begin(
    app: &Registration,
    time: &Time,
    json: &Value,
    answer: impl FnMut(&Request<Vec<u8>>) -> authwright_core::flow::Answer,
) -> Result<(), Error> {
    let session = Session::new(app, MemoryStore::new()).expect("an app");
    let pending = run(session.begin("https://app.example/back"), time, answer)?;
    assert_eq!(json["issuer"].as_str(), Some(ISSUER));
    let url = pending.url();
    assert!(url.bytes().all(|byte| byte.is_ascii_graphic()));
    let named = json["authorization_endpoint"].as_str().expect("a page");
    // The last one is ours: the server's own query may have the same.
    let bare = url.rsplit_once("response_type=code&").expect("a request").0;
    goes_to(bare.trim_end_matches(['?', '&']), named.trim_end_matches(['?', '&']));
    let Ok(parsed) = Url::parse(url) else { return Ok(()) };
    let all = |name: &str| parsed.query_pairs().filter(|(found, _)| found == name).count();
    assert!(all("state") == 1 && all("code_challenge") == 1 && all("redirect_uri") == 1);
    if let Some(methods) = json["code_challenge_methods_supported"].as_array() {
        assert!(methods.iter().any(|method| method == "S256"));
    }
    assert!(json["require_pushed_authorization_requests"] != true);
    Ok(())
}

fn goes_to(url: &str, named: &str) {
    // Numbers that are no address are names to `http` and errors to `url`: nobody has such a host.
    let (Ok(url), Ok(named)) = (Url::parse(url), Url::parse(named)) else { return };
    assert_eq!(url.origin(), named.origin());
    assert_eq!((url.path(), url.query()), (named.path(), named.query()));
    assert!(
        url.scheme() == "https"
            || matches!(url.host_str(), Some("localhost" | "[::1]"))
            || url.host_str().is_some_and(|host| host.starts_with("127.") || host.ends_with(".localhost")),
        "{url}"
    );
}

//! Squid: what it asks for is answered by the client's own proxy settings; its 407 is not the API's 401.

use authwright_core::{Auth, Basic, Secret};
use authwright_testkit::{Host, Net, Place, Reply};

use crate::{
    client::{Client, Kind, Setup},
    table::{given, table},
};

/// What is behind the proxy: one origin without TLS, one with it.
fn behind() -> Net {
    let places = [Place::http(Host::V4), Place::https(Host::V4)];
    Net::start(&places, |request| Reply::ok("").body(request.path().to_owned())).unwrap()
}

fn open(kind: Kind, net: &Net, proxy: &str, user: &str) -> Client {
    let auth = Auth::new([net.origin(0), net.origin(1)], Basic::new("api", Secret::new("k3y"))).unwrap();
    let at = if user.is_empty() { "" } else { "@" };
    let proxy = Some(format!("http://{user}{at}{}", given(proxy)));
    kind.open_with(&auth, &Setup { proxy, trusted: Some(net), ..Setup::default() })
}

/// `api:k3y`
const OURS: &str = "Basic YXBpOmszeQ==";

#[test]
fn basic() {
    table("squid", "Basic", |table| {
        for (place, what) in [(0, "http"), (1, "https")] {
            table.case(&format!("{what}, right credentials"), |kind| {
                let net = behind();
                let client = open(kind, &net, "AUTHWRIGHT_SQUID_BASIC", "sam:s3cret");
                client.get(&net.url(place, "/orders")).is("/orders");
                let requests = net.requests();
                assert_eq!(requests.len(), 1);
                assert_eq!(requests[0].header("authorization"), Some(OURS));
                assert_eq!(requests[0].header("proxy-authorization"), None);
            });
            for (case, user) in [("no", ""), ("wrong", "sam:wrong")] {
                table.case(&format!("{what}, {case} credentials"), |kind| {
                    let net = behind();
                    let client = open(kind, &net, "AUTHWRIGHT_SQUID_BASIC", user);
                    let answer = client.get(&net.url(place, "/orders"));
                    assert!(answer.proxy_denied && answer.denied.is_none(), "{answer:?}");
                    assert!(net.requests().is_empty());
                });
            }
        }
    });
}

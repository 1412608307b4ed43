//! Squid: what it asks for is answered by the client's own proxy settings, or by ours; its 407 is not the API's 401.

use authwright_core::{Auth, Basic, Digest, Password, Secret};
use authwright_testkit::{Host, Net, Place, Reply};

use crate::{
    client::{Client, Kind, Login, Setup},
    table::{given, logged, part, table},
};

/// What is behind the proxy: one origin without TLS, one with it.
fn behind() -> Net {
    let places = [Place::http(Host::V4), Place::https(Host::V4)];
    Net::start(&places, |request| Reply::ok("").body(request.path().to_owned())).unwrap()
}

fn api(net: &Net) -> Auth {
    Auth::new([net.origin(0), net.origin(1)], Basic::new("api", Secret::new("k3y"))).unwrap()
}

/// Through a proxy that the client itself is told of.
fn open(kind: Kind, net: &Net, proxy: &str, user: &str) -> Client {
    let at = if user.is_empty() { "" } else { "@" };
    let proxy = Some(format!("http://{user}{at}{}", given(proxy)));
    kind.open_with(&api(net), &Setup { proxy, trusted: Some(net), ..Setup::default() })
}

/// Through a proxy whose questions are answered here.
fn asking(kind: Kind, net: &Net, proxy: &str, login: Login) -> Client {
    let asking = Some((format!("http://{}", given(proxy)), login));
    kind.open_with(&api(net), &Setup { asking, trusted: Some(net), ..Setup::default() })
}

fn digest(password: &str) -> Login {
    Login::Digest(Digest::new("sam", Secret::new(password)))
}

fn password(password: &str) -> Login {
    Login::Password(Password::new("sam", Secret::new(password)))
}

/// What the proxy is given does not go on; what the API is given does.
fn all_arrived(net: &Net, count: usize) {
    let requests = net.requests();
    assert_eq!(requests.len(), count);
    for request in requests {
        assert_eq!(request.header("authorization"), Some(OURS));
        assert_eq!(request.header("proxy-authorization"), None);
    }
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
                all_arrived(&net, 1);
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

/// Plain http, on the client that sends it to the proxy as a request: ureq asks for a tunnel.
#[test]
fn digest_of_the_proxy() {
    const LOG: &str = "AUTHWRIGHT_SQUID_LOG";
    table("squid", "Digest", |table| {
        table.only(
            Kind::Reqwest,
            "http: one 407, then answered from the start, with the next nonce too",
            |kind| {
                let net = behind();
                let client = asking(kind, &net, "AUTHWRIGHT_SQUID_DIGEST", digest("s3cret"));
                for _ in 0..8 {
                    client.post(&net.url(0, "/many?a=%20"), "the body").is("/many");
                }
                all_arrived(&net, 8);
                let lines = logged(LOG, "/many?", 9);
                assert_eq!(lines.iter().filter(|line| line.contains(" 407 ")).count(), 1, "{lines:#?}");
                // Squid takes a nonce four times here, and gives out the next one in time.
                let seen: Vec<_> = lines[1..].iter().map(|line| part(line, "nc")).collect();
                assert_eq!(seen, [["00000001", "00000002", "00000003", "00000004"]; 2].concat());
            },
        );
        table.only(
            Kind::Reqwest,
            "https: no client can answer for a tunnel, and the error says so",
            |kind| {
                let net = behind();
                let client = asking(kind, &net, "AUTHWRIGHT_SQUID_DIGEST", digest("s3cret"));
                let answer = client.get(&net.url(1, "/"));
                assert!(answer.proxy_denied, "{answer:?}");
                assert!(answer.error.unwrap().contains("tunnel"));
            },
        );
        table.only(Kind::Ureq, "an error when the agent is built", |_| {
            let proxy = format!("http://{}", given("AUTHWRIGHT_SQUID_DIGEST"));
            let digest = Digest::new("sam", Secret::new("s3cret"));
            let error =
                authwright_ureq::Agent::builder(Auth::none()).proxy(&proxy, digest).build().unwrap_err();
            assert!(error.to_string().contains("Digest"), "{error}");
        });
    });
}

#[test]
fn password_of_the_proxy() {
    const LOG: &str = "AUTHWRIGHT_SQUID_LOG";
    table("squid", "Password", |table| {
        table.only(Kind::Reqwest, "http: Digest where both are offered", |kind| {
            let net = behind();
            let client = asking(kind, &net, "AUTHWRIGHT_SQUID_BOTH", password("s3cret"));
            client.get(&net.url(0, "/best")).is("/best");
            all_arrived(&net, 1);
            let lines = logged(LOG, "/best", 2);
            assert!(lines[1].contains(" 200 sam \"Digest "), "{lines:#?}");
        });
        for (place, what) in [(0, "http"), (1, "https")] {
            table.case(&format!("{what}: Basic where only that is offered"), |kind| {
                let net = behind();
                let client = asking(kind, &net, "AUTHWRIGHT_SQUID_BASIC", password("s3cret"));
                for _ in 0..2 {
                    client.get(&net.url(place, "/basic")).is("/basic");
                }
                all_arrived(&net, 2);
            });
        }
    });
}

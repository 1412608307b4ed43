//! TLS: where it ends, credentials end.

use authwright_core::{ApiKey, Auth, Bearer};
use authwright_testkit::{Credential, Host, Net, Place, Plan, Reply};
use authwright_tests::on_every_driver;

/// https to http is another origin even where host and port text are equal (RFC 9110 section 15.4; RFC 6750 section 5.3).
#[test]
fn a12_a_downgrade_carries_nothing() {
    let net = Net::start(&[Place::https(Host::Localhost), Place::http(Host::Localhost)], |_| Reply::ok(""))
        .unwrap();
    let to = net.url(1, "/end");
    net.set_script(
        move |request| if request.origin == 0 { Reply::redirect(301, &to) } else { Reply::ok("") },
    );
    on_every_driver(|driver| {
        net.take();
        let auth = Auth::new(net.origin(0), Bearer::new(Credential::CANARY))
            .and_then(|auth| auth.and(net.origin(0), ApiKey::query("key", Credential::CANARY)))
            .unwrap();
        let plan = Plan::get(net.url(0, "/"), &auth).header("X-API-Key", Credential::CANARY);
        let outcome = driver.run(&net, &plan);
        assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
        assert!(Credential::leaked_in(&net.bytes(0)), "{}: it was on the first hop", driver.name());
        assert!(!Credential::leaked_in(&net.bytes(1)), "{}", driver.name());
    });
    // The same text but for the scheme.
    let auth = Auth::new("https://example.com:8080", Bearer::new("t0ken")).unwrap();
    assert!(!auth.explain("http://example.com:8080/").unwrap().is_attached());
}

/// RFC 6750 sections 5.2 and 5.3: a certificate that is expired or for another name gets not one byte.
#[test]
fn d4_a_bad_certificate_gets_no_byte() {
    let places = [
        Place::https(Host::Localhost),
        Place::https(Host::Localhost).expired(),
        Place::https(Host::Localhost).wrong_name(),
    ];
    let net = Net::start(&places, |_| Reply::ok("")).unwrap();
    on_every_driver(|driver| {
        if driver.name() == "in-memory" {
            return; // it has no TLS: this is the clients' part, and we must not get in its way
        }
        net.take();
        let origins: Vec<_> = (0..places.len()).map(|place| net.origin(place)).collect();
        let auth = Auth::new(origins, Bearer::new(Credential::CANARY)).unwrap();
        let outcome = driver.run(&net, &Plan::get(net.url(0, "/"), &auth));
        assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
        assert!(Credential::leaked_in(&net.bytes(0)), "{}: the good one gets it", driver.name());
        for place in [1, 2] {
            let outcome = driver.run(&net, &Plan::get(net.url(place, "/"), &auth));
            assert!(outcome.failure().is_some(), "{}: {outcome}", driver.name());
            assert!(net.bytes(place).is_empty(), "{} {place}", driver.name());
            assert!(net.connections(place) > 0, "{} {place}: it was tried", driver.name());
        }
    });
}

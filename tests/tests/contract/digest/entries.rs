//! Digest beside other entries of one `Auth`: A5, A14.

use authwright_core::{Auth, Bearer, Digest};
use authwright_testkit::{DigestRealm, Plan, Reply};
use authwright_tests::on_every_driver;

use super::{PASSWORD, assert_fine, authorizations, digest, get, guard, parameter, sam};
use crate::support::net;

/// A narrow entry that waits to be asked keeps a wider one out of its place, and the other way round (A14).
#[test]
fn a14_a_narrow_entry_that_waits_keeps_its_place() {
    let net = net();
    on_every_driver(|driver| {
        let origin = net.origin(0);
        let narrow = format!("{origin}/v1");
        let realm = guard(&net, sam("r"));
        let auth = Auth::new(origin, Bearer::new("wide"))
            .and_then(|auth| auth.and(&narrow, Digest::new("sam", PASSWORD)))
            .unwrap();
        assert_fine(&get(driver, &net, "/v1/x", &auth), &realm, driver.name());
        get(driver, &net, "/v2", &auth);
        let sent = authorizations(&net);
        assert_eq!((&*sent[0], &*sent[2]), ("-", "Bearer wide"), "{}", driver.name());

        guard(&net, sam("r"));
        let auth = digest(&net, 0).and(&narrow, Bearer::new("narrow")).unwrap();
        get(driver, &net, "/v1/x", &auth);
        assert_eq!(authorizations(&net), ["Bearer narrow"], "{}", driver.name());
    });
}

/// Two users of Digest, one for all of an origin and one for a part of it: what is known of the first is not said in the place of the
/// second, which waits to be asked.
#[test]
fn a14_a_wider_digest_does_not_answer_in_its_place() {
    let net = net();
    on_every_driver(|driver| {
        let origin = net.origin(0);
        let realms = [
            DigestRealm::builder("all").user("wide", PASSWORD).among_others().build(),
            sam("part").among_others().build(),
        ];
        let asked = realms.clone();
        net.set_script(move |request| {
            asked[usize::from(request.path().starts_with("/v1"))].reply(request, Reply::ok("hello"))
        });
        let auth = Auth::new(origin, Digest::new("wide", PASSWORD))
            .and_then(|auth| auth.and(format!("{origin}/v1").as_str(), Digest::new("sam", PASSWORD)))
            .unwrap();
        for path in ["/", "/v1/x", "/", "/v1/y"] {
            let outcome = get(driver, &net, path, &auth);
            for realm in &realms {
                assert_fine(&outcome, realm, &format!("{} {path}", driver.name()));
            }
        }
        for request in net.requests().iter().filter(|request| request.path().starts_with("/v1")) {
            assert!(!request.contains(b"wide"), "{}", driver.name());
        }
        assert_eq!(net.requests().len(), 6, "{}", driver.name());
    });
}

/// What a place outside an entry's path says is not for that entry, though the origin is the same.
#[test]
fn a5_a_path_entry_is_for_its_path() {
    let net = net();
    on_every_driver(|driver| {
        let realm = guard(&net, sam("r"));
        let auth = Auth::new(format!("{}/v1", net.origin(0)).as_str(), Digest::new("sam", PASSWORD)).unwrap();
        assert_fine(&get(driver, &net, "/v1/x", &auth), &realm, driver.name());
        let plan = Plan::get(net.url(0, "/v2"), &auth);
        assert!(
            driver.run(&net, &plan).denied().is_some_and(|denied| !denied.was_attached()),
            "{}",
            driver.name()
        );
        assert_eq!(authorizations(&net)[2..], ["-"], "{}", driver.name());
        assert!(parameter(&authorizations(&net)[1], "response").is_some());
    });
}

//! Clients that the server does not know any more: each registers once more, and works.

use authwright_core::{Fault, Tokens};
use authwright_oauth2::Session;

use super::{
    super::{
        bench::{Bench, OVER, Shelf},
        referee::Kind,
        registrar::{last_post, posts, removes},
    },
    Row,
    registered::{billing, by_listener, native, obtain, open, serves, shop, with_consent},
    says,
};

pub(super) const ROWS: [Row; 2] = [
    ("a client that was removed at the server: invalid_client, then one new client and a login", login),
    ("a service that was removed at the server: invalid_client, then one new client", service),
];

const OVER_THERE: &str = "is not known there any more: register again (Registration::obtain)";

fn login(bench: &Bench) {
    type SignIn = fn(&Bench, &Session);
    for (client, sign_in) in [(native(), by_listener as SignIn), (shop(), with_consent)] {
        let (shelf, before) = (Shelf::default(), posts());
        let begin = || open(bench, Kind::Bearer, &client, &shelf);
        let session = begin();
        let first = last_post()["answer"].clone();
        sign_in(bench, &session);
        removes(&first);
        bench.watch.advance(OVER);
        let failure = bench.token(session.tokens()).unwrap_err();
        says(&failure, Fault::Credential, &["401 invalid_client", OVER_THERE]);
        assert!(failure.is_login_required, "{failure:?}");
        assert_eq!(posts(), before + 1, "a request registers nobody");

        let session = begin();
        assert_eq!(posts(), before + 2, "it has registered once more");
        let second = last_post()["answer"].clone();
        assert_ne!(first["client_id"], second["client_id"]);
        sign_in(bench, &session);
        serves(bench, Kind::Bearer, session.tokens(), &second, Some("sam"));
        bench.watch.advance(OVER);
        serves(bench, Kind::Bearer, begin().tokens(), &second, Some("sam"));
        assert_eq!(posts(), before + 2, "and not again");
        bench.run(session.logout()).unwrap();
        bench.watch.reset();
    }
}

fn service(bench: &Bench) {
    let (shelf, before) = (Shelf::default(), posts());
    let begin = || {
        let app = obtain(bench, Kind::Bearer, &billing(), &shelf).unwrap();
        Tokens::new(app.client_credentials()).unwrap()
    };
    let tokens = begin();
    let first = last_post()["answer"].clone();
    serves(bench, Kind::Bearer, &tokens, &first, None);
    removes(&first);
    bench.watch.advance(OVER);
    let failure = bench.token(&tokens).unwrap_err();
    says(&failure, Fault::Credential, &["401 invalid_client", OVER_THERE]);
    assert_eq!(posts(), before + 1, "a request registers nobody");

    let second = begin();
    let given = last_post()["answer"].clone();
    assert_ne!(first["client_id"], given["client_id"]);
    serves(bench, Kind::Bearer, &second, &given, None);
    serves(bench, Kind::Bearer, &begin(), &given, None);
    assert_eq!(posts(), before + 2, "it has registered once more");
}

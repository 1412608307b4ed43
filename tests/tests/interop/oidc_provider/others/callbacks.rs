//! What comes back from a browser, and should not have.

use authwright_core::Fault;
use authwright_oauth2::{Pending, Session};

use super::{
    super::{
        bench::{Bench, HINT, OVER, Shelf},
        grants::needs_login,
        person::parameter,
        referee::{CALLBACK, Client},
    },
    Row, says,
};

pub(super) const ROWS: [Row; 4] = [
    ("a redirect URI that is not registered: in a browser, and pushed", wrong_redirect),
    ("a callback with another state, another iss, or none: nothing is redeemed", tampered),
    ("a callback that is used again: here, and by another process", used_twice),
    ("a login that was begun by another client", anothers),
];

fn wrong_redirect(bench: &Bench) {
    let nowhere = "https://client.example/elsewhere";
    for pushed in [false, true] {
        let client = Client { pushed, ..Client::plain("none") };
        let session = Session::new(client.app().scope("read"), Shelf::default()).unwrap();
        let begun = bench.run(session.begin(nowhere));
        if pushed {
            let failure = begun.err().unwrap();
            says(&failure, Fault::Caller, &["pushed authorization request endpoint", "redirect_uri"]);
        } else {
            // Nobody comes back from there.
            let (status, page) = bench.person.looks_at(begun.unwrap().url());
            assert!(status == 400 && page.contains("redirect_uri"), "{page}");
        }
    }
}

fn tampered(bench: &Bench) {
    let client = Client::plain("none");
    let session = Session::new(client.app().openid().scope("read"), Shelf::default()).unwrap();
    let pending = bench.run(session.begin(CALLBACK)).unwrap();
    let callback = bench.person.signs_in(pending.url());
    let record = pending.to_record();
    let of = |name| parameter(&callback, name).unwrap();
    let encoded: String = url::form_urlencoded::byte_serialize(of("iss").as_bytes()).collect();
    for (from, to, says_so) in [
        (of("state"), "another".to_owned(), "state differs"),
        (encoded.clone(), format!("{encoded}%2Fother"), "iss differs"),
        (format!("&iss={encoded}"), String::new(), "iss is missing"),
        (format!("&iss={encoded}"), format!("&iss={encoded}&iss={encoded}"), "more than once"),
    ] {
        let bad = callback.replace(&from, &to);
        assert!(bad != callback, "{says_so}");
        let pending = Pending::from_record(&record).unwrap();
        let failure = bench.run(session.finish(pending, bad)).unwrap_err();
        says(&failure, Fault::Caller, &[says_so, "nothing was sent to the token endpoint"]);
    }
    // Its code is still good, so nothing was.
    bench.run(session.finish(pending, callback)).unwrap();
    bench.api(client, session.tokens()).serves("me", Some("sam"));
}

fn used_twice(bench: &Bench) {
    let client = Client::plain("none");
    let open = || Session::new(client.app().openid().scope("read"), Shelf::default()).unwrap().hint(HINT);
    let session = open();
    let pending = bench.run(session.begin(CALLBACK)).unwrap();
    let callback = bench.person.signs_in(pending.url());
    let again = || Pending::from_record(&pending.to_record()).unwrap();
    bench.run(session.finish(again(), &*callback)).unwrap();
    let failure = bench.run(session.finish(again(), &*callback)).unwrap_err();
    says(&failure, Fault::Caller, &["finished already", "nothing was sent"]);
    let failure = bench.run(open().finish(again(), &*callback)).unwrap_err();
    says(&failure, Fault::Credential, &["invalid_grant", "the code of this login", "sign in again"]);
    // Which has ended the login that it gave (RFC 6749 section 4.1.2).
    bench.watch.advance(OVER);
    needs_login(bench, client, session.tokens());
}

fn anothers(bench: &Bench) {
    let [one, two] = ["none", "basic"]
        .map(|method| Session::new(Client::plain(method).app().scope("read"), Shelf::default()).unwrap());
    let pending = bench.run(one.begin(CALLBACK)).unwrap();
    let callback = bench.person.signs_in(pending.url());
    let failure = bench.run(two.finish(pending, callback)).unwrap_err();
    says(&failure, Fault::Caller, &["another client", "nothing was sent"]);
}

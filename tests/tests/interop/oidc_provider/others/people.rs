//! What people do at the forms, and where they come back to.

use std::{
    io::{self, BufRead, Read},
    sync::mpsc::{self, Receiver},
};

use authwright_core::Fault;
use authwright_oauth2::{Ask, Browser, Prompt, Session, Sessions};

use super::{
    super::{
        bench::{Bench, HINT, OVER, Shelf},
        grants::needs_login,
        leaks::{note, note_prompt},
        person::Person,
        referee::{CALLBACK, Client, Kind},
    },
    Row, says,
};

pub(super) const ROWS: [Row; 6] = [
    ("a person says no in a browser, on this machine and in a web application", says_no),
    ("a person says no to a device", says_no_to_a_device),
    ("a person brings the address back by hand", pastes),
    ("another login that the program asks for: prompt=login, a hint", asks_again),
    ("many people, each with a session", many),
    ("another process finds the login in the store, and loses it with it", shared),
];

fn says_no(bench: &Bench) {
    for pushed in [false, true] {
        let client = Client { pushed, kind: Kind::Demanded, ..Client::plain("es256") };
        let session = Session::new(client.app().openid().scope("read"), Shelf::default()).unwrap().hint(HINT);
        let denied = ["did not sign anybody in", "access_denied", "End-User aborted interaction"];
        let failure = bench.run(session.login(bench.browser(Person::says_no))).unwrap_err();
        says(&failure, Fault::Credential, &denied);
        let pending = bench.run(session.begin(CALLBACK)).unwrap();
        let callback = bench.person.says_no(pending.url());
        let failure = bench.run(session.finish(pending, callback)).unwrap_err();
        says(&failure, Fault::Credential, &denied);
        assert!(!bench.run(session.is_signed_in()).unwrap());
        needs_login(bench, client, session.tokens());
    }
}

fn says_no_to_a_device(bench: &Bench) {
    let client = Client::plain("none");
    let session = Session::new(client.app().openid().scope("read"), Shelf::default()).unwrap().hint(HINT);
    let failure = bench.signs_in_elsewhere(&session, false).unwrap_err();
    says(&failure, Fault::Credential, &["said no"]);
    needs_login(bench, client, session.tokens());
}

/// What a person will paste, once there is something.
struct Line(Receiver<String>, io::Cursor<Vec<u8>>);

impl Read for Line {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(buffer)?;
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Line {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if let Ok(line) = self.0.recv() {
            self.1 = io::Cursor::new(line.into_bytes());
        }
        self.1.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.1.consume(amount);
    }
}

fn pastes(bench: &Bench) {
    let client = Client::plain("none");
    let session = Session::new(client.app().openid().scope("read"), Shelf::default()).unwrap();
    let (sends, receives) = mpsc::channel();
    let person = bench.person.clone();
    let shown = move |prompt: &Prompt<'_>| {
        note_prompt(format!("{prompt} {prompt:?}"));
        sends.send(person.signs_in(prompt.url()) + "\n").unwrap();
    };
    let pasted = Browser::pasted().redirect_uri(CALLBACK).shown_by(shown);
    let pasted = pasted.read_from(Line(receives, io::Cursor::default()));
    bench.run(session.login(pasted)).unwrap();
    bench.api(client, session.tokens()).serves("me", Some("sam"));
}

fn asks_again(bench: &Bench) {
    let client = Client::plain("basic");
    let session = Session::new(client.app().openid().scope("read"), Shelf::default()).unwrap();
    bench.signs_in(&session, false).unwrap();
    let first = bench.run(session.identity()).unwrap().unwrap();
    // With the cookies of the last login, and asked for a name all the same.
    let ask = Ask::new().prompt("login").login_hint("sam");
    note(format!("{ask:?}"));
    let browser = bench.browser(Person::signs_in);
    bench.run(session.login_asking(browser, ask)).unwrap();
    let second = bench.run(session.identity()).unwrap().unwrap();
    assert_eq!(first.subject(), second.subject());
    bench.api(client, session.tokens()).serves("opaque", Some("sam"));
}

fn many(bench: &Bench) {
    let client = Client { kind: Kind::Offered, ..Client::plain("eddsa") };
    let sessions = Sessions::new(client.app().openid().scope("read"), Shelf::default()).unwrap().hint(HINT);
    note(format!("{sessions:?}"));
    for name in ["kim", "robin"] {
        let pending = bench.run(sessions.begin(CALLBACK)).unwrap();
        let callback = Person::new(name).signs_in(pending.url());
        bench.run(sessions.user(name).finish(pending, callback)).unwrap();
    }
    bench.watch.advance(OVER);
    for name in ["kim", "robin"] {
        bench.api(client, sessions.user(name).tokens()).serves("me", Some(name));
    }
    bench.run(sessions.user("kim").logout()).unwrap();
    needs_login(bench, client, sessions.user("kim").tokens());
    bench.api(client, sessions.user("robin").tokens()).serves("me", Some("robin"));
}

fn shared(bench: &Bench) {
    let client = Client { kind: Kind::Dpop, ..Client::plain("none") };
    let shelf = Shelf::default();
    let open = || {
        Session::new(client.app().openid().scope("offline_access read"), shelf.clone()).unwrap().hint(HINT)
    };
    let (one, two) = (open(), open());
    needs_login(bench, client, two.tokens());
    bench.signs_in(&one, true).unwrap();
    // The pause after a failure is over for who has failed.
    bench.watch.advance(OVER);
    bench.api(client, two.tokens()).serves("opaque", Some("sam"));
    bench.api(client, one.tokens()).serves("opaque", Some("sam"));
    let [first, second] = [&one, &two].map(|session| bench.token(session.tokens()).unwrap());
    assert!(first.expose() == second.expose(), "renewed once for both");
    bench.run(one.logout()).unwrap();
    bench.watch.advance(OVER);
    needs_login(bench, client, two.tokens());
}

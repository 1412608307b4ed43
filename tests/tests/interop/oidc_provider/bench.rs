//! What a case runs on: one of the clients, a person with a browser, and what the case has printed.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use authwright_core::{
    Auth, Error, Flow, MemoryStore, Token, TokenStore, Tokens,
    http::Method,
    store::{Record, StoreGuard, StoreKey},
};
use authwright_oauth2::{Browser, Device, Pending, Session};
use authwright_testkit::{Net, PlanBody};
use serde_json::Value;

use super::{
    leaks::{note, note_key, note_prompt},
    person::Person,
    referee::{CALLBACK, Client, Kind},
};
use crate::{
    client::{Answer, Client as Adapter, Failure, Kind as Which, Setup},
    watch::Watch,
};

/// Longer than a token lives.
pub(crate) const OVER: Duration = Duration::from_secs(61);

/// What a program tells people to do.
pub(crate) const HINT: &str = "run `acme login`";

pub(crate) struct Bench {
    client: Adapter,
    pub(crate) watch: Watch,
    pub(crate) person: Person,
    /// Where nothing of anybody's belongs.
    pub(crate) elsewhere: Arc<Net>,
}

impl Bench {
    pub(crate) fn new(which: Which, elsewhere: &Arc<Net>) -> Self {
        let watch = Watch::default();
        let setup = Setup { watch: Some(watch.clone()), ..Setup::default() };
        let client = which.open_with(&Auth::none(), &setup);
        Self { client, watch, person: Person::new("sam"), elsewhere: Arc::clone(elsewhere) }
    }

    pub(crate) fn run<T: 'static>(&self, flow: Flow<T>) -> Result<T, Failure> {
        note(format!("{flow:?}"));
        self.client.flow(flow).inspect_err(noted)
    }

    pub(crate) fn token(&self, tokens: &Tokens) -> Result<Token, Failure> {
        let token = self.client.token(tokens).inspect_err(noted)?;
        note(format!("{token:?} {tokens:?}"));
        Ok(token)
    }

    /// Requests with these tokens, to the server of this client.
    pub(crate) fn api(&self, client: Client, tokens: &Tokens) -> Api<'_> {
        let auth = Auth::new(client.issuer(), tokens).unwrap();
        note(format!("{auth:?}"));
        Api { bench: self, client, auth }
    }

    pub(crate) fn ask(&self, auth: &Auth, url: &str) -> Answer {
        note(format!("{}", auth.explain(url).unwrap()));
        let answer = self.client.send_as(Some(auth), Method::GET, url, PlanBody::Empty);
        note(format!("{answer:?} {}", answer.body));
        answer.printed.0.iter().cloned().for_each(note);
        answer
    }

    /// Signs in through the real forms: by a listener on this machine, as a command line tool does, or as a web application,
    /// which keeps the login under way as a text.
    pub(crate) fn signs_in(&self, session: &Session, by_listener: bool) -> Result<(), Failure> {
        note(format!("{session:?}"));
        if by_listener {
            return self.run(session.login(self.browser(Person::signs_in)));
        }
        let pending = self.run(session.begin(CALLBACK))?;
        note(format!("{pending:?}"));
        let pending = Pending::from_record(&pending.to_record()).unwrap();
        let callback = self.person.signs_in(pending.url());
        self.run(session.finish(pending, callback))
    }

    /// A browser whose person does this, and which then goes where the server sends it: to our listener.
    pub(crate) fn browser(&self, act: fn(&Person, &str) -> String) -> Browser {
        let person = self.person.clone();
        let opened = move |url: &str| {
            let callback = act(&person, url);
            // Its page is ours too.
            note_prompt(person.comes_back(&callback));
            Ok(())
        };
        let browser =
            Browser::opened_by(opened).redirect_path("/callback").time_limit(Duration::from_secs(30));
        note(format!("{browser:?}"));
        browser.shown_by(|prompt| note_prompt(format!("{prompt} {prompt:?}")))
    }

    /// Signs in on another machine, while this one waits for the second time: so the server is asked too early once.
    pub(crate) fn signs_in_elsewhere(&self, session: &Session, agrees: bool) -> Result<(), Failure> {
        let told = Arc::new(Mutex::new(None));
        let (tells, person) = (Arc::clone(&told), self.person.clone());
        self.watch.meanwhile(2, move || {
            let (url, code): (String, String) = told.lock().unwrap().take().expect("a person was told");
            person.enters(&url, &code, agrees);
        });
        let device = Device::new().shown_by(move |prompt| {
            note_prompt(format!("{prompt} {prompt:?}"));
            let code = prompt.user_code().unwrap().to_owned();
            // Agreeing, by the page that has the code already.
            let url = prompt.complete_url().filter(|_| agrees).unwrap_or(prompt.url());
            *tells.lock().unwrap() = Some((url.to_owned(), code));
        });
        note(format!("{device:?}"));
        self.run(session.login(device))
    }
}

/// The APIs of a server, asked with one `Auth`.
pub(crate) struct Api<'b> {
    bench: &'b Bench,
    client: Client,
    pub(crate) auth: Auth,
}

impl Api<'_> {
    /// `opaque`, `jwt` or `me`.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.bench.ask(&self.auth, &self.client.url(path))
    }

    /// The API takes the token, and knows whose it is and what it is good for.
    pub(crate) fn serves(&self, path: &str, subject: Option<&str>) {
        let answer = self.get(path);
        assert_eq!((answer.status, &answer.error), (200, &None), "/{path}: {answer:?}");
        let says: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(says["sub"].as_str(), subject, "/{path}: {says}");
        if path == "me" {
            return;
        }
        assert_eq!(says["client_id"], self.client.id(), "/{path}: {says}");
        assert_eq!(says["scheme"], self.client.kind.scheme(), "/{path}: {says}");
        let scope = says["scope"].as_str().unwrap_or_default();
        assert!(scope.split(' ').any(|name| name == "read"), "/{path}: {says}");
        if path == "jwt" {
            assert_eq!(says["aud"], self.client.url(path), "/{path}: {says}");
        }
    }

    /// The token does not go to anybody else, who is asked by the same client.
    pub(crate) fn stays_at_home(&self) {
        let answer = self.bench.ask(&self.auth, &self.bench.elsewhere.url(0, "/orders?page=1"));
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

fn noted(failure: &Failure) {
    note(format!("{failure:?}"));
    failure.printed.0.iter().cloned().for_each(note);
}

/// A store that can be copied, as a disk can.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shelf {
    kept: MemoryStore,
    keys: Arc<Mutex<HashSet<StoreKey>>>,
}

impl Shelf {
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::default();
        for key in &*self.keys.lock().unwrap() {
            if let Some(record) = self.kept.load(key).unwrap() {
                let _ = copy.lock(key, Duration::ZERO).unwrap().save(&record).unwrap();
            }
        }
        copy
    }
}

impl TokenStore for Shelf {
    fn load(&self, key: &StoreKey) -> Result<Option<Record>, Error> {
        let record = self.kept.load(key)?;
        if let Some(record) = &record {
            // Nobody but us has seen the key of a login, so the server's record does not have it.
            let json: Value = serde_json::from_slice(record.as_bytes()).unwrap();
            if let Some(key) = json["details"]["dpop_key"].as_str() {
                note_key(key);
            }
        }
        Ok(record)
    }

    fn lock(&self, key: &StoreKey, patience: Duration) -> Result<Box<dyn StoreGuard>, Error> {
        self.keys.lock().unwrap().insert(key.clone());
        self.kept.lock(key, patience)
    }
}

/// Who has this scheme, for messages.
pub(crate) fn named(kind: Kind) -> &'static str {
    match kind {
        Kind::Bearer => "Bearer",
        Kind::Dpop => "DPoP",
        Kind::Offered => "DPoP, nonces offered",
        Kind::Demanded => "DPoP, nonces demanded",
    }
}

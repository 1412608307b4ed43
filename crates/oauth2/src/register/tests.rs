//! Stores whose locks run out, and what is shown of a registration.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use authwright_core::{
    Error, Fault, Flow, MemoryStore, TokenStore,
    flow::{Answer, FlowStep},
    store::{Record, Saved, StoreGuard, StoreKey},
};
use http::Response;
use serde_json::json;

use super::NewClient;
use crate::{Registration, Server};

fn server() -> Server {
    Server::new("https://login.example.com").registration_endpoint("https://login.example.com/register")
}

fn client() -> NewClient {
    NewClient::new("Acme").redirect_uri("https://acme.example/callback").access_token("1nitial")
}

/// Runs a flow at a server that registers clients of this name, and counts them.
fn run<T: 'static>(flow: Flow<T>, name: &str, posts: &AtomicUsize) -> Result<T, Error> {
    let mut running = flow.start(Arc::new(SystemTime::now));
    loop {
        match running.step() {
            FlowStep::Send(call) => {
                posts.fetch_add(1, Ordering::Relaxed);
                let body = json!({"client_id": name, "client_secret": "s3cret"}).to_string();
                let answer = Response::builder().status(201).body(body.into_bytes()).unwrap();
                call.answer(Ok(Answer::new(answer)));
            }
            FlowStep::Block(job) => job.run(),
            FlowStep::Done(done) => return done,
            _ => panic!("it asks for something else"),
        }
    }
}

/// Each save but the first finds that somebody else has had the lock, and has left this.
#[derive(Debug)]
struct RunsOut {
    store: MemoryStore,
    theirs: Option<Record>,
    saves: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct Guard {
    inner: Box<dyn StoreGuard>,
    theirs: Option<Record>,
    saves: Arc<AtomicUsize>,
}

impl TokenStore for RunsOut {
    fn load(&self, key: &StoreKey) -> Result<Option<Record>, Error> {
        self.store.load(key)
    }

    fn lock(&self, key: &StoreKey, patience: Duration) -> Result<Box<dyn StoreGuard>, Error> {
        let inner = self.store.lock(key, patience)?;
        Ok(Box::new(Guard { inner, theirs: self.theirs.clone(), saves: Arc::clone(&self.saves) }))
    }
}

impl StoreGuard for Guard {
    fn load(&mut self) -> Result<Option<Record>, Error> {
        self.inner.load()
    }

    fn save(&mut self, record: &Record) -> Result<Saved, Error> {
        if self.saves.fetch_add(1, Ordering::Relaxed) == 0 {
            return self.inner.save(record);
        }
        if let Some(theirs) = &self.theirs {
            let _ = self.inner.save(theirs)?;
        }
        Ok(Saved::Overtaken)
    }

    fn remove(&mut self) -> Result<Saved, Error> {
        Ok(Saved::Overtaken)
    }
}

#[test]
fn p2_a_lock_that_runs_out_leaves_the_client_of_whoever_was_faster() {
    let (memory, posts) = (MemoryStore::new(), AtomicUsize::new(0));
    let _ = run(Registration::obtain(server(), client(), memory.clone()), "theirs", &posts).unwrap();
    let key = StoreKey::new(client().identity(&server()).unwrap());
    let theirs = memory.load(&key).unwrap();
    assert!(theirs.is_some());

    let store = |theirs: &Option<Record>, saves: usize| RunsOut {
        store: MemoryStore::new(),
        theirs: theirs.clone(),
        saves: Arc::new(saves.into()),
    };
    let app = run(Registration::obtain(server(), client(), store(&theirs, 0)), "ours", &posts).unwrap();
    assert!(format!("{app:?}").contains("\"theirs\""), "{app:?}");
    let error = run(Registration::obtain(server(), client(), store(&None, 0)), "ours", &posts).unwrap_err();
    assert!(error.fault() == Fault::Store && error.is_transient(), "{error}");
    assert_eq!(posts.swap(0, Ordering::Relaxed), 3);
    // It had run out before anything was asked.
    let error = run(Registration::obtain(server(), client(), store(&None, 1)), "ours", &posts).unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("has run out; try again"), "{error}");
    let error = run(Registration::forget(server(), client(), store(&None, 1)), "", &posts).unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("cannot be forgotten"), "{error}");
    assert_eq!(posts.into_inner(), 0);
}

#[test]
fn e17_nothing_shows_a_secret() {
    let (store, posts) = (MemoryStore::new(), AtomicUsize::new(0));
    let app = run(Registration::obtain(server(), client(), store.clone()), "app-1", &posts).unwrap();
    let service = app.check().unwrap();
    let obtained = app.obtained.clone().unwrap();
    for shown in
        [format!("{:?}", client()), format!("{app:?}"), format!("{service:?}"), format!("{obtained:?}")]
    {
        assert!(!shown.contains("s3cret") && !shown.contains("1nitial"), "{shown}");
    }
    assert!(format!("{service:?}").contains("client `app-1` (its secret: value, #"), "{service:?}");
    // Keys of stores are shown in messages.
    let key = client().identity(&server()).unwrap();
    assert!(key.starts_with("client https://login.example.com name=\"Acme\" "), "{key}");
}

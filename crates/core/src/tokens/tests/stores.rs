//! The refresh transaction over stores that fail, run out of lock, or have another process in them.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use super::{
    super::{Token, record},
    Bench, answer, at, call, job,
    renewing::{NEXT, key},
    run, seconds,
};
use crate::{
    Error, TokenStore,
    store::{Record, Saved, StoreGuard, StoreKey},
};

/// A store that does what the test says. It never waits for its lock.
#[derive(Clone, Debug, Default)]
pub(super) struct Fake(Arc<Mutex<Plan>>);

#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // each is by itself
pub(super) struct Plan {
    pub(super) kept: Option<Record>,
    pub(super) refuses_lock: bool,
    pub(super) fails_to_save: bool,
    pub(super) may_remove: bool,
    /// Somebody else has had the lock since, and has left this.
    pub(super) overtaken: Option<Theirs>,
    pub(super) is_locked: bool,
}

#[derive(Debug)]
pub(super) struct Theirs(pub(super) Option<Record>);

impl Fake {
    pub(super) fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap()
    }

    pub(super) fn put(&self, token: &Token) {
        self.plan().kept = Some(record::write(token, &key()));
    }

    pub(super) fn kept(&self) -> Option<String> {
        let token = self.plan().kept.as_ref().map(|record| record::read(record, &key()).unwrap());
        token.map(|token| token.expose().to_owned())
    }
}

impl TokenStore for Fake {
    fn load(&self, _: &StoreKey) -> Result<Option<Record>, Error> {
        Ok(self.plan().kept.clone())
    }

    fn lock(&self, _: &StoreKey, _: Duration) -> Result<Box<dyn StoreGuard>, Error> {
        let mut plan = self.plan();
        if plan.refuses_lock || plan.is_locked {
            return Err(Error::store("locked").transient());
        }
        plan.is_locked = true;
        Ok(Box::new(Guard(self.clone())))
    }
}

#[derive(Debug)]
struct Guard(Fake);

impl StoreGuard for Guard {
    fn load(&mut self) -> Result<Option<Record>, Error> {
        TokenStore::load(&self.0, &key())
    }

    fn save(&mut self, record: &Record) -> Result<Saved, Error> {
        let mut plan = self.0.plan();
        if plan.fails_to_save {
            return Err(Error::store("full"));
        }
        if let Some(Theirs(theirs)) = plan.overtaken.take() {
            plan.kept = theirs;
            return Ok(Saved::Overtaken);
        }
        plan.kept = Some(record.clone());
        Ok(Saved::Stored)
    }

    fn remove(&mut self) -> Result<Saved, Error> {
        let mut plan = self.0.plan();
        assert!(plan.may_remove, "a renewal removes nothing");
        if plan.fails_to_save {
            return Err(Error::store("full"));
        }
        plan.kept = None;
        Ok(Saved::Stored)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.plan().is_locked = false;
    }
}

fn living(name: &str, asked_at: u64) -> Token {
    Token::new(name).lifetime(at(asked_at), seconds(300)).refresh_token("r0")
}

#[test]
fn who_does_not_get_the_lock_redeems_nothing() {
    let store = Fake::default();
    store.put(&living("a0", 0));
    store.plan().refuses_lock = true;
    let bench = Bench::stored(&store);
    bench.pass(seconds(300));
    assert!(run(bench.started(), 200, NEXT).is_empty());
    assert_eq!(bench.heard(), ["failed: locked"]);
    store.plan().refuses_lock = false;
    assert_eq!(run(bench.started(), 200, NEXT), ["r0"], "a failure that passes is tried again at once");
    assert_eq!(bench.fresh().unwrap(), "a1");
}

#[test]
fn who_was_overtaken_adopts_what_the_other_has_stored() {
    let store = Fake::default();
    store.plan().overtaken = Some(Theirs(Some(record::write(&living("theirs", 0), &key()))));
    let bench = Bench::stored(&store);
    assert_eq!(run(bench.started(), 200, NEXT), ["login"]);
    assert_eq!((bench.fresh().unwrap(), store.kept().unwrap()), ("theirs".into(), "theirs".into()));
    assert_eq!(bench.heard(), ["adopted theirs"]);
    assert!(!store.plan().is_locked);
}

/// The other has had the lock and brought nothing: ours holds the only refresh token that lives.
#[test]
fn who_was_overtaken_by_nothing_usable_keeps_its_own() {
    for theirs in [None, Some(record::write(&living("ended", 0).expires_at(at(0)), &key()))] {
        let store = Fake::default();
        store.plan().overtaken = Some(Theirs(theirs));
        let bench = Bench::stored(&store);
        run(bench.started(), 200, NEXT);
        assert_eq!(bench.fresh().unwrap(), "a1");
        assert_eq!(bench.heard(), ["not saved"]);
        bench.pass(seconds(30));
        let asked = run(bench.started(), 200, NEXT);
        assert!(asked.is_empty(), "it is stored later, and nothing is redeemed for that: {asked:?}");
        assert_eq!(store.kept().unwrap(), "a1");
    }
}

#[test]
fn who_has_lost_a_race_adopts_and_removes_nothing() {
    let store = Fake::default();
    store.put(&living("a0", 0));
    let bench = Bench::stored(&store);
    bench.pass(seconds(300));
    let mut running = bench.started();
    job(&mut running).run();
    job(&mut running).run();
    let call = call(&mut running);
    assert_eq!(call.request().body(), b"r0");
    store.put(&living("theirs", 300_000));
    answer(call, 400, "");
    run(running, 500, "");
    assert_eq!((bench.fresh().unwrap(), store.kept().unwrap()), ("theirs".into(), "theirs".into()));
    assert_eq!(bench.heard(), ["adopted theirs"]);
    assert!(!store.plan().is_locked);
}

#[test]
fn who_was_refused_without_a_race_fails_and_removes_nothing() {
    let store = Fake::default();
    store.put(&living("a0", 0));
    let bench = Bench::stored(&store);
    bench.pass(seconds(300));
    run(bench.started(), 400, "");
    assert_eq!((bench.fresh(), store.kept().unwrap()), (None, "a0".into()));
    assert_eq!(bench.heard(), ["failed: refused"]);
    assert!(bench.tokens.acquire().step(bench.now()).unwrap_err().is_login_required());
}

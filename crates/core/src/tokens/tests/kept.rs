//! Logins that somebody makes or ends: what becomes of the token there is, of the store, and of a renewal under way.

use std::{fmt, sync::Arc};

use http::{HeaderMap, StatusCode};

use super::{
    super::{Token, TokenSource, Tokens, record},
    Asks, Bench, answer, at, call, job,
    renewing::{NEXT, key},
    run, seconds,
    stores::{Fake, Theirs},
};
use crate::{
    Bearer, Error, Fault, Hop, IntoScheme, Resend, ResponseView, Scheme, Stamp, Step, Verdict,
    flow::{Flow, FlowStep, Io, Running},
    store::Record,
};

fn living(name: &str, asked_at: u64) -> Token {
    Token::new(name).lifetime(at(asked_at), seconds(300)).refresh_token(format!("r-{name}"))
}

impl Bench {
    /// What a login does with the tokens.
    fn with<T: 'static, F>(&self, work: impl FnOnce(Tokens, Io) -> F + Send + 'static) -> Running<T>
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let tokens = self.tokens.clone();
        Flow::new(move |io| work(tokens, io)).start(self.clock())
    }

    fn put(&self, token: Token) -> Running<()> {
        self.with(|tokens, io| async move { tokens.put(token, &io).await })
    }

    fn remove(&self) -> Result<Option<String>, Error> {
        let removed = self.with(|tokens, io| async move { tokens.remove(&io).await });
        end(removed).map(|token| token.map(|token| token.expose().to_owned()))
    }

    fn kept(&self) -> Result<Option<String>, Error> {
        let kept = self.with(|tokens, io| async move { tokens.kept(&io).await });
        end(kept).map(|token| token.map(|token| token.expose().to_owned()))
    }
}

/// Runs what only asks a store.
#[track_caller]
fn end<T>(mut running: Running<T>) -> Result<T, Error> {
    loop {
        match running.step() {
            FlowStep::Block(job) => job.run(),
            FlowStep::Done(result) => return result,
            _ => panic!("it sends or waits"),
        }
    }
}

#[test]
fn a_login_is_stored_before_it_is_in_use() {
    let store = Fake::default();
    let bench = Bench::stored(&store);
    let mut running = bench.put(living("t", 0));
    let save = job(&mut running);
    assert_eq!((store.kept(), bench.fresh()), (None, None));
    save.run();
    assert_eq!((store.kept().unwrap(), bench.fresh()), ("t".into(), None));
    end(running).unwrap();
    assert_eq!((bench.fresh().unwrap(), bench.heard()), ("t".into(), vec!["renewed t".into()]));
    assert!(!store.plan().is_locked);
}

#[test]
fn a_login_that_cannot_be_stored_changes_nothing() {
    let store = Fake::default();
    let bench = Bench::stored(&store);
    end(bench.put(living("old", 0))).unwrap();
    bench.heard();
    store.plan().fails_to_save = true;
    assert_eq!(end(bench.put(living("new", 0))).unwrap_err().to_string(), "full");
    assert_eq!((bench.fresh().unwrap(), store.kept().unwrap()), ("old".into(), "old".into()));
    assert_eq!(bench.heard(), [""; 0]);
    store.plan().fails_to_save = false;
    store.plan().refuses_lock = true;
    assert_eq!(end(bench.put(living("new", 0))).unwrap_err().to_string(), "locked");
    assert_eq!(bench.fresh().unwrap(), "old");
}

/// What a person has decided counts more than what somebody has renewed meanwhile.
#[test]
fn a_login_whose_lock_has_run_out_is_stored_again() {
    let store = Fake::default();
    let bench = Bench::stored(&store);
    store.plan().overtaken = Some(Theirs(Some(record::write(&living("theirs", 0), &key()))));
    end(bench.put(living("t", 0))).unwrap();
    assert_eq!((bench.fresh().unwrap(), store.kept().unwrap()), ("t".into(), "t".into()));
}

#[test]
fn a_renewal_under_way_does_not_overwrite_a_login() {
    let bench = Bench::new(None);
    let mut renewal = bench.started();
    let call = call(&mut renewal);
    end(bench.put(living("t", 0))).unwrap();
    answer(call, 200, NEXT);
    run(renewal, 500, "");
    assert_eq!(bench.fresh().unwrap(), "t");
}

/// The renewal's token could not be stored; the login's is. So the next renewal goes by the store, where another process may
/// have been, and not by what is in memory.
#[test]
fn a_renewal_that_could_not_be_stored_does_not_mark_a_login_as_unsaved() {
    let store = Fake::default();
    let bench = Bench::stored(&store);
    let mut renewal = bench.started();
    job(&mut renewal).run();
    job(&mut renewal).run();
    answer(call(&mut renewal), 200, NEXT);
    store.plan().fails_to_save = true;
    job(&mut renewal).run();
    store.plan().fails_to_save = false;

    end(bench.put(living("t", 0))).unwrap();
    assert_eq!(run(renewal, 500, ""), [""; 0]);
    assert_eq!((bench.fresh().unwrap(), store.kept().unwrap()), ("t".into(), "t".into()));
    bench.pass(seconds(30));
    assert_eq!(bench.fresh().unwrap(), "t", "it need not be stored again");

    store.put(&living("theirs", 1));
    bench.pass(seconds(300));
    assert_eq!(run(bench.started(), 200, r#"{"access_token": "a2"}"#), ["r-theirs"]);
}

/// What is stored has been redeemed for another token, which could not be stored: a renewal that has waited for the lock
/// would redeem it once more.
#[test]
fn a_renewal_that_was_overtaken_redeems_nothing() {
    let store = Fake::default();
    let bench = Bench::stored(&store);
    end(bench.put(living("a0", 0))).unwrap();
    bench.pass(seconds(280));
    let mut renewal = bench.started();
    job(&mut renewal).run();
    let lock = job(&mut renewal);
    store.plan().fails_to_save = true;
    let redeems = |kept: Token| async move { Ok((living("a1", 280_000), kept.expose().to_owned())) };
    let redeemed = bench.with(move |tokens, io| async move { tokens.with_kept(&io, redeems).await });
    assert_eq!(end(redeemed).unwrap(), "a0");
    lock.run();
    assert_eq!(run(renewal, 200, NEXT), [""; 0]);
    assert_eq!(bench.fresh().unwrap(), "a1");
}

#[test]
fn what_is_stored_can_be_redeemed_for_something_else() {
    let store = Fake::default();
    let bench = Bench::stored(&store);
    end(bench.put(living("a0", 0))).unwrap();
    bench.heard();
    let next = |kept: Token| async move { Ok((living("a1", 0), kept.expose().to_owned())) };
    let result = end(bench.with(move |tokens, io| async move { tokens.with_kept(&io, next).await }));
    assert_eq!(result.unwrap(), "a0");
    assert_eq!((bench.fresh().unwrap(), store.kept().unwrap()), ("a1".into(), "a1".into()));

    // Not stored, it is in use all the same, and what the next one starts from; then that is stored.
    store.plan().fails_to_save = true;
    let next = |kept: Token| async move { Ok((living("a2", 1), kept.expose().to_owned())) };
    end(bench.with(move |tokens, io| async move { tokens.with_kept(&io, next).await })).unwrap();
    assert_eq!((bench.fresh().unwrap(), store.kept().unwrap()), ("a2".into(), "a1".into()));
    assert_eq!(bench.heard(), ["not saved"]);
    store.plan().fails_to_save = false;
    let same = |kept: Token| async move { Ok((kept.clone(), kept.expose().to_owned())) };
    let result = end(bench.with(move |tokens, io| async move { tokens.with_kept(&io, same).await }));
    assert_eq!((result.unwrap(), store.kept().unwrap()), ("a2".into(), "a2".into()));
    assert!(!store.plan().is_locked);
}

/// Somebody signs in between the save and what follows it: theirs is not taken out of use by what became of the one before.
#[test]
fn what_became_of_a_login_does_not_take_the_place_of_the_next() {
    for fails_to_save in [false, true] {
        let store = Fake::default();
        let bench = Bench::stored(&store);
        end(bench.put(living("a0", 0))).unwrap();
        let mut redeeming = bench.with(|tokens, io| async move {
            let next = |kept: Token| async move { Ok((living("a1", 0), kept.expose().to_owned())) };
            tokens.with_kept(&io, next).await
        });
        job(&mut redeeming).run();
        store.plan().fails_to_save = fails_to_save;
        let save = job(&mut redeeming);
        save.run();
        store.plan().fails_to_save = false;
        end(bench.put(living("b0", 1))).unwrap();
        end(redeeming).unwrap();
        assert_eq!((bench.fresh().unwrap(), store.kept().unwrap()), ("b0".into(), "b0".into()));
    }
}

/// Of what is stored and what could not be, the one whose refresh token lives is given up.
#[test]
fn what_could_not_be_stored_is_what_is_given_back() {
    let store = Fake::default();
    store.plan().may_remove = true;
    let bench = Bench::stored(&store);
    end(bench.put(living("a0", 0))).unwrap();
    store.plan().fails_to_save = true;
    let next = |_| async move { Ok((living("a1", 1), ())) };
    end(bench.with(move |tokens, io| async move { tokens.with_kept(&io, next).await })).unwrap();
    store.plan().fails_to_save = false;
    assert_eq!((bench.kept().unwrap().unwrap(), store.kept().unwrap()), ("a1".into(), "a0".into()));
    assert_eq!(bench.remove().unwrap().unwrap(), "a1");
}

#[test]
fn work_on_what_is_stored_that_fails_changes_nothing() {
    let store = Fake::default();
    let bench = Bench::stored(&store);
    let redeem = |bench: &Bench| {
        let fails = |_| async { Err::<(Token, ()), _>(Error::server("refused")) };
        end(bench.with(move |tokens, io| async move { tokens.with_kept(&io, fails).await })).unwrap_err()
    };
    end(bench.put(living("a0", 0))).unwrap();
    assert_eq!(redeem(&bench).to_string(), "refused");
    assert_eq!((bench.fresh().unwrap(), store.kept().unwrap()), ("a0".into(), "a0".into()));
    store.plan().kept = Some(Record::from_bytes(b"{".to_vec()));
    assert!(redeem(&bench).to_string().contains("is damaged"));
    assert!(!store.plan().is_locked, "whatever happens, the lock is given back");
    assert_eq!(redeem(&Bench::new(None)).to_string(), "Asks has no store");
}

#[test]
fn what_is_removed_is_given_back_and_is_nowhere_any_more() {
    let store = Fake::default();
    store.plan().may_remove = true;
    let bench = Bench::stored(&store);
    assert_eq!(bench.remove().unwrap(), None);
    end(bench.put(living("ours", 0))).unwrap();
    store.put(&living("theirs", 1));
    assert_eq!(bench.remove().unwrap().unwrap(), "theirs", "the newest there was");
    assert_eq!((bench.fresh(), store.kept()), (None, None));

    let alone = Bench::new(None);
    end(alone.put(living("ours", 0))).unwrap();
    assert_eq!((alone.remove().unwrap().unwrap(), alone.fresh()), ("ours".into(), None));
}

#[test]
fn what_cannot_be_removed_is_out_of_use_all_the_same() {
    let store = Fake::default();
    store.plan().may_remove = true;
    let bench = Bench::stored(&store);
    end(bench.put(living("t", 0))).unwrap();
    store.plan().fails_to_save = true;
    assert_eq!(bench.remove().unwrap_err().to_string(), "full");
    assert_eq!((bench.fresh(), store.kept().unwrap()), (None, "t".into()));

    // One that nobody can read goes, and what was in use is given back.
    store.plan().fails_to_save = false;
    end(bench.put(living("u", 0))).unwrap();
    store.plan().kept = Some(Record::from_bytes(b"{".to_vec()));
    assert_eq!(bench.remove().unwrap().unwrap(), "u");
    assert!(store.plan().kept.is_none());
}

#[test]
fn what_is_kept_is_what_is_stored_or_else_in_use() {
    let store = Fake::default();
    let bench = Bench::stored(&store);
    assert_eq!(bench.kept().unwrap(), None);
    end(bench.put(living("ours", 0))).unwrap();
    store.put(&living("theirs", 1));
    assert_eq!(bench.kept().unwrap().unwrap(), "theirs");
    bench.pass(seconds(400));
    assert_eq!(bench.kept().unwrap().unwrap(), "theirs", "whatever it is worth");
    store.plan().kept = None;
    assert_eq!(bench.kept().unwrap().unwrap(), "ours");
    store.plan().kept = Some(Record::from_bytes(b"{".to_vec()));
    assert!(bench.kept().unwrap_err().to_string().contains("is damaged"));
    let alone = Bench::new(None);
    end(alone.put(living("ours", 0))).unwrap();
    assert_eq!(alone.kept().unwrap().unwrap(), "ours");
}

/// A source with a way of its own, whose tokens end with their record.
#[derive(Debug)]
struct Own {
    is_malformed: bool,
}

#[derive(Debug)]
struct OwnScheme;

impl Scheme for OwnScheme {
    fn authorize(&self, _: &mut Hop<'_>) -> Result<Step, Error> {
        Ok(Step::Send)
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a way of its own")
    }
}

impl TokenSource for Own {
    async fn fetch(&self, _: &Io) -> Result<Token, Error> {
        Err(Error::credential("signed out"))
    }

    fn scheme(&self, _: &Tokens) -> Result<Option<Arc<dyn Scheme>>, Error> {
        if self.is_malformed { Err(Error::caller("no key")) } else { Ok(Some(Arc::new(OwnScheme))) }
    }

    fn ends_with_its_record(&self) -> bool {
        true
    }
}

/// Signed out by another process.
#[test]
fn what_has_ended_with_its_record_is_not_kept_in_memory() {
    let store = Fake::default();
    let own = Own { is_malformed: false };
    let tokens = Tokens::builder(own).store(store.clone()).store_as("the test").build().unwrap();
    let bench = Bench { tokens, ..Bench::new(None) };
    end(bench.put(living("t", 0))).unwrap();
    assert_eq!(bench.kept().unwrap().unwrap(), "t");
    store.plan().kept = None;
    assert_eq!(bench.kept().unwrap(), None);
    let work = |kept: Token| async move { Ok((kept, ())) };
    let error = end(bench.with(move |tokens, io| async move { tokens.with_kept(&io, work).await }));
    assert_eq!(error.unwrap_err().to_string(), "signed out", "which says what has to be done");
}

#[test]
fn tokens_go_in_the_way_of_their_source() {
    let own = |is_malformed| Tokens::new(Own { is_malformed }).unwrap().own_scheme();
    let scheme = own(false).unwrap().unwrap();
    assert_eq!(format!("{scheme:?}"), "OwnScheme");
    assert_eq!(own(true).unwrap_err().to_string(), "no key");
    assert!(Tokens::new(Asks).unwrap().own_scheme().unwrap().is_none());
    assert_eq!(
        Bearer::new(Tokens::new(Own { is_malformed: true }).unwrap()).into_scheme().unwrap_err().fault(),
        Fault::Caller
    );
}

#[test]
fn a_flow_gets_a_token_that_is_fetched_if_need_be() {
    let bench = Bench::new(None);
    let get = || bench.with(|tokens, io| async move { Ok(tokens.get(&io).await?.expose().to_owned()) });
    let mut first = get();
    let mut second = get();
    answer(call(&mut first), 200, NEXT);
    let wait = job(&mut second);
    assert_eq!(end(first).unwrap(), "a1");
    wait.run();
    assert_eq!(end(second).unwrap(), "a1", "by the same fetch");
    assert_eq!(end(get()).unwrap(), "a1");

    bench.pass(seconds(400));
    let mut failing = get();
    let call = call(&mut failing);
    assert_eq!(call.request().body(), b"r1");
    answer(call, 400, "");
    assert_eq!(end(failing).unwrap_err().to_string(), "refused");
}

/// RFC 9470 section 3: the token is good, and another of the same login would do no better.
#[test]
fn a_wish_for_another_login_refuses_no_token() {
    let bench = Bench::new(None);
    end(bench.put(living("t", 0))).unwrap();
    let observed = |challenge: &str| {
        let headers = HeaderMap::from_iter([(http::header::WWW_AUTHENTICATE, challenge.parse().unwrap())]);
        bench.tokens.observed(&ResponseView::new(StatusCode::UNAUTHORIZED, &headers), Stamp(1))
    };
    let verdict = observed("Bearer error=\"insufficient_user_authentication\", acr_values=\"gold\"");
    assert!(matches!(verdict, Verdict::Unanswered(_)), "{verdict:?}");
    assert_eq!(bench.fresh().unwrap(), "t");
    let verdict = observed("Bearer error=\"invalid_token\"");
    assert!(matches!(verdict, Verdict::Resend { because: Resend::Renewed, stamp: Stamp(2) }), "{verdict:?}");
    assert_eq!(bench.fresh(), None);
}

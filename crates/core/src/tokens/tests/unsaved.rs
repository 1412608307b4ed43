//! A token that could not be stored: it is in use, it is the newest there is, and it is stored as soon as that is possible.

use super::{
    super::{Acquired, Token, cache::Refusal},
    Bench, at, job,
    renewing::NEXT,
    run, seconds,
    stores::Fake,
};

/// A token in use that is not in the store; there is what was there before.
fn unsaved(store: &Fake) -> Bench {
    let bench = Bench::stored(store);
    store.plan().fails_to_save = true;
    run(bench.started(), 200, NEXT);
    store.plan().fails_to_save = false;
    assert_eq!(bench.heard(), ["not saved"]);
    assert_eq!(bench.fresh().unwrap(), "a1");
    bench
}

#[test]
fn it_is_used_and_stored_half_a_minute_later_without_a_call() {
    let store = Fake::default();
    let bench = unsaved(&store);
    bench.pass(seconds(29));
    assert!(bench.fresh().is_some());
    bench.pass(seconds(1));
    assert_eq!(run(bench.started(), 500, ""), [""; 0]);
    assert_eq!((bench.fresh().unwrap(), store.kept().unwrap()), ("a1".into(), "a1".into()));
    assert_eq!(bench.heard(), ["renewed a1"]);
    bench.pass(seconds(30));
    assert!(bench.fresh().is_some(), "once stored, it is left alone");
}

#[test]
fn a_store_that_keeps_failing_is_tried_every_half_minute() {
    let store = Fake::default();
    let bench = unsaved(&store);
    store.plan().fails_to_save = true;
    for _ in 0..3 {
        bench.pass(seconds(30));
        assert_eq!(run(bench.started(), 500, ""), [""; 0]);
        assert_eq!((bench.fresh().unwrap(), bench.heard()), ("a1".into(), vec!["not saved".into()]));
    }
    bench.pass(seconds(210));
    assert_eq!(run(bench.started(), 200, r#"{"access_token": "a2"}"#), ["r1"], "by its own refresh token");
}

#[test]
fn nobody_waits_for_it_to_be_stored() {
    let bench = unsaved(&Fake::default());
    bench.pass(seconds(30));
    let mut acquire = bench.tokens.acquire();
    let Ok(Acquired::Start(_flow)) = acquire.step(bench.now()) else { panic!("not stored again") };
    assert!(matches!(acquire.step(bench.now()), Ok(Acquired::Token(_))));
}

/// The token before it, with life left and its refresh token spent.
fn refused_before(store: &Fake) -> Bench {
    store.put(&Token::new("a0").lifetime(at(0), seconds(3600)).refresh_token("r0"));
    let bench = Bench::stored(store);
    run(bench.started(), 500, "");
    assert_eq!(bench.heard(), ["adopted a0"]);
    assert_eq!(bench.tokens.0.cache.reject(1, bench.now()), Refusal::Again(2));
    bench.pass(seconds(1));
    store.plan().fails_to_save = true;
    assert_eq!(run(bench.started(), 200, NEXT), ["r0"]);
    store.plan().fails_to_save = false;
    bench.heard();
    bench
}

#[test]
fn what_it_has_replaced_does_not_come_back_from_the_store() {
    let store = Fake::default();
    let bench = refused_before(&store);
    bench.pass(seconds(30));
    assert_eq!(run(bench.started(), 500, ""), [""; 0]);
    assert_eq!((bench.fresh().unwrap(), store.kept().unwrap()), ("a1".into(), "a1".into()));
}

#[test]
fn what_it_has_replaced_does_not_come_back_when_it_ends_or_is_refused() {
    for refused in [false, true] {
        let store = Fake::default();
        let bench = refused_before(&store);
        if refused {
            bench.pass(seconds(2));
            assert_eq!(bench.tokens.0.cache.reject(2, bench.now()), Refusal::Again(3));
        } else {
            bench.pass(seconds(300));
        }
        assert_eq!(run(bench.started(), 200, r#"{"access_token": "a2"}"#), ["r1"]);
        assert_eq!((bench.fresh().unwrap(), store.kept().unwrap()), ("a2".into(), "a2".into()));
    }
}

#[test]
fn what_another_process_has_stored_since_is_adopted() {
    let store = Fake::default();
    let bench = unsaved(&store);
    bench.pass(seconds(30));
    store.put(&Token::new("theirs").lifetime(bench.now(), seconds(300)));
    assert_eq!(run(bench.started(), 500, ""), [""; 0]);
    assert_eq!(bench.fresh().unwrap(), "theirs");
}

#[test]
fn refused_while_it_is_being_stored_it_is_renewed_instead() {
    let store = Fake::default();
    let bench = unsaved(&store);
    bench.pass(seconds(30));
    let mut running = bench.started();
    job(&mut running).run();
    assert_eq!(bench.tokens.0.cache.reject(1, bench.now()), Refusal::Again(2));
    assert_eq!(run(running, 200, r#"{"access_token": "a2"}"#), ["r1"]);
    assert_eq!((bench.fresh().unwrap(), store.kept().unwrap()), ("a2".into(), "a2".into()));
}

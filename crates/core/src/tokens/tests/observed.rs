//! What the observers of an `Auth` hear of its tokens: why, and how long it took.

use std::sync::{Arc, Mutex};

use super::{Bench, answer, call, job, renewing::NEXT, run, seconds, stores::Fake};
use crate::{Auth, Event, Flow, Token, flow::FlowStep};

/// An observed `Auth`, and what its observer hears.
struct Observed {
    _auth: Auth,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Observed {
    fn of(bench: &Bench) -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ears = Arc::clone(&heard);
        let auth = Auth::new("https://api.example.com", &bench.tokens).unwrap();
        Self { _auth: auth.observe(move |event| ears.lock().unwrap().push(said(event))), heard }
    }

    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

fn said(event: &Event<'_>) -> String {
    let why = event.why().unwrap_or("-");
    let took = event.elapsed().map_or_else(|| "-".to_owned(), |elapsed| format!("{elapsed:?}"));
    assert!(
        event.label().and_then(|label| label.split('#').next()).is_some_and(|label| !label.contains("a1")),
        "{event}"
    );
    assert_eq!(event.origin(), "https://api.example.com");
    format!("{} {why} {took}", event.name())
}

/// Answers the one call of the flow under way after so many seconds.
fn renewed(bench: &Bench, after: u64, status: u16) {
    let mut running = bench.started();
    let asked = call(&mut running);
    bench.pass(seconds(after));
    answer(asked, status, NEXT);
    while let FlowStep::Block(job) = running.step() {
        job.run();
    }
}

#[test]
fn a_renewal_says_why_and_how_long_it_took() {
    let bench = Bench::new(None);
    let observed = Observed::of(&bench);
    renewed(&bench, 2, 200);
    assert_eq!(observed.heard(), ["renewed first 2s"]);
    bench.pass(seconds(250));
    renewed(&bench, 3, 200);
    assert_eq!(observed.heard(), ["renewed expiring 3s"]);
    bench.pass(seconds(400));
    renewed(&bench, 4, 500);
    assert_eq!(observed.heard(), ["renewal_failed busy 4s"]);
    bench.pass(seconds(400));
    renewed(&bench, 0, 200);
    assert_eq!(observed.heard(), ["renewed expired 0ns"]);
    assert!(bench.tokens.0.cache.peek().as_ref().is_some_and(|current| current.generation == 3));
    bench.pass(seconds(100));
    bench.tokens.0.cache.reject(3, bench.now());
    renewed(&bench, 1, 200);
    assert_eq!(observed.heard(), ["renewed refused 1s"]);
}

/// Whoever waits for the token finds what was counted: observers hear of it first.
#[test]
fn it_is_told_before_anybody_uses_the_token() {
    let bench = Bench::new(None);
    let observed = Observed::of(&bench);
    let mut running = bench.started();
    answer(call(&mut running), 200, NEXT);
    let telling = job(&mut running);
    assert_eq!(bench.fresh(), None);
    telling.run();
    assert_eq!(observed.heard(), ["renewed first 0ns"]);
    assert!(matches!(running.step(), FlowStep::Done(Ok(()))));
    assert!(bench.fresh().is_some());
}

/// It is new once, however often it is tried to store it.
#[test]
fn a_token_that_could_not_be_stored_is_renewed_once() {
    let store = Fake::default();
    let bench = Bench::stored(&store);
    let observed = Observed::of(&bench);
    store.plan().fails_to_save = true;
    run(bench.started(), 200, NEXT);
    let [renewed, not_saved] = &*observed.heard() else { panic!("told something else") };
    assert_eq!(renewed, "renewed first 0ns");
    assert!(not_saved.starts_with("not_saved "), "{not_saved}");
    store.plan().fails_to_save = false;
    bench.pass(seconds(30));
    assert_eq!(run(bench.started(), 500, ""), [""; 0]);
    assert_eq!((observed.heard(), bench.heard().len()), (vec![], 2), "the listener hears of the storing");
}

#[test]
fn a_login_of_a_person_is_one() {
    let bench = Bench::new(None);
    let observed = Observed::of(&bench);
    let tokens = bench.tokens.clone();
    let flow = Flow::new(move |io| async move { tokens.put(Token::new("t"), &io).await });
    run(bench.start(flow), 500, "");
    assert_eq!(observed.heard(), ["renewed login -"]);
}

/// A web application makes an `Auth` for each request, over tokens that stay.
#[test]
fn an_auth_that_is_gone_leaves_nothing_behind() {
    let bench = Bench::new(None);
    for _ in 0..100 {
        drop(Observed::of(&bench));
    }
    let observed = Observed::of(&bench);
    assert_eq!(bench.tokens.0.watchers.count(), 1);
    renewed(&bench, 0, 200);
    assert_eq!(observed.heard().len(), 1);
}

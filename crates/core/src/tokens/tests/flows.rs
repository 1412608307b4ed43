//! Conversations, stepped by hand: whatever goes wrong in one ends it with an error, and nothing escapes or hangs.

use std::{
    future,
    panic::resume_unwind,
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use http::Request;

use super::{
    super::{Acquired, Token, TokenSource, Tokens},
    answer, at, job, seconds,
};
use crate::{
    Error, Fault,
    flow::{Flow, FlowStep, Io, Running},
};

fn start<T: 'static, F>(conversation: impl FnOnce(Io) -> F + Send + 'static) -> Running<T>
where
    F: Future<Output = Result<T, Error>> + Send + 'static,
{
    Flow::new(conversation).start(Arc::new(|| at(0)))
}

/// A panic that no hook tells of.
fn panics() {
    resume_unwind(Box::new("s3cret"));
}

#[track_caller]
fn ends_with<T>(running: &mut Running<T>, says: &str) {
    let FlowStep::Done(Err(error)) = running.step() else { panic!("it does not end with an error") };
    assert!(error.to_string().contains(says), "{error}");
    assert_eq!(error.fault(), Fault::Caller);
    let FlowStep::Done(Err(error)) = running.step() else { panic!("it goes on") };
    assert_eq!(error.to_string(), "the flow has ended already");
}

fn request() -> Request<Vec<u8>> {
    Request::get("https://api.example.com/").body(Vec::new()).unwrap()
}

#[test]
fn awaiting_anything_but_its_io_ends_it() {
    ends_with(&mut start::<(), _>(|_| future::pending()), "awaits something that is not its Io");
}

/// What `join` does: polls two futures in turn.
async fn both(first: impl Future, second: impl Future) {
    let (mut first, mut second) = (pin!(first), pin!(second));
    future::poll_fn(|context: &mut Context<'_>| {
        let (first, second) = (first.as_mut().poll(context), second.as_mut().poll(context));
        if first.is_ready() && second.is_ready() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

#[test]
fn asking_for_two_things_at_once_ends_it() {
    let mut running = start(|io| async move {
        both(io.send(request()), io.sleep(seconds(1))).await;
        Ok(())
    });
    ends_with(&mut running, "two things at once");
}

#[test]
fn what_is_no_longer_waited_for_does_no_harm() {
    let mut running = start(|io| async move {
        let mut dropped = Box::pin(io.sleep(seconds(1)));
        let _ = dropped.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        drop(dropped);
        Ok(7)
    });
    assert!(matches!(running.step(), FlowStep::Done(Ok(7))));
}

#[test]
fn a_panic_ends_it_and_is_not_quoted() {
    let mut running = start(|_| async {
        panics();
        Ok(())
    });
    let FlowStep::Done(Err(error)) = running.step() else { panic!() };
    assert_eq!(error.to_string(), "a token source or another flow panicked");
    assert!(matches!(running.step(), FlowStep::Done(Err(_))));
}

#[test]
fn a_panic_in_a_job_is_an_error_of_the_job() {
    let mut running = start(|io| async move { io.block(panics).await });
    job(&mut running).run();
    ends_with(&mut running, "a blocking part of a flow panicked");
}

#[test]
fn a_job_that_is_dropped_unrun_is_an_error_of_the_job() {
    let mut running = start(|io| async move { io.block(|| ()).await });
    drop(job(&mut running));
    ends_with(&mut running, "a blocking part of a flow could not be run");
}

#[test]
fn a_job_outlives_its_flow() {
    let done = Arc::new(Mutex::new(false));
    let does = Arc::clone(&done);
    let mut running = start(|io| async move { io.block(move || *does.lock().unwrap() = true).await });
    let job = job(&mut running);
    drop(running);
    job.run();
    assert!(*done.lock().unwrap());
}

#[test]
fn a_call_without_an_answer_ends_it() {
    let mut running = start(|io| async move { io.send(request()).await });
    let FlowStep::Send(call) = running.step() else { panic!() };
    drop(call);
    ends_with(&mut running, "was not answered");
}

#[test]
fn an_answer_says_when_it_was_asked_for() {
    let mut running = start(|io| async move { Ok(io.send(request()).await?.asked_at()) });
    let FlowStep::Send(call) = running.step() else { panic!() };
    answer(call, 200, "");
    assert!(matches!(running.step(), FlowStep::Done(Ok(asked_at)) if asked_at == at(0)));
}

#[test]
fn plain_http_is_refused_before_anything_is_sent() {
    let request = || Request::get("http://login.example.com/").body(Vec::new()).unwrap();
    let mut running = start(move |io| async move { io.send(request()).await });
    ends_with(&mut running, "plain http");
    let mut running = start(move |io| async move { io.danger_send_plain_http(request()).await });
    assert!(matches!(running.step(), FlowStep::Send(_)));
}

#[test]
fn a_blocking_driver_refuses_to_await() {
    let mut running = start(|io| async move { io.await_foreign(async { 7 }).await });
    let FlowStep::Await(foreign) = running.step() else { panic!() };
    drop(foreign);
    ends_with(&mut running, "this client cannot await futures");
}

#[test]
fn an_async_driver_awaits() {
    let mut running = start(|io| async move { io.await_foreign(async { 7 }).await });
    let FlowStep::Await(foreign) = running.step() else { panic!() };
    assert!(pin!(foreign.run()).poll(&mut Context::from_waker(Waker::noop())).is_ready());
    assert!(matches!(running.step(), FlowStep::Done(Ok(7))));
}

#[test]
fn a_sleep_needs_no_answer() {
    let mut running = start(|io| async move {
        io.sleep(seconds(5)).await;
        Ok(io.now())
    });
    assert!(matches!(running.step(), FlowStep::Sleep(time) if time == seconds(5)));
    assert!(matches!(running.step(), FlowStep::Done(Ok(now)) if now == at(0)));
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panics();
    }
}

#[test]
fn a_destructor_that_panics_does_not_escape() {
    let holds = || {
        start(|io| async move {
            let _bomb = Bomb;
            io.send(request()).await
        })
    };
    drop(holds());
    let mut under_way = holds();
    let FlowStep::Send(call) = under_way.step() else { panic!() };
    drop((call, under_way));
    let mut ends = holds();
    let FlowStep::Send(call) = ends.step() else { panic!() };
    answer(call, 200, "");
    ends_with(&mut ends, "panicked");
    let mut hangs = holds();
    let FlowStep::Send(call) = hangs.step() else { panic!() };
    drop(call);
    ends_with(&mut hangs, "was not answered");
    drop(start::<(), _>(|_| {
        let bomb = Bomb;
        async move {
            let _bomb = bomb;
            future::pending().await
        }
    }));
}

#[derive(Debug)]
struct Panics;

impl TokenSource for Panics {
    async fn fetch(&self, _: &Io) -> Result<Token, Error> {
        panics();
        Ok(Token::new("never"))
    }
}

/// Like any failure that only a person can mend: nobody is sent into it at once.
#[test]
fn a_source_that_panics_has_failed() {
    let tokens = Tokens::new(Panics).unwrap();
    for when in [0, 31_000] {
        let flow = match tokens.acquire().step(at(when)) {
            Ok(Acquired::Start(flow)) => flow,
            other => panic!("nobody begins: {other:?}"),
        };
        let mut running = flow.start(Arc::new(move || at(when)));
        assert!(matches!(running.step(), FlowStep::Done(Ok(()))));
        let error = tokens.acquire().step(at(when + 1)).err().map(|error| error.to_string());
        assert!(error.is_some_and(|text| text.contains("panicked")));
    }
}

/// Awaits what is not its `Io`: nobody will ever wake it.
#[derive(Debug)]
struct Elsewhere;

impl TokenSource for Elsewhere {
    async fn fetch(&self, _: &Io) -> Result<Token, Error> {
        future::pending().await
    }
}

/// The source's mistake is said, told, and not repeated at once.
#[test]
fn a_source_that_awaits_anything_else_has_failed() {
    let heard = Arc::new(std::sync::Mutex::new(Vec::new()));
    let ears = Arc::clone(&heard);
    let listener = move |event: &crate::TokenEvent| ears.lock().unwrap().push(format!("{event:?}"));
    let tokens = Tokens::builder(Elsewhere).on_event(listener).build().unwrap();
    let Ok(Acquired::Start(flow)) = tokens.acquire().step(at(0)) else { panic!("nobody begins") };
    let mut running = flow.start(Arc::new(|| at(0)));
    job(&mut running).run();
    assert!(matches!(running.step(), FlowStep::Done(Ok(()))));
    let error = tokens.acquire().step(at(1)).unwrap_err();
    assert!(
        error.to_string().starts_with("Elsewhere: a flow awaits something that is not its Io"),
        "{error}"
    );
    assert!(!error.is_transient() && heard.lock().unwrap().len() == 1);
}

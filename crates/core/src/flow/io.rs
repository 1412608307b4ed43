//! What a flow may ask of its driver.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use http::Request;

use super::{Answer, caught};
use crate::{Clock, Error, Target, origin};

/// The one thing a [`Flow`](super::Flow) may await. Ask for one thing at a time.
#[derive(Clone)]
pub struct Io {
    desk: Arc<Desk>,
    clock: Arc<dyn Clock>,
    call_timeout: Duration,
}

impl Io {
    pub(super) fn new(desk: Arc<Desk>, clock: Arc<dyn Clock>, call_timeout: Duration) -> Self {
        Self { desk, clock, call_timeout }
    }

    /// The same desk, for a part of the flow whose calls may take another time.
    pub(super) fn with_call_timeout(&self, call_timeout: Duration) -> Self {
        Self { call_timeout, ..self.clone() }
    }

    /// Sends a request and waits for the whole answer, of whatever status.
    ///
    /// It must go to https, or to the machine itself: token endpoints see passwords and refresh tokens (RFC 6749
    /// section 3.2).
    ///
    /// # Errors
    /// The URL is not absolute or not https; nothing was sent. Or the network failed, the answer was too large or took
    /// too long.
    pub fn send<B: Into<Vec<u8>>>(&self, request: Request<B>) -> Sending<'_> {
        let checked = Target::from_uri(request.uri()).and_then(|target| {
            if origin::is_protected(&target) {
                return Ok(());
            }
            Err(Error::caller(format!(
                "{} is plain http: what a token is fetched with could be read on the way; use https",
                target.origin()
            )))
        });
        Sending::new(self, checked, request)
    }

    /// The same, to plain http on another machine too: everyone on the way can read it.
    ///
    /// # Errors
    /// As for [`send`](Self::send), but for plain http.
    pub fn danger_send_plain_http<B: Into<Vec<u8>>>(&self, request: Request<B>) -> Sending<'_> {
        let checked = Target::from_uri(request.uri()).map(drop);
        Sending::new(self, checked, request)
    }

    /// Lets time pass. In tests no time passes, only the clock of the test.
    pub async fn sleep(&self, time: Duration) {
        let done = Slot::default();
        done.put(());
        self.ask(Ask::Sleep(time), done).await;
    }

    /// Runs a closure where blocking is allowed: reading a file, waiting for a lock.
    ///
    /// A flow that is dropped meanwhile does not stop it. What must outlive it (the guard of a lock) is moved in, and
    /// comes back with the result.
    ///
    /// # Errors
    /// It panicked; or the driver could not run it, since its runtime is shutting down, which is
    /// [transient](Error::transient).
    pub async fn block<R: Send + 'static>(
        &self,
        job: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, Error> {
        let result = Slot::default();
        let (out, failed) = (result.clone(), result.clone());
        let job = Job {
            run: Box::new(move || {
                let done = catch_unwind(AssertUnwindSafe(job));
                out.put(done.map_err(|_| Error::caller("a blocking part of a flow panicked")));
            }),
            unrun: Unrun(Some(Box::new(move || {
                failed.put_first(|| {
                    let message = "a blocking part of a flow could not be run: its runtime is shutting down";
                    Err(Error::caller(message).transient())
                });
            }))),
        };
        self.ask(Ask::Block(job), result).await
    }

    /// Awaits a future of somebody else's, on drivers that have a runtime for it.
    ///
    /// # Errors
    /// The driver is a blocking one, or the future panicked, or took longer than a call may.
    pub async fn await_foreign<R: Send + 'static>(
        &self,
        future: impl Future<Output = R> + Send + 'static,
    ) -> Result<R, Error> {
        let result = Slot::default();
        let (out, failed) = (result.clone(), result.clone());
        let begun = Arc::new(AtomicBool::new(false));
        let (is_begun, limit) = (Arc::clone(&begun), self.call_timeout);
        let foreign = Foreign {
            limit,
            future: Box::pin(async move {
                begun.store(true, Ordering::Relaxed);
                let done = caught(future).await;
                out.put(done.ok_or_else(|| Error::caller("a future that a flow awaits panicked")));
            }),
            unrun: Unrun(Some(Box::new(move || {
                failed.put_first(|| {
                    Err(if is_begun.load(Ordering::Relaxed) {
                        Error::timed_out(format!("there was no token within {:.1} s", limit.as_secs_f64()))
                    } else {
                        Error::caller("this client cannot await futures; give it a blocking token provider")
                    })
                });
            }))),
        };
        self.ask(Ask::Await(foreign), result).await
    }

    /// The time now, by the clock of the client.
    pub fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// Whether somebody else's code, which is pending, has asked for one thing here. Else it waits for what never comes.
    pub(crate) fn check_asked(&self) -> Result<(), Error> {
        self.desk.check()
    }

    fn ask<R>(&self, ask: Ask, reply: Slot<R>) -> Asked<R> {
        self.desk.put(ask);
        Asked { reply, parked: false }
    }
}

impl fmt::Debug for Io {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Io")
    }
}

/// A request to be sent once this is awaited, and then its answer.
#[must_use = "nothing is sent before it is awaited"]
pub struct Sending<'a> {
    io: &'a Io,
    request: Option<Result<Box<Request<Vec<u8>>>, Error>>,
    sent_at: SystemTime,
}

impl<'a> Sending<'a> {
    fn new<B: Into<Vec<u8>>>(io: &'a Io, checked: Result<(), Error>, request: Request<B>) -> Self {
        let request = checked.map(|()| Box::new(request.map(Into::into)));
        Self { io, request: Some(request), sent_at: SystemTime::UNIX_EPOCH }
    }
}

impl Future for Sending<'_> {
    type Output = Result<Answer, Error>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(request) = self.request.take() else {
            let answer = self.io.desk.take_answer();
            return answer.map_or(Poll::Pending, |answer| {
                Poll::Ready(answer.map(|answer| answer.sent_at(self.sent_at)))
            });
        };
        let request = request?;
        // Expiry counts from here: the server may have begun to count as soon as it saw the request.
        self.sent_at = self.io.now();
        self.io.desk.put(Ask::Send(request, self.io.call_timeout));
        Poll::Pending
    }
}

impl fmt::Debug for Sending<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sending")
    }
}

/// Pending until the driver has been here once and left a reply.
struct Asked<R> {
    reply: Slot<R>,
    parked: bool,
}

impl<R> Future for Asked<R> {
    type Output = R;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<R> {
        if !self.parked {
            self.parked = true;
            return Poll::Pending;
        }
        self.reply.take().map_or(Poll::Pending, Poll::Ready)
    }
}

pub(super) enum Ask {
    Send(Box<Request<Vec<u8>>>, Duration),
    Sleep(Duration),
    Block(Job),
    Await(Foreign),
}

/// Where a flow leaves what it asks for, and the driver finds it.
#[derive(Default)]
pub(super) struct Desk(Mutex<Asks>);

#[derive(Default)]
struct Asks {
    ask: Option<Ask>,
    twice: bool,
    /// To what was sent last.
    answer: Option<Result<Answer, Error>>,
}

impl Desk {
    fn put(&self, ask: Ask) {
        let mut asks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        asks.twice |= asks.ask.is_some();
        asks.ask = Some(ask);
        // One that came for somebody who did not wait for it is nobody else's.
        asks.answer = None;
    }

    pub(super) fn put_answer(&self, answer: Result<Answer, Error>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).answer = Some(answer);
    }

    fn take_answer(&self) -> Option<Result<Answer, Error>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).answer.take()
    }

    /// Whether what polls the flow has left one ask here. If not, the desk is cleared for who handles that.
    fn check(&self) -> Result<(), Error> {
        let mut asks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = match (&asks.ask, asks.twice) {
            (Some(_), false) => return Ok(()),
            (_, true) => Err(asked_twice()),
            (None, false) => Err(not_its_io()),
        };
        *asks = Asks::default();
        found
    }

    pub(super) fn take(&self) -> Result<Option<Ask>, Error> {
        let mut asks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if asks.twice {
            return Err(asked_twice());
        }
        Ok(asks.ask.take())
    }
}

fn asked_twice() -> Error {
    Error::caller("a flow asked its Io for two things at once; await one before the next")
}

pub(super) fn not_its_io() -> Error {
    Error::caller(
        "a flow awaits something that is not its Io, or was not answered; other futures go through Io::await_foreign, on \
         an async client",
    )
}

/// Where a reply is left. The driver and the flow never hold it at the same time.
pub(super) struct Slot<R>(Arc<Mutex<Option<R>>>);

impl<R> Slot<R> {
    pub(super) fn put(&self, value: R) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
    }

    fn put_first(&self, value: impl FnOnce() -> R) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(value);
    }

    fn take(&self) -> Option<R> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<R> Default for Slot<R> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<R> Clone for Slot<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// A closure to be run where blocking is allowed. It keeps its result; dropped unrun, it tells the flow.
pub struct Job {
    run: Box<dyn FnOnce() + Send>,
    unrun: Unrun,
}

impl Job {
    /// Runs it. A panic in it ends here: the flow is told.
    pub fn run(self) {
        let Self { run, unrun } = self;
        run();
        drop(unrun);
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Job")
    }
}

/// A future to be awaited by a driver that has a runtime. Dropped unfinished, it tells the flow.
pub struct Foreign {
    limit: Duration,
    future: Pin<Box<dyn Future<Output = ()> + Send>>,
    unrun: Unrun,
}

impl Foreign {
    /// How long it may take. Drop it then.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// Awaits it.
    pub async fn run(self) {
        let Self { future, unrun, .. } = self;
        future.await;
        drop(unrun);
    }
}

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Foreign")
    }
}

/// Leaves an error where no result has been left.
struct Unrun(Option<Box<dyn FnOnce() + Send>>);

impl Drop for Unrun {
    fn drop(&mut self) {
        if let Some(leave) = self.0.take() {
            leave();
        }
    }
}

//! A conversation needed besides the request, as straight-line async code without a runtime.
//!
//! A [`Flow`] wraps an `async` block that talks only through its [`Io`]: fetch a token, discover metadata, poll a device
//! code. No runtime polls it and no waker wakes it. Each `io.send(..).await` parks the request at a desk and returns; the
//! driver takes it from there, performs it, puts the answer back and polls again. So one flow runs under an async client,
//! under a blocking one, and in a test that answers by hand:
//!
//! ```
//! use authwright_core::flow::{Answer, Flow, FlowStep};
//! use std::{sync::Arc, time::SystemTime};
//!
//! let flow = Flow::new(|io| async move {
//!     let request = http::Request::get("https://api.example.com/nonce").body(Vec::new()).unwrap();
//!     Ok(io.send(request).await?.status().as_u16())
//! });
//! let mut running = flow.start(Arc::new(SystemTime::now));
//! let FlowStep::Send(call) = running.step() else { panic!() };
//! assert_eq!(call.request().uri(), "https://api.example.com/nonce");
//! call.answer(Ok(Answer::new(http::Response::new(b"n-1".to_vec()))));
//! let FlowStep::Done(Ok(status)) = running.step() else { panic!() };
//! assert_eq!(status, 200);
//! ```

mod call;
mod date;
mod io;
mod json;

use std::{
    any::Any,
    fmt,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use self::io::{Ask, Desk};
pub use self::{
    call::{Answer, Call, Incoming, MAX_ANSWER},
    io::{Foreign, Io, Job, Sending},
    json::Json,
};
use crate::{Clock, Error, Tokens, observe::traced};

/// How long one call of a flow may take where nothing else is said.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(20);

type Conversation<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

/// A conversation that has not begun. Both adapters run it with `run_flow(flow)`.
///
/// Its calls carry no credential but what it puts on them itself, are never redirected, and end after
/// [a time](CALL_TIMEOUT) and [a size](MAX_ANSWER).
#[must_use = "a flow does nothing until a client runs it"]
pub struct Flow<T>(Box<dyn Begin<T>>);

trait Begin<T>: Send {
    fn begin(self: Box<Self>, io: Io) -> Conversation<T>;
    fn call_timeout(&mut self) -> &mut Duration;
    fn source(&mut self) -> &mut traced::Source;
}

struct Prepared<F> {
    conversation: F,
    call_timeout: Duration,
    source: traced::Source,
}

impl<T, F, Fut> Begin<T> for Prepared<F>
where
    F: FnOnce(Io) -> Fut + Send,
    Fut: Future<Output = Result<T, Error>> + Send + 'static,
{
    fn begin(self: Box<Self>, io: Io) -> Conversation<T> {
        Box::pin(traced::flow(self.source, (self.conversation)(io)))
    }

    fn call_timeout(&mut self) -> &mut Duration {
        &mut self.call_timeout
    }

    fn source(&mut self) -> &mut traced::Source {
        &mut self.source
    }
}

impl<T: 'static> Flow<T> {
    /// A flow from an async function. It may await its [`Io`], one thing at a time, and nothing else.
    pub fn new<F, Fut>(conversation: F) -> Self
    where
        F: FnOnce(Io) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let source = traced::Source::UNKNOWN;
        Self(Box::new(Prepared { conversation, call_timeout: CALL_TIMEOUT, source }))
    }

    /// How long each of its calls may take.
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        *self.0.call_timeout() = timeout;
        self
    }

    /// Names the tokens that it is about, for its span of `tracing`.
    #[doc(hidden)]
    pub fn about(self, tokens: &Tokens) -> Self {
        self.of_source(tokens.shared_name())
    }

    /// Names what it fetches from.
    pub(crate) fn of_source(mut self, name: &Arc<str>) -> Self {
        *self.0.source() = traced::Source::of(name);
        self
    }

    /// Runs it as a part of another flow.
    ///
    /// # Errors
    /// Its own.
    ///
    /// ```
    /// use authwright_core::{Error, Flow};
    ///
    /// fn greeting() -> Flow<&'static str> {
    ///     Flow::new(|_| async { Ok("hello") })
    /// }
    ///
    /// let both = Flow::new(|io| async move {
    ///     let first = greeting().within(&io).await?;
    ///     Ok::<_, Error>([first, greeting().within(&io).await?])
    /// });
    /// ```
    pub async fn within(mut self, io: &Io) -> Result<T, Error> {
        let call_timeout = *self.0.call_timeout();
        self.0.begin(io.with_call_timeout(call_timeout)).await
    }

    /// Begins it, for a driver to step.
    pub fn start(mut self, clock: Arc<dyn Clock>) -> Running<T> {
        let desk = Arc::new(Desk::default());
        let io = Io::new(Arc::clone(&desk), clock, *self.0.call_timeout());
        Running { conversation: Some(self.0.begin(io)), desk }
    }
}

impl<T> fmt::Debug for Flow<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Flow")
    }
}

/// A flow under way: [`step`](Running::step) it, do what it asks, and step it again.
#[must_use = "a flow does nothing until it is stepped"]
pub struct Running<T> {
    /// None once it has ended.
    conversation: Option<Conversation<T>>,
    desk: Arc<Desk>,
}

/// What a flow wants done before it is stepped again.
#[derive(Debug)]
#[must_use]
pub enum FlowStep<T> {
    /// Send this, and give it the answer.
    Send(Call),
    /// Let this much time pass.
    Sleep(Duration),
    /// Run this where blocking is allowed.
    Block(Job),
    /// Await this, or refuse it where futures cannot be awaited.
    Await(Foreign),
    /// It has ended.
    Done(Result<T, Error>),
}

impl<T> Running<T> {
    /// Runs the conversation up to the next thing it asks for.
    ///
    /// It ends with an error, instead of hanging, where it awaits anything but its own [`Io`], asks for two things at
    /// once, is stepped without having been answered, or panics.
    pub fn step(&mut self) -> FlowStep<T> {
        let Some(conversation) = &mut self.conversation else {
            return FlowStep::Done(Err(Error::caller("the flow has ended already")));
        };
        let mut context = Context::from_waker(Waker::noop());
        let polled = catch_unwind(AssertUnwindSafe(|| conversation.as_mut().poll(&mut context)));
        let outcome = match polled {
            Ok(Poll::Ready(outcome)) => outcome,
            Ok(Poll::Pending) => match self.desk.take() {
                Ok(Some(ask)) => {
                    return match ask {
                        Ask::Send(request, timeout) => {
                            FlowStep::Send(Call::new(request, timeout, Arc::clone(&self.desk)))
                        }
                        Ask::Sleep(time) => FlowStep::Sleep(time),
                        Ask::Block(job) => FlowStep::Block(job),
                        Ask::Await(foreign) => FlowStep::Await(foreign),
                    };
                }
                Ok(None) => Err(io::not_its_io()),
                Err(error) => Err(error),
            },
            Err(panic) => Err(panicked(&*panic)),
        };
        self.end();
        FlowStep::Done(outcome)
    }

    /// Drops the conversation. Its destructors are the user's code too: a panic there must not escape either.
    fn end(&mut self) {
        let conversation = self.conversation.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(conversation)));
    }
}

/// Awaits somebody else's code. None: it panicked.
pub(crate) async fn caught<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let poll =
        |context: &mut Context<'_>| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(polled) => polled.map(Some),
            Err(_) => Poll::Ready(None),
        };
    poll_fn(poll).await
}

/// The text of a panic stays out: it may quote what the flow was working with. The panic hook has told it already.
fn panicked(_: &(dyn Any + Send)) -> Error {
    Error::caller("a token source or another flow panicked")
}

impl<T> Drop for Running<T> {
    fn drop(&mut self) {
        self.end();
    }
}

impl<T> fmt::Debug for Running<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.conversation.is_some() { "Running" } else { "Running(ended)" })
    }
}

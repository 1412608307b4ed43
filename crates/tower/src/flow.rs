//! Running flows: conversations beside the request, such as fetching a token.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use authwright_core::{
    Clock, Error as CoreError, Fault, Flight, Flow, Landing, Target,
    flow::{Answer, Call, FlowStep, Incoming},
};
use bytes::{Buf, Bytes};
use http::{Request, Response};
use http_body::Body;
use tokio::{
    runtime::Handle,
    task,
    time::{self, Instant},
};
use tower_service::Service;

use crate::error::{Boxed, is_timeout, with_last_cause, without_quotes};

/// Runs a flow to its end.
pub(crate) type Runner = Arc<dyn Fn(Flow<()>, Arc<dyn Clock>) -> Running + Send + Sync>;
type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A runner over a client.
pub(crate) fn over<S, B, R>(service: S) -> Runner
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Error: Into<Boxed>,
    S::Future: Send,
    B: From<Bytes> + Send + 'static,
    R: Body + Send + 'static,
    R::Data: Send,
    R::Error: Into<Boxed>,
{
    // A service need not be `Sync`.
    let service = Mutex::new(service);
    Arc::new(move |flow, clock| {
        let service = service.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // What came of it is told to those who wait for it.
        Box::pin(async move { drop(run(service, flow, clock).await) })
    })
}

/// A runner that is somebody else's function.
pub(crate) fn by<F, Fut>(run: F) -> Runner
where
    F: Fn(Flow<()>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    Arc::new(move |flow, _| Box::pin(run(flow)))
}

/// Runs a flow on a task of its own, whatever becomes of the caller.
pub(crate) fn detach(
    runner: Option<&Runner>,
    clock: &Arc<dyn Clock>,
    under_way: &UnderWay,
    flow: Flow<()>,
) -> Result<(), CoreError> {
    let Some(runner) = runner else { return Err(no_runner()) };
    let caller = |what| CoreError::new(Fault::Caller, what);
    let runtime =
        Handle::try_current().map_err(|_| caller("there is no tokio runtime here; nothing was sent"))?;
    let (running, under_way) = (runner(flow, Arc::clone(clock)), under_way.begin());
    runtime.spawn(async move {
        running.await;
        drop(under_way);
    });
    Ok(())
}

/// Runs a flow on this task, whatever it yields.
pub(crate) async fn run_here<T: Send + 'static>(
    runner: Option<&Runner>,
    clock: &Arc<dyn Clock>,
    flow: Flow<T>,
) -> Result<T, CoreError> {
    let runner = runner.ok_or_else(no_runner)?;
    let outcome = Arc::new(Mutex::new(None));
    let place = Arc::clone(&outcome);
    let inside = Flow::new(move |io| async move {
        let outcome = flow.within(&io).await;
        *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        Ok(())
    });
    runner(inside, Arc::clone(clock)).await;
    let outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner).take();
    outcome.unwrap_or_else(|| Err(CoreError::new(Fault::Caller, "the flow was not run to its end")))
}

fn no_runner() -> CoreError {
    CoreError::new(
        Fault::Caller,
        "a token has to be fetched, and the layer has no client for that; give it one by .flows(client); nothing was sent",
    )
}

/// Waits for a flight to land, for as long as it says.
pub(crate) async fn wait(mut flight: Flight) -> Landing {
    let (limit, start) = (flight.limit(None), Instant::now());
    let landing = time::timeout(limit, &mut flight).await.ok();
    flight.ended(landing, start.elapsed())
}

async fn run<S, B, R>(mut service: S, flow: Flow<()>, clock: Arc<dyn Clock>) -> Result<(), CoreError>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Error: Into<Boxed>,
    S::Future: Send,
    B: From<Bytes> + Send + 'static,
    R: Body + Send,
    R::Data: Send,
    R::Error: Into<Boxed>,
{
    let mut running = flow.start(Arc::clone(&clock));
    loop {
        match running.step() {
            FlowStep::Send(mut call) => {
                let answer = send(&mut service, &mut call).await;
                call.answer(answer);
            }
            FlowStep::Sleep(wait) if clock.skip(wait) => {}
            FlowStep::Sleep(wait) => time::sleep(wait).await,
            // Dropped meanwhile, the closure still runs to its end: a save that has begun is finished.
            FlowStep::Block(job) => drop(task::spawn_blocking(move || job.run()).await),
            // Past its limit it is dropped, and the flow is told.
            FlowStep::Await(foreign) => drop(time::timeout(foreign.limit(), foreign.run()).await),
            FlowStep::Done(outcome) => return outcome,
        }
    }
}

async fn send<S, B, R>(service: &mut S, call: &mut Call) -> Result<Answer, CoreError>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Into<Boxed>,
    B: From<Bytes>,
    R: Body,
    R::Error: Into<Boxed>,
{
    let (limit, request) = (call.timeout(), call.take_request());
    let origin = Target::from_uri(request.uri())?.origin().to_string();
    let request = request.map(|bytes| B::from(Bytes::from(bytes)));
    let line = request.uri().path_and_query().map_or("/", |line| line.as_str()).to_owned();
    let (told, at) = (|error: Boxed| failed(error, &origin, &line), &origin);
    let exchanged = async {
        poll_fn(|context| service.poll_ready(context)).await.map_err(|error| told(error.into()))?;
        let response = service.call(request).await.map_err(|error| told(error.into()))?;
        let (parts, body) = response.into_parts();
        let (mut body, mut read) = (pin!(body), Incoming::default());
        while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
            let frame = frame.map_err(|error| told(error.into()))?;
            let Ok(mut data) = frame.into_data() else { continue };
            if !read.push(&data.copy_to_bytes(data.remaining())) {
                break;
            }
        }
        read.answer(parts.status, parts.headers, at)
    };
    match time::timeout(limit, exchanged).await {
        Ok(answer) => answer,
        Err(_) => Err(CoreError::timed_out(format!("{at}: timed out"))),
    }
}

/// Nobody asked for this URL by hand: neither its path nor its query is shown.
fn failed(error: Boxed, origin: &str, line: &str) -> CoreError {
    let (path, query) = line.split_once('?').unwrap_or((line, ""));
    let error = without_quotes(without_quotes(error, query), if path == "/" { "" } else { path });
    let mut said = format!("{origin}: ");
    // A `String` takes all there is to write.
    let _ = with_last_cause(&*error, &mut said);
    CoreError::of_client(Fault::Network, true, is_timeout(&*error), said)
}

/// Counts the flows that run by themselves.
#[derive(Clone, Default)]
pub(crate) struct UnderWay(Arc<tokio::sync::watch::Sender<usize>>);

impl UnderWay {
    fn begin(&self) -> OneUnderWay {
        self.0.send_modify(|count| *count += 1);
        OneUnderWay(Arc::clone(&self.0))
    }

    pub(crate) async fn none(&self, patience: Duration) {
        // The sender is ours, so it cannot be gone.
        let mut count = self.0.subscribe();
        let _ = time::timeout(patience, count.wait_for(|count| *count == 0)).await;
    }
}

struct OneUnderWay(Arc<tokio::sync::watch::Sender<usize>>);

impl Drop for OneUnderWay {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

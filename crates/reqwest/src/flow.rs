//! Running flows: conversations beside the request, such as fetching a token.

use std::{sync::Arc, time::Duration};

use authwright_core::{
    Error as CoreError, Flight, Flow, Landing,
    flow::{Answer, Call, FlowStep, Incoming},
};
use tokio::{
    runtime::Handle,
    task,
    time::{self, Instant},
};

use crate::{
    Error,
    client::Inner,
    run::{Jar, check_tls, failed},
};

/// Runs a flow to its end, on this task.
pub(crate) async fn run<T: 'static>(client: &Inner, flow: Flow<T>) -> Result<T, CoreError> {
    let mut running = flow.start(client.policy.clock.clone());
    loop {
        match running.step() {
            FlowStep::Send(mut call) => {
                let answer = send(client, &mut call).await;
                call.answer(answer);
            }
            FlowStep::Sleep(wait) if client.policy.clock.skip(wait) => {}
            FlowStep::Sleep(wait) => time::sleep(wait).await,
            // Dropped meanwhile, the closure still runs to its end: a save that has begun is finished.
            FlowStep::Block(job) => drop(task::spawn_blocking(move || job.run()).await),
            // Past its limit it is dropped, and the flow is told.
            FlowStep::Await(foreign) => drop(time::timeout(foreign.limit(), foreign.run()).await),
            FlowStep::Done(outcome) => return outcome,
        }
    }
}

/// Runs a flow on a task of its own, whatever becomes of the caller.
pub(crate) fn detach(client: &Arc<Inner>, flow: Flow<()>) -> Result<(), Error> {
    let runtime = Handle::try_current().map_err(|_| {
        Error::caller("there is no tokio runtime here, which reqwest needs; nothing was sent")
    })?;
    let client = Arc::clone(client);
    let under_way = client.under_way.begin();
    runtime.spawn(async move {
        // What came of it is told to those who wait for it.
        let _ = run(&client, flow).await;
        drop(under_way);
    });
    Ok(())
}

/// Waits for a flight to land, for as long as it says.
pub(crate) async fn wait(mut flight: Flight, left: Option<Duration>) -> Landing {
    let (limit, start) = (flight.limit(left), Instant::now());
    let landing = time::timeout(limit, &mut flight).await.ok();
    flight.ended(landing, start.elapsed())
}

async fn send(client: &Inner, call: &mut Call) -> Result<Answer, CoreError> {
    let timeout = call.timeout();
    let told = |error: reqwest::Error| failed(client, error).into_core();
    let mut request = reqwest::Request::try_from(call.take_request()).map_err(told)?;
    *request.timeout_mut() = Some(timeout);
    check_tls(client, &request).map_err(Error::into_core)?;
    let origin = request.url().origin().ascii_serialization();
    if matches!(client.jar, Jar::Inside) {
        return Err(Error::jar_inside().into_core());
    }
    #[cfg(feature = "cookies")]
    let sent = crate::jar::shut(client.http.execute(request)).await;
    #[cfg(not(feature = "cookies"))]
    let sent = client.http.execute(request).await;
    let mut response = sent.map_err(told)?;
    let mut body = Incoming::default();
    let broken = |error: reqwest::Error| Error::client_at(error, origin.clone()).into_core();
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if !body.push(&chunk) {
            break;
        }
    }
    body.answer(response.status(), std::mem::take(response.headers_mut()), &origin)
}

/// Counts the flows that run by themselves.
#[derive(Default)]
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

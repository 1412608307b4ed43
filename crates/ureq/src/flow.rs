//! Running flows: conversations beside the request, such as fetching a token.

use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
    time::Duration,
};

use authwright_core::{
    Clock, Error as CoreError, Flow, Target,
    flow::{Answer, Call, FlowStep, Incoming},
};

use crate::{Error, agent::Inner, run::send};

/// How long a program that ends waits for a token that is being renewed.
const FAREWELL: Duration = Duration::from_secs(35);

/// Makes an agent for each call of a flow: with the settings of ours, and a cookie jar of its own, which is empty. A session
/// that a login has opened belongs to whoever logged in, and must be on nobody else's login, nor on requests in the name of
/// others. (ureq has a jar as soon as any crate in the program asks for the feature.)
#[derive(Clone)]
pub(crate) enum Fresh {
    Like(ureq::Agent),
    /// A transport of the caller's own cannot be had twice.
    This(ureq::Agent),
}

impl Fresh {
    fn agent(&self) -> ureq::Agent {
        match self {
            Self::Like(agent) => ureq::Agent::new_with_config(agent.config().clone()),
            Self::This(agent) => agent.clone(),
        }
    }
}

/// Runs a flow to its end, on this thread.
pub(crate) fn run<T: 'static>(http: &Fresh, clock: &Arc<dyn Clock>, flow: Flow<T>) -> Result<T, CoreError> {
    let mut running = flow.start(Arc::clone(clock));
    loop {
        match running.step() {
            FlowStep::Send(mut call) => {
                let answer = perform(http, &mut call);
                call.answer(answer);
            }
            FlowStep::Sleep(wait) if clock.skip(wait) => {}
            FlowStep::Sleep(wait) => thread::sleep(wait),
            FlowStep::Block(job) => job.run(),
            FlowStep::Await(foreign) => drop(foreign), // which tells the flow that it cannot be awaited here
            FlowStep::Done(outcome) => return outcome,
        }
    }
}

/// Runs a flow on a short-lived thread of its own, whatever becomes of the caller. Where there can be no thread, here.
pub(crate) fn detach(agent: &Inner, flow: Flow<()>) {
    let (http, clock) = (agent.for_flows.clone(), Arc::clone(&agent.policy.clock));
    let under_way = agent.under_way.begin();
    let handed_over = Arc::new(Mutex::new(Some(flow)));
    let take = |place: &Mutex<Option<Flow<()>>>| place.lock().unwrap_or_else(PoisonError::into_inner).take();
    // What came of it is told to those who wait for it.
    let there = Arc::clone(&handed_over);
    let work = move || {
        if let Some(flow) = take(&there) {
            let _ = run(&http, &clock, flow);
        }
        drop(under_way);
    };
    if thread::Builder::new().name("authwright".to_owned()).spawn(work).is_err()
        && let Some(flow) = take(&handed_over)
    {
        let _ = run(&agent.for_flows, &agent.policy.clock, flow);
    }
}

fn perform(http: &Fresh, call: &mut Call) -> Result<Answer, CoreError> {
    let http = http.agent();
    let (parts, body) = call.take_request().into_parts();
    let uri = parts.uri.clone();
    let target = Target::from_uri(&uri)?;
    let request = http::Request::from_parts(parts, ());
    let request = http.configure_request(request).timeout_global(Some(call.timeout())).build();
    let failed = |error| Error::sending(error, &target, http.config().proxy()).into_core();
    let mut response = send(&http, request, &mut Some(body)).map_err(failed)?;
    let mut body = Incoming::default();
    let reader = response.body_mut().with_config().limit(u64::MAX).reader();
    body.read(reader).map_err(|error| failed(error.into()))?;
    body.answer(response.status(), std::mem::take(response.headers_mut()), &target.origin())
}

/// Counts the flows that run by themselves.
#[derive(Default)]
pub(crate) struct UnderWay(Arc<(Mutex<usize>, Condvar)>);

impl UnderWay {
    fn begin(&self) -> OneUnderWay {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        OneUnderWay(Arc::clone(&self.0))
    }

    pub(crate) fn none(&self, patience: Duration) {
        let (count, changed) = &*self.0;
        let count = count.lock().unwrap_or_else(PoisonError::into_inner);
        drop(changed.wait_timeout_while(count, patience, |count| *count > 0));
    }
}

/// A program that ends would kill a renewal between the server's answer and the store, and the new token with it: the last
/// clone of an agent waits for what is under way.
impl Drop for UnderWay {
    fn drop(&mut self) {
        self.none(FAREWELL);
    }
}

struct OneUnderWay(Arc<(Mutex<usize>, Condvar)>);

impl Drop for OneUnderWay {
    fn drop(&mut self) {
        let (count, changed) = &*self.0;
        *count.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        changed.notify_all();
    }
}

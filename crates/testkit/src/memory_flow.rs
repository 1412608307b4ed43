//! Flows without sockets: calls go to the script, time passes on the test's clock alone.

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Instant,
};

use authwright_core::{
    Error, Fault, Flight, Flow, Landing, Target,
    flow::{Answer, Call, FlowStep, MAX_ANSWER},
    http::{Response, StatusCode},
};

use crate::{
    Net, TestClock,
    memory::{header_map, send},
    reply::Ending,
};

pub(crate) fn run<T: 'static>(net: &Net, clock: &TestClock, flow: Flow<T>) -> Result<T, Error> {
    let mut running = flow.start(Arc::new(clock.clone()));
    loop {
        match running.step() {
            FlowStep::Send(mut call) => {
                let answer = perform(net, &mut call);
                call.answer(answer);
            }
            FlowStep::Sleep(time) => clock.advance(time),
            FlowStep::Block(job) => job.run(),
            FlowStep::Await(foreign) => drop(foreign),
            FlowStep::Done(outcome) => return outcome,
        }
    }
}

/// Another thread may be running the flow: waits for it, in real time, until the limit of the flight.
pub(crate) fn wait(mut flight: Flight) -> Landing {
    let (start, limit) = (Instant::now(), flight.limit());
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        if let Poll::Ready(landing) = pin!(&mut flight).poll(&mut Context::from_waker(&waker)) {
            return landing.after(start.elapsed());
        }
        let passed = start.elapsed();
        if passed >= limit {
            return flight.give_up(passed);
        }
        thread::park_timeout(limit.saturating_sub(passed));
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn perform(net: &Net, call: &mut Call) -> Result<Answer, Error> {
    let timeout = call.timeout();
    let (parts, body) = call.take_request().into_parts();
    let target = Target::from_uri(&parts.uri)?;
    let origin = target.origin();
    let line = target.path_and_query();
    let Some(reply) = send(net, &parts.method, target, line, &parts.headers, &body) else {
        return Err(Error::new(Fault::Network, format!("{origin}: nobody listens there")));
    };
    if reply.delay_time() >= timeout {
        return Err(Error::timed_out(format!("{origin}: timed out")));
    }
    if reply.ending() != Ending::Whole {
        return Err(Error::new(Fault::Network, format!("{origin}: the connection was closed")));
    }
    if reply.filler().is_some_and(|bytes| bytes > MAX_ANSWER) || reply.body_bytes().len() as u64 > MAX_ANSWER
    {
        return Err(Call::too_large(&origin));
    }
    let mut answer = Response::new(reply.body_bytes().to_vec());
    *answer.status_mut() = StatusCode::from_u16(reply.status_code()).unwrap_or_default();
    *answer.headers_mut() = header_map(&reply);
    Ok(Answer::new(answer))
}

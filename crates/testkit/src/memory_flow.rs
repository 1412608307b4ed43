//! Flows without sockets: calls go to the script, time passes on the test's clock alone.

use std::{
    io::{self, Read},
    sync::Arc,
};

use authwright_core::{
    Error, Fault, Flow, Target,
    flow::{Answer, Call, FlowStep, Incoming},
    http::StatusCode,
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
    let mut body = Incoming::default();
    match reply.filler() {
        Some(bytes) => body.read(io::repeat(b'x').take(bytes)),
        None => body.read(reply.body_bytes()),
    }
    .expect("memory can be read");
    let status = StatusCode::from_u16(reply.status_code()).unwrap_or_default();
    body.answer(status, header_map(&reply), &origin)
}

//! Requests that somebody else sends: a WebSocket, the hook of a generated client.

use authwright_core::{Exchange, Outgoing, Ready, Target};
use http::{HeaderMap, Request};

use crate::{Error, IntoBody, agent::Inner, flow, run::Deadline, uri};

pub(crate) fn authorize<B: IntoBody>(agent: &Inner, request: &mut Request<B>) -> Result<(), Error> {
    let policy = agent.policy.for_others();
    let mut exchange = Exchange::new(Some(&agent.auth), &policy);
    let deadline = Deadline::new(None, agent.conventions.timeout);
    // Who gets an error has the request as it was.
    let mut headers = request.headers().clone();
    if let Some(line) = ready(agent, &mut exchange, &deadline, request, &mut headers)? {
        *request.uri_mut() = uri::with_line(request.uri(), line)?;
    }
    *request.headers_mut() = headers;
    Ok(())
}

fn ready<B: IntoBody>(
    agent: &Inner,
    exchange: &mut Exchange<'_>,
    deadline: &Deadline,
    request: &Request<B>,
    headers: &mut HeaderMap,
) -> Result<Option<String>, Error> {
    let (method, target, body) = (request.method(), Target::from_uri(request.uri())?, request.body().view());
    exchange.admit(headers, &target)?;
    loop {
        match exchange.step(Outgoing { method, target, headers, body })? {
            Ready::Send(line) => {
                exchange.check_attached(&target)?;
                return Ok(line);
            }
            Ready::Start(flow) => flow::detach(agent, flow),
            Ready::Wait(flight) => exchange.landed(flight.block(deadline.left())),
        }
    }
}

//! Requests that somebody else sends: a WebSocket, gRPC, the hook of a generated client.

use std::{any::Any, sync::Arc};

use authwright_core::{Body, Exchange, Outgoing, Ready, Target};
use bytes::Bytes;
use http::{HeaderMap, Method, Uri, uri::PathAndQuery};

use crate::{Error, client::Inner, flow, run::Deadline, url::target};

/// A request that can be given credentials and sent by somebody else: `http::Request` with any body, and `reqwest::Request`.
///
/// Sealed.
pub trait Authorize: sealed::Sealed {
    #[doc(hidden)]
    fn parts(&mut self) -> Result<Parts<'_>, Error>;

    /// Path and query, where a pair was added.
    #[doc(hidden)]
    fn set_line(&mut self, line: &str) -> Result<(), Error>;

    #[doc(hidden)]
    fn headers(&mut self) -> &mut HeaderMap;
}

/// What is looked at, and what is taken out and put back.
#[doc(hidden)]
#[derive(Debug)]
pub struct Parts<'a> {
    method: &'a Method,
    target: Target<'a>,
    body: Body<'a>,
}

mod sealed {
    pub trait Sealed {}
}

impl<B: 'static> sealed::Sealed for http::Request<B> {}
impl<B: 'static> Authorize for http::Request<B> {
    fn parts(&mut self) -> Result<Parts<'_>, Error> {
        let target = Target::from_uri(self.uri())?;
        Ok(Parts { method: self.method(), target, body: view(self.body()) })
    }

    fn set_line(&mut self, line: &str) -> Result<(), Error> {
        let malformed = |_| Error::caller("the URL is malformed; nothing was changed");
        let mut parts = self.uri().clone().into_parts();
        parts.path_and_query = Some(PathAndQuery::try_from(line).map_err(malformed)?);
        *self.uri_mut() = Uri::from_parts(parts).map_err(|_| Error::caller("the URL is malformed"))?;
        Ok(())
    }

    fn headers(&mut self) -> &mut HeaderMap {
        self.headers_mut()
    }
}

/// A body of a type that is not known here is a stream: nobody says that it could be sent twice.
fn view<B: 'static>(body: &B) -> Body<'_> {
    let body: &dyn Any = body;
    if body.is::<()>() {
        return Body::Empty;
    }
    let bytes = None
        .or_else(|| body.downcast_ref::<Bytes>().map(|bytes| &**bytes))
        .or_else(|| body.downcast_ref::<Vec<u8>>().map(Vec::as_slice))
        .or_else(|| body.downcast_ref::<String>().map(String::as_bytes))
        .or_else(|| body.downcast_ref::<&str>().map(|text| text.as_bytes()))
        .or_else(|| body.downcast_ref::<&[u8]>().copied());
    bytes.map_or(Body::Stream, Body::Bytes)
}

impl sealed::Sealed for reqwest::Request {}
impl Authorize for reqwest::Request {
    fn parts(&mut self) -> Result<Parts<'_>, Error> {
        let body = match self.body() {
            None => Body::Empty,
            Some(body) => body.as_bytes().map_or(Body::Stream, Body::Bytes),
        };
        Ok(Parts { method: self.method(), target: target(self.url())?, body })
    }

    fn set_line(&mut self, line: &str) -> Result<(), Error> {
        self.url_mut().set_query(line.split_once('?').map(|(_, query)| query));
        Ok(())
    }

    fn headers(&mut self) -> &mut HeaderMap {
        self.headers_mut()
    }
}

pub(crate) async fn authorize(client: &Arc<Inner>, request: &mut impl Authorize) -> Result<(), Error> {
    let policy = client.policy.for_others();
    let mut exchange = Exchange::new(Some(&client.auth), &policy);
    let deadline = Deadline::after(client.timeout);
    // Whoever drops this while it waits, and who gets an error, has the request as it was.
    let mut headers = request.headers().clone();
    if let Some(line) = ready(client, &mut exchange, &deadline, request, &mut headers).await? {
        request.set_line(&line)?;
    }
    *request.headers() = headers;
    Ok(())
}

async fn ready(
    client: &Arc<Inner>,
    exchange: &mut Exchange<'_>,
    deadline: &Deadline,
    request: &mut impl Authorize,
    headers: &mut HeaderMap,
) -> Result<Option<String>, Error> {
    let Parts { method, target, body } = request.parts()?;
    exchange.admit(headers, &target)?;
    loop {
        match exchange.step(Outgoing { method, target, headers, body })? {
            Ready::Send(line) => {
                exchange.check_attached(&target)?;
                return Ok(line);
            }
            Ready::Start(flow) => flow::detach(client, flow)?,
            Ready::Wait(flight) => exchange.landed(flow::wait(flight, deadline.left()).await),
        }
    }
}

//! The loop: one logical request, hop by hop. All decisions are the exchange's.

use std::mem;

use authwright_core::{Exchange, Follow, Next, Outgoing, Ready, ResponseView, Target};
use http::{Extensions, HeaderMap, Request, Response, StatusCode, Uri, header::CONTENT_TYPE};
use tower_service::Service;

use crate::{
    Bodies, Error, Kept,
    body::Held,
    error::Boxed,
    flow,
    layer::Settings,
    service::Reserved,
    uri::{judged, with_line},
};

/// Hands the trail over with the outcome, where one was recorded.
pub(crate) fn finish<R>(
    outcome: Result<Response<R>, Error<R>>,
    exchange: &mut Exchange<'_>,
) -> Result<Response<R>, Error<R>> {
    match (outcome, exchange.take_trail()) {
        (Ok(mut response), Some(trail)) => {
            response.extensions_mut().insert(trail);
            Ok(response)
        }
        (Err(error), trail) => Err(error.with_trail(trail)),
        (outcome, None) => outcome,
    }
}

/// What one logical request goes with.
pub(crate) struct Trip<'a, S, M> {
    pub(crate) settings: &'a Settings,
    pub(crate) bodies: &'a M,
    pub(crate) client: &'a mut Reserved<S>,
}

impl<S, M> Trip<'_, S, M> {
    pub(crate) async fn run<B, R>(
        &mut self,
        request: Request<B>,
        exchange: &mut Exchange<'_>,
    ) -> Result<Response<R>, Error<R>>
    where
        S: Service<Request<B>, Response = Response<R>> + Clone,
        S::Error: Into<Boxed>,
        M: Bodies<B>,
        R: 'static,
    {
        let origin = self.settings.origin.as_ref();
        let (parts, body) = request.into_parts();
        let (mut method, mut uri, mut headers) = (parts.method, parts.uri, parts.headers);
        let mut extensions = parts.extensions;
        let mut body = Held::new(self.bodies.keep(body));
        exchange.admit(&headers, &Target::from_uri(&*judged(&uri, origin)?)?)?;
        loop {
            let place = judged(&uri, origin)?;
            let target = Target::from_uri(&place)?;
            let line = loop {
                let outgoing = Outgoing { method: &method, target, headers: &mut headers, body: body.view() };
                match exchange.step(outgoing)? {
                    Ready::Send(line) => break line,
                    Ready::Start(flow) => self.settings.detach(flow)?,
                    Ready::Wait(flight) => {
                        self.client.give_back();
                        exchange.landed(flow::wait(flight).await);
                    }
                }
            };
            let mut hop = Request::new(body.next(self.bodies));
            *hop.method_mut() = method.clone();
            *hop.uri_mut() = sent_to(&uri, line.as_deref())?;
            *hop.version_mut() = parts.version;
            *hop.headers_mut() = mem::take(&mut headers);
            *hop.extensions_mut() = extensions.clone();
            let response = self.client.send(hop).await.map_err(|error| {
                let ours = line.as_deref().and_then(|line| line.get(target.path_and_query().len()..));
                let pairs = ours.unwrap_or_default().trim_start_matches(['?', '&']);
                Error::client_said(error, Some(target.origin().to_string()), pairs)
            })?;
            let status = self.status_of(&response);
            if exchange.settles(status) {
                return Ok(response);
            }
            match exchange.observed(&ResponseView::new(status, response.headers()), target)? {
                Next::Deliver => return Ok(response),
                Next::Denied(denied) => return Err(Error::refused(denied, response)),
                // Of the client's proxy nothing is known here, so that it was given nothing by us.
                Next::ProxyDenied(denied) => {
                    return Err(Error::refused_by_proxy(denied.given(false), response));
                }
                Next::TooManyRedirects => {
                    let origin = target.origin().to_string();
                    return Err(Error::too_many_redirects(origin, self.settings.policy.max_redirects));
                }
                Next::Resend { headers: again, .. } => headers = again,
                Next::Follow(Follow { url, method: next, headers: fields, keep_body }) => {
                    // Core's answer is in the spelling of the URL standard, all of which `http` takes.
                    uri = Uri::try_from(url).map_err(|_| Error::caller("the redirect's URL is malformed"))?;
                    (method, headers) = (next, fields);
                    // Somebody inside may sign with what stands there, and this is another place.
                    extensions = Extensions::new();
                    if !keep_body {
                        body = Held::new(Kept::Bytes(bytes::Bytes::new()));
                    }
                }
            }
        }
    }

    /// A call of gRPC that is refused before it has an answer is told so in the fields of a 200 ("Trailers-Only").
    fn status_of<R>(&self, response: &Response<R>) -> StatusCode {
        const UNAUTHENTICATED: &[u8] = b"16";
        let says = |headers: &HeaderMap| {
            headers.get("grpc-status").is_some_and(|status| status.as_bytes() == UNAUTHENTICATED)
                && headers
                    .get(CONTENT_TYPE)
                    .is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
        };
        match response.status() {
            StatusCode::OK if self.settings.grpc && says(response.headers()) => StatusCode::UNAUTHORIZED,
            status => status,
        }
    }
}

fn sent_to<R>(uri: &Uri, line: Option<&str>) -> Result<Uri, Error<R>> {
    Ok(line.map_or_else(|| Ok(uri.clone()), |line| with_line(uri, line))?)
}

//! The client as somebody else's part: a `tower` service, the last of a chain of middlewares.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use reqwest::{Request, Response};
use tower_service::Service;

use crate::{Client, Error};

type Pending = Pin<Box<dyn Future<Output = Result<Response, Error>> + Send>>;

/// As `reqwest::Client` is one. Layers around it see one call for each logical request, and no credential; what they send again is
/// a new request to us, renewals and redirects of its own included. A refusal is an error that is not
/// [transient](Error::is_transient): a layer that retries what is does not multiply refusals.
impl Service<Request> for Client {
    type Response = Response;
    type Error = Error;
    type Future = Pending;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Pending {
        let client = self.clone();
        Box::pin(async move { client.execute(request).await })
    }
}

/// The same for who shares one.
impl Service<Request> for &Client {
    type Response = Response;
    type Error = Error;
    type Future = Pending;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Pending {
        (*self).clone().call(request)
    }
}

/// **Ours goes last**: `ClientBuilder::new(reqwest::Client::new()).with(others).with(api)`. It sends the request by itself, with the
/// client it was built with, so that what comes behind it in the chain, and the client the chain was built with, are never called.
#[cfg(feature = "middleware")]
#[crate::async_trait]
impl reqwest_middleware::Middleware for Client {
    async fn handle(
        &self,
        request: Request,
        _: &mut http::Extensions,
        _: reqwest_middleware::Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        self.execute(request).await.map_err(reqwest_middleware::Error::middleware)
    }
}

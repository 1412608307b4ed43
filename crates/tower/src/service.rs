//! The service: one call for each logical request.

use std::{
    fmt,
    future::{Future, poll_fn},
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use authwright_core::{Auth, Exchange};
use http::{Request, Response};
use tower_service::Service;

use crate::{
    AuthLayer, Bodies, Error,
    error::Boxed,
    layer::Settings,
    request::Options,
    run::{self, Trip},
};

/// A client that knows who is asking. Made by [`AuthLayer`]; a clone where the client inside is one.
///
/// A refusal is an error that is not [transient](Error::is_transient). A layer around this one that retries what is does not
/// multiply refusals; it sees one call for each logical request, and no credential.
#[derive(Clone)]
pub struct AuthService<S, M> {
    client: S,
    bodies: M,
    settings: Arc<Settings>,
}

impl<S, M> AuthService<S, M> {
    pub(crate) fn new(client: S, AuthLayer { settings, bodies }: AuthLayer<M>) -> Self {
        Self { client, bodies, settings: Arc::new(settings) }
    }

    /// What the layer was given.
    pub fn auth(&self) -> &Auth {
        &self.settings.auth
    }
}

type Pending<R> = Pin<Box<dyn Future<Output = Result<Response<R>, Error<R>>> + Send>>;

impl<S, M, B, R> Service<Request<B>> for AuthService<S, M>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    S::Future: Send,
    M: Bodies<B>,
    B: Send + 'static,
    R: Send + 'static,
{
    type Response = Response<R>;
    type Error = Error<R>;
    type Future = Pending<R>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error<R>>> {
        self.client.poll_ready(context).map_err(|error| Error::client_said(error, None, ""))
    }

    fn call(&mut self, mut request: Request<B>) -> Pending<R> {
        // The one that has said it is ready is the one that is called.
        let next = self.client.clone();
        let mut client = Reserved { client: mem::replace(&mut self.client, next), is_ready: true };
        let (bodies, settings) = (self.bodies.clone(), Arc::clone(&self.settings));
        Box::pin(async move {
            let options = Options::take(request.extensions_mut());
            let auth = options.auth.as_ref().unwrap_or(&settings.auth);
            let mut exchange = Exchange::new((!options.bare).then_some(auth), &settings.policy);
            let mut trip = Trip { settings: &settings, bodies: &bodies, client: &mut client };
            if !options.explain {
                return trip.run(request, &mut exchange).await;
            }
            exchange.record_trail();
            let outcome = trip.run(request, &mut exchange).await;
            run::finish(outcome, &mut exchange)
        })
    }
}

/// A client, and whether it has said that it is ready for one call.
pub(crate) struct Reserved<S> {
    client: S,
    is_ready: bool,
}

impl<S: Clone> Reserved<S> {
    /// Gives a place back that was kept for a call: whoever fetches the token may need it.
    pub(crate) fn give_back(&mut self) {
        if self.is_ready {
            *self = Self { client: self.client.clone(), is_ready: false };
        }
    }

    pub(crate) async fn send<B>(&mut self, request: Request<B>) -> Result<S::Response, Boxed>
    where
        S: Service<Request<B>>,
        S::Error: Into<Boxed>,
    {
        if !mem::take(&mut self.is_ready) {
            poll_fn(|context| self.client.poll_ready(context)).await.map_err(Into::into)?;
        }
        self.client.call(request).await.map_err(Into::into)
    }
}

/// Shows who may go where, no secret and no header value.
impl<S, M: fmt::Debug> fmt::Debug for AuthService<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { auth, policy, origin, .. } = &*self.settings;
        f.debug_struct("AuthService")
            .field("auth", auth)
            .field("policy", policy)
            .field("origin", origin)
            .field("bodies", &self.bodies)
            .finish_non_exhaustive()
    }
}

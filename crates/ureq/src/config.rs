//! ureq's configuration: what its users mean by it, and what the agent inside is told instead.
//!
//! The agent inside sends one hop at a time: it follows nothing and delivers every status. What the user's own
//! configuration says of redirects, statuses and time is kept here, and done by the loop around it.
//!
//! A `Config` can be read but not changed, and a `ConfigBuilder` can be changed but not read, so a changed one is taken
//! from a request that carries it: that request is "sent" to a connector which keeps the configuration and connects to
//! nothing. It happens once when an agent is built, and for requests with settings of their own.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::{Extensions, HeaderName, HeaderValue, Request, Uri, header};
use ureq::{
    AsSendBody, Error as UreqError,
    config::{AutoHeaderValue, Config, ConfigBuilder},
    typestate::HttpCrateScope,
    unversioned::{
        resolver::{ResolvedSocketAddrs, Resolver},
        transport::{ConnectionDetails, Connector, NextTimeout},
    },
};

use crate::Error;

/// What ureq's users expect of a request, and the loop does in ureq's stead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conventions {
    pub(crate) status_as_error: bool,
    pub(crate) max_redirects: u32,
    pub(crate) redirects_will_error: bool,
    /// For the whole of it.
    pub(crate) timeout: Option<Duration>,
}

impl Conventions {
    pub(crate) fn of(config: &Config) -> Self {
        Self {
            status_as_error: config.http_status_as_error(),
            max_redirects: config.max_redirects(),
            redirects_will_error: config.max_redirects_will_error(),
            timeout: config.timeouts().global,
        }
    }

    /// Says them in a request's configuration, where the user can change them.
    pub(crate) fn apply<B: AsSendBody>(
        &self,
        config: ConfigBuilder<HttpCrateScope<B>>,
    ) -> ConfigBuilder<HttpCrateScope<B>> {
        config
            .http_status_as_error(self.status_as_error)
            .max_redirects(self.max_redirects)
            .max_redirects_will_error(self.redirects_will_error)
            .timeout_global(self.timeout)
    }
}

/// The configuration of the agent inside: the user's, but for one hop at a time.
pub(crate) fn one_hop(config: Config, timeout: Option<Duration>) -> Result<Config, Error> {
    let agent = ureq::Agent::new_with_config(config);
    let request = only_one_hop(agent.configure_request(Request::new(()))).timeout_global(timeout).build();
    match read(request.extensions())? {
        Some(config) => Ok(config),
        None => Err(Error::caller("this version of ureq does not hand its configuration on")),
    }
}

/// Takes what a request of its own configuration says, and which proxy it names; leaves it a configuration for one hop.
/// `None` where it has no configuration of its own.
pub(crate) fn of_request(
    http: &ureq::Agent,
    extensions: &mut Extensions,
) -> Result<Option<(Conventions, Option<ureq::Proxy>)>, Error> {
    if extensions.is_empty() {
        return Ok(None);
    }
    let Some(config) = read(extensions)? else { return Ok(None) };
    let mut request = Request::new(());
    *request.extensions_mut() = std::mem::take(extensions);
    let mut request = only_one_hop(http.configure_request(request)).build();
    *extensions = std::mem::take(request.extensions_mut());
    Ok(Some((Conventions::of(&config), config.proxy().cloned())))
}

fn only_one_hop(config: ConfigBuilder<HttpCrateScope<()>>) -> ConfigBuilder<HttpCrateScope<()>> {
    config.http_status_as_error(false).max_redirects(0).max_redirects_will_error(false)
}

/// The configuration a request carries, if it carries one.
fn read(extensions: &Extensions) -> Result<Option<Config>, Error> {
    let reader = Reader::default();
    let agent = ureq::Agent::with_parts(Config::default(), reader.clone(), reader.clone());
    let mut request = Request::new(());
    *request.uri_mut() = Uri::from_static("https://invalid/");
    *request.extensions_mut() = extensions.clone();
    for name in AUTOMATIC {
        // What is there already is not taken from the configuration, where it has not been checked yet.
        request.headers_mut().insert(name, HeaderValue::from_static("-"));
    }
    match agent.run(request) {
        Err(UreqError::ConnectionFailed) => reader.take().map(checked).transpose(),
        Err(error) => {
            Err(Error::caller(format!("ureq's configuration cannot be used: {error}; nothing was sent")))
        }
        Ok(_) => Ok(None),
    }
}

const AUTOMATIC: [HeaderName; 3] = [header::USER_AGENT, header::ACCEPT, header::ACCEPT_ENCODING];

/// ureq panics on a header value that cannot be sent, and does so in the middle of a request.
fn checked(config: Config) -> Result<Config, Error> {
    for (name, value) in
        AUTOMATIC.iter().zip([config.user_agent(), config.accept(), config.accept_encoding()])
    {
        if let AutoHeaderValue::Provided(value) = value
            && HeaderValue::from_str(value).is_err()
        {
            return Err(Error::header_value(name));
        }
    }
    Ok(config)
}

/// A connector that connects to nothing and keeps the configuration it is shown.
#[derive(Clone, Debug, Default)]
struct Reader(Arc<Mutex<Option<Config>>>);

impl Reader {
    fn take(&self) -> Option<Config> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Connector for Reader {
    type Out = ();

    fn connect(&self, details: &ConnectionDetails<'_>, _: Option<()>) -> Result<Option<()>, UreqError> {
        let own = details.request_level.then(|| details.config.clone());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = own;
        Err(UreqError::ConnectionFailed)
    }
}

impl Resolver for Reader {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, UreqError> {
        Ok(self.empty())
    }
}

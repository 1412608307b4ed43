//! The ways a person can sign in from a program without a web page of its own.

use std::fmt;

use authwright_core::{Error, flow::Io};

use super::Ask;
use crate::{Browser, Device, answer::Granted, authorization::Request, service::Service};

/// How a person signs in: by [`Browser`] or by [`Device`], both of which convert into it.
pub struct Login(How);

enum How {
    Browser(Browser),
    Device(Device),
}

impl From<Browser> for Login {
    fn from(browser: Browser) -> Self {
        Self(How::Browser(browser))
    }
}

impl From<Device> for Login {
    fn from(device: Device) -> Self {
        Self(How::Device(device))
    }
}

impl Login {
    pub(super) async fn run(self, service: &Service, ask: Ask, io: &Io) -> Result<Granted, Error> {
        let request = ask.into_request();
        request.check()?;
        match self.0 {
            How::Browser(browser) => by_browser(browser, service, request, io).await,
            How::Device(device) => device.run(service, request, io).await,
        }
    }
}

/// RFC 8252: the person's own browser, and a listener for the one answer.
async fn by_browser(
    browser: Browser,
    service: &Service,
    request: Request,
    io: &Io,
) -> Result<Granted, Error> {
    let waiting = browser.begin()?;
    // Should this flow be dropped, nothing goes on listening.
    let guard = waiting.cancel_guard();
    let request = Request { redirect_uri: waiting.redirect_uri().to_owned(), ..request };
    let pending = service.begin(request, io).await?;
    let (url, origin) = (pending.url().to_owned(), service.origin());
    let callback = io.block(move || {
        waiting.show_and_open(&url, &origin)?;
        let callback = waiting.receive(|query| pending.is_answered_by(query))?;
        Ok::<_, Error>((pending, callback))
    });
    let (pending, callback) = callback.await??;
    drop(guard);
    service.finish(&pending, secrecy::ExposeSecret::expose_secret(&callback), io).await
}

/// Shows the way.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            How::Browser(_) => "Login(browser)",
            How::Device(_) => "Login(device)",
        })
    }
}

//! A sign-in that somebody is waiting for.

use std::{
    sync::{Arc, atomic::AtomicBool},
    thread,
    time::Duration,
};

use authwright_core::{Error, Fault};
use secrecy::SecretString;

use super::{
    limit::{CancelGuard, Limit},
    opener::{Opener, PageUrl},
    paste::Input,
    prompt::Prompt,
    receiver::Receiver,
};

/// How a prompt is shown.
pub(crate) type Shown = Box<dyn Fn(&Prompt<'_>) + Send + Sync>;

/// What [`Browser::begin`](super::Browser::begin) has prepared. Dropped, it stops listening.
pub(crate) struct Waiting {
    pub(super) redirect_uri: String,
    pub(super) answer: Answer,
    pub(super) opener: Option<Opener>,
    pub(super) shown: Option<Shown>,
    pub(super) time_limit: Duration,
    pub(super) cancelled: Arc<AtomicBool>,
}

/// Where the answer comes in.
pub(super) enum Answer {
    Received(Receiver),
    Pasted(Input),
}

impl Waiting {
    /// What goes into the authorization request, and into the token request as it is (RFC 6749 section 4.1.3).
    pub(crate) fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Ends [`receive`](Self::receive) when it is dropped.
    pub(crate) fn cancel_guard(&self) -> CancelGuard {
        CancelGuard::new(&self.cancelled)
    }

    /// Tells the person, and opens the page. `issuer` is the server's origin.
    ///
    /// A browser that does not open is no error: the page has been shown.
    pub(crate) fn show_and_open(&self, url: &str, issuer: &str) -> Result<(), Error> {
        let what = format!("the sign-in page of {}", issuer.escape_debug());
        let page = PageUrl::parse(url, &what, Fault::Caller)?;
        let prompt = match (&self.answer, &self.opener) {
            (Answer::Pasted(_), _) => Prompt::paste(issuer, page, &self.redirect_uri, self.time_limit),
            (Answer::Received(_), Some(_)) => Prompt::watch(issuer, page, self.time_limit),
            (Answer::Received(_), None) => Prompt::open(issuer, page, self.time_limit),
        };
        match &self.shown {
            Some(shown) => shown(&prompt),
            None => prompt.print(),
        }
        if let Some(open) = self.opener.clone() {
            let url = page.as_str().to_owned();
            // By itself, since a browser on a terminal returns only when it is left, and needs its answer before.
            let opening = move || drop(open(&url));
            let _ = thread::Builder::new().name("authwright-browser".into()).spawn(opening);
        }
        Ok(())
    }

    /// Waits for the answer and gives its query, undecoded. Blocks. Afterwards nothing is open any more.
    ///
    /// A query that is not wanted, of an earlier sign-in or from some page in the same browser, does not end it. One that a
    /// person brings back by hand does.
    pub(crate) fn receive(self, is_wanted: impl Fn(&str) -> bool) -> Result<SecretString, Error> {
        let limit = Limit::start(self.time_limit, self.cancelled);
        match self.answer {
            Answer::Received(receiver) => receiver.receive(&is_wanted, &limit),
            Answer::Pasted(input) => input.receive(&self.redirect_uri, &limit),
        }
    }
}

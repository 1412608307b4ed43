//! Stopping before a send: an entry has failed, or a token has to come first. Either way the request is as the caller gave
//! it.

use super::Exchange;
use crate::{
    Auth, Error, Flight, Flow, Hop, Landing, Launch, Resend, Step, Target, auth::Entry, observe::Told,
    tokens::unsettled, trail::TrailEvent,
};

/// How often one entry may start or wait before a send: once for a token, and once more where whoever fetched it died.
const TURNS: usize = 4;

/// What [`Exchange::step`] asks of the driver.
#[derive(Debug)]
pub enum Ready {
    /// Send the hop; with this path and query, where pairs were added to them.
    Send(Option<String>),
    /// Run this by itself, on a task or a thread of its own, and step again at once.
    Start(Flow<()>),
    /// Wait for this, until the caller's deadline or its [limit](Flight::limit); hand over how it
    /// [landed](Exchange::landed), and step again.
    Wait(Flight),
}

/// Why applying the entries ended early: the entry, and what it wants.
pub(super) struct Stop(Box<(usize, Result<Step, Error>)>);

impl Stop {
    #[cold]
    pub(super) fn new(index: usize, what: Result<Step, Error>) -> Self {
        Self(Box::new((index, what)))
    }

    #[cold]
    pub(super) fn failed(index: usize, error: Error) -> Self {
        Self::new(index, Err(error))
    }
}

/// What a request remembers while it waits.
#[derive(Default)]
pub(super) struct Pause {
    /// The last step was one; the entries have to be told how it ended.
    stopped: bool,
    turns: usize,
    /// To be waited for next.
    next: Option<Flight>,
    landings: Vec<Landing>,
}

impl Pause {
    pub(super) fn tell(&self, hop: &mut Hop<'_>) {
        if !self.landings.is_empty() {
            hop.set_landings(&self.landings);
        }
    }
}

/// The response that said so is gone: the request was to be sent again.
fn after_refusal(target: &Target<'_>, error: Error) -> Error {
    error.because(&format_args!("{} refused the token (401), and there is no other", target.origin()))
}

impl Exchange<'_> {
    /// How a flight has ended that this request has waited for.
    pub fn landed(&mut self, landing: Landing) {
        self.rare().pause.landings.push(landing);
    }

    /// Goes on after a pause: says what to wait for next. Or begins another send: forgets what was on the last one.
    #[cold]
    #[inline(never)]
    pub(super) fn go_on(&mut self) -> Option<Flight> {
        self.attached.clear();
        self.caller_set = false;
        let rare = self.rare.as_mut()?;
        if let Some(flight) = rare.pause.next.take() {
            return Some(flight);
        }
        rare.our_pairs.clear();
        rare.more.clear();
        rare.defaults.clear();
        if !std::mem::take(&mut rare.pause.stopped) {
            rare.pause = Pause::default();
        }
        None
    }

    /// The 401 was not delivered, since the request was to be sent again. It is not, so that the refusal is how it ends.
    fn remains_refused(&mut self, label: &str, target: &Target<'_>) {
        let entries = self.auth.map(Auth::entries).unwrap_or_default();
        if let Some(untold) = self.rare.as_mut().and_then(|rare| rare.untold.as_mut()) {
            untold.clear();
            untold.push(Told::still_refused(label, target, entries));
            self.tell();
        }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn stopped(&mut self, auth: &Auth, mut hop: Hop<'_>, stop: Stop) -> Result<Ready, Error> {
        let (index, what) = *stop.0;
        self.take_back(auth, &mut hop);
        let refused = self.rare.as_ref().is_some_and(|rare| rare.resent == Some(Resend::Renewed));
        let label = auth.entries().get(index).map(Entry::label).unwrap_or_default();
        let wish = match what {
            Ok(wish) => wish,
            Err(error) if refused => {
                self.remains_refused(&label, hop.goes_to());
                return Err(after_refusal(hop.goes_to(), error));
            }
            Err(error) => return Err(error),
        };
        // As if this step had not been.
        self.sends -= 1;
        let allowed = TURNS * auth.entries().len();
        let waits = match &wish {
            Step::Start(launch) => launch.then.is_some(),
            _ => true,
        };
        let rare = self.rare();
        if let Some(trail) = &mut rare.trail {
            trail.forget_attachments();
        }
        if let Some(untold) = &mut rare.untold {
            // What has led to this send is told with it, once it is ready.
            untold.retain(Told::leads_to_a_send);
        }
        rare.pause.stopped = true;
        rare.pause.turns += 1;
        if rare.pause.turns > allowed {
            return Err(unsettled());
        }
        if waits {
            self.note(hop.goes_to(), || TrailEvent::Waited(label));
        }
        match wish {
            Step::Send | Step::Bare => Err(unsettled()),
            Step::Wait(flight) => Ok(Ready::Wait(*flight)),
            Step::Start(launch) => {
                let Launch { flow, then } = *launch;
                self.rare().pause.next = then;
                Ok(Ready::Start(flow))
            }
        }
    }
}

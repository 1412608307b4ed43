//! One logical request: what to attach, whether to send again, whether to follow. Every security rule lives here, once.
//!
//! ```text
//!            +-------------------------------------------------------------+
//!            v                                                             |
//!   request --> step(): per entry, origin covers? field free? authorise    |
//!                 |-- Start ----- a flow, to run by itself; step() again   |
//!                 |-- Wait ------ for a flight; landed(), step() again     |
//!                 v                                                        |
//!               send (the driver's part)                                   |
//!                 |                                                        |
//!                 v                                                        |
//!               observed(response head)                                    |
//!                 |-- Resend ---- the same hop, authorised anew ---------->|
//!                 |-- Follow ---- the next hop, stripped of what must stay >|
//!                 |-- Denied ---- 401 or 403, with the reason
//!                 |-- ProxyDenied  407: nobody behind the proxy was reached
//!                 |-- TooManyRedirects
//!                 `-- Deliver --- everything else
//! ```
//!
//! A driver is the loop around this, and holds no policy of its own. The whole of it, with no client at all:
//!
//! ```
//! use authwright_core::{ApiKey, Auth, Body, Exchange, Next, Outgoing, Policy, Ready, ResponseView, Target};
//! use http::{HeaderMap, StatusCode, header::LOCATION};
//!
//! let auth = Auth::new("https://api.example.com", ApiKey::header("X-API-Key", "k3y"))?;
//! let policy = Policy::default();
//! let mut exchange = Exchange::new(Some(&auth), &policy);
//!
//! let mut headers = HeaderMap::new();
//! let target = Target::parse("https://api.example.com/report")?;
//! let outgoing = Outgoing { method: &"GET".parse().unwrap(), target, headers: &mut headers, body: Body::Empty };
//! exchange.admit(outgoing.headers, &target)?;
//! let Ready::Send(None) = exchange.step(outgoing)? else { panic!("a key needs no flow, and adds no query pair") };
//! assert_eq!(headers["x-api-key"], "k3y");
//!
//! // The server redirects to a storage host: followed, without the key.
//! let mut answer = HeaderMap::new();
//! answer.insert(LOCATION, "https://storage.example.net/report.pdf".parse().unwrap());
//! match exchange.observed(&ResponseView::new(StatusCode::FOUND, &answer), target)? {
//!     Next::Follow(next) => {
//!         assert_eq!(next.url, "https://storage.example.net/report.pdf");
//!         assert!(next.headers.is_empty());
//!     }
//!     other => panic!("{other:?}"),
//! }
//! # Ok::<(), authwright_core::Error>(())
//! ```

mod apply;
mod attached;
mod kept;
mod lent;
mod pause;
mod policy;
mod proxied;
mod redirect;
mod refusal;

use std::fmt;

use http::{HeaderMap, HeaderName, Method, StatusCode, header::PROXY_AUTHORIZATION};

use self::{
    attached::{Attached, One},
    kept::Kept,
};
pub use self::{
    kept::{is_anonymous, is_credential_name},
    pause::Ready,
    policy::{MAX_REDIRECTS, Policy, max_sends},
    redirect::Follow,
};
use crate::{
    Auth, Body, Denied, Error, Hop, ProxyAccess, Resend, ResponseView, Slot, Stamp, Target, Trail,
    observe::{Told, traced},
    seldom::Seldom,
    trail::TrailEvent,
};

/// The machine for one logical request. See the [module documentation](self).
pub struct Exchange<'a> {
    /// None where the caller said `.without_auth()`.
    auth: Option<&'a Auth>,
    policy: &'a Policy,
    /// What the caller gave, for hops and resends to come. None while no further send can happen.
    kept: Option<Kept>,
    attached: Attached,
    /// The caller has set a credential of their own: a refusal is about that one (rule 12).
    caller_set: bool,
    replayable: bool,
    hop: u32,
    sends: u32,
    budget: [u8; Resend::COUNT],
    /// What most requests have no use for.
    rare: Seldom<Rare>,
}

#[derive(Default)]
struct Rare {
    trail: Option<Trail>,
    /// What observers have not been told yet, where there are any: nothing is told of a send before it is ready.
    untold: Option<Vec<Told>>,
    /// The entries whose place the caller has taken, on any hop so far.
    overridden: Vec<usize>,
    /// The default headers that were added to the hop under way.
    defaults: Vec<HeaderName>,
    /// The query pairs we put on it, in the form `&name=value`.
    our_pairs: String,
    pause: pause::Pause,
    proxied: proxied::Proxied,
    /// Why this hop is sent once more, if it is; by which entry, and what it has promised to say.
    resent: Option<Resend>,
    promised: Option<(usize, Stamp)>,
    /// Entries on the hop beyond those that [`Attached`] holds.
    more: Vec<One>,
}

/// A request about to be sent: the copy that is sent, on which credentials may be put.
pub struct Outgoing<'a> {
    /// The method.
    pub method: &'a Method,
    /// Where it goes, before any query pair of ours.
    pub target: Target<'a>,
    /// The header fields. Credentials are added here.
    pub headers: &'a mut HeaderMap,
    /// The body, as far as it is known.
    pub body: Body<'a>,
}

/// Header values stay out.
impl fmt::Debug for Outgoing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("method", self.method)
            .field("origin", &self.target.origin())
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("body", &self.body)
            .finish()
    }
}

/// What to do with a response.
pub enum Next {
    /// Give it to the caller.
    Deliver,
    /// It is a 401 or 403 about a credential of ours, or about none: give it to the caller as an error that owns it.
    Denied(Box<Denied>),
    /// It is a 407, of a proxy on the way: give it to the caller as an error that owns it, and add what is known of the
    /// proxy.
    ProxyDenied(Box<crate::ProxyDenied>),
    /// Send the same request once more, with these header fields; [`Exchange::step`] comes first.
    Resend {
        /// The method of the hop.
        method: Method,
        /// The caller's header fields.
        headers: HeaderMap,
    },
    /// Send the next hop; [`Exchange::step`] comes first.
    Follow(Follow),
    /// A redirect past the limit: what the client's users expect of that.
    TooManyRedirects,
}

/// Shows no header value and no path.
impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deliver => f.write_str("Deliver"),
            Self::Denied(denied) => f.debug_tuple("Denied").field(denied).finish(),
            Self::ProxyDenied(denied) => f.debug_tuple("ProxyDenied").field(denied).finish(),
            Self::Resend { method, .. } => {
                f.debug_struct("Resend").field("method", method).finish_non_exhaustive()
            }
            Self::Follow(follow) => f.debug_tuple("Follow").field(follow).finish(),
            Self::TooManyRedirects => f.write_str("TooManyRedirects"),
        }
    }
}

const FULL: [u8; Resend::COUNT] = [1; Resend::COUNT];

impl<'a> Exchange<'a> {
    /// A machine for one request. `auth` is `None` where the caller wants the request to go bare.
    #[inline]
    pub fn new(auth: Option<&'a Auth>, policy: &'a Policy) -> Self {
        Self {
            auth,
            policy,
            kept: None,
            attached: Attached::none(),
            caller_set: false,
            replayable: true,
            hop: 1,
            sends: 0,
            budget: FULL,
            rare: Seldom::NOTHING,
        }
    }

    /// Records every decision in a [`Trail`]. Off, this costs one branch per decision.
    pub fn record_trail(&mut self) {
        self.rare().trail = Some(Trail::default());
    }

    /// The trail, where one was recorded.
    pub fn take_trail(&mut self) -> Option<Trail> {
        self.rare.as_mut()?.trail.take()
    }

    /// Whether another send may follow this one, so that the driver must keep what it needs for it (URL and body).
    #[inline]
    pub fn may_send_again(&self) -> bool {
        self.policy.max_redirects > 0 || self.may_resend() || self.answers_proxy()
    }

    /// How often the request has been sent so far. At most [`max_sends`].
    pub fn sends(&self) -> u32 {
        self.sends
    }

    /// Whether a request with these fields may be sent at all. Drivers ask once, before the first [`step`](Self::step).
    ///
    /// A proxy's credential is its client's to send (RFC 9110 section 11.7.1). On a request it would reach the origin: by a
    /// tunnel, or where no proxy is in between after all. Neither client says beforehand which way a request will go.
    ///
    /// # Errors
    /// `Proxy-Authorization` is set.
    pub fn admit(&self, headers: &HeaderMap, target: &Target<'_>) -> Result<(), Error> {
        if headers.contains_key(PROXY_AUTHORIZATION) { Err(for_the_proxy(target)) } else { Ok(()) }
    }

    /// Makes a hop ready: every entry whose origin covers it is applied. Where a token is needed first, the header fields
    /// are as they were, and this is called again with them once the driver has done what is asked.
    ///
    /// # Errors
    /// A scheme cannot do its part, or needs a body that is a stream. Nothing may be sent, and the header fields are
    /// as they were.
    #[inline]
    pub fn step(&mut self, outgoing: Outgoing<'_>) -> Result<Ready, Error> {
        let Outgoing { method, target, headers, body } = outgoing;
        let (auth, policy) = (self.auth, self.policy);
        let plain = self.sends == 0 && self.rare.is_none();
        if !plain && let Some(flight) = self.go_on() {
            return Ok(Ready::Wait(flight));
        }
        if self.sends == 0 {
            self.replayable = body.is_replayable();
            if policy.max_redirects > 0 || auth.is_some_and(|auth| auth.traits().may_resend) {
                self.kept = Some(Kept::new(method, headers, &policy.default_headers));
            }
            if !policy.default_headers.is_empty() {
                self.admit(&policy.default_headers, &target)?;
                self.rare().defaults = policy.add_default_headers(headers);
            }
        }
        self.sends += 1;
        let Some(auth) = auth else {
            return self.go_bare(Hop::new(method, target, headers, body, &policy.clock));
        };
        let mut hop = Hop::new(method, target, headers, body, &policy.clock);
        let applied = if plain && !auth.traits().with_care && !traced::wants_requests() {
            self.apply_all(auth, &mut hop)
        } else {
            self.apply_with_care(auth, &mut hop)
        };
        if let Err(stop) = applied {
            return self.stopped(auth, hop, stop);
        }
        if self.attached.is_empty() {
            self.nothing_attached(auth, &hop);
        }
        if !target.is_https() && policy.proxy.is_some() {
            self.go_through_proxy(auth, &mut hop)?;
        }
        let line = hop.into_line();
        if line.is_empty() {
            return Ok(Ready::Send(None));
        }
        if self.kept.is_some() {
            let ours = line.get(target.path_and_query().len()..).unwrap_or_default();
            self.rare().our_pairs = format!("&{}", ours.trim_start_matches(['?', '&']));
        }
        Ok(Ready::Send(Some(line)))
    }

    /// A hop that no entry is asked about.
    #[cold]
    #[inline(never)]
    fn go_bare(&mut self, mut hop: Hop<'_>) -> Result<Ready, Error> {
        self.note(hop.goes_to(), || TrailEvent::Bare("the request says .without_auth()"));
        if let Some(proxy) = self.proxy_on_the_way(hop.goes_to())
            && let Err(error) = self.authorize_to_proxy(&proxy, &mut hop)
        {
            let defaults = self.rare.as_ref().map(|rare| &*rare.defaults).unwrap_or_default();
            hop.take_back_all(std::iter::empty(), defaults);
            return Err(error);
        }
        Ok(Ready::Send(None))
    }

    /// Whether a response of this status is delivered without a closer look, so that a driver may spare itself
    /// [`observed`](Self::observed): it neither redirects nor refuses, and nobody listens.
    #[inline]
    pub fn settles(&self, status: StatusCode) -> bool {
        let looked_at = status.is_redirection() || matches!(status.as_u16(), 401 | 403 | 407);
        !looked_at
            && !self.records()
            && !self.answers_proxy()
            && !self.auth.is_some_and(|auth| auth.traits().listens)
    }

    /// Decides what happens after a response. `sent` is where the hop went, without what we added to it.
    ///
    /// # Errors
    /// A scheme found the response to be wrong (forged, say): it must not be delivered.
    #[inline]
    pub fn observed(&mut self, response: &ResponseView<'_>, sent: Target<'_>) -> Result<Next, Error> {
        let status = response.status;
        if self.records() {
            self.note(&sent, || TrailEvent::Answered(status.as_u16()));
        }
        // Not the origin's word: nobody's credential is to learn from it, whoever was to get the request (rule 12).
        if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            return Ok(self.asked_by_proxy(response, &sent));
        }
        self.let_through(response, &sent)?;
        let learnt = self.learn(response, &sent)?;
        if let Some((because, index, stamp)) = learnt.resend
            && let Some(kept) = &self.kept
        {
            let (method, headers) = (kept.method.clone(), kept.headers());
            self.note(&sent, || TrailEvent::Resent(resent(because).into()));
            let rare = self.rare();
            (rare.resent, rare.promised) = (Some(because), Some((index, stamp)));
            return Ok(Next::Resend { method, headers });
        }
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Ok(self.refused(response, &sent, &learnt)),
            _ if status.is_redirection() => Ok(self.redirected(response, &sent)),
            _ => Ok(Next::Deliver),
        }
    }

    fn redirected(&mut self, response: &ResponseView<'_>, sent: &Target<'_>) -> Next {
        let Some(kept) = &mut self.kept else { return Next::Deliver };
        if !redirect::is_redirect(response) || self.policy.max_redirects == 0 {
            return Next::Deliver;
        }
        if self.hop > self.policy.max_redirects {
            self.note(sent, || TrailEvent::NotFollowed("too many".into()));
            return Next::TooManyRedirects;
        }
        let our_pairs = self.rare.as_ref().map(|rare| &*rare.our_pairs).unwrap_or_default();
        let entries = self.auth.map(Auth::entries).unwrap_or_default();
        let is_written_by_us = |name: &HeaderName| {
            let mut slots = entries.iter().flat_map(|entry| entry.scheme.writes());
            slots.any(|slot| matches!(slot, Slot::Header(written) if written == name))
        };
        match redirect::follow(kept, response, sent, self.replayable, our_pairs, is_written_by_us) {
            Ok(redirect::Followed { next, to, dropped, same_origin }) => {
                if !same_origin {
                    self.budget = FULL;
                }
                // Another page may be of another realm, and its nonces good for one use: what it asks is as new as it was at
                // the first.
                for because in [Resend::Challenged, Resend::Nonce] {
                    if let Some(left) = self.budget.get_mut(because.index()) {
                        *left = 1;
                    }
                }
                if !next.keep_body {
                    self.replayable = true;
                }
                self.note(sent, || TrailEvent::Followed { to, dropped });
                if let Some(rare) = self.rare.as_mut() {
                    (rare.resent, rare.promised) = (None, None);
                    rare.proxied.next_hop();
                }
                self.hop += 1;
                Next::Follow(next)
            }
            Err(why) => {
                self.note(sent, || TrailEvent::NotFollowed(why.to_string()));
                Next::Deliver
            }
        }
    }

    fn attached_entries(&self) -> impl Iterator<Item = One> + '_ {
        let more = self.rare.as_ref().map_or(&[][..], |rare| &*rare.more);
        self.attached.iter().chain(more.iter().copied())
    }

    #[inline]
    fn may_resend(&self) -> bool {
        self.auth.is_some_and(|auth| auth.traits().may_resend)
    }

    #[inline]
    fn answers_proxy(&self) -> bool {
        self.policy.proxy.as_ref().is_some_and(ProxyAccess::answers)
    }

    fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_default()
    }

    #[inline]
    fn records(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.trail.is_some())
    }

    fn is_noted(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.trail.is_some() || rare.untold.is_some())
    }

    /// Puts it on the trail, and down for the observers.
    fn note(&mut self, target: &Target<'_>, event: impl FnOnce() -> TrailEvent) {
        let (hop, entries) = (self.hop, self.auth.map(Auth::entries).unwrap_or_default());
        let Some(rare) = self.rare.as_mut() else { return };
        match (&mut rare.trail, &mut rare.untold) {
            (None, None) => {}
            (Some(trail), None) => trail.push(hop, target.origin().to_string(), event()),
            (trail, Some(untold)) => {
                let event = event();
                untold.extend(Told::of(&event, target, entries));
                if let Some(trail) = trail {
                    trail.push(hop, target.origin().to_string(), event);
                }
            }
        }
    }

    /// The same for what is nobody's credential among the entries.
    fn note_on_trail(&mut self, target: &Target<'_>, event: impl FnOnce() -> TrailEvent) {
        if let Some(trail) = self.rare.as_mut().and_then(|rare| rare.trail.as_mut()) {
            trail.push(self.hop, target.origin().to_string(), event());
        }
    }

    /// Tells the observers what was put down for them.
    pub(super) fn tell(&mut self) {
        let untold = self.rare.as_mut().and_then(|rare| rare.untold.as_mut());
        if let (Some(untold), Some(auth)) = (untold, self.auth) {
            untold.drain(..).for_each(|told| auth.observers().tell(&told));
        }
    }
}

#[cold]
fn for_the_proxy(target: &Target<'_>) -> Error {
    Error::caller(format!(
        "`Proxy-Authorization` is set on the request, where {} could receive it; give it to the client's own proxy \
         setting; nothing was sent",
        target.origin()
    ))
}

fn resent(because: Resend) -> &'static str {
    match because {
        Resend::Challenged => "a challenge can be answered",
        Resend::Renewed => "the token was renewed",
        Resend::Nonce => "a new nonce is known",
        Resend::SteppedUp => "more scope was obtained",
    }
}

/// Shows counts only.
impl fmt::Debug for Exchange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("hop", &self.hop).field("sends", &self.sends).finish_non_exhaustive()
    }
}

//! A hop through the client's own proxy: answering it, and what its refusal becomes (RFC 9110 section 11.7).

use http::StatusCode;

use super::{Exchange, Next, resent};
use crate::{
    Auth, Error, Hop, ProxyAccess, ProxyDenied, Resend, ResponseView, Stamp, Target, Verdict,
    proxy::line_sent, trail::TrailEvent,
};

/// What a request remembers of the proxy.
#[derive(Default)]
pub(super) struct Proxied {
    /// What the hop under way was sent with.
    sent: Option<Stamp>,
    /// What it is sent again with.
    promised: Option<Stamp>,
    challenged: bool,
    nonce: bool,
}

/// The most resends that a proxy can ask for at each hop: one challenge and one stale nonce, whatever servers do besides.
pub(super) const PROXY_RESENDS: u32 = 2;

impl Proxied {
    /// What the proxy asks of another hop is as new as it was at the first.
    pub(super) fn next_hop(&mut self) {
        (self.challenged, self.nonce) = (false, false);
    }
}

impl Exchange<'_> {
    /// The proxy that this hop is given to as it is. What is for https goes through a tunnel, to the origin.
    pub(super) fn proxy_on_the_way(&self, target: &Target<'_>) -> Option<ProxyAccess> {
        self.policy.proxy.as_ref().filter(|proxy| proxy.answers() && proxy.takes(target)).cloned()
    }

    /// A hop that is ready but for the proxy.
    #[cold]
    #[inline(never)]
    pub(super) fn go_through_proxy(&mut self, auth: &Auth, hop: &mut Hop<'_>) -> Result<(), Error> {
        if let Some(proxy) = self.proxy_on_the_way(hop.goes_to()) {
            self.authorize_to_proxy(&proxy, hop).inspect_err(|_| self.take_back(auth, hop))?;
        }
        self.tell();
        Ok(())
    }

    /// Puts on what the proxy is known to want.
    #[cold]
    pub(super) fn authorize_to_proxy(&mut self, proxy: &ProxyAccess, hop: &mut Hop<'_>) -> Result<(), Error> {
        let promised = self.rare.as_mut().and_then(|rare| rare.proxied.promised.take());
        let answer = proxy.authorize(hop, promised)?;
        self.rare().proxied.sent = answer.as_ref().map(|(_, stamp)| *stamp);
        if let Some((value, _)) = answer {
            hop.header_for_proxy(value)?;
            let label = format!("the credential of proxy {}", proxy.address());
            self.note_on_trail(hop.goes_to(), || TrailEvent::Attached(label));
        }
        Ok(())
    }

    /// The proxy has let the hop through.
    pub(super) fn let_through(&self, response: &ResponseView<'_>, sent: &Target<'_>) -> Result<(), Error> {
        let Some(proxy) = self.proxy_on_the_way(sent) else { return Ok(()) };
        let Some(rare) = self.rare.as_ref() else { return Ok(()) };
        let Some(stamp) = rare.proxied.sent else { return Ok(()) };
        let seen = response.of(&*self.policy.clock, *sent, &rare.our_pairs, !self.replayable);
        proxy.let_through(response.headers, response.status, &line_sent(sent, &seen.line()), stamp)
    }

    /// A 407. It is about the proxy's credential, so it does not matter whose the request's is.
    pub(super) fn asked_by_proxy(&mut self, response: &ResponseView<'_>, sent: &Target<'_>) -> Next {
        debug_assert_eq!(response.status, StatusCode::PROXY_AUTHENTICATION_REQUIRED);
        let mut denied = ProxyDenied::on_the_way(sent, Some(response.headers));
        let ours = self.policy.proxy.as_ref().filter(|proxy| proxy.takes(sent)).cloned();
        if let Some(proxy) = &ours {
            let stamp = self.rare.as_ref().and_then(|rare| rare.proxied.sent);
            denied = denied.by(proxy.address()).given(!proxy.answers() || stamp.is_some());
            if proxy.answers() {
                match proxy.challenged(response.headers, stamp, !self.replayable) {
                    Verdict::Resend { .. } if !self.replayable => {
                        denied = denied.because("the body was a stream and is gone: send again");
                    }
                    Verdict::Resend { because, stamp: now } if Some(now) != stamp => {
                        if let Some(next) = self.answer_proxy(because, now, sent) {
                            return next;
                        }
                    }
                    Verdict::Unanswered(why) => denied = denied.because(why),
                    _ => {}
                }
            }
        } else if self.policy.proxy.is_some() {
            // From inside a tunnel: whoever says so was given nothing.
            denied = denied.given(false);
        }
        if self.policy.denied_as_error { Next::ProxyDenied(Box::new(denied)) } else { Next::Deliver }
    }

    fn answer_proxy(&mut self, because: Resend, promised: Stamp, sent: &Target<'_>) -> Option<Next> {
        let kept = self.kept.as_ref()?;
        let (method, headers) = (kept.method.clone(), kept.headers());
        let proxied = &mut self.rare().proxied;
        let used = if because == Resend::Nonce { &mut proxied.nonce } else { &mut proxied.challenged };
        if std::mem::replace(used, true) {
            return None;
        }
        proxied.promised = Some(promised);
        self.note_on_trail(sent, || TrailEvent::Resent(format!("{}, of the proxy", resent(because))));
        Some(Next::Resend { method, headers })
    }
}

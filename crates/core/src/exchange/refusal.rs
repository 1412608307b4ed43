//! What the schemes make of a response (rules 4 to 7), and a refusal that remains (rule 12).

use http::{StatusCode, header::WWW_AUTHENTICATE};

use super::{Exchange, Next};
use crate::{Denied, Error, Resend, ResponseView, Stamp, Target, Verdict, observe::Told};

/// What the schemes have made of a response.
#[derive(Default)]
pub(super) struct Learnt {
    /// Why, by which entry, and what it will say.
    pub(super) resend: Option<(Resend, usize, Stamp)>,
    /// By entry: why it could not answer what the server asks.
    /// It was not the credential, but a nonce that was too old.
    pub(super) stale: bool,
    pub(super) unanswered: Vec<(usize, &'static str)>,
}

impl Exchange<'_> {
    /// Shows the response to the schemes on the hop, and takes the first resend that is allowed (rules 4 to 6).
    pub(super) fn learn(&mut self, response: &ResponseView<'_>, sent: &Target<'_>) -> Result<Learnt, Error> {
        let Some(auth) = self.auth.filter(|auth| auth.traits().listens) else { return Ok(Learnt::default()) };
        let (our_pairs, more) =
            self.rare.as_ref().map_or(("", &[][..]), |rare| (&rare.our_pairs, &rare.more));
        let response = &response.of(&*self.policy.clock, *sent, our_pairs, !self.replayable);
        let mut learnt = Learnt::default();
        for one in self.attached.iter().chain(more.iter().copied()) {
            let (stamp, Some(entry)) = (one.stamp, auth.entries().get(one.index())) else { continue };
            let (because, now) = match entry.scheme.observed(response, stamp)? {
                Verdict::Deliver => continue,
                Verdict::Unanswered(why) => {
                    learnt.unanswered.push((one.index(), why));
                    continue;
                }
                Verdict::Resend { because, stamp } => (because, stamp),
            };
            // 401: the server refused to act, so even a POST may be sent again. 403 says that this credential will
            // not do; only wider scope can help. Nothing else is ours to retry (RFC 9110 sections 15.5.2, 15.5.4).
            let ours = match response.status {
                StatusCode::UNAUTHORIZED => true,
                StatusCode::FORBIDDEN => because == Resend::SteppedUp,
                _ => false,
            };
            let left = self.budget.get_mut(because.index());
            if !ours || !entry.may_resend || now == stamp || learnt.resend.is_some() {
                continue;
            }
            let why = match left.filter(|left| **left > 0) {
                _ if !self.replayable => "when it did, the body was a stream and gone: send again",
                Some(left) => {
                    *left -= 1;
                    learnt.resend = Some((because, one.index(), now));
                    continue;
                }
                None if because == Resend::Nonce => "it wants another nonce every time",
                None => "it asks again for what was answered",
            };
            learnt.stale |= because == Resend::Nonce;
            // Of what was sent, the error says as much.
            if one.is_bare() || because == Resend::Nonce && self.replayable {
                learnt.unanswered.push((one.index(), why));
            }
        }
        Ok(learnt)
    }

    /// A 401 or 403 that remains (rule 12).
    pub(super) fn refused(
        &self,
        response: &ResponseView<'_>,
        sent: &Target<'_>,
        Learnt { stale, unanswered, .. }: &Learnt,
    ) -> Next {
        let (Some(auth), is_error, false) = (self.auth, self.policy.denied_as_error, self.caller_set) else {
            return Next::Deliver;
        };
        let is_told = !auth.observers().is_empty() || cfg!(feature = "tracing");
        if !is_error && !is_told {
            return Next::Deliver;
        }
        let entries = auth.entries();
        let labels = |bare: bool| {
            let such = self.attached_entries().filter(move |one| one.is_bare() == bare);
            such.filter_map(|one| Some((one.index(), entries.get(one.index())?.label())))
        };
        let why = |index| unanswered.iter().find(|(other, _)| *other == index).map(|(_, why)| *why);
        let unasked = labels(true).map(|(index, label)| {
            format!(
                "{label} goes only where the server asks for it, and {}",
                why(index).unwrap_or("it did not")
            )
        });
        let unasked: Vec<_> = unasked.collect();
        let unanswered = labels(false).filter_map(|(index, label)| Some(format!("{label}: {}", why(index)?)));
        let elsewhere = entries.iter().filter_map(|entry| {
            let mismatch = entry.area.mismatch(sent)?;
            Some(format!("{} is {}", entry.label(), entry.elsewhere(mismatch)))
        });
        let denied = Denied {
            status: response.status,
            origin: sent.origin().to_string(),
            sent: labels(false).map(|(_, label)| label).collect(),
            unanswered: unanswered.chain(unasked.iter().cloned()).collect(),
            stale: *stale,
            withheld: unasked.into_iter().chain(elsewhere).collect(),
            stream_gone: response.status == StatusCode::UNAUTHORIZED && !self.replayable && self.may_resend(),
            renewed: self.rare.as_ref().is_some_and(|rare| rare.resent == Some(Resend::Renewed)),
            lines: response.headers.get_all(WWW_AUTHENTICATE).iter().cloned().collect(),
        };
        // As an error or not is a convention of the client: it was refused.
        if is_told {
            auth.observers().tell(&Told::denied(&denied, sent, entries));
        }
        if is_error { Next::Denied(Box::new(denied)) } else { Next::Deliver }
    }
}

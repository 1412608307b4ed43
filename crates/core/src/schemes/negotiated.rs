//! Answering what the server asks: Digest, and Basic where that is allowed too.

use std::fmt;

use arc_swap::ArcSwap;
use http::{HeaderName, HeaderValue, StatusCode, header::AUTHORIZATION};

use super::{
    digest::{Engine, MD5_IS_OFF},
    placed::Label,
};
use crate::{
    Challenges, Error, Hop, Resend, ResponseView, Scheme, Slot, Stamp, Step, Target, Verdict, origin::Area,
};

/// RFC 7615; RFC 9110 section 11.6.3.
pub(super) const AUTHENTICATION_INFO: HeaderName = HeaderName::from_static("authentication-info");

/// No session of Digest has it.
const BASIC: Stamp = Stamp(u64::MAX);

/// Of a request that carried nothing.
const UNASKED: Stamp = Stamp(0);

/// An `Auth` can have many origins, but not without end.
const MAX_AREAS: usize = 64;

pub(super) struct Negotiated {
    /// The value for `Authorization: Basic`, where it may be sent at all.
    basic: Option<HeaderValue>,
    /// What has asked for Basic: whole origins, and places at origins that otherwise ask for Digest.
    asked_for_basic: ArcSwap<Vec<Area>>,
    digest: Engine,
    slots: [Slot; 1],
    label: Label,
}

impl Negotiated {
    pub(super) fn new(digest: Engine, basic: Option<HeaderValue>, label: Label) -> Self {
        let slots = [Slot::Header(AUTHORIZATION)];
        Self { basic, asked_for_basic: ArcSwap::default(), digest, slots, label }
    }

    fn challenged(&self, response: &ResponseView<'_>, target: &Target<'_>, sent: Stamp) -> Verdict {
        let challenges = Challenges::of(response.headers);
        let why = match self.digest.challenged(challenges.clone(), target, sent, response.is_sent_once()) {
            Verdict::Unanswered(MD5_IS_OFF) => return Verdict::Unanswered(MD5_IS_OFF),
            Verdict::Unanswered(why) if self.basic.is_some() => why,
            answer => {
                self.ask_for_basic(target, None);
                return answer;
            }
        };
        let offers_basic = challenges.clone().any(|challenge| challenge.is("Basic"));
        match (offers_basic, target.is_protected()) {
            (true, true) if sent == BASIC => {
                self.ask_for_basic(target, None);
                Verdict::Deliver
            }
            (true, true) => {
                // An answer that was not asked for: Digest holds elsewhere at this origin, and goes on to.
                let asks = if sent == UNASKED { Area::origin_of(target) } else { around(target) };
                self.ask_for_basic(target, Some(&asks));
                Verdict::Resend { because: Resend::Challenged, stamp: BASIC }
            }
            (true, false) => Verdict::Unanswered("it offers only Basic, which is never sent over plain http"),
            (false, _) if challenges.clone().any(|challenge| challenge.is("Digest")) => {
                Verdict::Unanswered(why)
            }
            (false, _) => Verdict::Unanswered("it offers neither Digest nor Basic"),
        }
    }

    /// The area that asks for Basic from now on, in place of what was known of the target.
    fn ask_for_basic(&self, target: &Target<'_>, asks: Option<&Area>) {
        let is_known = self.asked_for_basic.load().iter().any(|area| area.covers(target));
        if is_known || asks.is_some() {
            self.asked_for_basic.rcu(|areas| {
                let mut next: Vec<_> = areas.iter().filter(|area| !area.covers(target)).cloned().collect();
                if let Some(asks) = asks {
                    next.truncate(MAX_AREAS - 1);
                    next.insert(0, asks.clone());
                }
                next
            });
        }
    }

    /// Whether Basic was asked for here; `only` here, and not at the whole origin.
    fn is_basic(&self, target: &Target<'_>, only: bool) -> bool {
        let areas = self.asked_for_basic.load();
        areas.iter().any(|area| (area.prefix_len() > 0) == only && area.covers(target))
    }
}

/// What lies as deep as the target or deeper, as RFC 7617 section 2.2 has it; the target alone where that is all of the origin.
fn around(target: &Target<'_>) -> Area {
    match target.path().rsplit_once('/') {
        Some((folder, _)) if !folder.is_empty() => Area::below(target, folder),
        _ => Area::around(target),
    }
}

impl Scheme for Negotiated {
    fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error> {
        let basic = match (&self.basic, hop.promised()) {
            (Some(_), None) => self.is_basic(hop.goes_to(), true),
            (_, promised) => promised == Some(BASIC),
        };
        if !basic && let Some((value, stamp)) = self.digest.answer(hop)? {
            hop.header_made(&AUTHORIZATION, value)?;
            hop.stamp(stamp);
            return Ok(Step::Send);
        }
        if let Some(value) = &self.basic
            && (basic || self.is_basic(hop.goes_to(), false))
        {
            hop.header_ready(&AUTHORIZATION, value)?;
            hop.stamp(BASIC);
            return Ok(Step::Send);
        }
        Ok(Step::Bare)
    }

    fn observed(&self, response: &ResponseView<'_>, sent: Stamp) -> Result<Verdict, Error> {
        let Some(target) = response.target() else { return Ok(Verdict::Deliver) };
        if response.status == StatusCode::UNAUTHORIZED {
            return Ok(self.challenged(response, &target, sent));
        }
        if sent == BASIC {
            return Ok(Verdict::Deliver);
        }
        let info = response.headers.get_all(AUTHENTICATION_INFO).iter();
        self.digest.answered(info, response.status, (&target, &response.line()), sent)?;
        Ok(Verdict::Deliver)
    }

    fn may_resend(&self) -> bool {
        true
    }

    /// The request target is part of an answer to Digest, so query keys have to be on it first.
    fn signs(&self) -> bool {
        true
    }

    fn waits(&self) -> bool {
        true
    }

    fn writes(&self) -> &[Slot] {
        &self.slots
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.label, f)
    }
}

impl fmt::Debug for Negotiated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.label, f)
    }
}

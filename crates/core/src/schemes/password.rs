//! A password for whichever scheme the server asks for: negotiation (RFC 9110 section 11.6.1).

use std::{fmt, sync::Arc};

use arc_swap::ArcSwap;
use http::{HeaderValue, StatusCode, header::AUTHORIZATION};

use super::{
    basic,
    digest::{AUTHENTICATION_INFO, Engine, MD5_IS_OFF, identity},
    placed::Label,
};
use crate::{
    Challenges, Error, Hop, IntoScheme, Resend, ResponseView, Scheme, Secret, Slot, Stamp, Step, Target,
    Verdict, origin::Area, proxy::BasicParts, secret::Resolved,
};

/// A user and a password, for the scheme the server asks for: Digest where it is offered, else Basic, and Basic never over
/// plain http to another machine. Schemes that are not known here are passed over.
///
/// The first request to an origin goes bare, to hear what the server wants: where that is known, [`Basic`](crate::Basic) and
/// [`Digest`](crate::Digest) say so, and Basic then costs no request.
///
/// ```
/// use authwright_core::{Auth, Password, Secret};
///
/// let auth = Auth::new("https://nas.example.com", Password::new("sam", Secret::new("hunter2")))?;
/// # Ok::<(), authwright_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[allow(clippy::struct_field_names)] // it is a user and a password
pub struct Password {
    user: Secret,
    password: Secret,
    md5: bool,
    cnonce: Option<Box<str>>,
}

impl Password {
    /// The user and the password. Either may be a reference.
    pub fn new(user: impl Into<Secret>, password: impl Into<Secret>) -> Self {
        Self { user: user.into(), password: password.into(), md5: true, cnonce: None }
    }

    /// Does not answer a Digest challenge with MD5.
    pub fn without_md5(self) -> Self {
        Self { md5: false, ..self }
    }

    /// The client nonce of every request. For the examples of the RFC alone.
    #[doc(hidden)]
    pub fn fixed_cnonce(self, cnonce: &str) -> Self {
        Self { cnonce: Some(cnonce.into()), ..self }
    }
}

impl Password {
    pub(crate) fn for_proxy(self) -> Result<(BasicParts, Engine), Error> {
        let (user, password) = (Resolved::from(&self.user)?, Resolved::from(&self.password)?);
        let who = identity(&user, &password, "Password")?;
        Ok((basic::parts(&user, &password)?, Engine::new(who, self.md5, self.cnonce)))
    }
}

impl IntoScheme for Password {
    fn into_scheme(self) -> Result<Arc<dyn Scheme>, Error> {
        let user = Resolved::from(&self.user)?;
        let password = Resolved::from(&self.password)?;
        let who = identity(&user, &password, "Password")?;
        Ok(Arc::new(Negotiated {
            basic: basic::value(&user, &password)?,
            asked_for_basic: ArcSwap::default(),
            digest: Engine::new(who, self.md5, self.cnonce),
            slots: [Slot::Header(AUTHORIZATION)],
            label: Label::new("Password", &password),
        }))
    }

    fn what(&self) -> String {
        "Password".into()
    }
}

/// No session of Digest has it.
const BASIC: Stamp = Stamp(u64::MAX);

/// Of a request that carried nothing.
const UNASKED: Stamp = Stamp(0);

/// An `Auth` can have many origins, but not without end.
const MAX_AREAS: usize = 64;

struct Negotiated {
    basic: HeaderValue,
    /// What has asked for Basic: whole origins, and places at origins that otherwise ask for Digest.
    asked_for_basic: ArcSwap<Vec<Area>>,
    digest: Engine,
    slots: [Slot; 1],
    label: Label,
}

impl Negotiated {
    fn challenged(&self, response: &ResponseView<'_>, target: &Target<'_>, sent: Stamp) -> Verdict {
        let challenges = Challenges::of(response.headers);
        let why = match self.digest.challenged(challenges.clone(), target, sent, response.is_sent_once()) {
            Verdict::Unanswered(MD5_IS_OFF) => return Verdict::Unanswered(MD5_IS_OFF),
            Verdict::Unanswered(why) => why,
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
        let basic = match hop.promised() {
            Some(stamp) => stamp == BASIC,
            None => self.is_basic(hop.goes_to(), true),
        };
        if !basic && let Some((value, stamp)) = self.digest.answer(hop)? {
            hop.header_made(&AUTHORIZATION, value)?;
            hop.stamp(stamp);
            return Ok(Step::Send);
        }
        if basic || self.is_basic(hop.goes_to(), false) {
            hop.header_ready(&AUTHORIZATION, &self.basic)?;
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

    /// As for Digest.
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

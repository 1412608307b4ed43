//! Putting the entries of an `Auth` onto one hop: each wholly or not at all (rules 1, 2, 6 and 8).

use super::{Exchange, attached::One, kept, pause::Stop};
use crate::{
    Auth, Error, Hop, Slot, Step, Target, auth::Entry, hop::Collision, observe::traced, trail::TrailEvent,
};

impl Exchange<'_> {
    /// The usual case: nobody signs or needs the body, no trail is kept, and nothing has happened to this request yet.
    #[inline]
    pub(super) fn apply_all(&mut self, auth: &Auth, hop: &mut Hop<'_>) -> Result<(), Stop> {
        for (index, entry) in auth.entries().iter().enumerate() {
            if is_meant_for(entry, hop) {
                self.authorize(auth, index, entry, hop)?;
            }
        }
        Ok(())
    }

    /// Where there are signers or observers, where a trail is kept, after a pause, and on every send but the first. Signers
    /// sign what the others have attached, so they come last; but a plain entry yields a field to a more specific signer. An
    /// entry the caller has overridden stays out for the whole request: what comes after a redirect is still asked for in the
    /// name the caller chose.
    #[inline(never)]
    pub(super) fn apply_with_care(&mut self, auth: &Auth, hop: &mut Hop<'_>) -> Result<(), Stop> {
        if self.sends == 1 && (!auth.observers().is_empty() || traced::wants_requests()) {
            self.rare().untold.get_or_insert_default();
        }
        if let Some(rare) = self.rare.as_ref() {
            rare.pause.tell(hop);
        }
        let entries = auth.entries();
        let every = || entries.iter().enumerate();
        for (index, entry) in every().filter(|(_, entry)| !entry.signs) {
            let more_specific =
                entries[..index].iter().filter(|other| other.signs && other.area.covers(hop.goes_to()));
            let mut taken = more_specific.flat_map(|signer| signer.scheme.writes());
            if !taken.any(|slot| entry.scheme.writes().contains(slot)) {
                self.apply_unless_overridden(auth, index, entry, hop)?;
            }
        }
        for (index, entry) in every().filter(|(_, entry)| entry.signs) {
            self.apply_unless_overridden(auth, index, entry, hop)?;
        }
        // The proxy on the way may still say no.
        if hop.goes_to().is_https() || self.policy.proxy.is_none() {
            self.tell();
        }
        Ok(())
    }

    fn apply_unless_overridden(
        &mut self,
        auth: &Auth,
        index: usize,
        entry: &Entry,
        hop: &mut Hop<'_>,
    ) -> Result<(), Stop> {
        let overridden = self.rare.as_ref().is_some_and(|rare| rare.overridden.contains(&index));
        if !overridden || !entry.area.covers(hop.goes_to()) {
            return self.apply(auth, index, entry, hop);
        }
        self.caller_set = true;
        let why = "the caller set another in its place".to_owned();
        self.note(hop.goes_to(), || TrailEvent::Withheld { label: entry.label(), why });
        Ok(())
    }

    /// Applies one entry to the hop, wholly or not at all.
    fn apply(&mut self, auth: &Auth, index: usize, entry: &Entry, hop: &mut Hop<'_>) -> Result<(), Stop> {
        if !is_meant_for(entry, hop) {
            self.note_elsewhere(auth, entry, hop.goes_to());
            return Ok(());
        }
        if entry.needs_body && !self.replayable {
            return Err(Stop::failed(index, unsigned_stream(entry)));
        }
        if self.is_held(auth, entry) {
            let why = "a more specific entry waits to be asked for it".to_owned();
            self.note(hop.goes_to(), || TrailEvent::Withheld { label: entry.label(), why });
            return Ok(());
        }
        // Before it does its work: a signature for a place that is taken may be an error, or use up a count.
        if entry.signs && !hop.hold(entry.scheme.writes()) {
            self.collided(auth, index, entry, hop);
            return Ok(());
        }
        let promised = self.rare.as_ref().and_then(|rare| rare.promised);
        hop.set_promised(promised.filter(|(of, _)| *of == index).map(|(_, stamp)| stamp));
        if self.authorize(auth, index, entry, hop)? {
            self.note(hop.goes_to(), || TrailEvent::Attached(entry.label()));
        }
        Ok(())
    }

    /// Has the scheme write. Whether all of what it wrote could go on.
    #[inline]
    fn authorize(
        &mut self,
        auth: &Auth,
        index: usize,
        entry: &Entry,
        hop: &mut Hop<'_>,
    ) -> Result<bool, Stop> {
        match entry.scheme.authorize(hop) {
            Ok(Step::Send) => {}
            Ok(Step::Bare) => return self.wait_to_be_asked(auth, index, entry, hop),
            other => return Err(Stop::new(index, other)),
        }
        let Some(finished) = hop.finish_entry() else {
            self.collided(auth, index, entry, hop);
            return Ok(false);
        };
        if let Some(one) = self.attached.insert(index, &finished) {
            self.rare().more.push(one);
        }
        Ok(true)
    }

    /// The entry sends nothing before the server asks for it. Its place must be free all the same: otherwise what the
    /// server says is about somebody else's credential, and the answer would stand beside that.
    #[cold]
    fn wait_to_be_asked(
        &mut self,
        auth: &Auth,
        index: usize,
        entry: &Entry,
        hop: &mut Hop<'_>,
    ) -> Result<bool, Stop> {
        if !entry.scheme.waits() {
            let what = "waits to be asked and does not say so (Scheme::waits); nothing was sent";
            return Err(Stop::failed(index, Error::caller(format!("{} {what}", entry.label()))));
        }
        hop.finish_bare();
        if hop.hold(entry.scheme.writes()) {
            self.rare().more.push(One::bare(index));
            self.note(hop.goes_to(), || TrailEvent::Unasked(entry.label()));
        } else {
            self.collided(auth, index, entry, hop);
        }
        Ok(false)
    }

    /// Whether a more specific entry waits to be asked for a credential that goes into a place of this one.
    fn is_held(&self, auth: &Auth, entry: &Entry) -> bool {
        let bare = self.attached_entries().filter(|one| one.is_bare());
        let mut held =
            bare.filter_map(|one| auth.entries().get(one.index())).flat_map(|one| one.scheme.writes());
        held.any(|slot| entry.scheme.writes().contains(slot))
    }

    /// A field was taken. By the caller, unless an entry before this one wrote it.
    #[cold]
    fn collided(&mut self, auth: &Auth, index: usize, entry: &Entry, hop: &mut Hop<'_>) {
        let Some(mut collision) = hop.finish_collided() else { return };
        let ours = self.ready_slots(auth).any(|slot| *slot == collision.slot);
        collision.by_caller &= !ours;
        self.caller_set |= collision.by_caller;
        if collision.by_caller {
            self.rare().overridden.push(index);
        }
        self.note(hop.goes_to(), || TrailEvent::Withheld { label: entry.label(), why: taken(&collision) });
    }

    /// Leaves the request as the caller gave it (rule 8).
    #[cold]
    pub(super) fn take_back(&self, auth: &Auth, hop: &mut Hop<'_>) {
        let defaults = self.rare.as_ref().map(|rare| &*rare.defaults).unwrap_or_default();
        hop.take_back_all(self.ready_slots(auth), defaults);
    }

    /// The fields of entries that wrote their one declared header.
    fn ready_slots<'s>(&'s self, auth: &'s Auth) -> impl Iterator<Item = &'s Slot> {
        let ready = self.attached_entries().filter(|one| one.is_ready());
        ready.filter_map(|one| auth.entries().get(one.index())).flat_map(|entry| entry.scheme.writes())
    }

    /// An answer of 401 is then about what the caller sent, if that was a credential.
    #[inline(never)]
    pub(super) fn nothing_attached(&mut self, auth: &Auth, hop: &Hop<'_>) {
        // Who waits to be asked is to hear of it.
        if self.attached_entries().next().is_some() {
            return;
        }
        if auth.is_empty() {
            self.note(hop.goes_to(), || TrailEvent::Bare("the Auth is empty"));
        }
        self.caller_set |= hop.headers().iter().any(|(name, value)| kept::is_credential(name, value));
    }

    /// Observers hear of it only where the target is no entry's: of what is meant for elsewhere nothing was kept back.
    #[cold]
    fn note_elsewhere(&mut self, auth: &Auth, entry: &Entry, target: &Target<'_>) {
        if !self.is_noted() {
            return;
        }
        let Some(mismatch) = entry.area.mismatch(target) else { return };
        let event = || TrailEvent::Withheld { label: entry.label(), why: entry.elsewhere(mismatch) };
        if auth.entries().iter().any(|other| other.area.covers(target)) {
            self.note_on_trail(target, event);
        } else {
            self.note(target, event);
        }
    }
}

/// Rule 1: a target outside the origin of an entry gets nothing of it.
#[inline]
fn is_meant_for(entry: &Entry, hop: &Hop<'_>) -> bool {
    entry.area.covers(hop.goes_to())
}

fn unsigned_stream(entry: &Entry) -> Error {
    Error::caller(format!(
        "{} signs the body, and this body is a stream; send bytes, or use a scheme that does not need them",
        entry.label()
    ))
}

fn taken(collision: &Collision) -> String {
    let by = if collision.by_caller { "the caller" } else { "a more specific entry" };
    match &collision.slot {
        Slot::Query(_) => format!("{by} put {} on the URL", collision.slot),
        slot => format!("{by} set {slot}"),
    }
}

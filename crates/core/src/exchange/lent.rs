//! A request that somebody else sends: what is put on it, and that something is.

use crate::{Error, Exchange, Policy, Target};

impl Policy {
    /// What remains of it for a request that somebody else sends. Nothing of ours follows its redirects, no proxy is known on
    /// its way, and the client's default headers are the client's.
    pub fn for_others(&self) -> Self {
        Self { max_redirects: 0, clock: self.clock.clone(), ..Self::default() }
    }
}

impl Exchange<'_> {
    /// Whether the request that was made ready is for one of our origins and carries a credential: ours, or one the caller has set
    /// in its place. For drivers whose users send it by themselves, and would not hear of a bare one before the server does.
    ///
    /// # Errors
    /// It carries none; the error says why.
    pub fn check_attached(&self, target: &Target<'_>) -> Result<(), Error> {
        let entries = self.auth.map(crate::Auth::entries).unwrap_or_default();
        let is_ours = entries.iter().any(|entry| entry.area.covers(target));
        if is_ours && (self.caller_set || self.attached_entries().any(|one| !one.is_bare())) {
            return Ok(());
        }
        let waiting = self.attached_entries().filter_map(|one| entries.get(one.index()));
        let waiting = waiting.map(|entry| {
            format!("{} goes only where the server asks for it, which is not heard here", entry.label())
        });
        let elsewhere = entries.iter().filter_map(|entry| {
            let mismatch = entry.area.mismatch(target)?;
            Some(format!("{} is {}", entry.label(), entry.elsewhere(mismatch)))
        });
        let reasons: Vec<_> = waiting.chain(elsewhere).collect();
        let why =
            if reasons.is_empty() { "this client's Auth is empty".to_owned() } else { reasons.join("; ") };
        Err(Error::caller(format!(
            "no credential goes onto the request to {}, because {why}",
            target.origin()
        )))
    }
}

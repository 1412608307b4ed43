//! Records in entries of a keyring: in one where it fits, and else in parts that come into force together.

use std::sync::Arc;

use authwright_core::Error;
use keyring_core::{CredentialStore, Entry};
use zeroize::Zeroizing;

use super::head::{Head, LONGEST_LINE, Slot};
use crate::{LIMIT, refused, too_long};

/// Each record has a head entry of its name. A record that does not fit in there is written to the slot that the present
/// head does not speak of; then the head is replaced, which is the one moment at which the new record comes into force;
/// then the old slot is emptied.
///
/// A slot's entries are written from the first to the last and removed from the last to the first. So wherever a process
/// dies, what it leaves is found by looking from the first on.
pub(super) struct Entries {
    store: Arc<CredentialStore>,
    app: String,
    limit: usize,
}

impl Entries {
    pub(super) fn new(store: Arc<CredentialStore>, app: String, limit: usize) -> Self {
        Self { store, app, limit }
    }

    /// Where the parts do not fit the head, somebody has saved meanwhile, and the head is read again.
    pub(super) fn load(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        /// Each try that fails has seen a whole save go by.
        const TRIES: usize = 1000;
        let mut before = None;
        for _ in 0..TRIES {
            let Some(entry) = self.get(name)? else { return Ok(None) };
            let Some((head, here)) = Head::parse(&entry) else { return Err(self.broken(name)) };
            if head.length > LIMIT {
                return Err(too_long(&self.called(name), head.length as u64));
            }
            let record = if head.parts == 0 { Ok(Some(here.to_vec())) } else { self.collect(name, &head) };
            match record {
                Ok(Some(record)) if head.fits(&record) => return Ok(Some(record)),
                // Nobody has saved, so it is what it seems.
                found if before.as_ref() == Some(&head) => {
                    return Err(found.err().unwrap_or_else(|| self.broken(name)));
                }
                _ => before = Some(head),
            }
        }
        Err(refused(format!("{} is being replaced all the time; try again", self.called(name))).transient())
    }

    pub(super) fn save(&self, name: &str, record: &[u8]) -> Result<(), Error> {
        // What is not a head has no parts that count.
        let before = self.get(name)?.and_then(|entry| Some(Head::parse(&entry)?.0));
        let (generation, used) = before.map_or((0, Slot::B), |head| (head.generation, head.slot));
        let generation = generation.wrapping_add(1);
        let mut line = Zeroizing::new(Vec::with_capacity(LONGEST_LINE + record.len()));
        if record.len() <= self.limit.saturating_sub(LONGEST_LINE) {
            Head::new(generation, used, 0, record).write(&mut line);
            line.extend_from_slice(record);
            self.set(name, &line)?;
            self.tidy(name, used, 0);
            self.tidy(name, used.other(), 0);
            return Ok(());
        }
        let (slot, parts) = (used.other(), record.len().div_ceil(self.limit));
        for (number, part) in record.chunks(self.limit).enumerate() {
            self.set(&part_name(name, slot, number), part)?;
        }
        Head::new(generation, slot, parts, record).write(&mut line);
        self.set(name, &line)?;
        self.tidy(name, used, 0);
        self.tidy(name, slot, parts);
        Ok(())
    }

    /// The head goes first: parts without one are nothing.
    pub(super) fn remove(&self, name: &str) -> Result<(), Error> {
        self.delete(name)?;
        self.cut(name, Slot::A, 0)?;
        self.cut(name, Slot::B, 0)
    }

    /// The parts put together; `None` where one is missing or they are too long.
    fn collect(&self, name: &str, head: &Head) -> Result<Option<Vec<u8>>, Error> {
        // As long as it must be, so that no part of it is left behind where a buffer has grown.
        let mut record = Zeroizing::new(Vec::with_capacity(head.length));
        for number in 0..head.parts {
            let Some(part) = self.get(&part_name(name, head.slot, number))? else { return Ok(None) };
            if part.len() > head.length - record.len() {
                return Ok(None);
            }
            record.extend_from_slice(&part);
        }
        Ok(Some(std::mem::take(&mut *record)))
    }

    /// After a save: the record is kept, whatever becomes of what is left. The next save tries again.
    fn tidy(&self, name: &str, slot: Slot, from: usize) {
        let _ = self.cut(name, slot, from);
    }

    /// Removes the entries of a slot from this number on.
    fn cut(&self, name: &str, slot: Slot, from: usize) -> Result<(), Error> {
        let mut end = from;
        while self.get(&part_name(name, slot, end))?.is_some() {
            end += 1;
        }
        (from..end).rev().try_for_each(|number| self.delete(&part_name(name, slot, number)))
    }

    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        match self.entry(name)?.get_secret() {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(keyring_core::Error::NoEntry) => Ok(None),
            Err(error) => Err(self.failed("read", name, &error)),
        }
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), Error> {
        self.entry(name)?.set_secret(secret).map_err(|error| self.failed("write", name, &error))
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        match self.entry(name)?.delete_credential() {
            Ok(()) | Err(keyring_core::Error::NoEntry) => Ok(()),
            Err(error) => Err(self.failed("remove", name, &error)),
        }
    }

    fn entry(&self, name: &str) -> Result<Entry, Error> {
        self.store.build(&self.app, name, None).map_err(|error| self.failed("name", name, &error))
    }

    /// Some of the keyring's errors carry the secret. Those that might are not shown.
    fn failed(&self, doing: &str, name: &str, error: &keyring_core::Error) -> Error {
        use keyring_core::Error::{Ambiguous, BadDataFormat, BadEncoding, NoStorageAccess, TooLong};
        let why = match error {
            NoStorageAccess(_) => format!("{error}; unlock the keyring, or allow this program to use it"),
            TooLong(what, most) => {
                format!("its {what} may have {most} at most; say so with `Keyring::entry_limit`")
            }
            BadEncoding(_) | BadDataFormat(..) => {
                "the keyring cannot decode it; remove it and sign in again".into()
            }
            Ambiguous(entries) => format!("there are {} of this name; remove all but one", entries.len()),
            error => error.to_string(),
        };
        refused(format!("cannot {doing} {}: {why}", self.called(name)))
    }

    fn broken(&self, name: &str) -> Error {
        refused(format!("{} is not as it was written; remove it and sign in again", self.called(name)))
    }

    fn called(&self, name: &str) -> String {
        format!("the keyring entry {name} of {}", self.app)
    }
}

fn part_name(name: &str, slot: Slot, number: usize) -> String {
    format!("{name}/{}/{number}", slot.name())
}

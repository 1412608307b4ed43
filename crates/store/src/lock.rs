//! One holder of a key at a time, among all processes of this machine.

use std::{
    fs::{File, TryLockError},
    io::ErrorKind,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use authwright_core::{Error, store::StoreKey};

use crate::{failed, folder::Folder, refused};

/// A locked file beside the record. It holds nothing and is never removed: a process that waits has the file open, and
/// would get its lock on a file that has no name any more, while the next process locks a new one.
///
/// The lock belongs to the open file, not to the process: each `Lock` opens the file anew, so threads keep each other out
/// too, and the system unlocks when a process ends in whatever way.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl Lock {
    /// Makes the folder ready for whoever then writes into it.
    pub(crate) fn take(folder: &Folder, key: &StoreKey, patience: Duration) -> Result<Self, Error> {
        folder.make()?;
        let stem = key.file_name();
        let (path, file) = folder.open_lock(&format!("{stem}.lock"))?;
        let lock = wait(file, &path, key, patience)?;
        folder.sweep(&stem)?;
        Ok(lock)
    }
}

/// The system can wait for a lock, but not for a time: so this asks again and again, at first quickly, as most holders
/// are soon done.
fn wait(file: File, path: &Path, key: &StoreKey, patience: Duration) -> Result<Lock, Error> {
    const SHORTEST: Duration = Duration::from_millis(1);
    const LONGEST: Duration = Duration::from_millis(25);
    let started = Instant::now();
    let mut pause = SHORTEST;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Lock(file)),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Interrupted => {}
            Err(TryLockError::Error(error)) => {
                let error = format!("{error}; keep tokens in a folder on a disk of this machine");
                return Err(failed("lock", path, &error));
            }
        }
        let left = patience.saturating_sub(started.elapsed());
        if left.is_zero() {
            let held = format!(
                "another process is renewing the token of {key}, and was not done within {patience:?}"
            );
            return Err(refused(format!("{held}; try again")).transient());
        }
        thread::sleep(pause.min(left));
        pause = (pause * 2).min(LONGEST);
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file would do, unless a child process has just been forked and not yet closed its copy.
        let _ = self.0.unlock();
    }
}

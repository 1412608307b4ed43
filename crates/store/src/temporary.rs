//! A file that takes the place of another as a whole, or goes away.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::private;

pub(crate) struct Temporary {
    path: PathBuf,
    file: File,
    renamed: bool,
}

impl Temporary {
    /// A new empty file whose name begins with `name`. Only this user can write into the folder, so its name need not
    /// be secret, only new.
    pub(crate) fn new(folder: &Path, name: &str) -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("{name}.{}-{count}.tmp", process::id()));
            match private::file().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok(Self { path, file, renamed: false }),
                // Left by a dead process that had the number this one has.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether a file of this name is a temporary one that was made for `name`.
    pub(crate) fn is_for(name: &str, file_name: &str) -> bool {
        let rest = file_name.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
        rest.and_then(|rest| rest.strip_suffix(".tmp")).is_some()
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// The bytes are on the disk before the name leads to them: after a crash at any point the target is the old file or
    /// the new one. The folder is still to be synced.
    pub(crate) fn become_file(mut self, target: &Path, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.file.sync_all()?;
        fs::rename(&self.path, target)?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.renamed {
            // If it cannot be removed now, whoever locks the key next tries again.
            let _ = fs::remove_file(&self.path);
        }
    }
}

//! A folder that only this user can look into, and the files in it.

use std::{
    fs::{self, File, Metadata},
    io::{self, ErrorKind, Read},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use authwright_core::Error;

use crate::{LIMIT, failed, private, refused, temporary::Temporary, too_long};

/// Checked at each use. Nobody else can write into it then, so what was found in it a moment ago is still there.
pub(crate) struct Folder {
    path: PathBuf,
    user: OnceLock<u32>,
}

impl Folder {
    /// Does nothing yet. A relative path means the working folder of now, not of later.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path: std::path::absolute(&path).unwrap_or(path), user: OnceLock::new() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the folder where it is missing, with those above it. Then it is checked, whoever has made it.
    pub(crate) fn make(&self) -> Result<(), Error> {
        if look(&self.path)?.is_none() {
            make(&self.path).map_err(|error| failed("create the folder", &self.path, &error))?;
        }
        self.is_there().map(drop)
    }

    /// What is in the file; `None` where there is none.
    pub(crate) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let path = self.path.join(name);
        if !self.is_there()? || !self.check_file(&path)? {
            return Ok(None);
        }
        let cannot = |error| failed("read", &path, &error);
        let mut file = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(cannot)?,
        };
        let length = file.metadata().map_err(cannot)?.len();
        let fits = usize::try_from(length).ok().filter(|&length| length <= LIMIT);
        let Some(fits) = fits else { return Err(too_long(&path.display(), length)) };
        // As long as it must be, so that no part of it is left behind where a buffer has grown.
        let mut bytes = vec![0; fits];
        file.read_exact(&mut bytes).map_err(cannot)?;
        Ok(Some(bytes))
    }

    /// Replaces the file, or makes it. One writer at a time.
    pub(crate) fn write(&self, name: &str, stem: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.path.join(name);
        if let Some(metadata) = look(&path)? {
            check_kind(&path, &metadata)?;
        }
        let cannot = |error| failed("write", &path, &error);
        Temporary::new(&self.path, stem).map_err(cannot)?.become_file(&path, bytes).map_err(cannot)?;
        sync(&self.path).map_err(cannot)
    }

    pub(crate) fn remove(&self, name: &str) -> Result<(), Error> {
        let path = self.path.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => {
                removed.and_then(|()| sync(&self.path)).map_err(|error| failed("remove", &path, &error))
            }
        }
    }

    /// The file to lock, made where it is missing. Never follows a symbolic link, and makes nothing where one leads.
    pub(crate) fn open_lock(&self, name: &str) -> Result<(PathBuf, File), Error> {
        let path = self.path.join(name);
        loop {
            let mut options = private::file();
            options.read(true).write(true).create_new(!self.check_file(&path)?);
            match options.open(&path) {
                Ok(file) => return Ok((path, file)),
                // Another process made it in between.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed("open", &path, &error)),
            }
        }
    }

    /// Removes the temporary files that dead writers of `stem` have left, and those that were made to learn who we are.
    /// Only for who holds the lock: nobody else is writing then. They hold secrets, so they do not wait for a save.
    pub(crate) fn sweep(&self, stem: &str) -> Result<(), Error> {
        let entries = fs::read_dir(&self.path).map_err(|error| failed("read", &self.path, &error))?;
        for entry in entries.flatten() {
            let left = entry
                .file_name()
                .to_str()
                .is_some_and(|name| Temporary::is_for(stem, name) || Temporary::is_for(PROBE, name));
            if left {
                // What cannot be removed is in nobody's way.
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(())
    }

    /// Whether the folder is there. Refused unless it is a folder, of this user, closed to all others.
    fn is_there(&self) -> Result<bool, Error> {
        let Some(metadata) = look(&self.path)? else { return Ok(false) };
        let path = self.path.display();
        if metadata.is_symlink() {
            return Err(refused(format!(
                "the folder {path} is a symbolic link; name the folder it leads to"
            )));
        }
        if !metadata.is_dir() {
            return Err(refused(format!("{path} is not a folder; remove it, or name another folder")));
        }
        if let Some(mode) = private::mode_for_others(&metadata) {
            return Err(refused(format!(
                "the folder {path} is open to other users (mode {mode:o}); run `chmod 700 {path}`"
            )));
        }
        let owner = private::owner(&metadata);
        if owner != self.user()? {
            return Err(refused(format!(
                "the folder {path} belongs to another user (number {owner}); run this program as that user, or name \
                 another folder"
            )));
        }
        Ok(true)
    }

    /// Whether the file is there. Refused unless it is a regular file, of this user, closed to all others.
    fn check_file(&self, path: &Path) -> Result<bool, Error> {
        let Some(metadata) = look(path)? else { return Ok(false) };
        check_kind(path, &metadata)?;
        let path = path.display();
        if let Some(mode) = private::mode_for_others(&metadata) {
            return Err(refused(format!(
                "{path} is open to other users (mode {mode:o}); run `chmod 600 {path}`, and sign in anew if somebody may \
                 have read it"
            )));
        }
        let owner = private::owner(&metadata);
        if owner != self.user()? {
            return Err(refused(format!(
                "{path} belongs to another user (number {owner}); remove it and sign in again, or give it back with `chown`"
            )));
        }
        Ok(true)
    }

    /// The user whose files this process makes, which is what the owner of a new file says. The standard library has no
    /// `geteuid`; and on a network folder this is the number the server knows us by.
    fn user(&self) -> Result<u32, Error> {
        if let Some(&user) = self.user.get() {
            return Ok(user);
        }
        let probe = Temporary::new(&self.path, PROBE).and_then(|probe| probe.file().metadata());
        let metadata = probe.map_err(|error| {
            let path = self.path.display();
            refused(format!("cannot create a file in {path}: {error}; the folder must belong to the user who runs this program"))
        })?;
        Ok(*self.user.get_or_init(|| private::owner(&metadata)))
    }
}

/// Not the beginning of any record's name: those end in 32 hexadecimal digits.
const PROBE: &str = "probe";

/// What the path itself is, not what it leads to.
fn look(path: &Path) -> Result<Option<Metadata>, Error> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("look at", path, &error)),
    }
}

fn check_kind(path: &Path, metadata: &Metadata) -> Result<(), Error> {
    let path = path.display();
    if metadata.is_symlink() {
        return Err(refused(format!("{path} is a symbolic link, which is not followed; remove it")));
    }
    if !metadata.is_file() {
        return Err(refused(format!("{path} is not a regular file; remove it")));
    }
    Ok(())
}

fn make(path: &Path) -> io::Result<()> {
    let created = match (private::create_folder(path), path.parent()) {
        (Err(error), Some(parent)) if error.kind() == ErrorKind::NotFound => {
            make(parent)?;
            private::create_folder(path)
        }
        (created, _) => created,
    };
    match created {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        created => created.and_then(|()| path.parent().map_or(Ok(()), sync)),
    }
}

/// Makes a new name in the folder last, or one that is gone stay gone. Some file systems have no such thing, and say so.
#[cfg(unix)]
fn sync(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        synced => synced,
    }
}

/// Windows cannot open a folder as a file; its file systems keep a journal of names.
#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)]
fn sync(_: &Path) -> io::Result<()> {
    Ok(())
}

//! Users and passwords from a `.netrc` file, by strict rules.

mod reader;
#[cfg(test)]
mod tests;

use std::{
    env, fmt,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret, SecretString};

use self::reader::{Entry, read};
use crate::{Auth, Basic, Error, Secret, Target, origin::is_loopback};

/// The longest file that is read, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// Users and passwords from a `.netrc` file, for `Basic`. It is read only where a program says so.
///
/// * A host is compared as a whole, without regard to case; a port, a path or a subdomain is none of it.
/// * They go over https, or to this machine.
/// * A user and a password belong together: an entry that lacks one of them is not used.
/// * The `default` entry is for every host there is, and is used only [where that is said](Self::with_default).
/// * The file must be for its owner alone, as `ssh` wants it of keys.
///
/// ```no_run
/// use authwright_core::{Auth, Netrc};
///
/// let netrc = Netrc::load()?;
/// let one = Auth::new("https://api.example.com", netrc.basic("https://api.example.com")?)?;
/// let all = netrc.auth()?;
/// # Ok::<(), authwright_core::Error>(())
/// ```
pub struct Netrc {
    path: PathBuf,
    entries: Vec<Entry>,
    uses_default: bool,
}

impl Netrc {
    /// The file that `NETRC` names, or else `.netrc` in the home folder (`_netrc` on Windows, where there is no `.netrc`).
    ///
    /// # Errors
    /// As for [`file`](Self::file).
    pub fn load() -> Result<Self, Error> {
        if let Some(path) = env::var_os("NETRC").filter(|path| !path.is_empty()) {
            return Self::file(path);
        }
        let Some(home) = env::home_dir().filter(|home| !home.as_os_str().is_empty()) else {
            return Err(Error::store("there is no home folder to look for .netrc in; set NETRC to the file"));
        };
        let path = home.join(".netrc");
        let other = home.join("_netrc");
        Self::file(if cfg!(windows) && !path.exists() && other.exists() { other } else { path })
    }

    /// A file of your choice.
    ///
    /// # Errors
    /// It is missing, others can read it, or it is malformed: the line is named, and nothing of it is quoted.
    pub fn file(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        let unusable = |why: String| Error::store(format!("{} cannot be used: {why}", path.display()));
        let text = text_of(&path).map_err(unusable)?;
        let entries =
            read(text.expose_secret()).map_err(|(line, why)| unusable(format!("line {line} {why}")))?;
        Ok(Self { path, entries, uses_default: false })
    }

    /// Uses the `default` entry for hosts that have none of their own, where a [host is named](Self::basic).
    pub fn with_default(mut self) -> Self {
        self.uses_default = true;
        self
    }

    /// The user and the password for the host of this origin.
    ///
    /// # Errors
    /// The file has no entry for it, or one without a user or a password; or the origin is plain http on another machine.
    pub fn basic(&self, origin: &str) -> Result<Basic, Error> {
        self.find(origin, None)
    }

    /// The same for one of several users.
    ///
    /// # Errors
    /// As for [`basic`](Self::basic).
    pub fn basic_as(&self, origin: &str, user: &str) -> Result<Basic, Error> {
        self.find(origin, Some(user))
    }

    /// Every host of the file with its user and password, over https at the usual port. Entries that lack one of them are left
    /// out, and so is `default`.
    ///
    /// # Errors
    /// A user has a colon, or a host is none.
    pub fn auth(&self) -> Result<Auth, Error> {
        Auth::none().or_netrc(self)
    }

    fn find(&self, origin: &str, user: Option<&str>) -> Result<Basic, Error> {
        let target = Target::parse(origin)?;
        let (host, file) = (target.host(), self.path.display());
        if !target.is_https() && !is_loopback(&host.to_ascii_lowercase()) {
            return Err(Error::caller(format!(
                "{} is plain http: a password from {file} could be read on the way; use https",
                target.origin()
            )));
        }
        let is_users = |entry: &&Entry| user.is_none_or(|user| entry.user.as_deref() == Some(user));
        let own = self.entries.iter().find(|entry| entry.is_for(host) && is_users(entry));
        let default = || self.entries.iter().find(|entry| entry.host.is_none() && is_users(entry));
        let found = own.or_else(|| if self.uses_default { default() } else { None });
        let of = user.map(|user| format!(" for `{}`", user.escape_debug())).unwrap_or_default();
        let Some(entry) = found else {
            return Err(Error::credential(format!("{file} has no entry for {host}{of}")));
        };
        self.basic_of(entry).ok_or_else(|| {
            let lacks = if entry.user.is_none() { "user (`login`)" } else { "password" };
            Error::credential(format!("the entry for {host}{of} in {file} has no {lacks}"))
        })
    }

    fn basic_of(&self, entry: &Entry) -> Option<Basic> {
        let password = entry.password.as_ref()?.expose_secret();
        let password = Secret::from_netrc(&self.path, password);
        Some(Basic::new(entry.user.clone()?, password))
    }
}

impl Auth {
    /// Adds what a `.netrc` file has, below what is there: an entry of this `Auth` that writes `Authorization` for a host wins over the
    /// file's.
    ///
    /// # Errors
    /// As for [`Netrc::auth`].
    pub fn or_netrc(mut self, netrc: &Netrc) -> Result<Self, Error> {
        let mut done: Vec<&str> = Vec::new();
        for entry in &netrc.entries {
            let (Some(host), Some(basic)) = (&entry.host, netrc.basic_of(entry)) else { continue };
            // Of several users of a host the first, as everybody reads it.
            if done.iter().any(|other| other.eq_ignore_ascii_case(host)) {
                continue;
            }
            done.push(host);
            let origin = format!("https://{host}");
            if !self.authorizes(&origin)? {
                self = self.and(&*origin, basic)?;
            }
        }
        Ok(self)
    }
}

/// Whatever goes wrong is said without a word of the file.
fn text_of(path: &Path) -> Result<SecretString, String> {
    let file = File::open(path).map_err(|error| error.kind().to_string())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.metadata().map_err(|error| error.kind().to_string())?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(format!("others may read or write it (mode {mode:04o}); run `chmod 600` on it"));
        }
    }
    let mut text = String::new();
    file.take(LONGEST + 1).read_to_string(&mut text).map_err(|error| error.kind().to_string())?;
    let text = SecretString::from(text);
    if text.expose_secret().len() as u64 > LONGEST {
        return Err("it is longer than 1 MiB".to_owned());
    }
    Ok(text)
}

/// Shows hosts, no users and no passwords.
impl fmt::Debug for Netrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts: Vec<_> =
            self.entries.iter().map(|entry| entry.host.as_deref().unwrap_or("default")).collect();
        f.debug_struct("Netrc").field("path", &self.path).field("hosts", &hosts).finish_non_exhaustive()
    }
}

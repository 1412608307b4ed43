//! Secrets: a value, or a reference to one that is resolved once and names itself in every message.

use std::{env, fmt, fs::File, io::Read, path::PathBuf, sync::Arc};

use secrecy::{ExposeSecret, SecretString};

use crate::{Error, fingerprint::Fingerprint};

/// Longest secret read from a file, in bytes. A larger file is a mistake, not a key.
const FILE_LIMIT: u64 = 64 * 1024;

/// A secret, or where to find it. Never printed: messages show the reference and a [fingerprint](Fingerprint).
///
/// Creating one does nothing. It is resolved once, by [`Auth::new`](crate::Auth::new) or [`Secret::read`], and an
/// environment variable or file that changes afterwards is not looked at again.
///
/// ```no_run
/// use authwright_core::{ApiKey, Auth, Secret};
///
/// let auth = Auth::new("https://api.openweathermap.org", ApiKey::query("appid", Secret::env("OPENWEATHER_KEY")))?;
/// # Ok::<(), authwright_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Secret {
    source: Source,
    value: Option<Arc<SecretString>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    Value,
    Env(String),
    #[cfg(feature = "dotenv")]
    Dotenv(String),
    File(PathBuf),
}

impl Secret {
    /// A value the program already holds. Prefer a reference: its errors can say where the secret came from.
    pub fn new(value: impl Into<String>) -> Self {
        Self::from(SecretString::from(value.into()))
    }

    /// The environment variable `name`.
    pub fn env(name: impl Into<String>) -> Self {
        Self { source: Source::Env(name.into()), value: None }
    }

    /// The environment variable `name`, or else its line in a `.env` file of the working folder or a folder above.
    ///
    /// The file is only read: the process environment is never written. As usual with `.env`, a variable that is
    /// really set wins over the file.
    #[cfg(feature = "dotenv")]
    pub fn dotenv(name: impl Into<String>) -> Self {
        Self { source: Source::Dotenv(name.into()), value: None }
    }

    /// The contents of a file, without one trailing line break. At most 64 KiB.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { source: Source::File(path.into()), value: None }
    }

    /// A part of a `.netrc` file that has been read.
    pub(crate) fn from_netrc(path: &std::path::Path, value: &str) -> Self {
        let value = Some(Arc::new(SecretString::from(value)));
        Self { source: Source::File(path.to_owned()), value }
    }

    /// Looks the secret up now and tells "there is none" from "there is a broken one".
    ///
    /// `None`: the variable is not set, or the file does not exist. A variable that is set but empty, or a file that
    /// cannot be read, is an error: somebody meant to supply a secret.
    ///
    /// # Errors
    /// The reference exists and cannot be used; the error names it.
    ///
    /// ```
    /// use authwright_core::Secret;
    ///
    /// assert!(Secret::env("AUTHWRIGHT_DOCTEST_UNSET").optional()?.is_none());
    /// # Ok::<(), authwright_core::Error>(())
    /// ```
    pub fn optional(self) -> Result<Option<Self>, Error> {
        self.resolve_optional()
    }

    /// Resolves the secret and exposes it: the one method to search for when auditing where secrets leave our types.
    ///
    /// # Errors
    /// The reference cannot be resolved; the error names it.
    pub fn read(&self) -> Result<SecretValue, Error> {
        let resolved = self.resolve()?;
        Ok(SecretValue(resolved))
    }

    pub(crate) fn resolve(&self) -> Result<Arc<SecretString>, Error> {
        match self.clone().resolve_optional()? {
            Some(Self { value: Some(value), .. }) => Ok(value),
            _ => Err(self.missing()),
        }
    }

    /// `env NAME`, `NAME in .env`, `file PATH` or `value`: how messages name the secret, and never what it is.
    ///
    /// ```
    /// use authwright_core::Secret;
    ///
    /// assert_eq!(Secret::env("CLIENT_SECRET").reference().to_string(), "env CLIENT_SECRET");
    /// assert_eq!(Secret::new("hunter2").reference().to_string(), "value");
    /// ```
    pub fn reference(&self) -> impl fmt::Display + '_ {
        Reference(&self.source)
    }

    /// The same as the subject of a sentence.
    pub(crate) fn subject(&self) -> String {
        match &self.source {
            Source::Value => "the given value".into(),
            Source::Env(name) => format!("environment variable {}", Shown(name)),
            #[cfg(feature = "dotenv")]
            Source::Dotenv(name) => format!("{} (from .env)", Shown(name)),
            Source::File(path) => format!("file {}", Shown(path.display())),
        }
    }

    pub(crate) fn missing(&self) -> Error {
        Error::credential(match &self.source {
            Source::Value => "there is no value".into(),
            Source::Env(name) => format!("environment variable {} is not set", Shown(name)),
            #[cfg(feature = "dotenv")]
            Source::Dotenv(name) => {
                let name = Shown(name);
                format!("{name} is neither set as an environment variable nor found in a .env file")
            }
            Source::File(path) => format!("file {} does not exist", Shown(path.display())),
        })
    }

    fn resolve_optional(mut self) -> Result<Option<Self>, Error> {
        if self.value.is_none() {
            let found = match &self.source {
                Source::Value => None,
                Source::Env(name) => from_env(name)?,
                #[cfg(feature = "dotenv")]
                Source::Dotenv(name) => match from_env(name)? {
                    Some(value) => {
                        self.source = Source::Env(name.clone());
                        Some(value)
                    }
                    None => from_dotenv(name)?,
                },
                Source::File(path) => from_file(path)?,
            };
            let Some(found) = found else { return Ok(None) };
            self.value = Some(Arc::new(found));
        }
        // A literal "" is written on purpose (Basic with an empty password); an empty variable or file never is.
        let empty = self.value.as_ref().is_some_and(|value| value.expose_secret().is_empty());
        if empty && self.source != Source::Value {
            return Err(Error::credential(format!(
                "{} is empty: an empty secret is never right; set it, or remove it",
                self.subject()
            )));
        }
        Ok(Some(self))
    }
}

fn from_env(name: &str) -> Result<Option<SecretString>, Error> {
    // `env::var` panics on no input; an impossible name is simply not set.
    match env::var(name) {
        Ok(value) => Ok(Some(value.into())),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => {
            Err(Error::credential(format!("environment variable {} is not valid UTF-8", Shown(name))))
        }
    }
}

#[cfg(feature = "dotenv")]
fn from_dotenv(name: &str) -> Result<Option<SecretString>, Error> {
    // dotenvy's errors quote the line, which may hold a secret: none of their text is passed on.
    let lines = match dotenvy::dotenv_iter() {
        Ok(lines) => lines,
        Err(error) if error.not_found() => return Ok(None),
        Err(_) => return Err(Error::store("the .env file cannot be read")),
    };
    for line in lines {
        match line {
            Ok((key, value)) if key == name => return Ok(Some(value.into())),
            Ok(_) => {}
            Err(_) => {
                return Err(Error::store(format!(
                    "the .env file has a line that is not NAME=value before {}; quote values with blanks",
                    Shown(name)
                )));
            }
        }
    }
    Ok(None)
}

fn from_file(path: &PathBuf) -> Result<Option<SecretString>, Error> {
    let unreadable = |why: &dyn fmt::Display| {
        Error::store(format!("file {} cannot be used as a secret: {why}", Shown(path.display())))
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(&error.kind())),
    };
    let mut bytes = Vec::new();
    file.take(FILE_LIMIT + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error.kind()))?;
    if bytes.len() as u64 > FILE_LIMIT {
        return Err(unreadable(&"it is larger than 64 KiB"));
    }
    let mut text = String::from_utf8(bytes).map_err(|_| unreadable(&"it is not UTF-8 text"))?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(Some(text.into()))
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self::new(value)
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self::new(value)
    }
}

impl From<SecretString> for Secret {
    fn from(value: SecretString) -> Self {
        Self { source: Source::Value, value: Some(Arc::new(value)) }
    }
}

impl From<&Secret> for Secret {
    fn from(secret: &Secret) -> Self {
        secret.clone()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.reference())
    }
}

/// How a secret is named in a message.
struct Reference<'a>(&'a Source);

impl fmt::Display for Reference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Source::Value => f.write_str("value"),
            Source::Env(name) => write!(f, "env {}", Shown(name)),
            #[cfg(feature = "dotenv")]
            Source::Dotenv(name) => write!(f, "{} in .env", Shown(name)),
            Source::File(path) => write!(f, "file {}", Shown(path.display())),
        }
    }
}

/// Text that somebody has written, in one line: what a terminal would act on is escaped, and backslashes are not.
pub(crate) struct Shown<T>(pub(crate) T);

impl<T: fmt::Display> fmt::Display for Shown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.to_string().chars() {
            let escaped = c.escape_debug();
            if escaped.len() > 2 || c.is_control() {
                write!(f, "{escaped}")?;
            } else {
                write!(f, "{c}")?;
            }
        }
        Ok(())
    }
}

/// A resolved secret, exposed on purpose by [`Secret::read`]. Dereferences to `str`; its `Debug` shows nothing.
///
/// The memory is wiped when the last copy is dropped.
///
/// ```
/// use authwright_core::Secret;
///
/// let password = Secret::new("hunter2").read()?;
/// assert_eq!(&*password, "hunter2");
/// assert_eq!(format!("{password:?}"), "SecretValue(..)");
/// # Ok::<(), authwright_core::Error>(())
/// ```
#[derive(Clone)]
pub struct SecretValue(Arc<SecretString>);

impl SecretValue {
    /// The mark by which messages tell secrets apart: for the [`describe`](crate::Scheme::describe) of your own scheme.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self)
    }
}

/// For what a program has made by itself and hands on.
impl From<SecretString> for SecretValue {
    fn from(value: SecretString) -> Self {
        Self(Arc::new(value))
    }
}

impl From<String> for SecretValue {
    fn from(value: String) -> Self {
        SecretString::from(value).into()
    }
}

impl From<&str> for SecretValue {
    fn from(value: &str) -> Self {
        SecretString::from(value).into()
    }
}

impl std::ops::Deref for SecretValue {
    type Target = str;

    fn deref(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue(..)")
    }
}

/// A secret that has been resolved for a scheme: the value, and how to speak of it.
pub(crate) struct Resolved {
    pub(crate) value: Arc<SecretString>,
    pub(crate) subject: String,
    pub(crate) reference: String,
}

impl Resolved {
    pub(crate) fn from(secret: &Secret) -> Result<Self, Error> {
        let Some(found) = secret.clone().resolve_optional()? else { return Err(secret.missing()) };
        let (subject, reference) = (found.subject(), found.reference().to_string());
        match found.value {
            Some(value) => Ok(Self { value, subject, reference }),
            None => Err(secret.missing()),
        }
    }

    /// The same, of a secret that is to take the place of another.
    pub(crate) fn said_to_be_new(self) -> Self {
        let subject = match &*self.reference {
            "value" => "the new value".to_owned(),
            reference => format!("the new value ({reference})"),
        };
        Self { subject, ..self }
    }

    pub(crate) fn expose(&self) -> &str {
        self.value.expose_secret()
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.expose())
    }
}

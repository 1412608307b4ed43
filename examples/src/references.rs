//! Secrets in files, as a document refers to them.

use std::{env, fs, io, path::PathBuf, process};

/// A folder with a file for each secret. It is removed when this is dropped.
#[derive(Debug)]
pub struct References(PathBuf);

impl References {
    /// An empty folder, named after who wants it.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(name: &str) -> io::Result<Self> {
        let folder = env::temp_dir().join(format!("authwright-{name}-{}", process::id()));
        fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    /// Puts a secret into a file, and says how a document refers to that.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn to(&self, secret: &str) -> io::Result<String> {
        let number = fs::read_dir(&self.0)?.count();
        let path = self.0.join(format!("secret-{number}"));
        fs::write(&path, secret)?;
        // As it is written in TOML.
        Ok(format!("file:{}", path.display()).replace('\\', "\\\\"))
    }
}

impl Drop for References {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

//! What "only this user" means to the system: modes and owners on Unix, the profile's access list on Windows.

#[cfg(unix)]
pub(crate) use self::unix::{create_folder, file, mode_for_others, owner};
#[cfg(not(unix))]
pub(crate) use self::without_modes::{create_folder, file, mode_for_others, owner};

#[cfg(unix)]
mod unix {
    use std::{
        fs::{DirBuilder, Metadata, OpenOptions},
        io,
        os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
        path::Path,
    };

    /// How files are created: with the narrow mode from the first moment, so that nobody can open one in between.
    pub(crate) fn file() -> OpenOptions {
        let mut options = OpenOptions::new();
        options.mode(0o600);
        options
    }

    pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
        DirBuilder::new().mode(0o700).create(path)
    }

    pub(crate) fn owner(metadata: &Metadata) -> u32 {
        metadata.uid()
    }

    /// The mode, where anybody but the owner has any right.
    pub(crate) fn mode_for_others(metadata: &Metadata) -> Option<u32> {
        let mode = metadata.mode() & 0o7777;
        (mode & 0o077 != 0).then_some(mode)
    }
}

/// Windows keeps other users out of the profile by its access list, which new files and folders inherit. The standard
/// library cannot read such lists, so a folder elsewhere is taken as the program gives it.
#[cfg(not(unix))]
mod without_modes {
    use std::{
        fs::{self, Metadata, OpenOptions},
        io,
        path::Path,
    };

    pub(crate) fn file() -> OpenOptions {
        OpenOptions::new()
    }

    pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    pub(crate) fn owner(_: &Metadata) -> u32 {
        0
    }

    pub(crate) fn mode_for_others(_: &Metadata) -> Option<u32> {
        None
    }
}

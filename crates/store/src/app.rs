//! Which folder the tokens of an application are in.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

use authwright_core::{Error, Fault};

/// Longest name of an application. Together with what is in the folder it must fit into a path.
const LONGEST: usize = 64;

pub(crate) fn folder(app: &str) -> Result<PathBuf, Error> {
    check_name(app)?;
    match base(|name| env::var_os(name), env::home_dir()) {
        // A folder of their own: an application may keep there what others are to read, such as logs.
        Some(base) => Ok(base.join(app).join("tokens")),
        None => Err(Error::new(
            Fault::Caller,
            format!(
                "no home folder is known, so there is no place for the tokens of {app}; {REMEDY}, or name a folder"
            ),
        )),
    }
}

/// A name becomes one part of a path, on every system: nothing that leads elsewhere, is hidden, or is cut off.
pub(crate) fn check_name(app: &str) -> Result<(), Error> {
    let wrong = if app.is_empty() {
        "is empty"
    } else if app.len() > LONGEST {
        "is longer than 64 characters"
    } else if app.starts_with('.') || app.ends_with('.') {
        "begins or ends with a dot"
    } else if !app.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
        "has a character that is not a letter, a digit, `-`, `_` or `.`"
    } else {
        return Ok(());
    };
    Err(Error::new(Fault::Caller, format!("the application name {app:?} {wrong}")))
}

/// The state folder and not the data folder: tokens belong to this machine, are renewed all the time, and can be had
/// again by signing in. What synchronises or backs up data should not carry them.
#[cfg(not(any(windows, target_os = "macos")))]
fn base(variable: impl Fn(&str) -> Option<OsString>, home: Option<PathBuf>) -> Option<PathBuf> {
    absolute(variable("XDG_STATE_HOME")).or_else(|| Some(known(home)?.join(".local/state")))
}

#[cfg(not(any(windows, target_os = "macos")))]
const REMEDY: &str = "set HOME or XDG_STATE_HOME";

#[cfg(target_os = "macos")]
fn base(_: impl Fn(&str) -> Option<OsString>, home: Option<PathBuf>) -> Option<PathBuf> {
    Some(known(home)?.join("Library/Application Support"))
}

#[cfg(target_os = "macos")]
const REMEDY: &str = "set HOME";

/// The local profile and not the roaming one, which is copied to other machines.
#[cfg(windows)]
fn base(variable: impl Fn(&str) -> Option<OsString>, home: Option<PathBuf>) -> Option<PathBuf> {
    absolute(variable("LOCALAPPDATA")).or_else(|| Some(known(home)?.join("AppData").join("Local")))
}

#[cfg(windows)]
const REMEDY: &str = "set LOCALAPPDATA";

/// A relative path would be another folder for each working folder. The XDG specification says to pass over it.
#[cfg(not(target_os = "macos"))]
fn absolute(value: Option<OsString>) -> Option<PathBuf> {
    known(value.map(PathBuf::from))
}

fn known(path: Option<PathBuf>) -> Option<PathBuf> {
    path.filter(|path| Path::is_absolute(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_part_of_a_path() {
        for name in ["acme", "Acme-2", "a_b.c", "x", &"x".repeat(64)] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in
            ["", ".", "..", ".acme", "acme.", "a/b", "a\\b", "../a", "a b", "a:b", "\u{e9}", "a\0", "a\n"]
        {
            let error = check_name(name).unwrap_err();
            assert_eq!(error.fault(), Fault::Caller);
            assert!(error.to_string().starts_with(&format!("the application name {name:?} ")), "{error}");
        }
        assert!(check_name(&"x".repeat(65)).is_err());
        assert!(folder("../a").is_err());
    }

    #[cfg(not(any(windows, target_os = "macos")))]
    #[test]
    fn the_state_folder_is_found() {
        let home = || Some(PathBuf::from("/home/sam"));
        let set = |value: &'static str| move |name: &str| (name == "XDG_STATE_HOME").then(|| value.into());
        assert_eq!(base(set("/state"), home()), Some("/state".into()));
        assert_eq!(base(set("/state"), None), Some("/state".into()));
        for passed_over in ["", "relative/state"] {
            assert_eq!(
                base(set(passed_over), home()),
                Some("/home/sam/.local/state".into()),
                "{passed_over:?}"
            );
        }
        assert_eq!(base(|_| None, home()), Some("/home/sam/.local/state".into()));
        assert_eq!(base(|_| None, None), None);
        assert_eq!(base(|_| None, Some("".into())), None, "an empty HOME is none");
    }
}

//! Secrets by reference. The environment of a process cannot be changed safely from within, so a test runs itself again
//! as a child with the environment and the folder it needs.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use authwright_core::{ApiKey, Auth, Basic, Bearer, Fault, Secret};

/// What the child does: one line for each secret it is asked for.
#[test]
fn child() {
    let Ok(asked) = env::var("AUTHWRIGHT_TEST_ASK") else { return };
    for ask in asked.split(',') {
        let (kind, name) = ask.split_once(':').unwrap();
        let secret = match kind {
            "env" => Secret::env(name),
            #[cfg(feature = "dotenv")]
            "dotenv" => Secret::dotenv(name),
            _ => Secret::file(name),
        };
        let optional = match secret.clone().optional() {
            Ok(Some(_)) => "some".to_owned(),
            Ok(None) => "none".to_owned(),
            Err(error) => format!("error {error}"),
        };
        let read = match secret.read() {
            Ok(value) => format!("{:?}", &*value),
            Err(error) => format!("error {error}"),
        };
        let auth = match Auth::new("https://api.example.com", Bearer::new(secret)) {
            Ok(auth) => format!("{auth:?}"),
            Err(error) => format!("error {error}"),
        };
        println!("@{ask}|{optional}|{read}|{auth}");
        assert!(env::var("FROM_DOTENV_FILE").is_err(), "the process environment is never written");
    }
}

/// Runs [`child`] and returns its line for each secret.
fn ask(asked: &str, variables: &[(&str, &str)], folder: &Path) -> Vec<Vec<String>> {
    let output = Command::new(env::current_exe().unwrap())
        .args(["child", "--exact", "--nocapture"])
        .current_dir(folder)
        .env("AUTHWRIGHT_TEST_ASK", asked)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let lines = text.lines().filter_map(|line| line.split_once('@'));
    lines.map(|(_, line)| line.split('|').map(str::to_owned).collect()).collect()
}

/// A folder of its own, removed when done.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("authwright-secret-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn an_environment_variable_names_itself() {
    let folder = Folder::new("env");
    let lines = ask(
        "env:SET,env:UNSET,env:EMPTY,env:BLANK",
        &[("SET", "t0ken"), ("EMPTY", ""), ("BLANK", "ghp_12345678 x")],
        &folder.0,
    );
    assert_eq!(lines[0][1..3], ["some", "\"t0ken\""]);
    assert!(lines[0][3].contains("Bearer (env SET, #"), "{}", lines[0][3]);
    assert_eq!(lines[1][1..3], ["none", "error environment variable UNSET is not set"]);
    assert_eq!(
        lines[1][3],
        "error environment variable UNSET is not set (Bearer for https://api.example.com)"
    );
    assert!(lines[2][1].starts_with("error environment variable EMPTY is empty"), "{}", lines[2][1]);
    assert_eq!(
        lines[3][3],
        "error environment variable BLANK has a blank at byte 12, which a bearer token cannot have; nothing was sent"
    );
}

#[cfg(feature = "dotenv")]
#[test]
fn dotenv_is_read_and_never_written() {
    let folder = Folder::new("dotenv");
    folder.write(".env", "# a comment\nFROM_DOTENV_FILE=t0ken\nBOTH=file\nBLANK='ghp_12345678 x'\n");
    let inner = folder.0.join("inner");
    fs::create_dir_all(&inner).unwrap();
    let asked = "dotenv:FROM_DOTENV_FILE,dotenv:BOTH,dotenv:NOWHERE,dotenv:BLANK";
    let lines = ask(asked, &[("BOTH", "environment")], &inner);
    assert_eq!(lines[0][1..3], ["some", "\"t0ken\""], "found in a folder above");
    assert!(lines[0][3].contains("Bearer (FROM_DOTENV_FILE in .env, #"), "{}", lines[0][3]);
    assert_eq!(lines[1][2], "\"environment\"", "what is really set wins");
    assert_eq!(lines[2][1], "none");
    assert!(lines[2][2].starts_with("error NOWHERE is neither set"), "{}", lines[2][2]);
    assert_eq!(
        lines[3][3],
        "error BLANK (from .env) has a blank at byte 12, which a bearer token cannot have; nothing was sent"
    );
    folder.write(".env", "BROKEN LINE s3cret\nAFTER=x\n");
    let lines = ask("dotenv:AFTER", &[], &folder.0);
    assert!(lines[0][2].contains("has a line that is not NAME=value"), "{}", lines[0][2]);
    assert!(!lines[0].join(" ").contains("s3cret"));
}

#[test]
fn a_file_loses_one_trailing_line_break() {
    let folder = Folder::new("file");
    let read = |name: &str, bytes: &[u8]| {
        let path = folder.write(name, bytes);
        Secret::file(&path)
            .read()
            .map(|value| value.to_string())
            .map_err(|e| e.to_string().replace(&path, "PATH"))
    };
    assert_eq!(read("plain", b"k3y").unwrap(), "k3y");
    assert_eq!(read("newline", b"k3y\n").unwrap(), "k3y");
    assert_eq!(read("crlf", b"k3y\r\n").unwrap(), "k3y");
    assert_eq!(read("two", b"k3y\n\n").unwrap(), "k3y\n", "only one: the rest is for the scheme to refuse");
    assert!(read("empty", b"\n").unwrap_err().starts_with("file PATH is empty"));
    assert!(read("binary", b"\xff\xfe").unwrap_err().contains("not UTF-8"));
    assert!(read("large", &vec![b'x'; 70_000]).unwrap_err().contains("larger than 64 KiB"));
    let missing = Secret::file(folder.0.join("missing"));
    assert!(missing.read().unwrap_err().to_string().ends_with("does not exist"));
    assert!(missing.optional().unwrap().is_none());
    let directory = Secret::file(&folder.0).optional().unwrap_err();
    assert_eq!(directory.fault(), Fault::Store);
}

/// A secret is resolved once: what changes afterwards is not seen, and a clone is the same secret.
#[test]
fn a_secret_is_resolved_once() {
    let folder = Folder::new("once");
    let path = folder.write("key", "first");
    let secret = Secret::file(&path).optional().unwrap().unwrap();
    folder.write("key", "second");
    assert_eq!(&*secret.read().unwrap(), "first");
    assert_eq!(&*secret.clone().read().unwrap(), "first");
    assert_eq!(&*Secret::file(&path).read().unwrap(), "second");
}

#[test]
fn literals_may_be_empty_only_as_a_basic_password() {
    let build = |auth: Result<Auth, _>| auth.map_err(|error: authwright_core::Error| error.to_string());
    let origin = "https://api.example.com";
    assert!(build(Auth::new(origin, Basic::new("key", ""))).is_ok());
    for error in [
        build(Auth::new(origin, Bearer::new(""))).unwrap_err(),
        build(Auth::new(origin, ApiKey::header("X-Key", ""))).unwrap_err(),
        build(Auth::new(origin, ApiKey::query("key", ""))).unwrap_err(),
        build(Auth::new(origin, ApiKey::cookie("key", ""))).unwrap_err(),
    ] {
        assert!(error.contains("is empty"), "{error}");
    }
}

/// Names and values that cannot be are refused when the `Auth` is built, and the error names the piece.
#[test]
fn impossible_keys_are_refused_at_construction() {
    let origin = "https://api.example.com";
    let cases = [
        (ApiKey::header("X Key", "k"), "`X Key` cannot be the name of a header"),
        (ApiKey::header("", "k"), "cannot be the name of a header"),
        (ApiKey::header("Host", "k"), "header `host` belongs to the HTTP client"),
        (ApiKey::header("Cookie", "k"), "use ApiKey::cookie"),
        (ApiKey::header("Content-Length", "k"), "belongs to the HTTP client"),
        (ApiKey::header("X-Key", "k\r\nX: y"), "a line break at byte 1, which a header key cannot have"),
        (ApiKey::header("X-Key", " k"), "starts or ends with a blank"),
        (ApiKey::header("X-Key", "k\u{e9}"), "a character outside ASCII at byte 1"),
        (ApiKey::header("X-Key", "k").prefix("two words"), "must be one word"),
        (ApiKey::query("", "k"), "cannot be the name of a query parameter"),
        (ApiKey::query("key", "k\n"), "a line break at byte 1, which a query key cannot have"),
        (ApiKey::query("key", "k").prefix("p"), "only a header key can have a prefix"),
        (ApiKey::cookie("a b", "k"), "cannot be the name of a cookie"),
        (ApiKey::cookie("key", "k;v"), "a character at byte 1, which a cookie cannot have"),
    ];
    for (key, expected) in cases {
        let error = Auth::new(origin, key).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let none: [&str; 0] = [];
    assert!(Auth::new(none, Bearer::new("t")).unwrap_err().to_string().contains("has no origin"));
}

/// What is not an origin is said so, without repeating more of it than its host.
#[test]
fn impossible_origins_are_refused_at_construction() {
    for (origin, why) in [
        ("api.example.com", "it has no scheme"),
        ("ftp://api.example.com", "neither https nor http"),
        ("https://", "it has no host"),
        ("https://*.example.com", "wildcards are not supported"),
        ("https://api.example.com?key=s3cret", "a query or a fragment"),
        ("https://sam:s3cret@api.example.com", "a user name or password"),
        ("https://api.example.com:99999", "its port is not a number"),
        ("https://api.example.com/../x", "dot segments"),
        ("https://b\u{fc}cher.example", "write the `xn--` form"),
        ("https://127.1", "its IP address is malformed"),
        ("https://[::1", "its IP address is malformed"),
        ("https://exa mple.com", "a character that host names cannot have"),
    ] {
        let error = Auth::new(origin, Bearer::new("t")).unwrap_err();
        assert_eq!(error.fault(), Fault::Caller);
        assert!(error.to_string().contains(why), "{origin}: {error}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}

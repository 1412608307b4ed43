use std::{fs, path::PathBuf};

use super::*;
use crate::{Fault, IntoScheme};

/// A file with this text, which is removed at the end.
struct Written(PathBuf);

impl Written {
    fn new(name: &str, text: &str, mode: u32) -> Self {
        let path = env::temp_dir().join(format!("authwright-netrc-{}-{name}", std::process::id()));
        fs::write(&path, text).unwrap();
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
        Self(path)
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Users and passwords of the entries, `-` where there is none.
fn entries(text: &str) -> Result<String, String> {
    let shown = |part: Option<&str>| part.unwrap_or("-").escape_debug().to_string();
    let entries = read(text).map_err(|(line, why)| format!("line {line} {why}"))?;
    let lines = entries.iter().map(|entry| {
        let password = entry.password.as_ref().map(ExposeSecret::expose_secret);
        let parts = [entry.host.as_deref(), entry.user.as_deref(), password].map(shown);
        parts.join(" ")
    });
    Ok(lines.collect::<Vec<_>>().join(", "))
}

/// The ideas are curl's: what its tests of the format are about.
#[test]
fn the_format() {
    for (text, expected) in [
        ("", ""),
        ("machine h login u password p", "h u p"),
        ("machine h\n\tlogin u\n\tpassword p\n", "h u p"),
        ("machine h\r\nlogin u\r\npassword p\r\n", "h u p"),
        ("\u{feff}machine h login u password p", "h u p"),
        ("machine h password p login u", "h u p"),
        ("machine h login u account a password p", "h u p"),
        ("machine a login u password p machine b login v password q", "a u p, b v q"),
        ("machine h login u password p\nmachine h login v password q", "h u p, h v q"),
        ("default login u password p", "- u p"),
        ("machine h login u", "h u -"),
        ("machine h password p", "h - p"),
        ("machine h", "h - -"),
        ("# a comment\nmachine h # another\nlogin u password p", "h u p"),
        ("machine h login u password #p", "h u #p"),
        ("machine h login u password p#q", "h u p#q"),
        (r#"machine h login "a user" password "p w""#, "h a user p w"),
        (r#"machine h login u password "p\"\\\t\n\r\q""#, r#"h u p\"\\\t\n\rq"#),
        (r#"machine h login u password """#, "h u "),
        (r#"machine h login u password p"q"#, r#"h u p\"q"#),
        ("machine h login machine password login", "h machine login"),
        ("macdef m\nmachine x login y password z\n\nmachine h login u password p", "h u p"),
        ("machine h login u password p\nmacdef m\nput default\n", "h u p"),
        ("machine h macdef m\r\ncd x\r\n\r\nmachine i login u password p", "h - -, i u p"),
        ("machine h login ü password ß", "h ü ß"),
    ] {
        assert_eq!(entries(text).as_deref(), Ok(expected), "{text}");
    }
    for (text, expected) in [
        ("machine", "line 1 ends where a value should be"),
        ("machine h login", "line 1 ends where a value should be"),
        ("\nmachine h\nlogin u password", "line 3 ends where a value should be"),
        ("login u password p", "line 1 comes before any machine"),
        ("machine h login u login v", "line 1 says a second login or password for one machine"),
        ("machine h\npassword p\npassword q", "line 3 says a second login or password for one machine"),
        ("machine h login u password \"p", "line 1 has a quote that is not closed"),
        ("machine h login u password \"p\nmachine i\"", "line 1 has a quote that is not closed"),
        ("machine h login \"u\\\npassword p\"", "line 1 has a quote that is not closed"),
        ("machine h login \"u\"x password p", "line 1 has letters right behind a closing quote"),
        (
            "machine h user u",
            "line 1 has a word that is none of machine, default, login, password, account and macdef",
        ),
        (
            "machine h login u password p q",
            "line 1 has a word that is none of machine, default, login, password, account and macdef",
        ),
        (
            "MACHINE h",
            "line 1 has a word that is none of machine, default, login, password, account and macdef",
        ),
    ] {
        assert_eq!(entries(text).unwrap_err(), expected, "{text}");
    }
}

const FILE: &str = "machine api.example.com login sam password s3cret-1\n\
                    machine api.example.com login eve password s3cret-2\n\
                    machine half.example.com login sam\n\
                    machine none.example.com password s3cret-3\n\
                    machine localhost login dev password s3cret-4\n\
                    default login any password s3cret-5\n";

/// What goes out for a URL, decoded.
fn sent(auth: &Auth, url: &str) -> Option<String> {
    use base64::Engine;
    let target = Target::parse(url).unwrap();
    let mut entries = auth.entries().iter().filter(|entry| entry.area.covers(&target));
    let mut hop = crate::Hop::test("GET", url);
    entries.next()?.scheme.authorize(&mut hop).unwrap();
    assert!(entries.next().is_none());
    let value = hop.attached("authorization").unwrap().strip_prefix("Basic ").unwrap().to_owned();
    Some(String::from_utf8(base64::prelude::BASE64_STANDARD.decode(value).unwrap()).unwrap())
}

#[test]
fn only_the_host_itself_gets_its_password_and_only_protected() {
    let file = Written::new("hosts", FILE, 0o600);
    let netrc = Netrc::file(&file.0).unwrap();
    let basic = |origin: &str| {
        let auth = Auth::new(origin, netrc.basic(origin)?)?;
        Ok::<_, Error>(sent(&auth, origin).unwrap())
    };
    for (origin, expected) in [
        ("https://api.example.com", "sam:s3cret-1"),
        ("https://API.example.com:8443/v1", "sam:s3cret-1"),
        ("http://localhost:3000", "dev:s3cret-4"),
    ] {
        assert_eq!(basic(origin).unwrap(), expected, "{origin}");
    }
    let path = file.0.display();
    for (origin, fault, expected) in [
        ("https://example.com", Fault::Credential, format!("{path} has no entry for example.com")),
        (
            "https://x.api.example.com",
            Fault::Credential,
            format!("{path} has no entry for x.api.example.com"),
        ),
        ("https://api.example.com.", Fault::Credential, format!("{path} has no entry for api.example.com.")),
        (
            "https://half.example.com",
            Fault::Credential,
            format!("the entry for half.example.com in {path} has no password"),
        ),
        (
            "https://none.example.com",
            Fault::Credential,
            format!("the entry for none.example.com in {path} has no user (`login`)"),
        ),
        (
            "http://api.example.com",
            Fault::Caller,
            format!(
                "http://api.example.com is plain http: a password from {path} could be read on the way; use https"
            ),
        ),
    ] {
        let error = basic(origin).unwrap_err();
        assert_eq!((error.fault(), error.to_string()), (fault, expected), "{origin}");
    }
    assert!(basic("https://api.example.com@evil.example").is_err());
    let eve = netrc.basic_as("https://api.example.com", "eve").unwrap();
    assert_eq!(
        sent(&Auth::new("https://api.example.com", eve).unwrap(), "https://api.example.com").unwrap(),
        "eve:s3cret-2"
    );
    let error = netrc.basic_as("https://api.example.com", "kim").unwrap_err().to_string();
    assert_eq!(error, format!("{path} has no entry for api.example.com for `kim`"));
}

#[test]
fn default_is_used_only_where_that_is_said_and_a_host_named() {
    let file = Written::new("default", FILE, 0o600);
    let netrc = Netrc::file(&file.0).unwrap();
    assert!(netrc.basic("https://other.example").is_err());
    let netrc = netrc.with_default();
    let basic = netrc.basic("https://other.example").unwrap();
    let auth = Auth::new("https://other.example", basic).unwrap();
    assert_eq!(sent(&auth, "https://other.example/").unwrap(), "any:s3cret-5");
    assert!(netrc.basic("https://half.example.com").is_err(), "one that is there is not made whole by it");
    assert_eq!(sent(&netrc.auth().unwrap(), "https://other.example/"), None);
}

/// The first user of a host; and below what the program says by itself.
#[test]
fn explicit_credentials_win() {
    let file = Written::new("below", FILE, 0o600);
    let netrc = Netrc::file(&file.0).unwrap();
    let auth = netrc.auth().unwrap();
    assert_eq!(sent(&auth, "https://api.example.com/").unwrap(), "sam:s3cret-1");
    for bare in [
        "https://half.example.com/",
        "https://none.example.com/",
        "http://api.example.com/",
        "https://api.example.com:8443/",
    ] {
        assert_eq!(sent(&auth, bare), None, "{bare}");
    }
    let mine = Auth::new("https://api.example.com", ("me", "mine")).unwrap().or_netrc(&netrc).unwrap();
    assert_eq!(sent(&mine, "https://api.example.com/").unwrap(), "me:mine");
    assert_eq!(sent(&mine, "https://localhost/").unwrap(), "dev:s3cret-4");
    let beside = Auth::new("https://api.example.com", crate::ApiKey::header("x-key", "k")).unwrap();
    assert_eq!(beside.or_netrc(&netrc).unwrap().entries().len(), 3, "a key is no Authorization");
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_is_refused() {
    for mode in [0o644, 0o640, 0o604, 0o620, 0o660] {
        let file = Written::new(&format!("{mode:o}"), FILE, mode);
        let error = Netrc::file(&file.0).unwrap_err();
        let expected = format!(
            "{} cannot be used: others may read or write it (mode {mode:04o}); run `chmod 600` on it",
            file.0.display()
        );
        assert_eq!((error.fault(), error.to_string()), (Fault::Store, expected));
    }
}

#[test]
fn nothing_printed_shows_a_user_or_a_password() {
    let file = Written::new("printed", FILE, 0o600);
    let netrc = Netrc::file(&file.0).unwrap();
    let auth = netrc.auth().unwrap();
    let basic = netrc.basic("https://api.example.com").unwrap().into_scheme().unwrap();
    let broken = Written::new("broken", "machine h login sam password s3cret-1 s3cret-2", 0o600);
    let printed = format!("{netrc:?} {auth:?} {basic:?} {:?}", Netrc::file(&broken.0).unwrap_err());
    assert!(!printed.contains("s3cret") && !printed.contains("sam"), "{printed}");
    assert!(printed.contains("line 1 has a word"), "{printed}");
    assert!(printed.contains("printed, #"), "names the file as where it is from: {printed}");
    let missing = Netrc::file("/nowhere/.netrc").unwrap_err().to_string();
    assert_eq!(missing, "/nowhere/.netrc cannot be used: entity not found");
}

//! Removes one rule at a time from a copy of the workspace and sees whether a test notices.
//!
//! ```text
//! cargo run -p authwright-tests --bin rules_bite [part of a rule's name, or of its file's] [part of the tests' names]
//! cargo run -p authwright-tests --bin rules_bite -- --check
//! ```
//!
//! A rule whose removal no test notices is printed as `SURVIVED`, and the exit code is 1. It takes minutes: every
//! mutation is a build. Run it when a rule or its test has changed; `docs/rules.md` keeps the last result.
//!
//! `--check` builds nothing: it says which lines of the list the code no longer has, or has more than once, and takes no time.

mod digest;
mod oauth;
mod practice;
mod requests;
mod tokens;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::{Duration, Instant},
};

/// One rule, the line that enforces it, and what the line becomes.
struct Mutation {
    rule: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
}

const fn cut(rule: &'static str, file: &'static str, from: &'static str, to: &'static str) -> Mutation {
    Mutation { rule, file, from, to }
}

fn main() -> ExitCode {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let tests = std::env::args().nth(2).unwrap_or_default();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests has a parent").to_owned();
    let all = || {
        let all = requests::MUTATIONS.iter().chain(tokens::MUTATIONS).chain(oauth::MUTATIONS);
        all.chain(digest::MUTATIONS).chain(practice::MUTATIONS)
    };
    let outdated: Vec<_> = all().filter_map(|mutation| outdated(&root, mutation)).collect();
    if !outdated.is_empty() || wanted == "--check" {
        for complaint in &outdated {
            println!("{complaint}");
        }
        println!("{} lines of the list to be mended", outdated.len());
        return if outdated.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let copy = root.join("target/rules-bite");
    // What a run before this one left behind, files since removed included, is no part of the copy.
    let _ = fs::remove_dir_all(&copy);
    copy_tracked_files(&root, &copy);
    let failed = failures(&copy, ALL, &tests);
    if !failed.is_empty() {
        println!("without any change {failed:?} fail: nothing can be learned");
        return ExitCode::FAILURE;
    }
    let mut survived = 0;
    for mutation in all().filter(|it| it.rule.contains(&wanted) || it.file.contains(&wanted)) {
        let failed = failures_with(&copy, mutation, &tests);
        survived += u32::from(failed.is_empty());
        let verdict = if failed.is_empty() { "SURVIVED".to_owned() } else { failed.join(", ") };
        println!("| {} | {verdict} |", mutation.rule);
    }
    println!("{survived} survived");
    if survived == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What has become of a line of the list, where the code no longer says it once.
fn outdated(root: &Path, Mutation { rule, file, from, .. }: &Mutation) -> Option<String> {
    let Ok(text) = fs::read_to_string(root.join(file)) else {
        return Some(format!("{rule}: there is no {file}"));
    };
    match text.matches(from).count() {
        1 => None,
        0 => Some(format!("{rule}: {file} has changed")),
        times => Some(format!("{rule}: {file} says it {times} times")),
    }
}

/// The tests that fail with this change.
fn failures_with(copy: &Path, Mutation { file, from, to, .. }: &Mutation, tests: &str) -> Vec<String> {
    let path = copy.join(file);
    let before = fs::read_to_string(&path).expect("the file of a rule can be read");
    fs::write(&path, before.replacen(from, to, 1)).expect("the copy can be written");
    // Those that are near, and the others only where they notice nothing: most of the time goes into building and running them.
    let near = NEAR.iter().find(|(part, _)| file.contains(part));
    let mut failed = near.map(|(_, near)| failures(copy, near, tests)).unwrap_or_default();
    if failed.is_empty() {
        failed = failures(copy, ALL, tests);
    }
    fs::write(&path, before).expect("the copy can be written");
    failed
}

/// Part of a file's name, and the tests that are near.
const NEAR: &[(&str, &[&str])] = &[
    ("/config/", &["-p", "authwright-tests", "--test", "config", "--test", "openapi"]),
    ("/openapi/", &["-p", "authwright-core", "-p", "authwright-tests", "--lib", "--test", "openapi"]),
    ("/lent.rs", &["-p", "authwright-tests", "--test", "authorize"]),
    ("crates/tower/", &["-p", "authwright-tests", "--test", "tower"]),
    ("crates/oauth2/", &["-p", "authwright-oauth2", "-p", "authwright-tests", "--lib", "--test", "oauth"]),
];

/// The contract suite, OAuth 2, core's own and the storms.
const ALL: &[&str] = &[
    "-p",
    "authwright-core",
    "-p",
    "authwright-oauth2",
    "-p",
    "authwright-tests",
    "--lib",
    "--test",
    "login",
    "--test",
    "contract",
    "--test",
    "storms",
    "--test",
    "digest",
    "--test",
    "oauth",
    "--test",
    "config",
    "--test",
    "openapi",
    "--test",
    "authorize",
    "--test",
    "tower",
];

/// The tests that fail. A change that does not compile is a mistake in the list, and said so.
fn failures(copy: &Path, which: &[&str], tests: &str) -> Vec<String> {
    let log = copy.with_file_name("rules-bite.log");
    let output = fs::File::create(&log).expect("the log can be written");
    let mut cargo = Command::new(env!("CARGO"))
        .args(["test", "--no-fail-fast"])
        .args(which)
        .args(["--", tests])
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", copy.with_file_name("rules-bite-build"))
        .env("RUSTFLAGS", "--cap-lints=allow")
        .stderr(output.try_clone().expect("a file can be shared"))
        .stdout(output)
        .spawn()
        .expect("cargo can be started");
    // A rule that keeps something finite may make a test run for ever.
    let give_up = Instant::now() + Duration::from_secs(300);
    let status = loop {
        match cargo.try_wait() {
            Ok(Some(status)) => break status.success(),
            Ok(None) if Instant::now() < give_up => std::thread::sleep(Duration::from_millis(200)),
            _ => {
                let _ = cargo.kill();
                let _ = cargo.wait();
                break false;
            }
        }
    };
    let text = fs::read_to_string(&log).unwrap_or_default();
    assert!(!text.contains("could not compile"), "a change of the list does not compile: {text}");
    let failed = text.lines().filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
    let mut failed: Vec<String> = failed.map(|name| format!("`{name}`")).collect();
    if failed.is_empty() && !status {
        failed.push("a test that did not end".to_owned());
    }
    failed
}

fn copy_tracked_files(root: &Path, copy: &Path) {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .expect("git lists files");
    let files = String::from_utf8(listed.stdout).expect("file names are UTF-8");
    for file in files.lines().map(PathBuf::from).filter(|file| root.join(file).is_file()) {
        let to = copy.join(&file);
        fs::create_dir_all(to.parent().expect("a file has a folder")).expect("the copy can be made");
        fs::copy(root.join(&file), &to).expect("the copy can be made");
    }
}

//! A child process is this test binary, told by its environment to run one test as somebody else.

use std::{
    env,
    io::{BufRead, BufReader, Lines},
    process::{Child, ChildStdout, Command, Stdio},
};

use authwright_oauth2::{RefreshGrant, Registration, Server};
use authwright_testkit::FakeServer;

/// What a child says to its parent begins so; the test harness says things too.
const MARK: &str = "@";

/// Starts a test that is marked `#[ignore]` in a process of its own.
pub(crate) fn start(test: &str, given: &[(&str, &str)]) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture"]).stdin(Stdio::null()).stdout(Stdio::piped());
    command.envs(given.iter().map(|(name, value)| (variable(name), value)));
    command.spawn().unwrap()
}

/// What the parent has given. None where nobody is the parent.
pub(crate) fn given(name: &str) -> Option<String> {
    env::var(variable(name)).ok()
}

fn variable(name: &str) -> String {
    format!("AUTHWRIGHT_TEST_{name}")
}

pub(crate) fn say(text: &str) {
    println!("\n{MARK}{text}");
}

/// What a child says, line by line. Held until the child has ended: it may not say anything to nobody.
pub(crate) fn said(child: &mut Child) -> Said {
    Said(BufReader::new(child.stdout.take().unwrap()).lines())
}

pub(crate) struct Said(Lines<BufReader<ChildStdout>>);

impl Iterator for Said {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let mut lines = self.0.by_ref().map_while(Result::ok);
        lines.find_map(|line| line.strip_prefix(MARK).map(str::to_owned))
    }
}

/// Signs in as a person would: gives the refresh token.
pub(crate) fn sign_in(server: &FakeServer) -> String {
    let answer =
        ureq::post(format!("{}/token", server.url())).send_empty().unwrap().body_mut().read_to_string();
    let json: serde_json::Value = serde_json::from_str(&answer.unwrap()).unwrap();
    json["refresh_token"].as_str().unwrap().to_owned()
}

/// The login that all processes share.
pub(crate) fn grant(url: &str, first: &str) -> RefreshGrant {
    Registration::new(Server::new(url).token_endpoint(format!("{url}/token")), "fleet").refresh_token(first)
}

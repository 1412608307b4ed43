//! Where secrets have been: those that an authorization server has given and taken.

use authwright_testkit::Received;

use super::bench::Bench;

/// What was looked for, and where it was found.
#[derive(Default)]
pub(super) struct Search {
    secrets: Vec<String>,
    leaks: Vec<String>,
}

impl Search {
    /// Looks through what each server of a case has received, and what people were shown.
    ///
    /// Access tokens and proofs are for the API, and nothing else is. The rest is for the authorization server, which has seen
    /// some of it, so that the search is known to find it.
    pub(super) fn through(&mut self, case: &str, bench: &Bench) {
        let [api, server, elsewhere] =
            bench.server.received().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let (requests, texts) = (bench.server.api_requests(), bench.texts());
        let proofs: Vec<_> =
            requests.iter().filter_map(|request: &Received| request.header("dpop")).collect();
        let secrets = bench.server.server().secrets();
        let mut leak = |what: &str| self.leaks.push(format!("{case}: {what}"));
        for secret in &secrets {
            // As the test kit calls them.
            let is_for_the_api = secret.starts_with("access") || proofs.contains(&&**secret);
            if api.contains(secret) && !is_for_the_api {
                leak("the API has seen a secret that is for the authorization server alone");
            }
            if elsewhere.contains(secret) {
                leak("somebody else has seen a secret");
            }
            if texts.contains(secret) {
                leak("a secret was shown");
            }
        }
        let is_found = |bytes: &str| secrets.iter().any(|secret| bytes.contains(secret));
        if !is_found(&server) || !(is_found(&api)) {
            leak("no secret has reached either server, so the search proves nothing");
        }
        self.secrets.extend(secrets);
    }

    /// How many secrets there were, and where they should not have been, what was printed included.
    pub(super) fn end(mut self, printed: &str) -> (usize, Vec<String>) {
        if self.secrets.iter().any(|secret| printed.contains(secret)) {
            self.leaks.push("a secret was printed above".to_owned());
        }
        (self.secrets.len(), self.leaks)
    }
}

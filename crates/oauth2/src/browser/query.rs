//! Whether a query is an answer to an authorization request at all. What it says is for the flow to judge.

/// What an answer tells (RFC 6749 sections 4.1.2 and 4.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Granted,
    Refused,
}

/// `None` where it is no answer: one has a `state`, and a `code` or an `error`.
///
/// Names are compared as they are written: a server has no reason to encode these, and whoever does is not heard.
pub(crate) fn outcome(query: &str) -> Option<Outcome> {
    match (has(query, "state"), has(query, "error"), has(query, "code")) {
        (true, true, _) => Some(Outcome::Refused),
        (true, false, true) => Some(Outcome::Granted),
        _ => None,
    }
}

pub(crate) fn has(query: &str, name: &str) -> bool {
    query.split('&').any(|pair| pair.split_once('=').is_some_and(|(found, _)| found == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_a_state_and_a_code_or_an_error() {
        for (query, expected) in [
            ("code=a&state=b", Some(Outcome::Granted)),
            ("iss=i&state=&code=", Some(Outcome::Granted)),
            ("error=access_denied&state=b", Some(Outcome::Refused)),
            ("code=a&state=b&error=c", Some(Outcome::Refused)),
            ("", None),
            ("code=a", None),
            ("error=a", None),
            ("state=b", None),
            ("code&state", None),
            ("c%6Fde=a&state=b", None),
            ("CODE=a&state=b", None),
            ("xcode=a&state=b", None),
            ("code=a;state=b", None),
        ] {
            assert_eq!(outcome(query), expected, "{query}");
        }
    }
}

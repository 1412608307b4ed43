//! The answer brought back by hand: for machines whose person has a browser somewhere else.

use std::{
    io::{self, BufRead, ErrorKind, Read},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use authwright_core::{Error, Fault, Target};
use secrecy::SecretString;

use super::{
    limit::Limit,
    query::{has, outcome},
};

/// The longest line that is read, in bytes. (A terminal hands over less: 4,095, and 1,024 on macOS.)
const LONGEST: u64 = 16 * 1024;
/// How often it is looked whether the time is over.
const PAUSE: Duration = Duration::from_millis(10);

/// Where the line comes from.
pub(crate) enum Input {
    Standard,
    Given(Box<dyn BufRead + Send>),
}

impl Input {
    /// Waits for the line, and gives the query of the answer in it. Blocks, at most for the time of the limit.
    pub(crate) fn receive(self, redirect_uri: &str, limit: &Limit) -> Result<SecretString, Error> {
        let (out, line) = mpsc::channel();
        // Nothing wakes who reads from a terminal: so that time can run out, somebody else does. Where it does, the
        // thread stays until there is a line.
        let read = move || {
            let line = match self {
                Self::Standard => read_line(&mut io::stdin().lock()),
                Self::Given(mut input) => read_line(&mut *input),
            };
            let _ = out.send(line);
        };
        let cannot = |kind: ErrorKind| {
            Error::new(Fault::Caller, format!("the answer to the sign-in cannot be read: {kind}"))
        };
        thread::Builder::new()
            .name("authwright-paste".into())
            .spawn(read)
            .map_err(|error| cannot(error.kind()))?;
        loop {
            match line.recv_timeout(PAUSE) {
                Ok(Ok(text)) => return parse(&text, redirect_uri),
                Ok(Err(error)) => return Err(cannot(error.kind())),
                Err(RecvTimeoutError::Timeout) => limit.check("on a machine that has a browser")?,
                Err(RecvTimeoutError::Disconnected) => return Err(cannot(ErrorKind::Other)),
            }
        }
    }
}

fn read_line(input: &mut dyn BufRead) -> io::Result<String> {
    let mut line = String::new();
    input.take(LONGEST).read_line(&mut line)?;
    Ok(line)
}

/// The query in what somebody has pasted: the address that the browser went to, or only its query. Quotes, blanks and line
/// breaks that came with it are left out.
///
/// An address must be the redirect URI (RFC 8252 section 8.10). Messages show nothing of the text: there is a code in it.
pub(crate) fn parse(text: &str, redirect_uri: &str) -> Result<SecretString, Error> {
    let refused = |why: &str| {
        let message = format!(
            "{why}; after you have signed in, copy the whole address that the browser goes to, and paste it here"
        );
        Err(Error::new(Fault::Credential, message))
    };
    let wrapping = |c: char| c.is_whitespace() || "\"'`<>".contains(c);
    // A mail or a chat may have broken it into lines.
    let text: String = text.trim_matches(wrapping).split(['\r', '\n']).map(str::trim).collect();
    if text.is_empty() {
        return refused("nothing was pasted");
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return refused("what was pasted has blanks or characters in it that no address has");
    }
    let (text, _fragment) = text.split_once('#').unwrap_or((&text, ""));
    let query = match text.split_once('?') {
        Some((address, query)) if address.is_empty() || is_same(address, redirect_uri) => query,
        // A query may have a `?` in it.
        Some((address, _)) if address.contains("://") || !address.contains('=') => {
            return refused("what was pasted is not the address that this sign-in ends at");
        }
        _ => text,
    };
    if outcome(query).is_some() {
        return Ok(SecretString::from(query.to_owned()));
    }
    // Without its state, a code could be from a sign-in that somebody else has begun (RFC 6749 section 10.12).
    refused(if has(query, "code") || has(query, "error") {
        "what was pasted lacks its `state`, which shows that it belongs to this sign-in"
    } else if query.contains(['=', '/']) {
        "what was pasted has no `code` in it"
    } else {
        "what was pasted looks like a code alone; without the `state` that came with it, nothing shows that it belongs to \
         this sign-in"
    })
}

/// Whether an address without its query is the redirect URI. Browsers write a slash after a bare host, and some leave out
/// the scheme.
fn is_same(address: &str, redirect_uri: &str) -> bool {
    let expected = redirect_uri.split_once('?').map_or(redirect_uri, |(before, _)| before);
    if address == expected {
        return true;
    }
    let Ok(expected) = Target::parse(expected) else { return false };
    let with_scheme = if address.contains("://") {
        address.to_owned()
    } else {
        format!("{}://{address}", expected.scheme())
    };
    Target::parse(&with_scheme).is_ok_and(|found| {
        let port_and_path = |target: &Target<'_>| (target.port(), target.path().to_owned());
        found.scheme() == expected.scheme()
            && found.host().eq_ignore_ascii_case(expected.host())
            && port_and_path(&found) == port_and_path(&expected)
    })
}

#[cfg(test)]
#[path = "paste_tests.rs"]
mod tests;

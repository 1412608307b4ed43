//! What a server asks for: the challenges in its `WWW-Authenticate` field lines (RFC 9110 sections 11.2, 11.3 and
//! 11.6.1).
//!
//! The grammar uses the comma twice, between challenges and between the parameters of one: only what follows a comma
//! tells which. So a reader cannot split first and parse later, and a damaged challenge has to be left at the next
//! comma, outside quotes, after which a scheme stands. Each line is read by itself.

use std::fmt;

/// One challenge: a scheme, with either parameters or a token68.
#[derive(Clone, PartialEq, Eq)]
pub struct Challenge {
    scheme: String,
    token68: Option<String>,
    /// Lower-cased names, values without quotes and escapes.
    params: Vec<(String, String)>,
}

impl Challenge {
    /// The scheme as the server wrote it.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Whether this is the scheme of that name, in any case (RFC 9110 section 11.1).
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The token68 that stands in the place of parameters.
    pub fn token68(&self) -> Option<&str> {
        self.token68.as_deref()
    }

    /// The value of the parameter of that name, in any case (RFC 9110 section 11.2).
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Reads all challenges of a response, in the order in which they stand.
///
/// What is malformed is left out, with nothing but itself: so are a challenge that names a parameter twice, and one of
/// more than 64 parameters. An item that begins no challenge belongs to the challenge before it, so it spoils that one.
/// At most 32 challenges are read, and at most 16 KiB: the line that would exceed them and all after it are ignored,
/// since half a line could be read as something nobody wrote.
pub(crate) fn read<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Vec<Challenge> {
    let mut challenges = Vec::new();
    let mut budget = MAX_BYTES;
    for line in lines {
        let Some(left) = budget.checked_sub(line.len()) else { break };
        budget = left;
        let mut rest = Reader(line);
        rest.skip_separators();
        while !rest.0.is_empty() {
            if challenges.len() == MAX_CHALLENGES {
                return challenges;
            }
            match rest.challenge() {
                Some(challenge) => challenges.push(challenge),
                None => rest.resynchronise(),
            }
        }
    }
    challenges
}

/// The scope a `Bearer` or `DPoP` challenge asks for because the token's own is too small (RFC 6750 section 3.1, RFC
/// 9449 section 7.1).
pub(crate) fn bearer_scope(challenges: &[Challenge]) -> Option<&str> {
    let insufficient = |challenge: &&Challenge| {
        (challenge.is("Bearer") || challenge.is("DPoP"))
            && challenge.param("error") == Some("insufficient_scope")
    };
    challenges.iter().filter(insufficient).find_map(|challenge| challenge.param("scope"))
}

impl fmt::Display for Challenge {
    /// Shows what helps a person (`realm`, `error`, `scope`), escaped and shortened, so that a server can neither forge
    /// lines in a log nor fill it. Of other parameters only the name is shown: they may be nonces, URLs or free text that
    /// repeats a token. A token68 is not shown: it may be half of a handshake.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scheme)?;
        if let Some(token68) = &self.token68 {
            write!(f, " <{} bytes>", token68.len())?;
        }
        for (i, (name, value)) in self.params.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            if matches!(name.as_str(), "realm" | "error" | "scope") {
                let short: String = value.chars().take(200).collect();
                write!(f, "{comma} {name}=\"{}\"", short.escape_debug())?;
            } else {
                write!(f, "{comma} {name}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Challenge({self})")
    }
}

const MAX_BYTES: usize = 16 * 1024;
const MAX_CHALLENGES: usize = 32;
const MAX_PARAMS: usize = 64;

/// What is left of a line. `None` from a method that reads means malformed; what it has taken so far stays taken.
#[derive(Clone, Copy)]
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads a challenge and the separators after it.
    fn challenge(&mut self) -> Option<Challenge> {
        let scheme = text(self.token()?);
        let mut challenge = Challenge { scheme, token68: None, params: Vec::new() };
        let blanks = self.skip_blanks();
        if self.at_item_end() {
            self.skip_separators();
            return Some(challenge);
        }
        if blanks == 0 {
            return None;
        }
        if let Some(token68) = self.token68() {
            challenge.token68 = Some(text(token68));
            return Some(challenge);
        }
        loop {
            let (name, value) = self.param()?;
            if challenge.params.len() == MAX_PARAMS
                || challenge.params.iter().any(|(known, _)| *known == name)
            {
                return None;
            }
            challenge.params.push((name, value));
            if !self.at_item_end() {
                return None;
            }
            self.skip_separators();
            if self.0.is_empty() || self.at_scheme() {
                return Some(challenge);
            }
        }
    }

    /// Leaves what cannot be read: goes on to the next comma, outside quotes, that a scheme follows.
    fn resynchronise(&mut self) {
        while let Some((&byte, rest)) = self.0.split_first() {
            match byte {
                b'"' => {
                    self.quoted();
                }
                b',' => {
                    self.skip_separators();
                    if self.at_scheme() {
                        return;
                    }
                }
                _ => self.0 = rest,
            }
        }
    }

    /// Reads `1*token68-char *"="`, up to the end of the item; takes nothing if that is not what stands here.
    fn token68(&mut self) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let chars = ahead.take_while(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b)).len();
        let padding = ahead.take_while(|b| b == b'=').len();
        ahead.skip_blanks();
        if chars == 0 || !ahead.at_item_end() {
            return None;
        }
        let token68 = &self.0[..chars + padding];
        ahead.skip_separators();
        *self = ahead;
        Some(token68)
    }

    /// Reads `token BWS "=" BWS ( token / quoted-string )` and the blanks after it.
    fn param(&mut self) -> Option<(String, String)> {
        let name = text(self.token()?).to_ascii_lowercase();
        self.skip_blanks();
        self.0 = self.0.strip_prefix(b"=")?;
        self.skip_blanks();
        let value = if self.0.first() == Some(&b'"') { self.quoted()? } else { text(self.token()?) };
        self.skip_blanks();
        Some((name, value))
    }

    /// Reads a quoted string (RFC 9110 section 5.6.4), to its end even if something in it is not allowed there.
    fn quoted(&mut self) -> Option<String> {
        let mut value = Vec::new();
        let mut valid = true;
        let mut bytes = self.0.iter().copied().enumerate().skip(1);
        while let Some((at, byte)) = bytes.next() {
            let byte = match byte {
                b'"' => {
                    self.0 = &self.0[at + 1..];
                    return valid.then(|| text(&value));
                }
                b'\\' => bytes.next().map_or(0, |(_, escaped)| escaped),
                _ => byte,
            };
            valid &= byte == b'\t' || !byte.is_ascii_control();
            value.push(byte);
        }
        self.0 = &[];
        None
    }

    fn token(&mut self) -> Option<&'a [u8]> {
        let token = self.take_while(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
        (!token.is_empty()).then_some(token)
    }

    /// Whether a challenge begins here, and not a parameter: a token without `=` after it.
    fn at_scheme(mut self) -> bool {
        let token = self.token();
        let blanks = self.skip_blanks();
        token.is_some() && (self.at_item_end() || blanks > 0 && self.0.first() != Some(&b'='))
    }

    fn at_item_end(self) -> bool {
        matches!(self.0.first(), None | Some(b','))
    }

    fn skip_separators(&mut self) {
        self.take_while(|b| matches!(b, b',' | b' ' | b'\t'));
    }

    fn skip_blanks(&mut self) -> usize {
        self.take_while(|b| matches!(b, b' ' | b'\t')).len()
    }

    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.0.iter().position(|&b| !wanted(b)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }
}

/// UTF-8, or else ISO-8859-1, which fields were once in (RFC 9110 section 5.5).
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&b| char::from(b)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::{
        collection::{btree_map, vec},
        prelude::*,
    };

    use super::*;

    /// Field lines, split at `\n`, and what is read from them; `<n bytes>` is a token68.
    const TABLE: &[(&str, &[&str])] = &[
        // Schemes.
        ("", &[]),
        (" , ,\t", &[]),
        ("Negotiate", &["Negotiate"]),
        (" ,Negotiate , ", &["Negotiate"]),
        ("Negotiate, NTLM", &["Negotiate", "NTLM"]),
        ("Negotiate\nNTLM", &["Negotiate", "NTLM"]),
        ("Negotiate ,Basic realm=x", &["Negotiate", "Basic realm=\"x\""]),
        // Parameters.
        ("Basic realm=simple", &["Basic realm=\"simple\""]),
        ("Basic   REALM = \"a b\"", &["Basic realm=\"a b\""]),
        ("Basic\trealm\t=\t\"a\"\t", &["Basic realm=\"a\""]),
        ("Basic realm=\"\"", &["Basic realm=\"\""]),
        ("Basic realm=\"a, b=c, Digest d\"", &["Basic realm=\"a, b=c, Digest d\""]),
        ("Basic realm=\"\\\"a\\\\\\b\"", &["Basic realm=\"\\\"a\\\\b\""]),
        ("Basic realm=\"a\tb\"", &["Basic realm=\"a\\tb\""]),
        ("Basic realm=\"caf\u{e9}\u{202e}\"", &["Basic realm=\"caf\u{e9}\\u{202e}\""]),
        ("Digest a=1,b=2 , ,, c=\"3\",", &["Digest a=\"1\", b=\"2\", c=\"3\""]),
        ("Basic , realm=x", &["Basic"]),
        ("Bearer a=b=c", &[]),
        // Several challenges in one line.
        ("Basic realm=x, Bearer", &["Basic realm=\"x\"", "Bearer"]),
        (
            "Basic realm=\"x\",Bearer error=y , scope=z",
            &["Basic realm=\"x\"", "Bearer error=\"y\", scope=\"z\""],
        ),
        ("A a=1, A a=2", &["A a=\"1\"", "A a=\"2\""]),
        ("A a=1, b =2, C d=3", &["A a=\"1\", b=\"2\"", "C d=\"3\""]),
        ("A a=1\nb=2, C d=3", &["A a=\"1\"", "C d=\"3\""]),
        (
            "Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\", Basic realm=\"simple\"",
            &[
                "Newauth realm=\"apps\", type=\"1\", title=\"Login to \\\"apps\\\"\"",
                "Basic realm=\"simple\"",
            ],
        ),
        // token68.
        ("Negotiate YWJj", &["Negotiate <4 bytes>"]),
        ("Negotiate a+/-._~==", &["Negotiate <9 bytes>"]),
        ("Negotiate a= , Basic realm=x", &["Negotiate <2 bytes>", "Basic realm=\"x\""]),
        ("Negotiate a==, NTLM b", &["Negotiate <3 bytes>", "NTLM <1 bytes>"]),
        ("Negotiate a==b, NTLM b", &["NTLM <1 bytes>"]),
        ("Negotiate abc, realm=x, Basic realm=y", &["Negotiate <3 bytes>", "Basic realm=\"y\""]),
        ("Negotiate =", &[]),
        // Damage, and the neighbours it leaves alone.
        ("realm=x, Basic realm=y", &["Basic realm=\"y\""]),
        ("A a=1 b=2, B c=3", &["B c=\"3\""]),
        ("A a=, b=2, B c=3", &["A <2 bytes>", "B c=\"3\""]),
        ("A x=1, a=, b=2, B c=3", &["B c=\"3\""]),
        ("A x=\"1\"y, z=\", Q q=1, \", B c=3", &["B c=\"3\""]),
        ("A x=http://h/, B c=3", &["B c=\"3\""]),
        ("A x=\"\u{1}, Q q=1\", B c=3", &["B c=\"3\""]),
        ("A x=\"1\\", &[]),
        ("B c=3, A x=\"1, Basic realm=x\nC", &["B c=\"3\"", "C"]),
        ("(A), B/1 x, C", &["C"]),
        ("A a=1, B/1 x, C", &["C"]),
        ("A;q=1, B", &["B"]),
        ("\"A\" x=1, B", &["B"]),
        ("=, B", &["B"]),
        ("A x=1, \"y\"=2, B", &["B"]),
        ("A x=1, X=2, B", &["B"]),
        ("A x=1, y=2, x=1, z=3, B", &["B"]),
        ("B, A \u{e9}=1", &["B"]),
        ("A\0, B", &["B"]),
    ];

    /// Every parameter with its value; `Display` shows less.
    fn whole(challenge: &Challenge) -> String {
        let params =
            challenge.params.iter().map(|(name, value)| format!("{name}=\"{}\"", value.escape_debug()));
        let token68 = challenge.token68.iter().map(|token68| format!("<{} bytes>", token68.len()));
        let rest = token68.chain(params).collect::<Vec<_>>().join(", ");
        format!("{} {rest}", challenge.scheme).trim_end().to_owned()
    }

    #[test]
    fn what_is_shown_is_what_helps() {
        let long = "x".repeat(500);
        let line =
            format!("Bearer realm=\"a\", resource_metadata=\"https://h/p?q=s3cret\", error=\"{long}\"");
        let shown = format!("{:?}", read_str(&line));
        assert!(shown.contains("realm=\"a\", resource_metadata, error=\"xxx"), "{shown}");
        assert!(!shown.contains("s3cret") && shown.len() < 300, "{shown}");
    }

    #[test]
    fn challenges_are_read_and_damage_stays_local() {
        for (lines, expected) in TABLE {
            let shown: Vec<String> = read_str(lines).iter().map(whole).collect();
            assert_eq!(shown, *expected, "{lines:?}");
        }
    }

    #[test]
    fn names_are_found_in_any_case() {
        let challenges = read_str("dPoP Algs=\"ES256\", Negotiate YWJj=");
        assert!(challenges[0].is("DPoP") && !challenges[0].is("DPo"));
        assert_eq!((challenges[0].scheme(), challenges[0].param("ALGS")), ("dPoP", Some("ES256")));
        assert_eq!((challenges[0].param("alg"), challenges[0].token68()), (None, None));
        assert_eq!(challenges[1].token68(), Some("YWJj="));
        assert_eq!(format!("{:?}", challenges[1]), "Challenge(Negotiate <5 bytes>)");
    }

    #[test]
    fn a_value_that_is_not_utf8_is_latin1() {
        let challenges = read([&b"Basic realm=\"caf\xe9\""[..]].into_iter());
        assert_eq!(challenges[0].param("realm"), Some("caf\u{e9}"));
    }

    #[test]
    fn a_scope_is_asked_for_by_bearer_and_dpop_only() {
        for (lines, expected) in [
            ("Bearer error=\"insufficient_scope\", scope=\"a b\"", Some("a b")),
            ("dpop scope=a, error=insufficient_scope", Some("a")),
            ("Basic realm=x, Bearer realm=y\nBearer error=insufficient_scope, scope=a", Some("a")),
            ("Bearer error=insufficient_scope, DPoP error=insufficient_scope, scope=b", Some("b")),
            ("Bearer error=invalid_token, scope=a", None),
            ("Bearer scope=a", None),
            ("Basic error=insufficient_scope, scope=a", None),
            ("", None),
        ] {
            assert_eq!(bearer_scope(&read_str(lines)), expected, "{lines}");
        }
    }

    #[test]
    fn everything_is_bounded() {
        assert_eq!(read_str(&"A,".repeat(40)).len(), MAX_CHALLENGES);
        assert_eq!(read_str(&"A\n".repeat(40)).len(), MAX_CHALLENGES);
        let params = |n: usize| (0..n).map(|i| format!("p{i}=1,")).collect::<Vec<_>>().concat();
        assert_eq!(read_str(&format!("A {} B", params(MAX_PARAMS))).len(), 2);
        assert_eq!(read_str(&format!("A {} B", params(MAX_PARAMS + 1))).len(), 1);
        let long = format!("A a={}", "x".repeat(MAX_BYTES - 6));
        assert_eq!(read_str(&format!("{long}\nBb\nC")).len(), 2);
        assert_eq!(read_str(&format!("{long}\nBbb\nC")).len(), 1);
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_read(lines in vec(vec(any::<u8>(), 0..60), 0..3)) {
            for challenge in read(lines.iter().map(Vec::as_slice)) {
                prop_assert!(!challenge.to_string().contains(char::is_control));
            }
        }

        #[test]
        fn neighbours_survive_any_damage(damage in "[Aa=,\" \t/\\\\\u{0}é]{0,20}") {
            // An open quote hides what follows it; that is what a quote is.
            let quotes = damage.contains(['"', '\\']);
            let challenges = read_str(&format!("First a=1, {damage}, Last b=2"));
            let found = |scheme: &str| challenges.iter().any(|challenge| challenge.is(scheme));
            prop_assert!(quotes || found("Last"), "{challenges:?}");
            let damage = damage.trim_start_matches([',', ' ', '\t']);
            let begins_a_challenge = damage.starts_with("A a") || damage.starts_with("A \"");
            prop_assert!(!begins_a_challenge || found("First"), "{challenges:?}");
        }

        #[test]
        fn what_is_written_is_read(
            written in vec(("[A-Za-z!-]{1,4}", btree_map("[a-z*]{1,4}", "[ -~é\t]{0,8}", 0..4)), 0..4),
        ) {
            let quote = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"");
            let texts: Vec<String> = written.iter().map(|(scheme, params)| {
                let params: Vec<String> = params.iter().map(|(n, v)| format!("{n}=\"{}\"", quote(v))).collect();
                format!("{scheme} {}", params.join(" ,"))
            }).collect();
            let read = read_str(&texts.join(","));
            prop_assert_eq!(read.len(), written.len());
            for (challenge, (scheme, params)) in read.iter().zip(&written) {
                prop_assert_eq!(challenge.scheme(), scheme);
                prop_assert_eq!(challenge.params.len(), params.len());
                prop_assert!(params.iter().all(|(name, value)| challenge.param(name) == Some(value)));
            }
        }
    }

    fn read_str(lines: &str) -> Vec<Challenge> {
        read(lines.split('\n').map(str::as_bytes))
    }
}

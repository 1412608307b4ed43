//! Many spellings of one set of challenges, which all read the same (A2, RFC 9110 sections 5.6.1 to 5.6.4, 11.2, 11.3).

use super::{super::DigestHash, *};

/// The set, as a list: a token68, a scheme alone, Digest with quotes and commas in its values, Basic.
const SET: [&str; 4] = [
    "negotiate <8 bytes>",
    "ntlm",
    "digest realm=\"a, \\\"b\\\" = c\", nonce=\"n==, Basic x=\\\"1\\\"\", qop=\"auth,auth-int\", algorithm=\"SHA-256\"",
    "basic realm=\"simple\", charset=\"UTF-8\"",
];

const NEGOTIATE: &str = "Negotiate YWJjZA==";
const DIGEST: &str =
    r#"Digest realm="a, \"b\" = c", nonce="n==, Basic x=\"1\"", qop="auth,auth-int", algorithm=SHA-256"#;
const BASIC: &str = r#"Basic realm="simple", charset="UTF-8""#;

/// How a list may be strung together: all on one line, or with a line to some of them.
const JOINS: &[[&str; 3]] = &[
    [", ", ", ", ", "],
    [",", ",", ","],
    [" , ", " , ", " , "],
    ["\t,\t", "\t,\t", "\t,\t"],
    [",,", ",,,", ", ,"],
    [" ,\t, ,", ", , ", ",  ,"],
    ["\n", "\n", "\n"],
    ["\n", ", ", ", "],
    [", ", "\n", ", "],
    [", ", ", ", "\n"],
    ["\n", ", ", "\n"],
    [",\n", ", \n,", "\n , "],
    ["\n\n", "\n,\n", "\n \n"],
];

/// What may stand before and after a list.
const ENDS: &[(&str, &str)] = &[("", ""), (" ", "\t"), (",", ","), (", ,", " , "), ("\n", "\n")];

/// Ways to write the parameters of Digest.
const DIGESTS: &[&str] = &[
    DIGEST,
    r#"DIGEST REALM="a, \"b\" = c", NONCE="n==, Basic x=\"1\"", QOP="auth,auth-int", ALGORITHM=SHA-256"#,
    r#"dIgEsT rEaLm="a, \"b\" = c", nOnCe="n==, Basic x=\"1\"", qOp="auth,auth-int", aLgOrItHm=SHA-256"#,
    r#"Digest realm="a, \"b\" = c",nonce="n==, Basic x=\"1\"",qop="auth,auth-int",algorithm=SHA-256"#,
    r#"Digest   realm="a, \"b\" = c"  ,  nonce="n==, Basic x=\"1\"" ,qop="auth,auth-int" ,algorithm=SHA-256"#,
    "Digest\trealm=\"a, \\\"b\\\" = c\"\t,\tnonce=\"n==, Basic x=\\\"1\\\"\",\tqop=\"auth,auth-int\",\talgorithm=SHA-256",
    r#"Digest realm ="a, \"b\" = c", nonce= "n==, Basic x=\"1\"", qop = "auth,auth-int", algorithm = SHA-256"#,
    "Digest realm\t=\t\"a, \\\"b\\\" = c\", nonce \t=\t \"n==, Basic x=\\\"1\\\"\", qop=\"auth,auth-int\", algorithm\t=SHA-256",
    r#"Digest realm="a, \"b\" = c",, nonce="n==, Basic x=\"1\"", , ,qop="auth,auth-int",,,algorithm=SHA-256,"#,
    r#"Digest realm="a, \"b\" = c", nonce="n==, Basic x=\"1\"", qop="auth,auth-int", algorithm="SHA-256""#,
    r#"Digest realm="a, \"b\" = c", nonce="n==, Basic x=\"1\"", qop="auth,auth-int", algorithm="SHA\-256""#,
    r#"Digest realm="\a\,\ \"\b\"\ \=\ \c", nonce="n==, Basic x=\"1\"", qop="auth,auth-int", algorithm=SHA-256"#,
    r#"Digest realm="a, \"b\" \= c", nonce="\n\=\=, Basic x\=\"1\"", qop="auth\,auth\-int", algorithm=SHA-256"#,
];

/// Ways to write the others.
const OTHERS: &[(&str, &str, &str)] = &[
    (NEGOTIATE, "NTLM", BASIC),
    ("negotiate YWJjZA==", "ntlm", "basic realm=\"simple\", charset=\"UTF-8\""),
    ("NEGOTIATE   YWJjZA==", "nTLM", "BASIC REALM=simple, CHARSET=UTF-8"),
    ("Negotiate\tYWJjZA==", "NTLM", "Basic realm = simple , charset = \"UTF-8\""),
    ("Negotiate YWJjZA== ", "NTLM ", "Basic realm=\"simple\",,charset=UTF-8,"),
    ("Negotiate \tYWJjZA==\t", "NTLM\t", "Basic realm=\"s\\imple\", charset=\"UTF\\-8\""),
];

/// 13 ways to string a list together, 5 to begin and end it, 13 to write Digest, 6 to write the others.
#[test]
fn a2_every_spelling_of_a_set_reads_the_same() {
    let mut spellings = 0;
    for digest in DIGESTS {
        for (negotiate, ntlm, basic) in OTHERS {
            for [first, second, third] in JOINS {
                for (before, after) in ENDS {
                    let lines =
                        format!("{before}{negotiate}{first}{ntlm}{second}{digest}{third}{basic}{after}");
                    assert_eq!(spelled(&lines), SET, "{lines}");
                    spellings += 1;
                }
            }
        }
    }
    assert_eq!(spellings, 13 * 5 * 13 * 6);
}

/// The order is the server's: whoever stands where, each is read as it is alone.
#[test]
fn a2_every_order_of_a_set_reads_the_same() {
    let set = [NEGOTIATE, "NTLM", DIGEST, BASIC];
    for (a, b, c, d) in [
        (0, 1, 3, 2),
        (0, 2, 1, 3),
        (0, 3, 2, 1),
        (1, 0, 2, 3),
        (1, 2, 3, 0),
        (2, 0, 1, 3),
        (2, 1, 3, 0),
        (2, 3, 0, 1),
        (3, 0, 2, 1),
        (3, 1, 0, 2),
        (3, 2, 1, 0),
    ] {
        for join in [", ", ",", "\n"] {
            let lines = [set[a], set[b], set[c], set[d]].join(join);
            assert_eq!(spelled(&lines), [SET[a], SET[b], SET[c], SET[d]], "{lines}");
        }
    }
}

/// One challenge, spelt in full and as sparely as it can be.
#[test]
fn a2_a_quoted_value_and_a_token_mean_the_same() {
    for line in [
        "Bearer error=insufficient_scope, scope=read",
        "Bearer error=\"insufficient_scope\", scope=\"read\"",
        "bearer ERROR=\"insufficient\\_scope\",SCOPE=\"\\r\\e\\a\\d\"",
        ",,Bearer scope=read,,error = insufficient_scope,,",
    ] {
        assert_eq!(required_scope(Challenges::parse(line)).unwrap().text(), "read", "{line}");
    }
}

/// What curl has tests for; the numbers are those of its tests.
#[test]
fn a2_lines_that_clients_have_stumbled_over() {
    // 69, 70, 72, 76, 1204: several schemes in one line or in several, known and unknown, in any order.
    for lines in [
        "Wild, Basic realm=\"r\", Digest realm=\"r\", nonce=\"1\"",
        "Digest realm=\"r\", nonce=\"1\", Basic realm=\"r\", Wild",
        "Basic realm=\"r\"\nWild w=1, Digest nonce=\"1\", realm=\"r\"",
        "Negotiate,NTLM,Digest realm=\"r\",nonce=\"1\",Basic realm=\"r\"",
        "Negotiate\nBasic realm=\"r\"\nDigest realm=\"r\", nonce=\"1\"",
    ] {
        let challenges = read(lines);
        let one = |scheme: &str| challenges.iter().filter(|challenge| challenge.is(scheme)).count() == 1;
        assert!(one("Basic") && one("Digest"), "{lines}");
        assert!(challenges.iter().any(|c| c.digest().is_some_and(|digest| digest.nonce.is("1"))), "{lines}");
        assert!(
            challenges.iter().any(|c| c.basic().is_some_and(|basic| basic.realm.unwrap().is("r"))),
            "{lines}"
        );
    }
    // 273: two Digests.
    let two = read("Digest realm=\"r\", nonce=\"1\", algorithm=SHA-256\nDigest realm=\"r\", nonce=\"2\"");
    let hashes: Vec<_> = two.iter().map(|c| c.digest().unwrap().algorithm.unwrap().hash).collect();
    assert_eq!(hashes, [DigestHash::Sha256, DigestHash::Md5]);
    // 153: stale, quoted or not.
    for stale in ["stale=true", "stale=\"true\"", "STALE=TRUE", "stale = True"] {
        let line = format!("Digest realm=r, nonce=n, {stale}");
        assert!(Challenges::parse(&line).next().unwrap().digest().unwrap().stale, "{line}");
    }
    // 388: blanks between the words of qop.
    for qop in
        ["auth,auth-int", "auth, auth-int", " auth , auth-int ", "crypto,  auth-int\t,auth", "AUTH,,Auth-Int"]
    {
        let line = format!("Digest realm=r, nonce=n, qop=\"{qop}\"");
        let qop = Challenges::parse(&line).next().unwrap().digest().unwrap().qop;
        assert!(qop.auth && qop.auth_int && qop.given, "{line}");
    }
    // 1095, 2091: quotes and backslashes in a value.
    for (raw, realm) in [("t\\\\es\\\"t", "t\\es\"t"), ("\\\"", "\""), ("", ""), ("\\\\", "\\"), ("'", "'")] {
        let line = format!("Digest realm=\"{raw}\", nonce=n");
        let digest = Challenges::parse(&line).next().unwrap().digest().unwrap();
        assert_eq!((digest.realm.raw(), &*digest.realm.text()), (raw.as_bytes(), realm), "{line}");
    }
    // 1437: a parameter twice, the second time as a decoy; the neighbour survives.
    for line in [
        "Digest realm=\"r\", nonce=\"1\", nonce=\"2\", Basic realm=x",
        "Digest realm=\"r\", nonce=\"1\", realm=\"s\", Basic realm=x",
        "Digest realm=\"r\", nonce=\"1\", NONCE=1, Basic realm=x",
    ] {
        assert_eq!(spelled(line), ["basic realm=\"x\""], "{line}");
    }
    // 3221: line breaks and other control characters in a value.
    for control in ["\r\n", "\n", "\r", "\0", "\u{7f}", "\\\r"] {
        let line = format!("Digest realm=\"a{control}b\", nonce=n, Basic realm=x");
        let schemes: Vec<_> = Challenges::parse(&line).map(|challenge| challenge.scheme()).collect();
        assert_eq!(schemes, ["Basic"], "{line:?}");
    }
}

/// Scheme in lower case, values as they are read; the name of the scheme is the one thing a spelling may change.
fn spelled(lines: &str) -> Vec<String> {
    let plain = |challenge: &Challenge<'_>| {
        let params = challenge.params().map(|(name, value)| {
            let value = value.text().replace('"', "\\\"");
            format!("{}=\"{value}\"", name.to_ascii_lowercase())
        });
        let token68 = challenge.token68().map(|token68| format!("<{} bytes>", token68.len()));
        let rest = token68.into_iter().chain(params).collect::<Vec<_>>().join(", ");
        format!("{} {rest}", challenge.scheme().to_ascii_lowercase()).trim_end().to_owned()
    };
    read(lines).iter().map(plain).collect()
}

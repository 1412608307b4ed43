//! A2: one set of challenges, a hundred ways to write it down (RFC 9110 sections 11.2, 11.3 and 11.6.1).

use authwright_testkit::{DigestRealm, Received, Reply};
use authwright_tests::on_every_driver;

use super::{assert_fine, digest, get, sam};
use crate::support::net;

/// What a list may have between its members.
const SEPARATORS: [&str; 5] = [", ", ",", " , ", ",, ,", "\t,\t"];

const NAMES: [&str; 4] = ["realm", "nonce", "qop", "algorithm"];

/// How the parameters of a challenge may be written.
const SHAPES: [fn(&str) -> String; 5] = [
    str::to_owned,
    |text| {
        NAMES.iter().fold(text.to_owned(), |text, name| {
            text.replacen(&format!("{name}="), &format!("{name} \t= "), 1)
        })
    },
    |text| {
        text.replace("algorithm=SHA-256", "algorithm=\"SHA-256\"")
            .replace("algorithm=MD5", "algorithm=\"MD5\"")
    },
    |text| text.replace("qop=\"auth\"", "qop=auth, stale=\"FALSE\""),
    |text| text.replacen("Digest ", "Digest   x=\"a, Basic b=\\\"c\\\", nonce=\", ", 1),
];

/// Who may stand around them: token68 with and without padding, schemes without anything, quoted commas.
const NEIGHBOURS: [(&str, &str); 4] = [
    ("", ""),
    ("Negotiate", "NTLM"),
    ("Negotiate oYG2MIGzoAMKAQCh/-._~+==", "Bearer"),
    ("X a=\"b, Digest\"", "Basic realm=\"r, s\""),
];

/// The challenges, in one field line or each in its own.
fn spelled(
    realm: &DigestRealm,
    request: &Received,
    shape: usize,
    neighbour: usize,
    separator: &str,
    lines: bool,
) -> Reply {
    let reply = realm.reply(request, Reply::ok("hello"));
    if reply.status_code() != 401 {
        return reply;
    }
    let (before, after) = NEIGHBOURS[neighbour];
    let ours = reply.headers().iter().map(|(_, value)| SHAPES[shape](str::from_utf8(value).unwrap()));
    let all: Vec<String> = [before.to_owned()]
        .into_iter()
        .chain(ours)
        .chain([after.to_owned()])
        .filter(|text| !text.is_empty())
        .collect();
    if lines {
        let start = Reply::status(401).header("www-authenticate", separator.trim());
        return all.iter().fold(start, |reply, text| {
            reply.header("WWW-Authenticate", text.replace(", ", separator_in(separator)))
        });
    }
    Reply::unauthorized(&all.join(separator))
}

/// Within a challenge too, but not within the quotes, where each would be another value: only lists that need no look at quotes.
fn separator_in(separator: &str) -> &str {
    if separator == "," { "," } else { ", " }
}

#[test]
fn a2_every_spelling_leads_to_one_decision() {
    let net = net();
    on_every_driver(|driver| {
        for (at, separator) in SEPARATORS.into_iter().enumerate() {
            for shape in 0..SHAPES.len() {
                for neighbour in 0..NEIGHBOURS.len() {
                    let lines = (at + shape + neighbour) % 2 == 0;
                    let realm = sam("r").algorithms(&["MD5", "SHA-256"]).build();
                    let asked = realm.clone();
                    net.set_script(move |request| {
                        spelled(&asked, request, shape, neighbour, separator, lines)
                    });
                    let outcome = get(driver, &net, "/", &digest(&net, 0));
                    let who = format!(
                        "{} {separator:?} shape {shape} neighbour {neighbour} lines {lines}",
                        driver.name()
                    );
                    assert_fine(&outcome, &realm, &who);
                    assert_eq!(realm.accepted()[0].algorithm, "SHA-256", "{who}");
                    assert_eq!(net.requests().len(), 2, "{who}");
                }
            }
        }
    });
}

/// A damaged challenge does not spoil its neighbours, whether in a line of its own or in theirs.
#[test]
fn a2_damage_stays_where_it_is() {
    let net = net();
    on_every_driver(|driver| {
        for damaged in [
            "Digest",
            "Digest realm",
            "Digest realm=\"r\"",
            "Digest nonce=\"n\"",
            "Digest realm=\"r\", nonce=",
            "Digest realm==, nonce=\"x\"",
            "Digest realm=\"r\" nonce=\"n\"",
            "Digest \"r\"",
            "Digest abc==, realm=\"r\", nonce=\"n\"",
            "@",
            "= = =",
        ] {
            for one_line in [false, true] {
                let realm = sam("r").build();
                let asked = realm.clone();
                net.set_script(move |request| {
                    let reply = asked.reply(request, Reply::ok("hello"));
                    if reply.status_code() != 401 {
                        return reply;
                    }
                    let good = str::from_utf8(&reply.headers()[0].1).unwrap();
                    if one_line {
                        return Reply::unauthorized(&format!("{damaged}, {good}"));
                    }
                    Reply::unauthorized(damaged).header("www-authenticate", good)
                });
                let outcome = get(driver, &net, "/", &digest(&net, 0));
                assert_fine(
                    &outcome,
                    &realm,
                    &format!("{} {damaged} in one line: {one_line}", driver.name()),
                );
            }
        }
    });
}

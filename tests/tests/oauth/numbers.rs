//! No obligation is without a test that runs on every driver.

use std::{collections::BTreeSet, fs, path::Path};

/// Those that are shown here, and up to which number. P4 is about documents instead of
/// registration, which are not here.
const SECTIONS: [(&str, u32); 13] = [
    ("e", 17),
    ("f", 5),
    ("g", 5),
    ("h", 5),
    ("i", 4),
    ("j", 4),
    ("k", 3),
    ("m", 4),
    ("n", 10),
    ("o", 4),
    ("q", 2),
    ("s", 1),
    ("p", 5),
];

/// The numbers that a test's name begins with: `o1_o2_a_client_…` has two.
fn numbers(name: &str) -> impl Iterator<Item = &str> {
    let is_number = |part: &&str| {
        let (letter, digits) = part.split_at(part.len().min(1));
        letter.bytes().all(|c| c.is_ascii_lowercase())
            && !digits.is_empty()
            && digits.bytes().all(|c| c.is_ascii_digit())
    };
    name.split('_').take_while(is_number)
}

/// Adds the numbers of the tests in a file that run on every driver.
fn collect(file: &Path, found: &mut BTreeSet<String>) {
    let text = fs::read_to_string(file).unwrap();
    for test in text.split("#[test]\nfn ").skip(1) {
        let (name, rest) = test.split_once('(').unwrap();
        let body = rest.split("\n}\n").next().unwrap_or(rest);
        if body.contains("on_every_driver(") {
            found.extend(numbers(name).map(str::to_owned));
        }
    }
}

#[test]
fn every_obligation_has_a_test_on_every_driver() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut found = BTreeSet::new();
    for directory in ["oauth", "contract"] {
        for file in fs::read_dir(tests.join(directory)).unwrap() {
            let file = file.unwrap().path();
            if file.extension().is_some_and(|it| it == "rs") {
                collect(&file, &mut found);
            }
        }
    }
    let all = SECTIONS.iter().flat_map(|(letter, last)| (1..=*last).map(move |it| format!("{letter}{it}")));
    let elsewhere = ["p4"];
    let missing: Vec<_> =
        all.filter(|number| !elsewhere.contains(&&**number) && !found.contains(number)).collect();
    assert_eq!(missing, [""; 0], "these have no test of their own");
}

//! Each identity has a record of its own, however much two look alike.

use super::{Fresh, Open, load, lock, remove, unique};

pub(super) fn keys_are_apart(open: Open<'_>) {
    let fresh = alike(open);
    for (n, key) in fresh.iter().enumerate() {
        assert_eq!(key.load(), None, "{} has the record of another", short(key));
        key.save(format!("record {n}").as_bytes());
    }
    let store = open();
    for (n, key) in fresh.iter().enumerate() {
        let found = load(&*store, &key.key);
        assert_eq!(found, Some(format!("record {n}").into_bytes()), "the record of {}", short(key));
    }
}

pub(super) fn removing_one_key_leaves_the_others(open: Open<'_>) {
    let fresh = alike(open);
    for key in &fresh {
        key.save(b"stays");
    }
    let store = open();
    let (removed, others) = fresh.split_first().expect("there are several");
    remove(&mut *lock(&*store, &removed.key));
    assert_eq!(removed.load(), None);
    for key in others {
        assert!(key.load().is_some(), "{} is gone", short(key));
    }
}

/// Identities that a store may take for one another: names that fold, are cut, are normalised or lead elsewhere.
fn alike(open: Open<'_>) -> Vec<Fresh<'_>> {
    let long = "x".repeat(10 * 1024);
    let endings = [
        "",
        "a",
        "A",
        "b",
        "a ",
        " a",
        "ab",
        "a:b",
        "a/b",
        "a\\b",
        "a/../b",
        "../a",
        "..",
        ".",
        "/",
        "a\0b",
        "a\nb",
        "a\r\nb",
        "a*",
        "a?",
        "a%2Fb",
        "a-b",
        "a.token",
        "a.lock",
        "\u{e9}",
        "e\u{301}",
        "\u{df}",
        "ss",
        "\u{1f511}",
        "'; --",
        &long,
    ];
    let begin = unique();
    let mut fresh: Vec<_> = endings.iter().map(|end| Fresh::named(open, &format!("{begin} {end}"))).collect();
    // Differ in the last character of many.
    fresh.push(Fresh::named(open, &format!("{begin} {long}y")));
    fresh.push(Fresh::named(open, &format!("{begin} {long}z")));
    fresh
}

fn short(fresh: &Fresh<'_>) -> String {
    fresh.key.to_string().chars().take(80).collect()
}

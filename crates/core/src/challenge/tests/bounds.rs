//! How much is read, and in how many steps.

use super::{
    super::reader::{hash, steps},
    *,
};

#[test]
fn everything_is_bounded() {
    assert_eq!(read(&"A,".repeat(40)).len(), 32);
    assert_eq!(Challenges::of(&fields(&"A\n".repeat(40))).count(), 32);
    let params = |n: usize| (0..n).map(|i| format!("p{i}=1,")).collect::<Vec<_>>().concat();
    assert_eq!(read(&format!("A {} B", params(64))).len(), 2);
    assert_eq!(read(&format!("A {} B", params(65))).len(), 1);
    assert_eq!(Params::parse(&params(64)).unwrap().count(), 64);
    assert!(Params::parse(&params(65)).is_none());
    let long = format!("A a={}", "x".repeat(MAX_BYTES - 6));
    assert_eq!(Challenges::of(&fields(&format!("{long}\nBb\nC"))).count(), 2);
    assert_eq!(Challenges::of(&fields(&format!("{long}\nBbb\nC"))).count(), 1);
    assert!(Params::parse(&format!("{}=x", "a".repeat(MAX_BYTES))).is_none());
}

#[test]
fn names_in_use_do_not_share_a_bit() {
    for names in [
        &["realm", "nonce", "opaque", "domain", "algorithm", "qop", "stale", "userhash", "charset"][..],
        &["realm", "scope", "error", "error_description", "error_uri", "resource_metadata", "acr_values"],
        &["realm", "scope", "error", "error_description", "max_age", "algs", "resource_metadata"],
        &["nextnonce", "qop", "rspauth", "cnonce", "nc"],
    ] {
        let mut bits: Vec<_> = names.iter().map(|name| hash(name.as_bytes())).collect();
        assert_eq!(bits, names.iter().map(|name| hash(name.to_uppercase().as_bytes())).collect::<Vec<_>>());
        bits.sort_unstable();
        bits.dedup();
        assert_eq!(bits.len(), names.len(), "{names:?}");
    }
}

/// Four times the bytes, four times the steps. A reader that starts again at each quote or comma would take sixteen.
#[test]
fn steps_grow_with_the_line_and_no_faster() {
    #[rustfmt::skip]
    let hostile = [
        "\"", "\"\\", "\\", ",", ", ", "a,", "a ", "a a,", "a=,", "a/,", "a b/,", "A \"x\",", "A x=\",",
        "A x=\"y\"z,", "A x=1 y,", "A x=1, x=1,", "A x=1, \",", "=", "/", "A b ", "\u{e9},", "A a=1, b=2, ",
    ];
    for hostile in hostile {
        let (short, long) = (steps(hostile, 2_000), steps(hostile, 8_000));
        assert!(short <= 2_000 * 8, "{hostile:?}: {short}");
        assert!(long <= 5 * short.max(2_000), "{hostile:?}: {short}, {long}");
    }
}

/// Names that were made to look alike are compared with each other; a challenge may have 64.
#[test]
fn names_that_look_alike_cost_no_more_than_their_number() {
    let letter = |i: u8| char::from(b'a' + i);
    for (before, value) in [("", "1".to_owned()), ("", "1".repeat(100)), (&*"n".repeat(100), "1".to_owned())]
    {
        let params = |names: u8| -> String {
            let param = |i: u8| format!("{before}{}{}x={value},", letter(i / 8), letter(i % 8));
            (0..names).map(param).collect::<Vec<_>>().concat()
        };
        let line = format!("A {} B, ", params(64));
        assert_eq!(read(&line).len(), 2);
        assert_eq!(read(&format!("A {}{} B", params(60), params(1).to_uppercase())).len(), 1);
        for length in [line.len(), 16_000] {
            let steps = steps(&line, length);
            assert!(steps <= 64 * length, "{steps}");
        }
    }
}

/// What it takes to read a line of that many bytes, made of repetitions.
fn steps(hostile: &str, bytes: usize) -> usize {
    let line: String = hostile.chars().cycle().take(bytes).collect();
    steps::take();
    let read = Challenges::parse(&line).count();
    assert!(read <= 32);
    steps::take()
}

//! Runs of bytes, eight at a time: most of a challenge is names in lower case and quoted strings with nothing in them that
//! means anything.

#[cfg(test)]
use super::reader::steps;

/// How many bytes here are small letters, underscores or backticks, which stand side by side.
#[inline]
pub(super) fn lower(bytes: &[u8]) -> usize {
    short_run(bytes, |eight| {
        let from = eight.wrapping_add(each(0x80 - b'_'));
        let past = eight.wrapping_add(each(0x80 - b'z' - 1));
        !from | past | eight
    })
}

/// How many bytes stand before the first `=`.
#[inline]
pub(super) fn before_equals(bytes: &[u8]) -> usize {
    short_run(bytes, |eight| (eight ^ each(b'=')).wrapping_sub(each(1)) & !eight)
}

/// How many bytes stand before the first quote, backslash or control character.
#[inline]
pub(super) fn plain(bytes: &[u8]) -> usize {
    run(bytes, |eight| {
        let zero = |bytes: u64| bytes.wrapping_sub(each(1));
        // One bit changed, the quote stands right behind the control characters, and nothing else does.
        let quote_or_control = (eight ^ each(2)).wrapping_sub(each(b' ' + 1));
        (quote_or_control | zero(eight ^ each(b'\\')) | zero(eight ^ each(0x7f))) & !eight
    })
}

/// How many bytes stand before the first stop. Looks at eight at a time: `stops` sets the high bit of a byte that is a
/// stop. Borrows and carries may spoil the bytes after it, so only the first counts.
#[inline]
fn run(bytes: &[u8], stops: impl Fn(u64) -> u64) -> usize {
    #[cfg(test)]
    steps::count(1);
    let mut rest = bytes;
    while let Some((eight, after)) = rest.split_first_chunk() {
        let found = stops(u64::from_le_bytes(*eight)) & each(0x80);
        if found != 0 {
            return bytes.len() - rest.len() + found.trailing_zeros() as usize / 8;
        }
        rest = after;
        #[cfg(test)]
        steps::count(8);
    }
    // A stop among the zeros behind the last byte is none.
    let found = stops(last(rest)) & each(0x80);
    bytes.len() - rest.len() + rest.len().min(found.trailing_zeros() as usize / 8)
}

/// The same, where the stop is nearly always among the first eight.
#[inline]
fn short_run(bytes: &[u8], stops: impl Fn(u64) -> u64) -> usize {
    let first = bytes.first_chunk().map_or(0, |eight| stops(u64::from_le_bytes(*eight)) & each(0x80));
    if first == 0 { long_run(bytes, stops) } else { first.trailing_zeros() as usize / 8 }
}

#[inline(never)]
fn long_run(bytes: &[u8], stops: impl Fn(u64) -> u64) -> usize {
    run(bytes, stops)
}

/// Up to seven bytes as a number, the first the lowest.
#[inline]
fn last(bytes: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return u64::from(first) | u64::from(last) << (8 * bytes.len() - 32);
    }
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// That byte, eight times.
const fn each(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    #[test]
    fn every_byte_in_every_place_is_a_stop_or_none() {
        for byte in 0..=u8::MAX {
            for length in 0..20 {
                for at in 0..length {
                    let mut bytes = vec![b'a'; length];
                    bytes[at] = byte;
                    agree(&bytes);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn runs_end_where_they_would_byte_by_byte(bytes in vec(any::<u8>(), 0..40)) {
            agree(&bytes);
        }

        #[test]
        fn so_do_runs_of_bytes_close_to_the_stops(bytes in "[\u{0}!\"#<=>\\[-a~\u{7f}\t zé{]{0,40}") {
            agree(bytes.as_bytes());
        }
    }

    fn agree(bytes: &[u8]) {
        let before = |is_stop: fn(u8) -> bool| bytes.iter().take_while(|&&byte| !is_stop(byte)).count();
        assert_eq!(lower(bytes), before(|byte| !matches!(byte, b'_' | b'`' | b'a'..=b'z')), "{bytes:?}");
        assert_eq!(before_equals(bytes), before(|byte| byte == b'='), "{bytes:?}");
        assert_eq!(plain(bytes), before(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f | 0x7f)), "{bytes:?}");
    }
}

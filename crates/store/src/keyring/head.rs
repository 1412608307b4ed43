//! The entry that says where a record is, and holds it where it fits.

use std::{fmt::Write, str};

/// A line of text, for whoever looks into the keyring: `authwright 1 7 a 3 5120 c3a5c85c97cb3127` is the seventh save, in
/// three parts in slot a, 5,120 bytes with this sum. Without parts the record follows the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Counts the saves, so that two of them never have the same head.
    pub(super) generation: u64,
    pub(super) slot: Slot,
    /// How many entries of the slot the record is spread over; 0 where it is in the head entry.
    pub(super) parts: usize,
    pub(super) length: usize,
    sum: u64,
}

/// A record that is spread goes where the one before is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    A,
    B,
}

/// No line is longer: four numbers of at most 20 digits, and the words.
pub(super) const LONGEST_LINE: usize = 128;

impl Head {
    pub(super) fn new(generation: u64, slot: Slot, parts: usize, record: &[u8]) -> Self {
        Self { generation, slot, parts, length: record.len(), sum: sum(record) }
    }

    /// The head and what follows its line; `None` where this is not one.
    pub(super) fn parse(entry: &[u8]) -> Option<(Self, &[u8])> {
        let end = entry.iter().take(LONGEST_LINE).position(|&byte| byte == b'\n')?;
        let (line, rest) = (str::from_utf8(&entry[..end]).ok()?, &entry[end + 1..]);
        let mut words = line.strip_prefix("authwright 1 ")?.split(' ');
        let head = Self {
            generation: words.next()?.parse().ok()?,
            slot: Slot::parse(words.next()?)?,
            parts: words.next()?.parse().ok()?,
            length: words.next()?.parse().ok()?,
            sum: u64::from_str_radix(words.next()?, 16).ok()?,
        };
        words.next().is_none().then_some((head, rest))
    }

    pub(super) fn write(&self, line: &mut Vec<u8>) {
        let Self { generation, slot, parts, length, sum } = self;
        let mut text = String::with_capacity(LONGEST_LINE);
        // Writing to a string does not fail.
        let _ = writeln!(text, "authwright 1 {generation} {} {parts} {length} {sum:016x}", slot.name());
        line.extend_from_slice(text.as_bytes());
    }

    /// Whether this is the record the head speaks of, and not one put together from two.
    pub(super) fn fits(&self, record: &[u8]) -> bool {
        record.len() == self.length && sum(record) == self.sum
    }
}

impl Slot {
    pub(super) fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::A, Self::B].into_iter().find(|slot| slot.name() == word)
    }
}

/// FNV-1a with 64 bits. It finds what was torn by accident; who can write into the keyring can write what they like.
fn sum(bytes: &[u8]) -> u64 {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    bytes.iter().fold(BASIS, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_was_written() {
        for (generation, slot, parts) in [(0, Slot::A, 0), (u64::MAX, Slot::B, usize::MAX)] {
            let head = Head { length: usize::MAX, ..Head::new(generation, slot, parts, b"record") };
            let mut entry = Vec::new();
            head.write(&mut entry);
            assert!(entry.len() <= LONGEST_LINE);
            entry.extend_from_slice(b"rest\nof it");
            assert_eq!(Head::parse(&entry), Some((head, &b"rest\nof it"[..])));
        }
    }

    #[test]
    fn what_is_no_head_is_none() {
        for entry in
            ["", "\n", "authwright 2 1 a 0 0 0\n", "authwright 1 1 a 0 0 0", "authwright 1 1 c 0 0 0\n"]
        {
            assert_eq!(Head::parse(entry.as_bytes()), None, "{entry:?}");
        }
        for entry in
            ["authwright 1 1 a 0 0 0 0\n", "authwright 1 -1 a 0 0 0\n", "authwright 1 1 a 0 0 x\n", "{}\n"]
        {
            assert_eq!(Head::parse(entry.as_bytes()), None, "{entry:?}");
        }
        assert_eq!(Head::parse(b"authwright 1 \xff a 0 0 0\n"), None);
        assert_eq!(Head::parse(&[b'x'; 1000]), None);
    }
}

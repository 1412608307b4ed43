//! The hashes of Digest (RFC 7616 section 3.4), as lower-case hexadecimal text.

use md5::Md5;
use sha2::{Digest, Sha256, Sha512, Sha512_256};

use crate::challenge::DigestHash;

/// The longest: SHA-512.
const LONGEST: usize = 128;

/// A hash as the protocol writes it.
#[derive(Clone, Copy)]
pub(super) struct Hex {
    digits: [u8; LONGEST],
    len: usize,
}

impl Hex {
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.digits.get(..self.len).unwrap_or_default()
    }

    pub(super) fn as_str(&self) -> &str {
        // Nothing but digits is ever written.
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    fn of(bytes: &[u8]) -> Self {
        let mut digits = [0; LONGEST];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
            pair.copy_from_slice(&PAIRS[usize::from(*byte)]);
        }
        Self { digits, len: 2 * bytes.len() }
    }
}

/// The two digits of every byte.
pub(super) const PAIRS: [[u8; 2]; 256] = {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [DIGITS[byte >> 4], DIGITS[byte & 15]];
        byte += 1;
    }
    pairs
};

/// The hash of the parts with a colon between them: `H(a ":" b)`. They are not copied: one may be the password.
pub(super) fn hash(by: DigestHash, parts: &[&[u8]]) -> Hex {
    fn each<D: Digest>(parts: &[&[u8]]) -> Hex {
        let mut state = D::new();
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                state.update(b":");
            }
            state.update(part);
        }
        Hex::of(&state.finalize())
    }
    match by {
        DigestHash::Md5 => each::<Md5>(parts),
        DigestHash::Sha256 => each::<Sha256>(parts),
        DigestHash::Sha512 => each::<Sha512>(parts),
        DigestHash::Sha512_256 => each::<Sha512_256>(parts),
    }
}

/// The same, joined in `room` first: hashing one text costs half of hashing its dozen parts.
pub(super) fn hash_joined(by: DigestHash, parts: &[&[u8]], room: &mut Vec<u8>) -> Hex {
    room.clear();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            room.push(b':');
        }
        room.extend_from_slice(part);
    }
    match by {
        DigestHash::Md5 => Hex::of(&Md5::digest(room)),
        DigestHash::Sha256 => Hex::of(&Sha256::digest(room)),
        DigestHash::Sha512 => Hex::of(&Sha512::digest(room)),
        DigestHash::Sha512_256 => Hex::of(&Sha512_256::digest(room)),
    }
}

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
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut digits = [0; LONGEST];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        Self { digits, len: 2 * bytes.len() }
    }
}

/// The hash of the parts with a colon between them: `H(a ":" b)`.
pub(super) fn hash(by: DigestHash, parts: &[&[u8]]) -> Hex {
    match by {
        DigestHash::Md5 => joined::<Md5>(parts),
        DigestHash::Sha256 => joined::<Sha256>(parts),
        DigestHash::Sha512 => joined::<Sha512>(parts),
        DigestHash::Sha512_256 => joined::<Sha512_256>(parts),
    }
}

fn joined<D: Digest>(parts: &[&[u8]]) -> Hex {
    let mut state = D::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            state.update(b":");
        }
        state.update(part);
    }
    Hex::of(&state.finalize())
}

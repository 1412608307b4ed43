//! The hashes, by the names they have in a challenge (RFC 7616 section 6.1).

use md5::Md5;
use sha2::{Digest, Sha256, Sha512, Sha512_256};

/// A hash, and whether it is used in the form for sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Algorithm {
    hash: Hash,
    /// `-sess`: a key is made of the password's hash, the first nonce and the first cnonce (section 3.4.2).
    pub(super) session: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hash {
    Md5,
    Sha256,
    /// In no RFC, but in use.
    Sha512,
    /// Not SHA-512 cut short: it has start values of its own (erratum 4897 of RFC 7616).
    Sha512Of256,
}

impl Algorithm {
    /// What a challenge means by this; without a name it means MD5 (section 3.3).
    pub(super) fn named(name: Option<&str>) -> Option<Self> {
        let name = name.unwrap_or("MD5").to_ascii_uppercase();
        let (plain, session) = name.strip_suffix("-SESS").map_or((&*name, false), |plain| (plain, true));
        let hash = match plain {
            "MD5" => Hash::Md5,
            "SHA-256" => Hash::Sha256,
            "SHA-512" => Hash::Sha512,
            "SHA-512-256" => Hash::Sha512Of256,
            _ => return None,
        };
        Some(Self { hash, session })
    }

    /// `H(a ":" b ":" c)` in lower-case hexadecimal digits.
    pub(super) fn hash<T: AsRef<[u8]>>(self, parts: &[T]) -> String {
        let parts: Vec<&[u8]> = parts.iter().map(AsRef::as_ref).collect();
        let text = parts.join(&b':');
        match self.hash {
            Hash::Md5 => hex(&Md5::digest(text)),
            Hash::Sha256 => hex(&Sha256::digest(text)),
            Hash::Sha512 => hex(&Sha512::digest(text)),
            Hash::Sha512Of256 => hex(&Sha512_256::digest(text)),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values are those of Python's `hashlib`.
    #[test]
    fn every_name_means_its_hash() {
        for (name, expected) in [
            (None, "900150983cd24fb0d6963f7d28e17f72"),
            (Some("md5"), "900150983cd24fb0d6963f7d28e17f72"),
            (Some("SHA-256"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (Some("SHA-512-256-sess"), "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"),
        ] {
            assert_eq!(Algorithm::named(name).unwrap().hash(&["abc"]), expected, "{name:?}");
        }
        let sha512 = Algorithm::named(Some("SHA-512")).unwrap();
        assert!(sha512.hash(&["abc"]).starts_with("ddaf35a193617abacc417349ae204131") && !sha512.session);
        assert_eq!(sha512.hash(&["a", "b"]), sha512.hash(&["a:b"]));
        for unknown in ["", "SHA-1", "MD5-sess-sess", "SHA-512/256"] {
            assert_eq!(Algorithm::named(Some(unknown)), None, "{unknown}");
        }
    }
}

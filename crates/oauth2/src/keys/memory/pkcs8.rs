//! What kind of key there is in a PKCS #8 document (RFC 5958), seen by as much of DER as that takes. Reading the key itself
//! is left to `ring`, whose errors do not say what a person has to do.

use crate::keys::public::{bits, without_zeros};

/// What a document says it holds. Whether it does is not known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    P256,
    Ed25519,
    Rsa,
    /// None that can be used here, by its name.
    Other(&'static str),
}

/// Key types (RFC 5480 section 2.1.1, RFC 8017 appendix C, RFC 8410 section 3), as they stand in a document.
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const KINDS: &[(&[u8], Kind)] = &[
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01], Kind::Rsa),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a], Kind::Other("an RSA key for PSS alone")),
    (&[0x2b, 0x65, 0x70], Kind::Ed25519),
    (&[0x2b, 0x65, 0x71], Kind::Other("an Ed448 key")),
    (&[0x2b, 0x65, 0x6e], Kind::Other("an X25519 key, which does not sign")),
];
/// Curves (RFC 5480 section 2.1.1.1).
const CURVES: &[(&[u8], Kind)] = &[
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07], Kind::P256),
    (&[0x2b, 0x81, 0x04, 0x00, 0x22], Kind::Other("a key on the curve P-384")),
    (&[0x2b, 0x81, 0x04, 0x00, 0x23], Kind::Other("a key on the curve P-521")),
    (&[0x2b, 0x81, 0x04, 0x00, 0x0a], Kind::Other("a key on the curve secp256k1")),
];

impl Kind {
    /// Nothing: this is no such document.
    pub(super) fn of(document: &[u8]) -> Option<Self> {
        let (algorithm, _) = parts(document)?;
        let (identifier, parameters) = tagged(OBJECT_IDENTIFIER, algorithm)?;
        let find = |kinds: &[(&[u8], Self)], identifier| {
            kinds.iter().find(|(known, _)| *known == identifier).map(|(_, kind)| *kind)
        };
        if identifier != EC {
            return Some(
                find(KINDS, identifier).unwrap_or(Self::Other("a key of a kind that is not known here")),
            );
        }
        let curve = tagged(OBJECT_IDENTIFIER, parameters).and_then(|(curve, _)| find(CURVES, curve));
        Some(curve.unwrap_or(Self::Other("a key on a curve that is not known here")))
    }
}

/// The private key inside the document, in a form of its own for each kind.
pub(super) fn inner(document: &[u8]) -> Option<&[u8]> {
    parts(document).map(|(_, key)| key)
}

/// How many bits the modulus of an RSA key has (RFC 8017 appendix A.1.2).
pub(super) fn modulus_bits(key: &[u8]) -> Option<usize> {
    let (key, _) = tagged(SEQUENCE, key)?;
    let (_version, key) = tagged(INTEGER, key)?;
    let (modulus, _) = tagged(INTEGER, key)?;
    Some(bits(without_zeros(modulus)))
}

/// Whether a key on a curve comes with its public half (RFC 5915 section 3).
pub(super) fn has_public_half(key: &[u8]) -> bool {
    let rest = || {
        let (key, _) = tagged(SEQUENCE, key)?;
        let (_version, key) = tagged(INTEGER, key)?;
        Some(tagged(OCTET_STRING, key)?.1)
    };
    let mut rest = rest().unwrap_or_default();
    while let Some((tag, _, after)) = element(rest) {
        if tag == PUBLIC_HALF {
            return true;
        }
        rest = after;
    }
    false
}

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
/// `[1]`.
const PUBLIC_HALF: u8 = 0xa1;

/// The algorithm of a document and its key.
fn parts(document: &[u8]) -> Option<(&[u8], &[u8])> {
    let (document, _) = tagged(SEQUENCE, document)?;
    let (_version, document) = tagged(INTEGER, document)?;
    let (algorithm, document) = tagged(SEQUENCE, document)?;
    let (key, _) = tagged(OCTET_STRING, document)?;
    Some((algorithm, key))
}

/// The content of an element with this tag, and what comes after it.
fn tagged(expected: u8, input: &[u8]) -> Option<(&[u8], &[u8])> {
    element(input).filter(|(tag, ..)| *tag == expected).map(|(_, content, rest)| (content, rest))
}

/// One element of DER: its tag, its content, and what comes after it.
fn element(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        // No key is as long as to need three bytes.
        0x81 | 0x82 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(key_type: &[u8], parameters: &[u8]) -> Vec<u8> {
        let wrap = |tag: u8, content: &[u8]| [&[tag, u8::try_from(content.len()).unwrap()], content].concat();
        let algorithm = [wrap(OBJECT_IDENTIFIER, key_type), parameters.to_vec()].concat();
        let parts = [wrap(INTEGER, &[0]), wrap(SEQUENCE, &algorithm), wrap(OCTET_STRING, &[1, 2, 3])];
        wrap(SEQUENCE, &parts.concat())
    }

    #[test]
    fn a_document_says_what_it_holds() {
        for (identifier, kind) in KINDS {
            let document = document(identifier, &[5, 0]);
            assert_eq!(Kind::of(&document), Some(*kind));
            assert_eq!(inner(&document), Some(&[1, 2, 3][..]));
        }
        for (identifier, kind) in CURVES {
            let parameters = [&[OBJECT_IDENTIFIER, u8::try_from(identifier.len()).unwrap()], *identifier];
            assert_eq!(Kind::of(&document(EC, &parameters.concat())), Some(*kind));
        }
        let unknown = |document: &[u8], says: &str| match Kind::of(document) {
            Some(Kind::Other(what)) => assert!(what.contains(says), "{what}"),
            other => panic!("{other:?}"),
        };
        unknown(&document(&[0x2b, 1], &[]), "kind that is not known");
        unknown(&document(EC, &[]), "curve that is not known");
        unknown(&document(EC, &[OBJECT_IDENTIFIER, 1, 7]), "curve that is not known");
        // The parameters of the curve instead of its name.
        unknown(&document(EC, &[SEQUENCE, 0]), "curve that is not known");
    }

    #[test]
    fn a_document_that_ends_early_is_none() {
        let whole = document(KINDS[0].0, &[5, 0]);
        for end in 0..whole.len() {
            assert_eq!(Kind::of(&whole[..end]), None, "{end}");
            assert_eq!(modulus_bits(&whole[..end]), None, "{end}");
            assert!(!has_public_half(&whole[..end]), "{end}");
        }
        assert_eq!(element(&[2, 0x81, 1, 7, 8]), Some((2, &[7][..], &[8][..])));
        assert_eq!(element(&[2, 0x82, 0, 1, 7]), Some((2, &[7][..], &[][..])));
        for broken in [&[2, 0x80, 0, 0][..], &[2, 0x83, 0, 0, 0], &[2, 0xff], &[2, 0x82, 0xff, 0xff]] {
            assert_eq!(element(broken), None, "{broken:x?}");
        }
    }
}

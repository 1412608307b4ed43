//! What a record is kept under.

use std::fmt;

/// Names one record: the identity of the token's source, such as the login URL and the user, with no secret in it.
///
/// Two sources with the same identity share one record; the identity stands in the record too, so that a mix-up is found.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct StoreKey(Box<str>);

impl StoreKey {
    /// A key for this identity. Any text will do; keep secrets out of it, it is shown in errors.
    pub fn new(identity: impl Into<String>) -> Self {
        Self(identity.into().into())
    }

    /// The whole identity.
    pub fn identity(&self) -> &str {
        &self.0
    }

    /// The key as a name of lower-case letters, digits and `-`, at most 96 bytes long: a readable part and 128 bits that
    /// tell identities apart. The same on every machine and in every release.
    ///
    /// ```
    /// use authwright_core::store::StoreKey;
    ///
    /// let name = StoreKey::new("login https://api.example.com/login email=sam").file_name();
    /// assert_eq!(name, "login-https-api-example-com-login-email-sam-cb6fb385e72c01757f3f75eafd7cccb8");
    /// ```
    pub fn file_name(&self) -> String {
        const READABLE: usize = 63;
        let mut name = String::with_capacity(96);
        for c in self.0.chars().take(4 * READABLE) {
            match c.to_ascii_lowercase() {
                c if c.is_ascii_alphanumeric() => name.push(c),
                _ if !name.ends_with('-') && !name.is_empty() => name.push('-'),
                _ => {}
            }
            if name.len() == READABLE {
                break;
            }
        }
        let name = name.trim_end_matches('-');
        let hash = fnv_1a(self.0.as_bytes());
        if name.is_empty() { format!("{hash:032x}") } else { format!("{name}-{hash:032x}") }
    }
}

/// FNV-1a with 128 bits. Identities are chosen by the program, so nobody looks for collisions; and a record names its
/// identity, so that one would be found.
pub fn fnv_1a(bytes: &[u8]) -> u128 {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(BASIS, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME))
}

impl fmt::Display for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_debug())
    }
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreKey({self})")
    }
}

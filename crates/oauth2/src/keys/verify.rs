//! Whether a signature is by a key.

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey,
};

use super::{Algorithm, PublicKey, public::Kind};

impl PublicKey {
    /// False where the algorithm is none of this kind of key.
    pub(crate) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let by_rsa =
            |n, e, how: &RsaParameters| RsaPublicKeyComponents { n, e }.verify(how, message, signature);
        match (&self.0, algorithm) {
            (Kind::P256 { x, y }, Algorithm::Es256) => {
                // Uncompressed (SEC 1 section 2.3.3).
                let point = [&[4][..], x, y].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            (Kind::Ed25519 { x }, Algorithm::EdDsa) => {
                UnparsedPublicKey::new(&ED25519, x).verify(message, signature)
            }
            (Kind::Rsa { n, e }, Algorithm::Rs256) => by_rsa(n, e, &RSA_PKCS1_2048_8192_SHA256),
            (Kind::Rsa { n, e }, Algorithm::Ps256) => by_rsa(n, e, &RSA_PSS_2048_8192_SHA256),
            _ => return false,
        }
        .is_ok()
    }
}

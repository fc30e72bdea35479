//! ECDSA P-256 keys: derived from a seed, or read from the PEM of a Secret.

use std::fmt;

use p256::{
    SecretKey,
    ecdsa::{DerSignature, Signature, SigningKey, VerifyingKey, signature::Signer},
    pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding},
};

use crate::{PkiError, Seed, remembered::Remembered};

/// A private key with its public half. It prints only the public half.
#[derive(Clone)]
pub struct KeyPair {
    signing: SigningKey,
    /// The public point, uncompressed, as X.509 and JWKs want it.
    public: Vec<u8>,
}

impl KeyPair {
    /// The key that belongs to `seed`.
    pub fn from_seed(seed: &Seed) -> Self {
        static KEYS: Remembered<KeyPair> = Remembered::new();
        KEYS.of(&[seed.bytes()], || Self::derived(seed))
    }

    fn derived(seed: &Seed) -> Self {
        // Four in 2^32 digests are no scalar of the curve; the next one is tried then.
        let mut seed = seed.of("p256");
        loop {
            match SigningKey::from_slice(seed.bytes()) {
                Ok(signing) => return Self::new(signing),
                Err(_) => seed = seed.of("again"),
            }
        }
    }

    /// Reads a `PRIVATE KEY` (PKCS#8) or `EC PRIVATE KEY` (SEC1) block.
    ///
    /// # Errors
    /// If the text is no key, or a key of another kind: isthmus signs with P-256 only.
    pub fn from_pem(text: &str) -> Result<Self, PkiError> {
        static READ: Remembered<Result<KeyPair, String>> = Remembered::new();
        READ.of(&[text.as_bytes()], || Self::read(text))
            .map_err(|why| PkiError::Key { why })
    }

    fn read(text: &str) -> Result<Self, String> {
        SecretKey::from_pkcs8_pem(text)
            .map_err(|e| e.to_string())
            .or_else(|_| SecretKey::from_sec1_pem(text).map_err(|e| e.to_string()))
            .map(|secret| Self::new(SigningKey::from(&secret)))
    }

    /// The key as a `PRIVATE KEY` block.
    pub fn to_pem(&self) -> String {
        let secret: SecretKey = self.signing.clone().into();
        let pem = secret.to_pkcs8_pem(LineEnding::LF);
        pem.expect("a scalar of the curve has a PKCS#8 form")
            .to_string()
    }

    /// The public half, uncompressed (65 bytes).
    pub fn public(&self) -> &[u8] {
        &self.public
    }

    /// Signs with a fixed-size signature, as JWS does.
    pub(crate) fn sign_fixed(&self, message: &[u8]) -> Vec<u8> {
        let signature: Signature = self.signing.sign(message);
        signature.to_bytes().to_vec()
    }

    /// The verifying half.
    pub(crate) fn verifying(&self) -> VerifyingKey {
        *self.signing.verifying_key()
    }

    fn new(signing: SigningKey) -> Self {
        let public = signing
            .verifying_key()
            .to_sec1_point(false)
            .as_bytes()
            .to_vec();
        Self { signing, public }
    }
}

impl rcgen::PublicKeyData for KeyPair {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl rcgen::SigningKey for KeyPair {
    /// Deterministic (RFC 6979): a key signs the same words in the same way.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        static SIGNATURES: Remembered<Vec<u8>> = Remembered::new();
        Ok(SIGNATURES.of(&[&self.public, message], || {
            let signature: DerSignature = self.signing.sign(message);
            signature.as_bytes().to_vec()
        }))
    }
}

impl PartialEq for KeyPair {
    fn eq(&self, other: &Self) -> bool {
        self.public == other.public
    }
}

impl Eq for KeyPair {}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.public.iter().skip(1).take(4);
        f.write_str("KeyPair(")?;
        id.into_iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str("..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_from_its_pem() {
        let key = KeyPair::from_seed(&Seed::new(1));
        assert_eq!(KeyPair::from_pem(&key.to_pem()).unwrap(), key);
    }

    #[test]
    fn one_seed_has_one_key_and_one_signature() {
        let signed = |seed| KeyPair::from_seed(&Seed::new(seed)).sign_fixed(b"message");
        assert_eq!(signed(1), signed(1));
        assert_ne!(signed(1), signed(2));
    }

    #[test]
    fn what_is_not_a_key_is_refused_with_a_remedy() {
        let error = KeyPair::from_pem("no key").unwrap_err().to_string();
        assert!(error.contains("P-256"), "{error}");
    }
}

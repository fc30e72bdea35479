//! ECDSA P-256 keys: derived from a seed, or read from the PEM of a Secret.

use std::fmt;

use crrl::p256::PrivateKey;
use sha2::{Digest, Sha256};

use crate::{PkiError, Seed, block, remembered::Remembered};

/// A private key with its public half. It prints only the public half.
#[derive(Clone)]
pub struct KeyPair {
    private: PrivateKey,
    /// The public point, uncompressed, as X.509 and JWKs want it.
    public: [u8; 65],
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
            match PrivateKey::decode(seed.bytes()) {
                Some(private) => return Self::new(private),
                None => seed = seed.of("again"),
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
        let (scalar, claimed) = block::read(text)?;
        let private = PrivateKey::decode(&scalar);
        let key = Self::new(private.ok_or("its number is not one of the curve's")?);
        match claimed {
            Some(public) if public != key.public => Err("its public half is another key's".into()),
            Some(_) | None => Ok(key),
        }
    }

    /// The key as a `PRIVATE KEY` block.
    pub fn to_pem(&self) -> String {
        static WRITTEN: Remembered<String> = Remembered::new();
        WRITTEN.of(&[&self.public], || {
            block::write(&self.private.encode(), &self.public)
        })
    }

    /// The public half, uncompressed (65 bytes).
    pub fn public(&self) -> &[u8; 65] {
        &self.public
    }

    fn signed(&self, message: &[u8]) -> Vec<u8> {
        let hash = Sha256::digest(message);
        let signature = self.private.sign_hash(&hash, &[]);
        let (r, s) = signature.split_at(32);
        yasna::construct_der(|signature| {
            signature.write_sequence(|halves| {
                halves.next().write_bigint_bytes(r, true);
                halves.next().write_bigint_bytes(s, true);
            });
        })
    }

    fn new(private: PrivateKey) -> Self {
        let public = private.to_public_key().encode_uncompressed();
        Self { private, public }
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
        Ok(SIGNATURES.of(&[&self.public, message], || self.signed(message)))
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
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_reads_back_from_its_pem() {
        let key = KeyPair::from_seed(&Seed::new(1));
        assert_eq!(KeyPair::from_pem(&key.to_pem()).unwrap(), key);
    }

    /// Source: RFC 6979, A.2.5.
    #[test]
    fn keys_and_signatures_are_those_of_the_standard() {
        let scalar = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
        let key = KeyPair::new(PrivateKey::decode(&bytes(scalar)).unwrap());
        let public = "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6\
                      7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
        assert_eq!(key.public()[..], bytes(public));
        let sample = "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716\
                      022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
        assert_eq!(key.signed(b"sample"), bytes(sample));
        let test = "3045022100f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367\
                    0220019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083";
        assert_eq!(key.signed(b"test"), bytes(test));
    }

    fn bytes(hex: &str) -> Vec<u8> {
        let pairs = hex.as_bytes().chunks(2);
        let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
        pairs.map(byte).collect()
    }

    proptest! {
        #[test]
        fn another_library_takes_keys_for_what_they_are_and_believes_signatures(
            seed: u64,
            message: Vec<u8>,
        ) {
            let key = KeyPair::from_seed(&Seed::new(seed));
            let theirs = rcgen::KeyPair::from_pem(&key.to_pem()).unwrap();
            prop_assert_eq!(theirs.public_key_raw(), key.public());
            let verify = webpki::ring::ECDSA_P256_SHA256;
            let believed = verify.verify_signature(key.public(), &message, &key.signed(&message));
            prop_assert!(believed.is_ok());
        }
    }

    #[test]
    fn a_key_is_read_as_openssl_writes_it() {
        let text = "-----BEGIN EC PRIVATE KEY-----\n\
            MHcCAQEEINJEy4KOCGuvtT/DmTCZISlJ6F6ImOOrW1nzuuei1xBToAoGCCqGSM49\n\
            AwEHoUQDQgAE4dcQRKKVaWBHEATCoxXcL4861mLPpiABObOgmXNl7KowBUOHMmxC\n\
            +K4H0DtqBatq60syAC/RT5rb4nI2ogyf3A==\n\
            -----END EC PRIVATE KEY-----\n";
        let key = KeyPair::from_pem(text).unwrap();
        let theirs = rcgen::KeyPair::from_pem(&key.to_pem()).unwrap();
        assert_eq!(theirs.public_key_raw(), key.public());
    }

    #[test]
    fn one_seed_has_one_key_and_one_signature() {
        let signed = |seed| KeyPair::from_seed(&Seed::new(seed)).signed(b"message");
        assert_eq!(signed(1), signed(1));
        assert_ne!(signed(1), signed(2));
    }

    #[test]
    fn what_is_not_a_key_is_refused_with_a_remedy() {
        let of = |label: &str, text: &str| {
            format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
        };
        let ed25519 = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC";
        let refused = [
            ("no key".to_owned(), "PEM"),
            (
                of("CERTIFICATE", ed25519),
                "'CERTIFICATE' is no private key",
            ),
            (of("PRIVATE KEY", ed25519), "another kind"),
            (mismatched(), "its public half is another key's"),
        ];
        for (text, why) in refused {
            let error = KeyPair::from_pem(&text).unwrap_err().to_string();
            assert!(error.contains("P-256") && error.contains(why), "{error}");
        }
    }

    fn mismatched() -> String {
        let (one, other) = (
            KeyPair::from_seed(&Seed::new(1)),
            KeyPair::from_seed(&Seed::new(2)),
        );
        block::write(&one.private.encode(), other.public())
    }
}

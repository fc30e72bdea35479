//! The kinds of signature that isthmus believes in, each verified once per process: a curve's
//! arithmetic is what makes believing a certificate dear, and whether a key made a signature depends
//! on nothing else, no clock and no roots. A refusal is asked for again by every further try of a
//! client, so refusals are remembered, too.

use std::fmt;

use rustls_pki_types::{
    AlgorithmIdentifier, FipsStatus, InvalidSignature, SignatureVerificationAlgorithm,
};
use webpki::ring;
use x509_parser::{certificate::X509Certificate, x509::SubjectPublicKeyInfo};

use crate::remembered::Remembered;

/// What Istio, kubeadm and isthmus sign with.
pub(crate) static ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    &Once(ring::ECDSA_P256_SHA256),
    &Once(ring::ECDSA_P256_SHA384),
    &Once(ring::ECDSA_P384_SHA256),
    &Once(ring::ECDSA_P384_SHA384),
    &Once(ring::ED25519),
    &Once(ring::RSA_PKCS1_2048_8192_SHA256),
    &Once(ring::RSA_PKCS1_2048_8192_SHA384),
    &Once(ring::RSA_PKCS1_2048_8192_SHA512),
];

static ANSWERS: Remembered<Result<(), InvalidSignature>> = Remembered::new();

/// Whether the holder of a key signed a certificate.
pub(crate) fn is_by(certificate: &X509Certificate<'_>, key: &SubjectPublicKeyInfo<'_>) -> bool {
    static SIGNED: Remembered<bool> = Remembered::new();
    let words = [
        certificate.signature_algorithm.algorithm.as_bytes(),
        key.raw,
        certificate.tbs_certificate.as_ref(),
        certificate.signature_value.as_ref(),
    ];
    SIGNED.of(&words, || certificate.verify_signature(Some(key)).is_ok())
}

/// An algorithm that is asked once about the same signature.
struct Once(&'static dyn SignatureVerificationAlgorithm);

impl SignatureVerificationAlgorithm for Once {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let (of_key, of_signature) = (self.public_key_alg_id(), self.signature_alg_id());
        let words = [&*of_key, &*of_signature, public_key, message, signature];
        ANSWERS.of(&words, || {
            self.0.verify_signature(public_key, message, signature)
        })
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.0.public_key_alg_id()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.0.signature_alg_id()
    }

    fn fips_status(&self) -> FipsStatus {
        self.0.fips_status()
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Says yes to one message, and counts how often it was asked.
    #[derive(Debug)]
    struct Counting(AtomicU32);

    impl SignatureVerificationAlgorithm for Counting {
        fn verify_signature(
            &self,
            _key: &[u8],
            message: &[u8],
            _signature: &[u8],
        ) -> Result<(), InvalidSignature> {
            self.0.fetch_add(1, Ordering::Relaxed);
            (message == b"signed").then_some(()).ok_or(InvalidSignature)
        }

        fn public_key_alg_id(&self) -> AlgorithmIdentifier {
            AlgorithmIdentifier::from_slice(b"counting")
        }

        fn signature_alg_id(&self) -> AlgorithmIdentifier {
            AlgorithmIdentifier::from_slice(b"counting")
        }
    }

    static COUNTING: Counting = Counting(AtomicU32::new(0));

    #[test]
    fn one_question_is_asked_once_and_refused_for_ever() {
        let once = Once(&COUNTING);
        for _ in 0..3 {
            assert!(once.verify_signature(b"key", b"signed", b"s").is_ok());
            assert!(once.verify_signature(b"key", b"forged", b"s").is_err());
        }
        assert_eq!(COUNTING.0.load(Ordering::Relaxed), 2);
        assert!(once.verify_signature(b"other", b"signed", b"s").is_ok());
        assert_eq!(COUNTING.0.load(Ordering::Relaxed), 3);
    }
}

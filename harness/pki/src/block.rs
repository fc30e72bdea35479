//! Private keys as the PEM blocks of Secrets: PKCS#8, and SEC1 as `openssl ecparam` writes it.

use pkcs8::{
    AlgorithmIdentifierRef, ObjectIdentifier, PrivateKeyInfoRef, SecretDocument,
    der::{Encode, asn1::OctetStringRef, pem::LineEnding},
};
use sec1::{EcParameters, EcPrivateKey};

/// The curve P-256.
const P_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const PKCS8: &str = "PRIVATE KEY";
const SEC1: &str = "EC PRIVATE KEY";

/// The scalar in a block, big-endian, with the public point that it claims to have.
pub(crate) fn read(text: &str) -> Result<([u8; 32], Option<Vec<u8>>), String> {
    let (label, document) = SecretDocument::from_pem(text).map_err(|e| e.to_string())?;
    match label {
        PKCS8 => of_pkcs8(document.as_bytes()),
        SEC1 => of_sec1(document.as_bytes()),
        other => Err(format!("'{other}' is no private key")),
    }
}

fn of_pkcs8(der: &[u8]) -> Result<([u8; 32], Option<Vec<u8>>), String> {
    let info = PrivateKeyInfoRef::try_from(der).map_err(|e| e.to_string())?;
    let algorithm = info.algorithm.assert_oids(sec1::ALGORITHM_OID, P_256);
    algorithm.map_err(|_| "it is of another kind".to_owned())?;
    of_sec1(info.private_key.as_bytes())
}

fn of_sec1(der: &[u8]) -> Result<([u8; 32], Option<Vec<u8>>), String> {
    let key = EcPrivateKey::try_from(der).map_err(|e| e.to_string())?;
    if key
        .parameters
        .is_some_and(|curve| curve != EcParameters::NamedCurve(P_256))
    {
        return Err("it is on another curve".to_owned());
    }
    let scalar = <[u8; 32]>::try_from(key.private_key);
    let scalar = scalar.map_err(|_| "it is not 32 bytes long".to_owned())?;
    Ok((scalar, key.public_key.map(<[u8]>::to_vec)))
}

/// A scalar, big-endian, and its public point, as a block of PKCS#8.
pub(crate) fn write(scalar: &[u8; 32], public: &[u8]) -> String {
    let key = EcPrivateKey {
        private_key: scalar,
        parameters: None,
        public_key: Some(public),
    };
    let key = key.to_der().expect(SHORT);
    let algorithm = AlgorithmIdentifierRef {
        oid: sec1::ALGORITHM_OID,
        parameters: Some((&P_256).into()),
    };
    let info = PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(&key).expect(SHORT));
    let block = SecretDocument::encode_msg(&info)
        .and_then(|document| document.to_pem(PKCS8, LineEnding::LF));
    block.expect(SHORT).to_string()
}

const SHORT: &str = "a key is far shorter than DER's longest value";

//! Who signs: a self-signed root, or an intermediate below one.

use std::slice;

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyUsagePurpose,
    PublicKeyData, SanType, SerialNumber, date_time_ymd,
};
use rustls_pki_types::CertificateDer;
use sha2::{Digest, Sha256};

use crate::{
    CaCerts, Chain, Credential, KeyPair, Leaf, PkiError, Roots, Seed, Validity,
    chain::{self, certificates},
    signature,
};

/// What an authority is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The organisation, for example `Istio`.
    pub organization: String,
    /// The common name, for example `Root CA`.
    pub common_name: String,
    /// The locality field, which Istio's sample makefile uses for the cluster's name.
    pub cluster: Option<String>,
}

/// A certificate authority: its own certificate with the way up to the root, and its key.
#[derive(Debug, Clone)]
pub struct Authority {
    key: KeyPair,
    own: CertificateDer<'static>,
    /// What a leaf's chain carries above the leaf: empty for a root.
    above_leaf: Vec<CertificateDer<'static>>,
    /// The root at the top; for a rotation, more than one.
    roots: Roots,
}

impl Subject {
    /// The root of Istio's sample makefile.
    pub fn root() -> Self {
        Self {
            organization: "Istio".to_owned(),
            common_name: "Root CA".to_owned(),
            cluster: None,
        }
    }

    /// The intermediate of a cluster in Istio's sample makefile.
    pub fn intermediate(cluster: &str) -> Self {
        Self {
            organization: "Istio".to_owned(),
            common_name: "Intermediate CA".to_owned(),
            cluster: Some(cluster.to_owned()),
        }
    }

    /// The CA that istiod makes for itself without `cacerts`: organisation = trust domain.
    pub fn self_signed_istiod(trust_domain: &str) -> Self {
        Self {
            organization: trust_domain.to_owned(),
            common_name: String::new(),
            cluster: None,
        }
    }

    /// The CA of a Kubernetes cluster, as kubeadm names it.
    pub fn kubernetes() -> Self {
        Self {
            organization: String::new(),
            common_name: "kubernetes".to_owned(),
            cluster: None,
        }
    }

    fn name(&self) -> DistinguishedName {
        let mut name = DistinguishedName::new();
        let parts = [
            (DnType::OrganizationName, Some(&self.organization)),
            (DnType::CommonName, Some(&self.common_name)),
            (DnType::LocalityName, self.cluster.as_ref()),
        ];
        for (kind, text) in parts {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                name.push(kind, text.as_str());
            }
        }
        name
    }
}

impl Authority {
    /// A self-signed root. Two clusters with roots of different seeds do not trust each other.
    ///
    /// # Errors
    /// If the subject cannot stand in a certificate.
    pub fn root(seed: &Seed, subject: &Subject, validity: Validity) -> Result<Self, PkiError> {
        let key = KeyPair::from_seed(seed);
        let mut params = authority_params(subject, BasicConstraints::Unconstrained);
        stamp(&mut params, validity, &key, &key);
        let own = params.self_signed(&key).map_err(sign_error)?.der().clone();
        Ok(Self {
            roots: Roots::from_iter([own.clone()]),
            above_leaf: Vec::new(),
            own,
            key,
        })
    }

    /// An authority below this one, which signs leaves only (path length 0) and is known as
    /// istiod, as in Istio's sample makefile.
    ///
    /// # Errors
    /// If the subject cannot stand in a certificate.
    pub fn intermediate(
        &self,
        seed: &Seed,
        subject: &Subject,
        validity: Validity,
    ) -> Result<Self, PkiError> {
        let key = KeyPair::from_seed(seed);
        let mut params = authority_params(subject, BasicConstraints::Constrained(0));
        let istiod = "istiod.istio-system.svc".try_into();
        params.subject_alt_names = vec![SanType::DnsName(istiod.map_err(sign_error)?)];
        params.use_authority_key_identifier_extension = true;
        stamp(&mut params, validity, &key, &self.key);
        let own = self.sign(&params, &key)?;
        Ok(Self {
            above_leaf: [slice::from_ref(&own), &self.above_leaf].concat(),
            roots: self.roots.clone(),
            own,
            key,
        })
    }

    /// Signs a certificate for somebody's public key.
    ///
    /// # Errors
    /// If a name cannot stand in a certificate.
    pub fn issue(
        &self,
        leaf: &Leaf,
        key: &KeyPair,
        validity: Validity,
    ) -> Result<Credential, PkiError> {
        let mut params = leaf.params()?;
        stamp(&mut params, validity, key, &self.key);
        Ok(Credential {
            chain: Chain::new(self.sign(&params, key)?, &self.above_leaf),
            key: key.clone(),
        })
    }

    /// The four files of the Secret `cacerts`.
    pub fn cacerts(&self) -> CaCerts {
        let root_cert = self.roots.to_pem();
        let ca_cert = chain::to_pem(std::slice::from_ref(&self.own));
        let cert_chain = format!("{}{}", chain::to_pem(&self.above_leaf), root_cert);
        CaCerts {
            ca_key: self.key.to_pem(),
            cert_chain,
            root_cert,
            ca_cert,
        }
    }

    /// The authority that istiod becomes by these files. As istiod does, it appends what
    /// `cert-chain.pem` holds below the root to each leaf.
    ///
    /// # Errors
    /// If a file cannot be read, the key is not the certificate's, or the certificate does not lead
    /// to the root (istiod does not start then).
    pub fn from_cacerts(files: &CaCerts, now: Timestamp) -> Result<Self, PkiError> {
        let key = KeyPair::from_pem(&files.ca_key)?;
        let own = certificates(&files.ca_cert)?;
        let own = own.into_iter().next().ok_or(PkiError::NoCertificate)?;
        let roots = Roots::from_pem(&files.root_cert)?;
        belongs(&own, &key, &roots, &certificates(&files.cert_chain)?, now)?;
        let above = certificates(&files.cert_chain)?;
        let above_leaf = above.into_iter().filter(|c| !roots.contains(c)).collect();
        Ok(Self {
            key,
            own,
            above_leaf,
            roots,
        })
    }

    /// The same authority while a root is being exchanged: peers that believe any of `roots`.
    #[must_use]
    pub fn trusting(mut self, roots: &Roots) -> Self {
        self.roots = self.roots.union(roots);
        self
    }

    /// Who is believed by holders of this authority's certificates.
    pub fn roots(&self) -> &Roots {
        &self.roots
    }

    /// The authority's own certificate and what is above it below the root.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.own
    }

    fn sign(
        &self,
        params: &CertificateParams,
        key: &KeyPair,
    ) -> Result<CertificateDer<'static>, PkiError> {
        let issuer = Issuer::from_ca_cert_der(&self.own, &self.key).map_err(sign_error)?;
        let certificate = params.signed_by(key, &issuer).map_err(sign_error)?;
        Ok(certificate.der().clone())
    }
}

fn belongs(
    own: &CertificateDer<'static>,
    key: &KeyPair,
    roots: &Roots,
    chain: &[CertificateDer<'static>],
    now: Timestamp,
) -> Result<(), PkiError> {
    let certificate = chain::parsed(own)?;
    let mismatch = |why| PkiError::CaCertsMismatch { why };
    if certificate.public_key().subject_public_key.data.as_ref() != key.public() {
        return Err(mismatch("ca-key.pem is not the key of ca-cert.pem"));
    }
    if !roots.contains(own) && !leads_up(own, roots, chain)? {
        return Err(mismatch("ca-cert.pem does not lead to root-cert.pem"));
    }
    if !chain::validity(own)?.contains(now) {
        return Err(mismatch("ca-cert.pem is outside its validity"));
    }
    Ok(())
}

/// Whether some certificate of `chain` or a root signed `own`, up to a root.
fn leads_up(
    own: &CertificateDer<'static>,
    roots: &Roots,
    chain: &[CertificateDer<'static>],
) -> Result<bool, PkiError> {
    let child = chain::parsed(own)?;
    let signed_by = |parent: &CertificateDer<'_>| -> Result<bool, PkiError> {
        let parent = chain::parsed(parent)?;
        Ok(child.issuer() == parent.subject() && signature::is_by(&child, parent.public_key()))
    };
    for root in roots.iter() {
        if signed_by(root)? {
            return Ok(true);
        }
    }
    for (at, parent) in chain.iter().enumerate() {
        if parent != own && signed_by(parent)? {
            let rest = chain.get(at + 1..).unwrap_or_default();
            return leads_up(parent, roots, rest);
        }
    }
    Ok(false)
}

fn authority_params(subject: &Subject, constraints: BasicConstraints) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = subject.name();
    params.is_ca = IsCa::Ca(constraints);
    params.key_usages = vec![
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::CrlSign,
    ];
    params
}

/// Writes validity and serial number. The number follows from what is signed: unique without a
/// random source, and the same for the same inputs.
fn stamp(params: &mut CertificateParams, validity: Validity, key: &KeyPair, issuer: &KeyPair) {
    let epoch = date_time_ymd(1970, 1, 1);
    let at = |time: Timestamp| epoch + std::time::Duration::from_secs(seconds(time));
    params.not_before = at(validity.not_before);
    params.not_after = at(validity.not_after);
    let mut hash = Sha256::new();
    hash.update(issuer.der_bytes());
    hash.update(key.der_bytes());
    hash.update(format!("{validity} {:?}", params.subject_alt_names));
    let mut serial = hash.finalize().as_slice()[..16].to_vec();
    serial[0] = serial[0] & 0x3f | 0x40;
    params.serial_number = Some(SerialNumber::from(serial));
}

/// Seconds since 1970; certificates of isthmus start no earlier.
fn seconds(time: Timestamp) -> u64 {
    u64::try_from(time.as_second()).unwrap_or(0)
}

fn sign_error(error: rcgen::Error) -> PkiError {
    PkiError::Sign {
        why: error.to_string(),
    }
}

//! istiod's certificate authority: plugged in through `cacerts`, or self-signed.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use istio::version::Flag;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client, api::PostParams};
use pki::{
    Authority, CaCerts, Chain, Credential, KeyPair, Leaf, PkiError, Roots, Subject, Validity,
};
use serde_json::json;
use sim::{program::Files, random::Seed};

use super::environment::Environment;
use crate::snapshot::Flags;

/// The Secret in which a self-signed authority is kept, so that all replicas share it.
const SELF_SIGNED: &str = "istio-ca-secret";

/// How long istiod's own certificate lives. Source: security/pkg/pki/ca, ten years.
const SERVING: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// An authority that signs.
#[derive(Debug, Clone)]
pub(crate) struct Ca {
    authority: Authority,
    default_ttl: Duration,
    max_ttl: Duration,
}

/// Why there is no authority, or no certificate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CaError {
    #[error("cacerts: {0}")]
    Plugged(#[source] PkiError),
    #[error("{SELF_SIGNED}: {0}")]
    Kept(#[source] Box<kube::Error>),
    #[error("{SELF_SIGNED}: {0}")]
    SelfSigned(#[source] PkiError),
    #[error("requested TTL {asked:?} is greater than the max allowed TTL {max:?}")]
    TooLong { asked: Duration, max: Duration },
    #[error("cannot sign: {0}")]
    Signing(#[source] PkiError),
}

impl Ca {
    /// The authority by the files of `cacerts`, or else the self-signed one of the cluster.
    pub(crate) async fn find(
        environment: &Environment,
        trust_domain: &str,
        client: &Client,
        seed: Seed,
        now: Timestamp,
    ) -> Result<Self, CaError> {
        let authority = match environment
            .cacerts
            .as_ref()
            .filter(|files| !files.is_empty())
        {
            Some(files) => plugged(files, now)?,
            None => self_signed(environment, trust_domain, client, seed, now).await?,
        };
        let flags: &Flags = &environment.control_plane.flags;
        Ok(Self {
            authority,
            default_ttl: flags.time(Flag::DefaultWorkloadCertTtl),
            max_ttl: flags.time(Flag::MaxWorkloadCertTtl),
        })
    }

    /// Who is believed by holders of its certificates.
    pub(crate) fn roots(&self) -> &Roots {
        self.authority.roots()
    }

    /// A certificate for a workload.
    pub(crate) fn sign(
        &self,
        identity: pki::SpiffeId,
        key: &KeyPair,
        lifetime: Option<Duration>,
        now: Timestamp,
    ) -> Result<Chain, CaError> {
        let asked = lifetime.unwrap_or(self.default_ttl);
        if asked > self.max_ttl {
            let max = self.max_ttl;
            return Err(CaError::TooLong { asked, max });
        }
        let leaf = Leaf::Workload(identity);
        let signed = self.authority.issue(&leaf, key, Validity::from(now, asked));
        signed.map(|signed| signed.chain).map_err(CaError::Signing)
    }

    /// istiod's own certificate, under the names and addresses by which it is called.
    pub(crate) fn serving(
        &self,
        names: Vec<String>,
        key: &KeyPair,
        now: Timestamp,
    ) -> Result<Credential, CaError> {
        let addresses = names.iter().filter_map(|name| name.parse().ok());
        let addresses: Vec<IpAddr> = addresses.collect();
        let is_name = |name: &String| name.parse::<IpAddr>().is_err();
        let leaf = Leaf::Server {
            names: names.into_iter().filter(is_name).collect(),
            addresses,
        };
        let issued = self
            .authority
            .issue(&leaf, key, Validity::from(now, SERVING));
        issued.map_err(CaError::Signing)
    }
}

fn plugged(files: &Files, now: Timestamp) -> Result<Authority, CaError> {
    let texts: BTreeMap<String, String> = files
        .iter()
        .map(|(name, bytes)| (name.clone(), String::from_utf8_lossy(bytes).into_owned()))
        .collect();
    let files = CaCerts::from_files(&texts).map_err(CaError::Plugged)?;
    Authority::from_cacerts(&files, now).map_err(CaError::Plugged)
}

/// The authority in the Secret; the first replica makes it.
async fn self_signed(
    environment: &Environment,
    trust_domain: &str,
    client: &Client,
    seed: Seed,
    now: Timestamp,
) -> Result<Authority, CaError> {
    let kept = |error: kube::Error| CaError::Kept(Box::new(error));
    let secrets: Api<Secret> =
        Api::namespaced(client.clone(), &environment.control_plane.namespace);
    if let Some(secret) = secrets.get_opt(SELF_SIGNED).await.map_err(kept)? {
        return read(&secret, now);
    }
    // Named by the pod, so that a Secret that was lost is not made again with the same key.
    let cluster = &environment.control_plane.cluster;
    let name = format!("istio-ca/{cluster}/{}", environment.pod);
    let own = Authority::root(
        &pki::Seed::new(seed.0).of(&name),
        &Subject::self_signed_istiod(trust_domain),
        Validity::of_authority(now),
    );
    let own = own.map_err(CaError::SelfSigned)?;
    match secrets.create(&PostParams::default(), &secret(&own)).await {
        Ok(_) => Ok(own),
        // Another replica was faster.
        Err(kube::Error::Api(status)) if status.code == 409 => {
            read(&secrets.get(SELF_SIGNED).await.map_err(kept)?, now)
        }
        Err(error) => Err(kept(error)),
    }
}

fn secret(authority: &Authority) -> Secret {
    let files = authority.cacerts();
    let data: BTreeMap<&str, &str> = files.files().into_iter().collect();
    serde_json::from_value(json!({
        "metadata": {"name": SELF_SIGNED},
        "stringData": data,
        "type": "istio.io/ca-root",
    }))
    .expect("a Secret has these fields")
}

fn read(secret: &Secret, now: Timestamp) -> Result<Authority, CaError> {
    let entries = secret.data.iter().flatten();
    let texts = entries
        .map(|(name, bytes)| (name.clone(), String::from_utf8_lossy(&bytes.0).into_owned()))
        .collect();
    let files = CaCerts::from_files(&texts).map_err(CaError::SelfSigned)?;
    Authority::from_cacerts(&files, now).map_err(CaError::SelfSigned)
}

//! Authentication of proxies, and renewal of their certificates.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use istio::{
    auth::{
        AuthFailure, CertificateLife, Credentials, KnownClusters, RotationOptions, TokenClaims,
        authenticate, renewal_delay,
    },
    id::ClusterId,
};
use serde::Deserialize;

use crate::case::Case;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Authentication {
    local_cluster: ClusterId,
    known_remotes: BTreeSet<ClusterId>,
    cluster_aliases: BTreeMap<ClusterId, ClusterId>,
    claimed_cluster: ClusterId,
    bearer_token_present: bool,
    token_review_authenticated_by: Option<ClusterId>,
    pod: Pod,
    trust_domain: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pod {
    namespace: String,
    service_account: String,
}

pub(crate) fn workload_authentication(case: &mut Case<'_>) -> Result<(), String> {
    let input: Authentication = case.input()?;
    let known = KnownClusters {
        local: input.local_cluster,
        remotes: input.known_remotes,
        aliases: input.cluster_aliases,
    };
    let credentials = Credentials {
        claimed_cluster: input.claimed_cluster,
        has_token: input.bearer_token_present,
    };
    let vouching = input.token_review_authenticated_by;
    let claims = TokenClaims {
        namespace: input.pod.namespace,
        service_account: input.pod.service_account,
    };
    let review = |asked: &ClusterId| (vouching.as_ref() == Some(asked)).then_some(claims);
    let who = authenticate(&known, &credentials, &input.trust_domain, review).value;
    case.came_out("identity", who.as_ref().ok().map(ToString::to_string));
    case.came_out("failure", who.err().map(name_of));
    Ok(())
}

fn name_of(failure: AuthFailure) -> &'static str {
    match failure {
        AuthFailure::NoToken => "no_token",
        AuthFailure::TokenRejected => "token_rejected",
        AuthFailure::UnknownCluster => "unknown_cluster",
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotation {
    issued_offset_s: f64,
    expires_offset_s: f64,
    grace_ratio: f64,
    jitter: f64,
}

pub(crate) fn cert_rotation(case: &mut Case<'_>) -> Result<(), String> {
    let input: Rotation = case.input()?;
    let life = CertificateLife {
        whole: Duration::from_secs_f64(input.expires_offset_s - input.issued_offset_s),
        left: Duration::from_secs_f64(input.expires_offset_s.max(0.0)),
    };
    let options = RotationOptions {
        grace_ratio: input.grace_ratio,
        jitter: input.jitter,
    };
    let delay = renewal_delay(life, options, 0.0).value;
    case.came_out("rotate_in_s", delay.as_secs_f64());
    Ok(())
}

//! How a control plane finds out who a proxy is: by its token and the cluster it claims to be in.

use std::collections::{BTreeMap, BTreeSet};

use super::rules;
use crate::{
    Decision,
    id::ClusterId,
    identity::{SpiffeId, workload_identity},
};

/// The clusters whose API servers a control plane can ask.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownClusters {
    /// The one it runs in.
    pub local: ClusterId,
    /// Those it has remote secrets for.
    pub remotes: BTreeSet<ClusterId>,
    /// Other names of clusters.
    pub aliases: BTreeMap<ClusterId, ClusterId>,
}

/// What a proxy shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The cluster it claims to be in (`ISTIO_META_CLUSTER_ID`); unset means the local one.
    pub claimed_cluster: ClusterId,
    /// Whether it shows a bearer token at all.
    pub has_token: bool,
}

/// The pod that a token was issued to, as the reviewing API server tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenClaims {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's service account.
    pub service_account: String,
}

/// Why a proxy is rejected; it gets no certificate and no configuration and never becomes ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthFailure {
    /// It shows no token.
    #[error("no bearer token")]
    NoToken,
    /// Nobody can be asked about the claimed cluster.
    #[error(
        "the claimed cluster is unknown: create a remote secret for it or correct the cluster id"
    )]
    UnknownCluster,
    /// The claimed cluster's API server does not vouch for the token.
    #[error("the claimed cluster's API server does not vouch for the token")]
    TokenRejected,
}

/// The cluster whose API server is asked about a proxy's token.
pub fn reviewer<'a>(known: &'a KnownClusters, claimed: &'a ClusterId) -> Option<&'a ClusterId> {
    let alias = known.aliases.get(claimed);
    if claimed.is_unset() || *claimed == known.local || alias == Some(&known.local) {
        return Some(&known.local);
    }
    known
        .remotes
        .get(claimed)
        .or_else(|| known.remotes.get(alias?))
}

/// Who a proxy is. `review` asks the API server of a cluster about the token; `None` means that
/// it does not vouch for it or cannot be reached.
pub fn authenticate(
    known: &KnownClusters,
    credentials: &Credentials,
    trust_domain: &str,
    review: impl FnOnce(&ClusterId) -> Option<TokenClaims>,
) -> Decision<Result<SpiffeId, AuthFailure>> {
    if !credentials.has_token {
        return Decision::new(Err(AuthFailure::NoToken), rules::NO_TOKEN);
    }
    let Some(cluster) = reviewer(known, &credentials.claimed_cluster) else {
        return Decision::new(Err(AuthFailure::UnknownCluster), rules::UNKNOWN_CLUSTER);
    };
    let identity = review(cluster).and_then(|pod| {
        workload_identity(trust_domain, &pod.namespace, &pod.service_account)
            .value
            .ok()
    });
    match identity {
        Some(identity) => Decision::new(Ok(identity), rules::TOKEN_REVIEW),
        None => Decision::new(Err(AuthFailure::TokenRejected), rules::TOKEN_REJECTED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> KnownClusters {
        KnownClusters {
            local: "east".into(),
            remotes: BTreeSet::from(["west".into()]),
            aliases: BTreeMap::from([
                ("old-east".into(), "east".into()),
                ("old-west".into(), "west".into()),
            ]),
        }
    }

    fn from(claimed: &str) -> Credentials {
        Credentials {
            claimed_cluster: claimed.into(),
            has_token: true,
        }
    }

    fn pod() -> Option<TokenClaims> {
        Some(TokenClaims {
            namespace: "shop".to_owned(),
            service_account: "cart".to_owned(),
        })
    }

    #[test]
    fn the_api_server_of_the_claimed_cluster_is_asked() {
        let known = known();
        let asked = |claimed: &str| reviewer(&known, &claimed.into()).map(ToString::to_string);
        assert_eq!(asked("").as_deref(), Some("east"));
        assert_eq!(asked("east").as_deref(), Some("east"));
        assert_eq!(asked("old-east").as_deref(), Some("east"));
        assert_eq!(asked("west").as_deref(), Some("west"));
        assert_eq!(asked("old-west").as_deref(), Some("west"));
        assert_eq!(asked("north"), None);
    }

    #[test]
    fn a_token_that_is_vouched_for_gives_the_identity_in_the_signers_trust_domain() {
        let decision = authenticate(&known(), &from("west"), "td", |_| pod());
        let identity = decision.value.unwrap();
        assert_eq!(identity.to_string(), "spiffe://td/ns/shop/sa/cart");
        assert_eq!(decision.because, rules::TOKEN_REVIEW);
    }

    #[test]
    fn nobody_is_asked_about_a_missing_token_or_an_unknown_cluster() {
        let nobody = |_: &ClusterId| -> Option<TokenClaims> { panic!("nobody must be asked") };
        let silent = Credentials {
            has_token: false,
            ..from("west")
        };
        let missing = authenticate(&known(), &silent, "td", nobody);
        assert_eq!(
            missing,
            Decision::new(Err(AuthFailure::NoToken), rules::NO_TOKEN)
        );
        let unknown = authenticate(&known(), &from("north"), "td", nobody);
        assert_eq!(unknown.value, Err(AuthFailure::UnknownCluster));
    }

    #[test]
    fn a_token_without_a_voucher_or_a_complete_pod_is_rejected() {
        let rejected = authenticate(&known(), &from("west"), "td", |_| None);
        assert_eq!(rejected.value, Err(AuthFailure::TokenRejected));
        let nameless = |_: &ClusterId| {
            pod().map(|p| TokenClaims {
                namespace: String::new(),
                ..p
            })
        };
        let rejected = authenticate(&known(), &from("west"), "td", nameless);
        assert_eq!(rejected.because, rules::TOKEN_REJECTED);
    }
}

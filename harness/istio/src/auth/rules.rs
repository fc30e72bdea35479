//! The rules that this module decides by.

use crate::rule::rules;

rules! {
    NO_TOKEN = "auth/no-token",
        "A proxy without a bearer token gets neither certificate nor configuration.",
        "security/pkg/server/ca/authenticate/kubeauth/kube_jwt.go: authenticateGrpc";
    UNKNOWN_CLUSTER = "auth/unknown-cluster",
        "A proxy that claims a cluster the control plane does not know is rejected.",
        "security/pkg/server/ca/authenticate/kubeauth/kube_jwt.go: getKubeClient";
    TOKEN_REJECTED = "auth/token-rejected",
        "The API server of the claimed cluster must vouch for the token; no other cluster's word counts.",
        "security/pkg/server/ca/authenticate/kubeauth/kube_jwt.go: authenticate";
    TOKEN_REVIEW = "auth/token-review",
        "A token that the claimed cluster's API server vouches for gives the pod's identity in the signer's trust domain.",
        "security/pkg/server/ca/authenticate/kubeauth/kube_jwt.go: authenticate";
    ROTATION = "auth/rotation",
        "An agent renews its certificate when the grace share of its life is left, at once if that is past.",
        "security/pkg/nodeagent/cache/secretcache.go: rotateTime";
}

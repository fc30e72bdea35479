//! The rules that this module decides by.

use crate::rule::rules;

rules! {
    CLUSTER_ADDED = "remote/cluster-added",
        "Each key of a remote secret in the system namespace adds a cluster.",
        "pkg/kube/multicluster/secretcontroller.go: addRemoteConfig";
    CLUSTER_UPDATED = "remote/cluster-updated",
        "Changed bytes of a kubeconfig replace the registry of its cluster.",
        "pkg/kube/multicluster/secretcontroller.go: addRemoteConfig";
    CLUSTER_UNCHANGED = "remote/cluster-unchanged",
        "The same bytes of a kubeconfig change nothing, whatever else of the secret did.",
        "pkg/kube/multicluster/secretcontroller.go: addRemoteConfig";
    CLUSTER_REMOVED = "remote/cluster-removed",
        "A key that is gone, or a secret that is gone, removes the clusters that it had added.",
        "pkg/kube/multicluster/secretcontroller.go: deleteRemoteConfig";
    CONFIG_CLUSTER_KEPT = "remote/config-cluster-kept",
        "A secret cannot replace the cluster that the control plane reads its configuration from.",
        "pkg/kube/multicluster/secretcontroller.go: addRemoteConfig";
    CLUSTER_TAKEN = "remote/cluster-taken",
        "A cluster that another secret added stays with that one; the second is ignored, and so is its removal.",
        "pkg/kube/multicluster/secretcontroller.go: addRemoteConfig";
    FOREIGN_NAMESPACE = "remote/foreign-namespace",
        "Secrets outside the control plane's system namespace are not seen.",
        "pkg/kube/multicluster/secretcontroller.go: NewController";
}

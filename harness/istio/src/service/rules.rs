//! The rules that this module decides by.

use crate::rule::rules;

rules! {
    FIRST_REGISTRY = "service/first-registry", "The first cluster registry that knows a host supplies the whole Service object.", "pilot/pkg/serviceregistry/aggregate/controller.go mergeService";
    MERGED = "service/merged", "Later cluster registries add their addresses and their service accounts, nothing else.", "pilot/pkg/serviceregistry/aggregate/controller.go mergeService";
    KUBERNETES_WINS = "service/kubernetes-wins", "Of several objects for one host in one namespace the Kubernetes Service wins.", "pilot/pkg/model/push_context.go initServiceRegistry";
    OLDEST_WINS = "service/oldest-wins", "Of several ServiceEntries for one host in one namespace the oldest wins, then the lower name.", "pilot/pkg/model/push_context.go SortServicesByCreationTime";
    CLUSTER_VIP = "service/cluster-vip", "A proxy uses the addresses that the service has in the proxy's own cluster.", "pilot/pkg/model/service.go getAllAddressesForProxy";
    AUTO_ADDRESS = "service/auto-allocated-address", "Without an address in its cluster a proxy that captures DNS uses the auto-allocated one.", "pilot/pkg/model/service.go getAllAddressesForProxy";
    DEFAULT_ADDRESS = "service/default-address", "Otherwise the service's default address is used, which may belong to another cluster.", "pilot/pkg/model/service.go getAllAddressesForProxy";
    NO_ADDRESS = "service/no-address", "An address of a family that the proxy lacks is no address.", "pilot/pkg/model/service.go getAllAddressesForProxy";
    BUILT_IN_LOCAL = "service/built-in-cluster-local", "kube-system, the Kubernetes API and istiod itself stay inside their cluster unless the mesh overrides that.", "pilot/pkg/model/cluster_local.go";
    SETTING_LOCAL = "service/cluster-local-setting", "The most specific host of serviceSettings decides whether a host stays inside its cluster.", "pilot/pkg/model/cluster_local.go IsClusterLocal";
    MESH_WIDE = "service/mesh-wide", "A host that no setting names is mesh-wide.", "pilot/pkg/model/cluster_local.go IsClusterLocal";
    MCS_OFF = "service/mcs-off", "Without MCS service discovery every endpoint is discoverable from everywhere.", "pilot/pkg/serviceregistry/kube/controller/serviceexportcache.go";
    MCS_EXPORTED = "service/mcs-exported", "An exported service is discoverable from every cluster.", "pilot/pkg/serviceregistry/kube/controller/serviceexportcache.go";
    MCS_NOT_EXPORTED = "service/mcs-not-exported", "A service that its cluster does not export is discoverable from that cluster only.", "pilot/pkg/serviceregistry/kube/controller/serviceexportcache.go";
    MCS_CLUSTER_LOCAL = "service/mcs-cluster-local", "With MCS cluster-local on, the cluster.local host is discoverable from its cluster only, exported or not.", "pilot/pkg/serviceregistry/kube/controller/serviceexportcache.go";
    REGISTRY_SEARCHED = "service/registry-searched", "A proxy's own services are looked up in its cluster's registry and in those that belong to no cluster.", "pilot/pkg/serviceregistry/aggregate/controller.go skipSearchingRegistryForProxy";
    DISTRIBUTION_SPEC = "service/traffic-distribution-spec", "The Service's spec.trafficDistribution wins over annotations.", "pilot/pkg/model/service.go GetTrafficDistribution";
    DISTRIBUTION_SERVICE = "service/traffic-distribution-annotation", "The Service's annotation wins over its namespace's; an unknown value is Any.", "pilot/pkg/model/service.go GetTrafficDistribution";
    DISTRIBUTION_NAMESPACE = "service/traffic-distribution-namespace", "The namespace's annotation applies where the Service says nothing; an unknown value is Any.", "pilot/pkg/model/service.go GetTrafficDistribution";
    DISTRIBUTION_DEFAULT = "service/traffic-distribution-default", "Nothing set means Any.", "pilot/pkg/model/service.go GetTrafficDistribution";
}

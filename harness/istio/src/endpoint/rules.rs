//! The rules that this module decides by.

use crate::rule::rules;

rules! {
    TOPOLOGY_LABELS = "endpoint/topology-labels", "An endpoint carries the labels of its workload and those of its region, zone, subzone, cluster, network and node.", "pilot/pkg/serviceregistry/util/label/label.go AugmentLabels";
    WEIGHT = "endpoint/weight", "A weight above 0 is used as it is; anything else counts as 1.", "pilot/pkg/model/service.go GetLoadBalancingWeight";
    PORT_NAME = "endpoint/port-name", "Endpoints belong to a service port by its name; another name is another port.", "pilot/pkg/xds/endpoints/endpoint_builder.go BuildClusterLoadAssignment";
    HOST_NAME_ADDRESS = "endpoint/host-name-address", "An endpoint whose address is a host name is not sent.", "pilot/pkg/xds/endpoints/endpoint_builder.go BuildClusterLoadAssignment";
    SUBSET = "endpoint/subset", "An endpoint belongs to a subset if it carries all labels of the subset.", "pilot/pkg/xds/endpoints/endpoint_builder.go BuildClusterLoadAssignment";
    NODE_LOCAL = "endpoint/node-local", "With internalTrafficPolicy Local only endpoints on the client's node are used.", "pilot/pkg/xds/endpoints/endpoint_builder.go filterIstioEndpoint";
    NETWORK_VIEW = "endpoint/network-view", "An endpoint of a network that the client did not ask to see is left out.", "pilot/pkg/xds/endpoints/endpoint_builder.go filterIstioEndpoint";
    CLUSTER_LOCAL = "endpoint/cluster-local", "Of a cluster-local service only endpoints in the client's cluster are used.", "pilot/pkg/xds/endpoints/endpoint_builder.go filterIstioEndpoint";
    NOT_DISCOVERABLE = "endpoint/not-discoverable", "An endpoint that its cluster does not export is left out elsewhere.", "pilot/pkg/xds/endpoints/endpoint_builder.go filterIstioEndpoint";
    NOT_READY = "endpoint/not-ready", "An endpoint that is not ready is left out unless unhealthy endpoints are sent.", "pilot/pkg/xds/endpoints/endpoint_builder.go filterIstioEndpoint";
    TERMINATING = "endpoint/terminating", "A terminating endpoint is never sent.", "pilot/pkg/xds/endpoints/endpoint_builder.go filterIstioEndpoint";
    DRAINING = "endpoint/draining", "A draining endpoint is sent only to services with persistent sessions.", "pilot/pkg/xds/endpoints/endpoint_builder.go filterIstioEndpoint";
    EMPTIED_BY_DISTRIBUTE = "endpoint/emptied-by-distribute", "An endpoint in a locality that the distribute rule does not name is left out.", "pilot/pkg/networking/core/loadbalancer/loadbalancer.go applyLocalityWeights";
    SEND_UNHEALTHY_ALWAYS = "endpoint/send-unhealthy-always", "PILOT_SEND_UNHEALTHY_ENDPOINTS sends endpoints that are not ready, whatever else is set.", "pilot/pkg/xds/endpoints/endpoint_builder.go supportsUnhealthyEndpoints";
    SEND_UNHEALTHY = "endpoint/send-unhealthy", "PILOT_AUTO_SEND_UNHEALTHY_ENDPOINTS sends endpoints that are not ready, marked unhealthy.", "pilot/pkg/xds/endpoints/endpoint_builder.go supportsUnhealthyEndpoints";
    MIN_HEALTH_PERCENT = "endpoint/min-health-percent", "A positive minHealthPercent keeps endpoints that are not ready from being sent.", "pilot/pkg/xds/endpoints/endpoint_builder.go supportsUnhealthyEndpoints";
    NOT_SENT = "endpoint/unhealthy-not-sent", "With both switches off endpoints that are not ready are not sent.", "pilot/pkg/xds/endpoints/endpoint_builder.go supportsUnhealthyEndpoints";
    WORKLOAD_ENTRY = "endpoint/workload-entry", "A WorkloadEntry is an endpoint; its network is its field alone, its labels may take the registry's.", "pilot/pkg/serviceregistry/serviceentry/conversion.go convertWorkloadEntryToWorkloadInstance";
    WORKLOAD_ENTRY_UNHEALTHY = "endpoint/workload-entry-unhealthy", "A WorkloadEntry with health checks counts only while its Healthy condition is true; else it is removed.", "pilot/pkg/serviceregistry/serviceentry/conversion.go isHealthy";
    MTLS_BY_RULE = "endpoint/mtls-by-destination-rule", "A TLS mode in the client's DestinationRule decides: only ISTIO_MUTUAL is mutual TLS.", "pilot/pkg/xds/endpoints/mtls_checker.go checkMtlsEnabled";
    MTLS_NOT_CAPABLE = "endpoint/mtls-not-capable", "An endpoint without a sidecar is not reached by mutual TLS.", "pilot/pkg/xds/endpoints/mtls_checker.go checkMtlsEnabled";
    MTLS_BY_SERVER = "endpoint/mtls-by-server", "Otherwise the server's mode for the endpoint's port decides: anything but DISABLE is mutual TLS.", "pilot/pkg/xds/endpoints/mtls_checker.go checkMtlsEnabled";
}

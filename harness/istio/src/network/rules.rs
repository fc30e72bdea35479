//! The rules that this module decides by.

use crate::rule::rules;

rules! {
    POD_LABEL = "network/pod-label", "The pod's network label decides the network of an endpoint.", "pilot/pkg/serviceregistry/kube/controller/controller.go Network";
    SYSTEM_NAMESPACE = "network/system-namespace", "Without a pod label the network label of the cluster's system namespace decides.", "pilot/pkg/serviceregistry/kube/controller/controller.go Network";
    FROM_REGISTRY = "network/from-registry", "Without labels the meshNetworks entry that names the cluster decides.", "pilot/pkg/serviceregistry/kube/controller/network.go networkFromMeshNetworks";
    FROM_CIDR = "network/from-cidr", "Without anything else the meshNetworks range that holds the address decides.", "pilot/pkg/serviceregistry/kube/controller/network.go networkFromMeshNetworks";
    NO_NETWORK = "network/none", "An endpoint that nothing assigns has the empty network, which is everybody's.", "pilot/pkg/model/context.go InNetwork";
    VIEW = "network/requested-view", "A proxy that requests networks sees endpoints of these and of the empty network only.", "pilot/pkg/model/proxy_view.go";
    LABELLED_SERVICE = "network/labelled-service", "A Service with the network label is a gateway of that network on its gateway port.", "pilot/pkg/serviceregistry/kube/controller/network.go getGatewayDetails";
    LABELLED_WITHOUT_PORT = "network/labelled-service-without-port", "A labelled Service that does not expose the gateway port contributes nothing.", "pilot/pkg/serviceregistry/kube/controller/network.go getGatewayDetails";
    REGISTRY_SERVICE = "network/registry-service", "A Service that meshNetworks names is a gateway in clusters whose registry that network names.", "pilot/pkg/serviceregistry/kube/controller/network.go reloadMeshNetworks";
    NOT_A_GATEWAY = "network/not-a-gateway", "A Service that is neither labelled nor named by meshNetworks is no gateway.", "pilot/pkg/serviceregistry/kube/controller/network.go getGatewayDetails";
    MESH_NETWORKS_ADDRESS = "network/mesh-networks-address", "An address in meshNetworks is a gateway as it is written, of no cluster.", "pilot/pkg/model/network.go reload";
    GATEWAY_RESOURCE = "network/gateway-resource", "A Gateway with the network label is a gateway for each typed address and each passthrough or HBONE listener.", "pilot/pkg/serviceregistry/kube/controller/network.go handleGatewayResource";
    REMOTE_GATEWAY_CLASS = "network/remote-gateway-class", "A Gateway of class istio-remote counts only in the config cluster.", "pilot/pkg/serviceregistry/kube/controller/network.go handleGatewayResource";
    RESOLVED = "network/hostname-resolved", "A host-name gateway stands for the addresses that istiod resolves it to.", "pilot/pkg/model/network.go resolveHostnameGateways";
    LOOKUP_FAILED = "network/hostname-lookup-failed", "A failed lookup keeps the addresses of the last one.", "pilot/pkg/model/network.go networkGatewayNameCache";
    EMPTY_ANSWER = "network/hostname-empty-answer", "An empty answer removes the gateway's addresses.", "pilot/pkg/model/network.go networkGatewayNameCache";
    SINGLE_NETWORK = "split-horizon/single-network", "Without any gateway endpoints are used as they are, whatever their networks.", "pilot/pkg/xds/endpoints/ep_filters.go EndpointsByNetworkFilter";
    DIRECT = "split-horizon/direct", "An endpoint in the client's network is reached directly.", "pilot/pkg/xds/endpoints/ep_filters.go EndpointsByNetworkFilter";
    NO_GATEWAY = "split-horizon/no-gateway", "An endpoint of another network without a gateway is tried directly.", "pilot/pkg/xds/endpoints/ep_filters.go EndpointsByNetworkFilter";
    NO_ADDRESS = "split-horizon/no-address", "An endpoint without an address that no gateway stands in for is left out.", "pilot/pkg/xds/endpoints/ep_filters.go EndpointsByNetworkFilter";
    GATEWAY = "split-horizon/gateway-weight", "An endpoint of another network is replaced by that network's gateways, which share its weight.", "pilot/pkg/xds/endpoints/ep_filters.go splitWeightAmongGateways";
    FAMILY = "split-horizon/gateway-family", "An endpoint all of whose gateways are of an address family that the client lacks is left out.", "pilot/pkg/xds/endpoints/ep_filters.go filterGatewaysByIPFamily";
    PLAINTEXT = "split-horizon/plaintext", "An endpoint of another network that is not reached by mutual TLS is left out.", "pilot/pkg/xds/endpoints/ep_filters.go EndpointsByNetworkFilter";
    AMBIENT_NO_GATEWAY = "split-horizon/ambient-no-gateway", "In ambient multi-network mode an endpoint of another network without a reachable gateway is left out.", "pilot/pkg/xds/endpoints/ep_filters.go EndpointsByNetworkFilter";
    PASSTHROUGH_PLAINTEXT = "split-horizon/passthrough-plaintext", "The passthrough cluster of a gateway holds only endpoints that are reached by mutual TLS.", "pilot/pkg/xds/endpoints/ep_filters.go EndpointsWithMTLSFilter";
}

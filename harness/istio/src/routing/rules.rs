//! The rules that this module decides by.

use crate::rule::rules;

rules! {
    HOST_EXACT = "routing/host-exact",
        "A rule for exactly this host beats every wildcard.",
        "pilot/pkg/model/config.go: MostSpecificHostMatch";
    HOST_WILDCARD = "routing/host-wildcard",
        "Of the wildcards that cover a host the longest wins, whatever their order.",
        "pilot/pkg/model/config.go: mostSpecificHostWildcardMatch";
    HOST_UNMATCHED = "routing/host-unmatched",
        "No rule is written for this host.",
        "pilot/pkg/model/config.go: MostSpecificHostMatch";
    SHORT_NAME = "routing/short-name",
        "A host without a dot is completed with the namespace of the object that names it and the domain.",
        "pilot/pkg/model/config.go: ResolveShortnameToFQDN";
    FULL_NAME = "routing/full-name",
        "A host with a dot, an address and '*' are taken as they are; service.namespace is not completed.",
        "pilot/pkg/model/config.go: ResolveShortnameToFQDN";
    CLUSTER_NAME = "routing/cluster-name",
        "A cluster of Envoy is named by direction, port, subset and host.",
        "pilot/pkg/model/service.go: BuildSubsetKey, ParseSubsetKey";
    SNI_NAME = "routing/sni-name",
        "The SNI of a mesh connection is the cluster's name with '_.' between its parts.",
        "pilot/pkg/model/service.go: BuildDNSSrvSubsetKey";
    RETRY_DEFAULT = "routing/retry-default",
        "Without a policy a sidecar retries twice where the request cannot have been served, avoiding the hosts it tried.",
        "pilot/pkg/networking/core/route/retry/retry.go: DefaultPolicy";
    RETRY_OFF = "routing/retry-off",
        "Zero attempts switch retries off.",
        "pilot/pkg/networking/core/route/retry/retry.go: ConvertPolicy";
    RETRY_CUSTOM = "routing/retry-custom",
        "A written policy replaces attempts, conditions and time-outs field by field.",
        "pilot/pkg/networking/core/route/retry/retry.go: ConvertPolicy";
    RETRY_INBOUND = "routing/retry-inbound",
        "The server's sidecar retries a request that was reset before it was sent.",
        "pilot/pkg/networking/core/route/retry/retry.go: ConvertInboundPolicy";
    DR_CLIENT_NAMESPACE = "routing/destination-rule-client-namespace",
        "Rules of the client's own namespace come first, unless that is the root namespace.",
        "pilot/pkg/model/push_context.go: destinationRule";
    DR_ROOT_PRIVATE = "routing/destination-rule-root-private",
        "A client in the root namespace sees the rules private to it first.",
        "pilot/pkg/model/push_context.go: destinationRule";
    DR_SERVICE_NAMESPACE = "routing/destination-rule-service-namespace",
        "Then the rules of the service's namespace that are exported to the client.",
        "pilot/pkg/model/push_context.go: getExportedDestinationRuleFromNamespace";
    DR_ROOT_NAMESPACE = "routing/destination-rule-root-namespace",
        "Last the rules of the root namespace that are exported to the client.",
        "pilot/pkg/model/push_context.go: getExportedDestinationRuleFromNamespace";
    DR_NONE = "routing/destination-rule-none",
        "No rule that the client may see is written for the host.",
        "pilot/pkg/model/push_context.go: destinationRule";
    DR_MERGE = "routing/destination-rule-merge",
        "Rules of one host and namespace with equal exportTo become one: the oldest traffic policy whole, the union of subsets.",
        "pilot/pkg/model/destination_rule.go: mergeDestinationRule";
    DR_WORKLOAD = "routing/destination-rule-workload",
        "A rule whose workloadSelector matches the client beats one without; it counts in its own namespace only.",
        "pilot/pkg/model/sidecar.go: SidecarScope.DestinationRule";
    DR_CATCH_ALL = "routing/destination-rule-catch-all",
        "Without a matching workloadSelector the rule that has none applies.",
        "pilot/pkg/model/sidecar.go: SidecarScope.DestinationRule";
    POLICY_RULE = "routing/policy-rule",
        "Without a policy of the subset the rule's own applies, its settings for the port in place of the general ones.",
        "pilot/pkg/networking/util/util.go: GetPortLevelTrafficPolicy";
    POLICY_SUBSET = "routing/policy-subset",
        "A subset's policy overrides the rule's field by field; its settings for a port replace all of them.",
        "pilot/pkg/networking/util/util.go: MergeSubsetTrafficPolicy";
    POLICY_MESH_DEFAULT = "routing/policy-mesh-default",
        "defaultTrafficPolicy of the mesh fills connectionPool and outlierDetection only where nothing else sets them.",
        "pilot/pkg/networking/core/cluster_traffic_policy.go: applyDefaultTrafficPolicy";
    ROUTE_OWNER = "routing/virtual-service-owner",
        "Of several virtual services for a host the first in a sidecar's order owns it; the others are ignored.",
        "pilot/pkg/networking/core/route/route.go: BuildSidecarVirtualHostWrapper";
    ROUTE_MATCH = "routing/virtual-service-route",
        "Routes are tried in order; the first one that matches wins, and one without a match takes everything.",
        "pilot/pkg/networking/core/route/route.go: TranslateRoute";
    ROUTE_NONE = "routing/virtual-service-no-route",
        "A virtual service owns its hosts: a request that none of its routes matches is answered with 404.",
        "pilot/pkg/networking/core/route/route.go: BuildHTTPRoutesForVirtualService";
    ROUTE_DEFAULT = "routing/default-route",
        "Without a virtual service the request goes to the service it names.",
        "pilot/pkg/networking/core/route/route.go: buildSidecarVirtualHostsForService";
    ROUTE_WEIGHTS = "routing/weights",
        "Weights are relative; a single destination ignores its weight, a zero among several is never chosen.",
        "pilot/pkg/networking/core/route/route.go: processWeightedDestination";
    OUTBOUND_REGISTRY_ONLY = "routing/outbound-registry-only",
        "REGISTRY_ONLY sends unknown destinations nowhere: HTTP 502, TCP closed.",
        "pilot/pkg/networking/core/listener.go: BlackHoleCluster";
    OUTBOUND_ALLOW_ANY = "routing/outbound-allow-any",
        "ALLOW_ANY forwards unknown destinations to the address the client used, without mutual TLS.",
        "pilot/pkg/networking/core/listener.go: PassthroughCluster";
    GATEWAY_NAME = "routing/gateway-name",
        "A gateway that a virtual service names without a namespace, or in './', is one of its own namespace.",
        "pilot/pkg/model/config.go: resolveGatewayName";
    GATEWAY_HOSTS = "routing/gateway-hosts",
        "A gateway's server serves of a virtual service the hosts that both name, the narrower of two that overlap; a namespace before a host admits that namespace only.",
        "pilot/pkg/networking/core/gateway.go: buildGatewayHTTPRouteConfig, pickMatchingGatewayHosts";
    GATEWAY_NO_HOST = "routing/gateway-no-host",
        "A host that no virtual service of the gateway serves on the port is answered with 404, a server name with a closed connection.",
        "pilot/pkg/networking/core/gateway.go: buildGatewayHTTPRouteConfig";
    PASSTHROUGH_MATCH = "routing/auto-passthrough-match",
        "An AUTO_PASSTHROUGH server knows one SNI per service, port and subset inside its hosts, and only Istio's ALPNs.",
        "pilot/pkg/networking/core/gateway.go: builtAutoPassthroughFilterChains";
    PASSTHROUGH_CLOSED = "routing/auto-passthrough-closed",
        "A connection whose SNI or ALPN no filter chain of the gateway matches is closed.",
        "pilot/pkg/networking/core/gateway.go: builtAutoPassthroughFilterChains";
    PASSTHROUGH_MTLS_ONLY = "routing/auto-passthrough-mtls-only",
        "Behind AUTO_PASSTHROUGH stand mutual-TLS endpoints only, so that nobody without a mesh certificate gets an answer.",
        "pilot/pkg/xds/endpoints/ep_filters.go: EndpointsWithMTLSFilter";
    FAILURE = "routing/failure",
        "What a client sees of a failure depends on its cause and on whether its own proxy speaks HTTP for it.",
        "Envoy: response flags";
}

//! The rules that this module decides by.

use crate::rule::rules;

rules! {
    POD_LABEL = "locality/pod-label", "The pod's locality label decides; dots stand for slashes if it has no slash.", "pilot/pkg/serviceregistry/kube/controller/controller.go getPodLocality";
    NODE_LABELS = "locality/node-labels", "Without a pod label the node's region, zone and subzone labels decide.", "pilot/pkg/serviceregistry/kube/controller/controller.go getPodLocality";
    UNKNOWN = "locality/unknown", "A pod on an unknown or unlabelled node has the empty locality.", "pilot/pkg/serviceregistry/kube/controller/controller.go getPodLocality";
    RULE_MATCH = "locality/rule-match", "A pattern matches a locality part by part; '*' matches anything, and so does a missing zone or subzone.", "pilot/pkg/networking/util/util.go LocalityMatch";
    DR_ZONE_AWARE = "locality/setting-destination-rule-zone-aware", "A DestinationRule's zoneAwareLbSetting wins over everything else.", "pilot/pkg/networking/core/loadbalancer/loadbalancer.go GetEffectiveLbSetting";
    DR_LOCALITY = "locality/setting-destination-rule", "A DestinationRule's localityLbSetting wins over the Service and the mesh; disabled, it stops the search.", "pilot/pkg/networking/core/loadbalancer/loadbalancer.go GetEffectiveLbSetting";
    SERVICE_DISTRIBUTION = "locality/setting-traffic-distribution", "A Service's trafficDistribution wins over the mesh and forces failover.", "pilot/pkg/networking/core/loadbalancer/loadbalancer.go GetEffectiveLbSetting";
    MESH_ZONE_AWARE = "locality/setting-mesh-zone-aware", "The mesh's zone-aware setting wins over its locality setting.", "pilot/pkg/networking/core/loadbalancer/loadbalancer.go GetEffectiveLbSetting";
    MESH_LOCALITY = "locality/setting-mesh", "The mesh's localityLbSetting applies when nothing nearer is set.", "pilot/pkg/networking/core/loadbalancer/loadbalancer.go GetEffectiveLbSetting";
    NO_SETTING = "locality/no-setting", "Without an enabled setting all groups have priority 0 and traffic ignores locality.", "pilot/pkg/networking/core/loadbalancer/loadbalancer.go GetEffectiveLbSetting";
    FAILOVER_INACTIVE = "locality/failover-inactive", "Failover needs outlierDetection in the DestinationRule or a forced setting; without it all groups have priority 0.", "pilot/pkg/xds/endpoints/endpoint_builder.go BuildClusterLoadAssignment";
    REGION_FAILOVER = "locality/region-failover", "Groups are ordered by how much of region, zone and subzone they share with the client, then by the failover rules.", "pilot/pkg/networking/core/loadbalancer/loadbalancer.go applyLocalityFailover";
    LABEL_FAILOVER = "locality/label-failover", "Endpoints are ordered by the first failoverPriority label that differs from the client's.", "pilot/pkg/networking/core/loadbalancer/loadbalancer.go applyFailoverPriorities";
    LABEL_FAILOVER_UNLABELLED = "locality/label-failover-unlabelled", "A client without labels, or a cluster without endpoints, is not split by failoverPriority.", "pilot/pkg/networking/core/loadbalancer/loadbalancer.go applyFailoverPriorities";
    ZONE_AWARE = "locality/zone-aware", "Groups are ordered by region only: the client's, the failover target, all others.", "pilot/pkg/networking/core/loadbalancer/loadbalancer.go applyZoneAwareRegionalFailover";
    ZONE_ROUTING_OFF = "locality/zone-routing-off", "A zone-aware setting that is disabled leaves all groups at priority 0 and turns Envoy's zone routing off.", "pilot/pkg/networking/core/loadbalancer/loadbalancer.go ZoneAwareLBSettings";
    DISTRIBUTE = "locality/distribute", "The first rule from the client's locality shares traffic out; groups it does not name lose their endpoints.", "pilot/pkg/networking/core/loadbalancer/loadbalancer.go applyLocalityWeights";
    DISTRIBUTE_NO_MATCH = "locality/distribute-no-match", "No distribute rule names the client's locality, so the weights stay as they are.", "pilot/pkg/networking/core/loadbalancer/loadbalancer.go applyLocalityWeights";
}

//! The rules that this module decides by.

use crate::rule::rules;

rules! {
    LB_POLICY = "envoy/lb-policy", "The simple policy of the DestinationRule decides; without one it is LEAST_REQUEST.", "pilot/pkg/networking/core/cluster_traffic_policy.go applyLoadBalancer";
    LB_CONSISTENT_HASH = "envoy/lb-consistent-hash", "consistentHash makes the policy RING_HASH or MAGLEV.", "pilot/pkg/networking/core/cluster_traffic_policy.go ApplyRingHashLoadBalancer";
    LB_ORIGINAL_DESTINATION = "envoy/lb-original-destination", "A cluster that forwards to the original destination has no policy of its own.", "pilot/pkg/networking/core/cluster_traffic_policy.go applyLoadBalancer";
    LB_PASSTHROUGH = "envoy/lb-passthrough", "The policy PASSTHROUGH makes a cluster forward to the original destination and drops its endpoints.", "pilot/pkg/networking/core/cluster_traffic_policy.go applyLoadBalancer";
    LB_REDIS = "envoy/lb-redis", "A Redis port with the Redis filter on is balanced by MAGLEV.", "pilot/pkg/networking/core/cluster_traffic_policy.go applyLoadBalancer";
    WEIGHTED_LOCALITIES = "envoy/weighted-localities", "Group weights count with distribute, or with active failover that is set explicitly.", "pilot/pkg/networking/core/loadbalancer/loadbalancer.go ApplyToCluster";
    UNWEIGHTED_LOCALITIES = "envoy/unweighted-localities", "Otherwise group weights are ignored and all hosts of a priority are balanced alike.", "pilot/pkg/networking/core/loadbalancer/loadbalancer.go ApplyToCluster";
    PANIC_MIN_HEALTH = "envoy/panic-min-health-percent", "With outlierDetection the panic threshold is minHealthPercent, which is 0, off, unless set.", "pilot/pkg/networking/core/cluster_traffic_policy.go applyOutlierDetection";
    PANIC_UNHEALTHY_SENT = "envoy/panic-off", "Where unhealthy endpoints are sent and no outlierDetection is set, panic is off.", "pilot/pkg/networking/core/cluster_traffic_policy.go applyLoadBalancer";
    PANIC_DEFAULT = "envoy/panic-default", "Otherwise Envoy's own threshold of 50 percent applies.", "https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/panic_threshold";
    OUTLIER_CONFIG = "envoy/outlier-config", "outlierDetection sets what it states; success rates are never a reason to eject.", "pilot/pkg/networking/core/cluster_traffic_policy.go applyOutlierDetection";
    SLOW_START = "envoy/slow-start", "warmup gives new hosts a growing weight under ROUND_ROBIN and LEAST_REQUEST.", "pilot/pkg/networking/core/cluster_traffic_policy.go setWarmup";
    NO_SLOW_START = "envoy/no-slow-start", "Without warmup, or under any other policy, new hosts have their full weight at once.", "pilot/pkg/networking/core/cluster_traffic_policy.go setWarmup";
    DUPLICATE_ADDRESS = "envoy/duplicate-address", "Of hosts with one address and port only the first is kept, whatever its group.", "https://github.com/envoyproxy/envoy source/extensions/clusters/eds/eds.cc";
    PRIORITY_LOAD = "envoy/priority-load", "Each priority takes load by 140 percent of its share of healthy hosts, the first ones first.", "https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/priority";
    PANIC = "envoy/panic", "A priority whose share of healthy hosts is below the threshold uses all its hosts.", "https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/panic_threshold";
    NO_HEALTHY_HOST = "envoy/no-healthy-host", "Without a healthy host and without panic the request fails.", "https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/panic_threshold";
    LOCALITY_WEIGHT = "envoy/locality-weight", "A group is picked by its weight, reduced once fewer than 100/1.4 percent of its hosts are healthy.", "https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/locality_weight";
    LEAST_REQUEST = "envoy/least-request", "With equal weights the less busy of two random hosts is picked; else hosts take turns by weight over active requests.", "https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/load_balancers";
    ROUND_ROBIN = "envoy/round-robin", "Hosts take turns by weight.", "https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/load_balancers";
    RANDOM = "envoy/random", "Every host is as likely as any other; weights are ignored.", "https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/load_balancers";
    EJECTED = "envoy/ejected", "Too many failures in a row eject a host.", "https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/outlier";
    EJECTION_LIMIT = "envoy/max-ejection-percent", "A host is not ejected if that would take more than maxEjectionPercent of the whole cluster.", "https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/outlier";
    RETURNED = "envoy/returned", "A sweep returns a host after the base ejection time for each of its ejections.", "https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/outlier";
    PICKED_PER_REQUEST = "envoy/picked-per-request", "An HTTP proxy picks a host for every request.", "https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/connection_pooling";
    PICKED_PER_CONNECTION = "envoy/picked-per-connection", "A TCP proxy or a passthrough gateway picks a host once, when a connection starts.", "https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/connection_pooling";
    CONNECTION_KEPT = "envoy/connection-kept", "What only changes configuration or certificates leaves established connections alone.", "https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/operations/draining";
    CONNECTION_DRAINED = "envoy/connection-drained", "When a host is removed or ejected its HTTP connections finish what they carry and take nothing new.", "https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/connection_pooling";
    CONNECTION_CLOSED = "envoy/connection-closed", "A pod that ends closes its own connections.", "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/";
}

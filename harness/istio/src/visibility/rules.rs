//! The rules that this module decides by.

use crate::rule::rules;

rules! {
    PUBLIC = "visibility/public",
        "'*' in exportTo shows an object to every namespace, whatever else is listed.",
        "pilot/pkg/model/push_context.go: IsServiceVisible";
    OWN_NAMESPACE = "visibility/own-namespace",
        "'.' in exportTo shows an object to its own namespace, in every cluster.",
        "pilot/pkg/model/push_context.go: IsServiceVisible";
    NAMED_NAMESPACE = "visibility/named-namespace",
        "A namespace in exportTo sees the object, in every cluster.",
        "pilot/pkg/model/push_context.go: IsServiceVisible";
    HIDDEN = "visibility/hidden",
        "'~' in exportTo hides an object from everybody, unless '*' is listed too.",
        "pilot/pkg/model/push_context.go: initServiceRegistry, initVirtualServices";
    NOT_EXPORTED = "visibility/not-exported",
        "A namespace that exportTo does not name does not see the object.",
        "pilot/pkg/model/push_context.go: IsServiceVisible";
    VIRTUAL_SERVICE_ORDER = "visibility/virtual-service-order",
        "A proxy reads the virtual services private to its namespace first, then those exported to it by name, then public ones.",
        "pilot/pkg/model/push_context.go: VirtualServicesForGateway";
    SIDECAR_WORKLOAD = "visibility/sidecar-workload",
        "The oldest Sidecar of the namespace whose workloadSelector matches the proxy applies.",
        "pilot/pkg/model/push_context.go: getSidecarScope";
    SIDECAR_NAMESPACE = "visibility/sidecar-namespace",
        "Else the oldest Sidecar of the namespace without a workloadSelector applies.",
        "pilot/pkg/model/push_context.go: getSidecarScope";
    SIDECAR_ROOT = "visibility/sidecar-root",
        "Else the oldest Sidecar of the root namespace without a workloadSelector applies.",
        "pilot/pkg/model/push_context.go: initSidecarScopes";
    SIDECAR_NONE = "visibility/sidecar-none",
        "Without any Sidecar resource a proxy imports everything that is exported to it.",
        "pilot/pkg/model/sidecar.go: DefaultSidecarScopeForNamespace";
    SIDECAR_GATEWAY = "visibility/sidecar-gateway",
        "Gateways read no Sidecar resource.",
        "pilot/pkg/model/push_context.go: getSidecarScope";
    EGRESS_IMPORTED = "visibility/egress-imported",
        "An egress listener whose port fits imports the hosts it lists for the namespace of the service.",
        "pilot/pkg/model/sidecar.go: selectServices";
    EGRESS_EXCLUDED = "visibility/egress-excluded",
        "A host under '~namespace' is left out of its egress listener, whatever else imports it there.",
        "pilot/pkg/model/sidecar.go: selectServices";
    EGRESS_NOT_IMPORTED = "visibility/egress-not-imported",
        "A service that no egress listener lists has no cluster, route or listener in the proxy.",
        "pilot/pkg/model/sidecar.go: selectServices";
    ONE_NAMESPACE_OWN = "visibility/one-namespace-own",
        "Of one host in several namespaces the client's own namespace wins.",
        "pilot/pkg/model/sidecar.go: selectServices";
    ONE_NAMESPACE_KUBERNETES = "visibility/one-namespace-kubernetes",
        "Otherwise a Kubernetes service wins over a ServiceEntry.",
        "pilot/pkg/model/sidecar.go: selectServices";
    ONE_NAMESPACE_FIRST = "visibility/one-namespace-first",
        "Otherwise the first in order wins.",
        "pilot/pkg/model/sidecar.go: selectServices";
}

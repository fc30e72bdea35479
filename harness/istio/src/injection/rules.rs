//! The rules that this module decides by.

use crate::rule::rules;

rules! {
    HOST_NETWORK = "injection/host-network",
        "A pod on the node's network gets no sidecar, because its traffic rules would be the node's.",
        "pkg/kube/inject/inject.go: injectRequired";
    EXPLICIT = "injection/explicit",
        "true or false in sidecar.istio.io/inject decides; the label beats the annotation.",
        "pkg/kube/inject/inject.go: injectRequired";
    NEVER_SELECTOR = "injection/never-selector",
        "Without an explicit word a neverInjectSelector that matches keeps the sidecar away, before any alwaysInjectSelector.",
        "pkg/kube/inject/inject.go: injectRequired";
    ALWAYS_SELECTOR = "injection/always-selector",
        "Without an explicit word an alwaysInjectSelector that matches asks for a sidecar.",
        "pkg/kube/inject/inject.go: injectRequired";
    POLICY = "injection/policy",
        "Otherwise the injector's policy decides: enabled injects, disabled does not.",
        "pkg/kube/inject/inject.go: injectRequired";
    POLICY_UNKNOWN = "injection/policy-unknown",
        "An injector with any other policy injects nothing.",
        "pkg/kube/inject/inject.go: injectRequired";
    LEGACY_NAMESPACE = "injection/legacy-namespace",
        "istio-injection on the namespace decides alone: enabled means the default revision, whatever the revision labels say.",
        "manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml";
    REVISION_NAMESPACE = "injection/revision-namespace",
        "istio.io/rev on the namespace names the revision, also for pods that name another.",
        "manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml";
    REVISION_POD = "injection/revision-pod",
        "In a namespace without either label the pod's istio.io/rev names the revision.",
        "manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml";
    DEFAULT_POD = "injection/default-pod",
        "In a namespace without either label sidecar.istio.io/inject=true on the pod means the default revision.",
        "manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml";
    BY_DEFAULT = "injection/by-default",
        "With enableNamespacesByDefault pods and namespaces without any label go to the default revision, except Kubernetes' own.",
        "manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml";
    NO_WEBHOOK = "injection/no-webhook",
        "No webhook of an installed revision selects the pod.",
        "manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml";
    POD_OPTED_OUT = "injection/pod-opted-out",
        "sidecar.istio.io/inject=false on the pod keeps every webhook away.",
        "manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml";
}

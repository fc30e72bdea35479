//! The rules that this module decides by.

use crate::rule::rules;

rules! {
    PA_DEFAULT = "tls/peer-authentication-default",
        "Without any PeerAuthentication a server takes plaintext and mutual TLS.",
        "pilot/pkg/security/authn/policy_applier.go: ComposePeerAuthentication";
    PA_MESH = "tls/peer-authentication-mesh",
        "The oldest PeerAuthentication of the root namespace without a selector holds for the mesh.",
        "pilot/pkg/security/authn/policy_applier.go: ComposePeerAuthentication";
    PA_NAMESPACE = "tls/peer-authentication-namespace",
        "The oldest one of the namespace without a selector comes before the mesh's; unset inherits.",
        "pilot/pkg/security/authn/policy_applier.go: ComposePeerAuthentication";
    PA_WORKLOAD = "tls/peer-authentication-workload",
        "The oldest one of the namespace whose selector matches comes first; selectors in the root namespace are not read.",
        "pilot/pkg/security/authn/policy_applier.go: ComposePeerAuthentication";
    PA_PORT = "tls/peer-authentication-port",
        "Port levels count for workload ports, in policies with a selector only; unset inherits the workload's mode.",
        "pilot/pkg/security/authn/policy_applier.go: ComposePeerAuthentication";
    PA_SELECT = "tls/peer-authentication-select",
        "Policies of the workload's namespace and the root namespace are read whose selectors match; of those without one the oldest.",
        "pilot/pkg/model/authentication.go: getConfigsForWorkload";
    PA_SCOPE = "tls/peer-authentication-scope",
        "A client reads policies of the root namespace, its own and those of the services it imports.",
        "pilot/pkg/model/authentication.go: FilterPeerAuthenticationNamespaces";
    SERVICE_EXTERNAL = "tls/service-external",
        "Nothing is assumed of a service outside the mesh.",
        "pilot/pkg/model/push_context.go: BestEffortInferServiceMTLSMode";
    SERVICE_PASSTHROUGH = "tls/service-passthrough",
        "A headless or passthrough service is dialled in plaintext unless it has endpoints and all of them speak mutual TLS.",
        "pilot/pkg/model/push_context.go: BestEffortInferServiceMTLSMode";
    SERVICE_POLICY = "tls/service-policy",
        "Otherwise the policy of the service's namespace or of the mesh is assumed, else permissive; workload policies are not read.",
        "pilot/pkg/model/push_context.go: BestEffortInferServiceMTLSMode";
    CLIENT_USER = "tls/client-user",
        "A TLS mode in the DestinationRule holds for every endpoint.",
        "pilot/pkg/networking/core/cluster_tls.go: buildUpstreamTLSSettings";
    CLIENT_METADATA_CERTIFICATES = "tls/client-metadata-certificates",
        "Certificate paths in the proxy's metadata turn the mesh's mutual TLS into MUTUAL with those files.",
        "pilot/pkg/networking/core/cluster_tls.go: buildUpstreamTLSSettings";
    CLIENT_AUTO = "tls/client-auto",
        "Without a TLS mode in the DestinationRule auto mutual TLS is used, per endpoint.",
        "pilot/pkg/networking/core/cluster_tls.go: buildUpstreamTLSSettings";
    CLIENT_PLAINTEXT = "tls/client-plaintext",
        "Auto mutual TLS is off for the mesh, or the service is external, unknown or disabled: plaintext to every endpoint.",
        "pilot/pkg/networking/core/cluster_tls.go: buildUpstreamTLSSettings";
    CLIENT_SNI = "tls/client-sni",
        "The mesh's mutual TLS sends the DestinationRule's server name, else the cluster's name in its SNI form.",
        "pilot/pkg/networking/core/cluster_tls.go: buildUpstreamClusterTLSContext";
    RULE_MODE = "tls/rule-mode",
        "The subset's TLS mode comes before the rule's, and at each the one for the service port before the general one.",
        "pilot/pkg/xds/endpoints/mtls_checker.go: tlsModeForDestinationRule";
    ENDPOINT_AUTO = "tls/endpoint-auto",
        "Under auto mutual TLS an endpoint that does not count as mutual TLS is dialled in plaintext.",
        "pilot/pkg/networking/core/cluster_tls.go: applyUpstreamTLSSettings";
    INBOUND_STRICT = "tls/inbound-strict",
        "STRICT: only TLS matches a filter chain, whatever its ALPN; plaintext is closed without an answer.",
        "pilot/pkg/networking/core/filterchain_options.go: getFilterChainMatchOptions";
    INBOUND_PERMISSIVE = "tls/inbound-permissive",
        "PERMISSIVE: plaintext and TLS with Istio's ALPN; other TLS is passed on unread, except on ports declared HTTP.",
        "pilot/pkg/networking/core/filterchain_options.go: getFilterChainMatchOptions";
    INBOUND_DISABLE = "tls/inbound-disable",
        "DISABLE: nobody looks for TLS; its bytes are an error to an HTTP port and data to any other.",
        "pilot/pkg/networking/core/filterchain_options.go: getFilterChainMatchOptions";
    PEER_VERIFIED = "tls/peer-verified",
        "A server asks for a certificate that its roots verify and whose trust domain it accepts.",
        "pilot/pkg/security/authn/utils/utils.go: BuildInboundTLS";
}

//! The rules that this module decides by.

use crate::rule::rules;

rules! {
    SPIFFE_ID = "identity/spiffe-id",
        "A workload's identity names trust domain, namespace and service account, never the cluster.",
        "pkg/spiffe/spiffe.go: genSpiffeURI";
    SAN_EXPANSION = "identity/san-expansion",
        "A client accepts each SPIFFE identity of a service in every trust domain of its mesh; other names as they are.",
        "pkg/spiffe/spiffe.go: ExpandWithTrustDomains";
    SECURE_NAMING = "identity/secure-naming",
        "A client accepts a server only under one of the names expected of the service; without any, the chain of trust suffices.",
        "Envoy: CertificateValidationContext.match_typed_subject_alt_names";
    PRINCIPAL_ALIASES = "identity/principal-aliases",
        "A principal in the mesh's trust domain, in an alias or in cluster.local stands for the same principal in all of them.",
        "pilot/pkg/security/trustdomain/bundle.go: ReplaceTrustDomainAliases";
    PRINCIPAL_PINS_DOMAIN = "identity/principal-pins-trust-domain",
        "A principal of five parts pins a trust domain unless the first part is '*'.",
        "pilot/pkg/security/trustdomain/bundle.go: isTrustDomainBeingEnforced";
    DOMAIN_ALIASES = "identity/trust-domain-aliases",
        "A trust domain of the mesh in an authorization rule stands for all of them.",
        "pilot/pkg/security/trustdomain/bundle.go: ExpandTrustDomainAliases";
    ACCEPTED_DOMAINS = "identity/accepted-trust-domains",
        "A server accepts peers of the mesh's trust domain, its aliases and every trust domain of caCertificates.",
        "pilot/pkg/networking/plugin/authn/util.go: TrustDomainsForValidation";
}

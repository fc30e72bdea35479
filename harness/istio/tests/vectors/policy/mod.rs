//! Checks of the areas about security, routing, identity and injection.

mod auth;
mod authz;
mod destination_rules;
mod gateway;
mod hosts;
mod identity;
mod injection;
mod objects;
mod peer_authentication;
mod policies;
mod remote;
mod retry;
mod tls;
mod visibility;

use crate::case::Check;

/// Area and check, one line each.
pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("authz_http_shape", authz::http_shape),
    ("authz_principal_expansion", authz::principal_expansion),
    ("authz_select", authz::select),
    ("authz_tcp", authz::tcp),
    ("auto_mtls_client", tls::auto_mtls_client),
    (
        "auto_passthrough_security",
        gateway::auto_passthrough_security,
    ),
    ("cert_rotation", auth::cert_rotation),
    ("client_sni", tls::client_sni),
    ("destination_rule_lookup", destination_rules::lookup),
    ("destination_rule_merge", destination_rules::merge),
    (
        "destination_rule_workload_selector",
        destination_rules::workload_selector,
    ),
    ("host_match", hosts::host_match),
    ("inbound_tls", tls::inbound_tls),
    ("inbound_trust_domains", identity::inbound_trust_domains),
    ("injection_decision", injection::decision),
    ("injection_revision", injection::revision),
    ("mesh_default_traffic_policy", policies::mesh_default),
    ("peer_authentication", peer_authentication::compose),
    ("peer_authentication_scope", peer_authentication::scope),
    ("peer_authentication_select", peer_authentication::select),
    ("remote_secret", remote::remote_secret),
    ("retry_policy", retry::retry_policy),
    ("san_expansion", identity::san_expansion),
    ("service_export_list", visibility::service_export_list),
    ("service_mtls_mode", peer_authentication::service_mode),
    ("service_visibility", visibility::service_visibility),
    ("short_name", hosts::short_name),
    ("sidecar_selection", visibility::sidecar_selection),
    ("spiffe_id", identity::spiffe_id),
    ("subset_key_build", hosts::subset_key_build),
    ("subset_key_parse", hosts::subset_key_parse),
    ("subset_key_valid", hosts::subset_key_valid),
    ("subset_policy_merge", policies::subset_merge),
    ("trust_domain_enforced", identity::trust_domain_enforced),
    ("trust_domain_principals", identity::trust_domain_principals),
    (
        "virtual_service_visibility",
        visibility::virtual_service_visibility,
    ),
    ("workload_authentication", auth::workload_authentication),
];

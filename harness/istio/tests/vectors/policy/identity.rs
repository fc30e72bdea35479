//! Identities, trust domains and their aliases.

use std::collections::BTreeSet;

use istio::identity::{
    TrustDomains, expand_principals, expand_sans, pins_trust_domain, workload_identity,
};
use serde::Deserialize;

use crate::case::Case;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spiffe {
    trust_domain: String,
    namespace: String,
    service_account: String,
}

pub(crate) fn spiffe_id(case: &mut Case<'_>) -> Result<(), String> {
    let input: Spiffe = case.input()?;
    let id = workload_identity(
        &input.trust_domain,
        &input.namespace,
        &input.service_account,
    );
    case.came_out("error", id.value.is_err());
    case.came_out("uri", id.value.ok().map(|id| id.to_string()));
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sans {
    sans: BTreeSet<String>,
    trust_domains: Vec<String>,
}

pub(crate) fn san_expansion(case: &mut Case<'_>) -> Result<(), String> {
    let input: Sans = case.input()?;
    case.came_out(
        "sans_set",
        expand_sans(&input.sans, &input.trust_domains).value,
    );
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Inbound {
    trust_domain: String,
    aliases: Vec<String>,
    ca_certificate_trust_domains: Vec<Vec<String>>,
}

pub(crate) fn inbound_trust_domains(case: &mut Case<'_>) -> Result<(), String> {
    let input: Inbound = case.input()?;
    let mesh = TrustDomains {
        own: input.trust_domain,
        aliases: input.aliases,
    };
    let accepted = mesh.accepted_of_peers(&input.ca_certificate_trust_domains);
    case.came_out("accepted", accepted.value);
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Principals {
    trust_domain: String,
    aliases: Vec<String>,
    principals: Vec<String>,
}

pub(crate) fn trust_domain_principals(case: &mut Case<'_>) -> Result<(), String> {
    let input: Principals = case.input()?;
    let mesh = TrustDomains {
        own: input.trust_domain,
        aliases: input.aliases,
    };
    case.came_out(
        "principals",
        expand_principals(&input.principals, &mesh).value,
    );
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Principal {
    principal: String,
}

pub(crate) fn trust_domain_enforced(case: &mut Case<'_>) -> Result<(), String> {
    let Principal { principal } = case.input()?;
    case.came_out("enforced", pins_trust_domain(&principal).value);
    Ok(())
}

//! Facts that later stages of an installation need and that only a living cluster knows.

use std::{net::Ipv4Addr, time::Duration};

use k8s_openapi::api::{
    authentication::v1::{TokenRequest, TokenRequestSpec},
    core::v1::ServiceAccount,
};
use kube::{
    api::{Api, PostParams},
    core::DynamicObject,
};
use serde_json::Value;

use crate::{Deadline, Error, Kinds, ObjectRef, Result, condition, error::Attempt, wait};

/// The addresses of a Service of type LoadBalancer, as others reach it, once it has any.
///
/// # Errors
/// [`Error::TimedOut`] if it has none in time, [`Error::NoFact`] if what it has is no IPv4 address.
pub async fn load_balancer_addresses(
    kinds: &Kinds,
    namespace: &str,
    service: &str,
    deadline: Deadline,
) -> Result<Vec<Ipv4Addr>> {
    let object = ObjectRef::namespaced("v1", "Service", namespace, service);
    let addressed = condition::has_load_balancer_address();
    let found = wait::until(kinds, &object, &addressed, deadline).await?;
    let addresses = found.as_ref().map(ingress).unwrap_or_default();
    if addresses.is_empty() {
        return Err(Error::NoFact {
            object: Box::new(object),
            field: "IPv4 address in status.loadBalancer.ingress",
        });
    }
    Ok(addresses)
}

/// A token of a service account, by the TokenRequest API.
///
/// # Errors
/// [`Error::Api`], [`Error::Unreachable`], or [`Error::NoFact`] if the answer holds no token.
pub async fn service_account_token(
    kinds: &Kinds,
    namespace: &str,
    service_account: &str,
    audiences: Vec<String>,
    lifetime: Duration,
) -> Result<String> {
    let object = ObjectRef::namespaced("v1", "ServiceAccount", namespace, service_account);
    let attempt = Attempt {
        action: "request a token of",
        object: &object,
        cluster: kinds.cluster(),
    };
    let accounts: Api<ServiceAccount> = Api::namespaced(kinds.client().clone(), namespace);
    let request = TokenRequest {
        spec: Some(TokenRequestSpec {
            audiences: Some(audiences),
            expiration_seconds: i64::try_from(lifetime.as_secs()).ok(),
            ..TokenRequestSpec::default()
        }),
        ..TokenRequest::default()
    };
    let answer = accounts
        .create_token_request(service_account, &PostParams::default(), &request)
        .await
        .map_err(|error| attempt.failed(error))?;
    let token = answer.status.and_then(|status| status.token);
    token.ok_or_else(|| Error::NoFact {
        object: Box::new(object.clone()),
        field: "status.token in the answer",
    })
}

fn ingress(service: &DynamicObject) -> Vec<Ipv4Addr> {
    let entries = service.data.pointer("/status/loadBalancer/ingress");
    let addresses = entries.and_then(Value::as_array).into_iter().flatten();
    addresses
        .filter_map(|entry| entry["ip"].as_str()?.parse().ok())
        .collect()
}

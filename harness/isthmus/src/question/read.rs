//! From words of the command line to a question about a scenario.

use std::collections::BTreeMap;

use scenario::{
    Scenario,
    problem::did_you_mean,
    scenario::{Destination, Workload},
};
use world::{Client, ClusterName, Protocol, WorkloadName};

use super::Question;
use crate::cli::Asked;

/// Why a question cannot be asked of a scenario.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QuestionError {
    /// The client is not one of the scenario.
    #[error("--from {written}: {why}; {remedy}")]
    Client {
        /// What was written.
        written: String,
        /// What is wrong with it.
        why: String,
        /// What to write.
        remedy: String,
    },
    /// The target cannot be one.
    #[error("--to {written}: {why}; {remedy}")]
    Target {
        /// What was written.
        written: String,
        /// What is wrong with it.
        why: String,
        /// What to write.
        remedy: String,
    },
    /// A header without a value.
    #[error("--header {written} has no value; write NAME=VALUE")]
    Header {
        /// What was written.
        written: String,
    },
}

/// Reads a question about `scenario`.
///
/// # Errors
/// What in it the scenario has not got, with the nearest that it has.
pub fn read(asked: &Asked, scenario: &Scenario) -> Result<Question, QuestionError> {
    Ok(Question {
        from: client(&asked.from, scenario)?,
        to: destination(&asked.to, scenario)?,
        protocol: protocol(asked)?,
    })
}

fn protocol(asked: &Asked) -> Result<Protocol, QuestionError> {
    if asked.tcp {
        return Ok(Protocol::Tcp);
    }
    let header = |written: &String| match written.split_once('=') {
        Some((name, value)) => Ok((name.to_ascii_lowercase(), value.to_owned())),
        None => Err(QuestionError::Header {
            written: written.clone(),
        }),
    };
    let headers: Result<BTreeMap<_, _>, _> = asked.header.iter().map(header).collect();
    Ok(Protocol::Http {
        method: asked.method.as_str().into(),
        path: asked.path.as_str().into(),
        headers: headers?,
    })
}

fn client(text: &str, scenario: &Scenario) -> Result<Client, QuestionError> {
    let refused = |why: String, remedy: String| QuestionError::Client {
        written: text.to_owned(),
        why,
        remedy,
    };
    if text == "outside" {
        return Ok(Client::Outside);
    }
    if let Some(name) = text.strip_prefix("vm:") {
        let vms = scenario.topology().vms();
        let found = vms.keys().find(|vm| vm.as_str() == name);
        return found.cloned().map(Client::Vm).ok_or_else(|| {
            let known = vms.keys().map(|vm| vm.as_str());
            refused("there is no such VM".to_owned(), did_you_mean(name, known))
        });
    }
    let Some((name, place)) = text.split_once('@') else {
        let remedy = format!("write '{text}@CLUSTER', 'vm:NAME' or 'outside'");
        return Err(refused(
            "it does not say in which cluster".to_owned(),
            remedy,
        ));
    };
    let (workload, cluster) =
        at(name, place, scenario).map_err(|(why, remedy)| refused(why, remedy))?;
    Ok(Client::Pod {
        cluster,
        namespace: workload.namespace.clone(),
        workload: workload.name.clone(),
    })
}

/// A workload and one of its clusters; what is wrong and what to write otherwise.
fn at<'a>(
    name: &str,
    place: &str,
    scenario: &'a Scenario,
) -> Result<(&'a Workload, ClusterName), (String, String)> {
    let workloads = scenario.workloads();
    let found = workloads.iter().find(|(known, _)| known.as_str() == name);
    let Some((_, workload)) = found else {
        let known = workloads.keys().map(WorkloadName::as_str);
        let why = format!("there is no workload '{name}'");
        return Err((why, did_you_mean(name, known)));
    };
    let mut clusters = workload.places.keys();
    let cluster = clusters.find(|cluster| cluster.as_str() == place);
    let cluster = cluster.cloned().ok_or_else(|| {
        let known = workload.places.keys().map(ClusterName::as_str);
        (
            format!("'{name}' does not run in '{place}'"),
            did_you_mean(place, known),
        )
    })?;
    Ok((workload, cluster))
}

/// A target. A host need not be known to anybody: that nobody knows it is an answer.
fn destination(text: &str, scenario: &Scenario) -> Result<Destination, QuestionError> {
    let refused = |why: String, remedy: String| QuestionError::Target {
        written: text.to_owned(),
        why,
        remedy,
    };
    let split = text.rsplit_once(':');
    let split = split.and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
    let Some((host, port @ 1..)) = split else {
        let remedy = format!("write it as '{text}:5000'");
        return Err(refused("it has no port".to_owned(), remedy));
    };
    if let Some(gateway) = host.strip_prefix("gateway:") {
        return gateway_at(gateway, port, scenario)
            .map_err(|remedy| refused("there is no such gateway".to_owned(), remedy));
    }
    if let Some(pod) = host.strip_prefix("pod:") {
        let (name, place) = pod.split_once('@').unwrap_or((pod, ""));
        let (workload, cluster) =
            at(name, place, scenario).map_err(|(why, remedy)| refused(why, remedy))?;
        return Ok(Destination::Pod {
            workload: workload.name.clone(),
            cluster,
            port,
        });
    }
    Ok(Destination::Host {
        host: host.to_owned(),
        port,
    })
}

/// A gateway of the topology; what to write otherwise.
fn gateway_at(text: &str, port: u16, scenario: &Scenario) -> Result<Destination, String> {
    let gateways = scenario.topology().gateways();
    let names: Vec<String> = gateways
        .iter()
        .map(|gateway| format!("{}@{}", gateway.name, gateway.cluster))
        .collect();
    let found = names.iter().position(|name| name == text);
    let known = || names.iter().map(String::as_str);
    let gateway = &gateways[found.ok_or_else(|| did_you_mean(text, known()))?];
    Ok(Destination::Gateway {
        name: gateway.name.clone(),
        cluster: gateway.cluster.clone(),
        port,
    })
}

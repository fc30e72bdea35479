//! Whether pods are there: of everything, or of one thing.

use engine::pod::Standing;
use judge::Verdict;
use k8s_openapi::api::apps::v1::Deployment;
use kube::{Api, api::ListParams};
use scenario::scenario::Deployed;
use world::{Capability, ClusterName};

use crate::{Error, Result, pods, running::Running};

/// Every Deployment of the clusters has the pods it asks for.
pub(super) async fn ready(running: &Running<'_>, clusters: &[ClusterName]) -> Result<Verdict> {
    let expected = "every Deployment has the pods it asks for";
    let mut count = 0;
    for cluster in clusters {
        let deployments: Api<Deployment> = Api::all(running.site.kinds(cluster).client().clone());
        let mut found = listed(&deployments, &ListParams::default(), cluster).await?;
        found.retain(|deployment| is_ours(running, deployment));
        count += found.len();
        if let Some(short) = found.iter().find_map(short_of_pods) {
            return Ok(Verdict::fail(expected, format!("{short} in {cluster}")));
        }
    }
    Ok(Verdict::pass(
        expected,
        format!("{count} Deployments are complete"),
    ))
}

/// In clusters of others only the workloads are ours to judge.
fn is_ours(running: &Running<'_>, deployment: &Deployment) -> bool {
    let namespace = deployment.metadata.namespace.as_deref();
    let own = |name| running.namespaces().iter().any(|own| own.as_str() == name);
    running.capabilities.contains(&Capability::OwnClusters) || namespace.is_some_and(own)
}

fn short_of_pods(deployment: &Deployment) -> Option<String> {
    let wanted = deployment.spec.replicas.unwrap_or(1);
    let status = deployment.status.as_ref();
    let available = status
        .and_then(|status| status.available_replicas)
        .unwrap_or(0);
    let name = deployment.metadata.name.as_deref().unwrap_or_default();
    let namespace = deployment.metadata.namespace.as_deref().unwrap_or_default();
    (available < wanted)
        .then(|| format!("{namespace}/{name} has {available} of {wanted} pods available"))
}

pub(super) async fn pods(running: &Running<'_>, of: &Deployed, wanted: u32) -> Result<Verdict> {
    let expected = format!("{wanted} pods of {of} are ready");
    let pods: Api<Standing> = Api::all(running.site.kinds(of.cluster()).client().clone());
    let labels = pods::labels(of).into_iter();
    let labels: Vec<String> = labels
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let mine = ListParams::default().labels(&labels.join(","));
    let found = listed(&pods, &mine, of.cluster()).await?;
    let ready = found.iter().filter(|pod| pod.serves()).count();
    let observed = format!("{ready} are");
    let verdict = if u32::try_from(ready) == Ok(wanted) {
        Verdict::pass
    } else {
        Verdict::fail
    };
    Ok(verdict(&expected, &observed))
}

async fn listed<K>(api: &Api<K>, which: &ListParams, cluster: &ClusterName) -> Result<Vec<K>>
where
    K: kube::Resource + Clone + std::fmt::Debug + serde::de::DeserializeOwned,
{
    let found = api.list(which).await;
    let found = found.map_err(|error| Error::Missing {
        what: format!("the API server of {cluster}"),
        why: error.to_string(),
    })?;
    Ok(found.items)
}

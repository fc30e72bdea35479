//! Checks while clusters stand: look, judge, and look again as long as the check waits.

use std::{collections::BTreeMap, num::NonZeroU32, time::Duration};

use engine::{Batch, ObjectRef};
use judge::{CallLook, Next, Outcome, Rates, Step, Verdict, Waiting};
use k8s_openapi::api::{apps::v1::Deployment, core::v1::Pod};
use kube::{Api, api::ListParams};
use manifest::deployment_name;
use scenario::{
    draft::DnsAnswer,
    scenario::{Check, CheckKind, Deployed, Timing, Waiting as Then},
};
use tokio::time::sleep;
use world::{
    Call, Client, ClusterName, Connection, Observation, Outcome as Seen, Protocol, Refusal, Target,
};

use crate::{Error, Result, error::Doing as _, run::Running, target};

/// A port that nothing serves: whether a name resolves shows before anybody answers on it.
const DISCARD: u16 = 9;

/// Resolvers try twice for five seconds each where an upstream is silent.
const RESOLVERS_PATIENCE: Duration = Duration::from_secs(20);

/// Judges a check, looking again as often as its timing asks.
pub(crate) async fn judged(running: &Running<'_>, check: &Check) -> Result<Verdict> {
    let began = running.site.environment.elapsed();
    let mut wait = waiting(check.timing).start();
    loop {
        let verdict = look(running, &check.kind).await?;
        let now = running.site.environment.elapsed().saturating_sub(began);
        match wait.look(verdict.outcome, now) {
            Step::LookAgain(pause) => sleep(pause).await,
            Step::Held(since) => return Ok(converged(verdict, since)),
            Step::Failed => return Ok(verdict),
            Step::Lapsed { since, at } => {
                let observed = format!(
                    "it held from {since:?} to {at:?}, then: {}",
                    verdict.observed
                );
                return Ok(Verdict {
                    observed,
                    ..verdict
                });
            }
        }
    }
}

fn waiting(timing: Timing) -> Waiting {
    let once = Waiting {
        within: timing.within,
        ..Waiting::default()
    };
    match timing.then {
        Then::Once => once,
        Then::Holds(holds) => Waiting { holds, ..once },
        Then::InARow(times) => Waiting {
            in_a_row: NonZeroU32::new(times).unwrap_or(NonZeroU32::MIN),
            ..once
        },
    }
}

fn converged(mut verdict: Verdict, since: Duration) -> Verdict {
    verdict.evidence.converged_after = Some(since);
    verdict
}

async fn look(running: &Running<'_>, kind: &CheckKind) -> Result<Verdict> {
    match kind {
        CheckKind::Reachable { calls, .. }
        | CheckKind::Share { calls, .. }
        | CheckKind::Mtls { calls, .. } => {
            let calls = target::calls(&running.site, calls).await?;
            call_look(running, kind, &calls).await
        }
        CheckKind::Refused { calls, twin, .. } => {
            let calls = target::calls(&running.site, calls).await?;
            let verdict = call_look(running, kind, &calls).await?;
            Ok(running.with_twin(verdict, twin))
        }
        CheckKind::Dns { from, host, answer } => dns(running, from, host, *answer).await,
        CheckKind::Ready { clusters } => ready(running, clusters).await,
        CheckKind::Pods { of, ready } => pods(running, of, *ready).await,
        CheckKind::Synced { .. } => Err(Error::NotCarriedOut { step: "synced" }),
        CheckKind::Endpoints { .. } => Err(Error::NotCarriedOut { step: "endpoints" }),
        CheckKind::Budget { of, budget } => {
            let seen = running.traffic.seen(of);
            Ok(judge::traffic::budget(budget, &seen))
        }
        CheckKind::Failover {
            of,
            after,
            to,
            took,
        } => {
            let since = running.faults.injected_at(after);
            let seen = running.traffic.seen(of);
            Ok(judge::traffic::failover(&seen, since, to, *took))
        }
    }
}

async fn call_look(running: &Running<'_>, kind: &CheckKind, calls: &[Call]) -> Result<Verdict> {
    let mut look = CallLook::at(kind, Rates::default()).expect("only checks that call come here");
    loop {
        match look.next() {
            Next::Decided(verdict) => return Ok(*verdict),
            Next::Ask { client, calls: n } => {
                for observation in ask(running, Batch::repeated(&calls[client], n.get())).await? {
                    look.observe(client, &observation);
                }
            }
        }
    }
}

async fn ask(running: &Running<'_>, batch: Batch) -> Result<Vec<Observation>> {
    let seen = running.site.environment.prober().ask(batch).await;
    let seen = seen.doing("call")?;
    running.traffic.take();
    Ok(seen)
}

async fn dns(
    running: &Running<'_>,
    from: &[Client],
    host: &str,
    answer: DnsAnswer,
) -> Result<Verdict> {
    let call = |client: &Client| Call {
        from: client.clone(),
        to: Target {
            host: host.to_owned(),
            port: DISCARD,
        },
        protocol: Protocol::Tcp,
        connection: Connection::Fresh,
        timeout: RESOLVERS_PATIENCE,
    };
    let seen = ask(running, Batch::in_order(from.iter().map(call).collect())).await?;
    let expected = match answer {
        DnsAnswer::Address => format!("{host} resolves"),
        DnsAnswer::Nxdomain => format!("{host} does not resolve"),
    };
    let resolved = |seen: &Observation| seen.outcome != Seen::Refused(Refusal::Dns);
    let wrong = seen
        .iter()
        .find(|seen| resolved(seen) != (answer == DnsAnswer::Address));
    Ok(match wrong {
        None => Verdict::pass(expected, "so it is"),
        Some(seen) if resolved(seen) => {
            Verdict::fail(expected, format!("it resolves for {}", seen.call.from))
        }
        Some(seen) => Verdict::fail(
            expected,
            format!("it does not resolve for {}", seen.call.from),
        ),
    })
}

/// Every Deployment of the clusters has the pods it asks for.
async fn ready(running: &Running<'_>, clusters: &[ClusterName]) -> Result<Verdict> {
    let expected = "every Deployment has the pods it asks for";
    let mut count = 0;
    for cluster in clusters {
        let deployments: Api<Deployment> = Api::all(running.site.kinds(cluster).client().clone());
        let found = listed(&deployments, cluster).await?;
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

async fn listed<K>(api: &Api<K>, cluster: &ClusterName) -> Result<Vec<K>>
where
    K: kube::Resource + Clone + std::fmt::Debug + serde::de::DeserializeOwned,
{
    let found = api.list(&ListParams::default()).await;
    let found = found.map_err(|error| Error::Missing {
        what: format!("the API server of {cluster}"),
        why: error.to_string(),
    })?;
    Ok(found.items)
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

async fn pods(running: &Running<'_>, of: &Deployed, wanted: u32) -> Result<Verdict> {
    let expected = format!("{wanted} pods of {of} are ready");
    let pods: Api<Pod> = Api::all(running.site.kinds(of.cluster()).client().clone());
    let labels = labels(of);
    let found = listed(&pods, of.cluster()).await?;
    let mine = found.iter().filter(|pod| {
        let own = pod.metadata.labels.as_ref();
        labels
            .iter()
            .all(|(key, value)| own.and_then(|own| own.get(*key)) == Some(value))
    });
    let ready = mine.filter(|pod| is_ready(pod)).count();
    let observed = format!("{ready} are");
    let verdict = if u32::try_from(ready) == Ok(wanted) {
        Verdict::pass
    } else {
        Verdict::fail
    };
    Ok(verdict(&expected, &observed))
}

fn labels(of: &Deployed) -> BTreeMap<&'static str, String> {
    match of {
        Deployed::Workload { name, version, .. } => {
            let app = [("app", name.to_string())];
            app.into_iter()
                .chain(version.clone().map(|version| ("version", version)))
                .collect()
        }
        Deployed::Istiod { revision, .. } => {
            let revision = revision
                .as_ref()
                .map_or_else(|| "default".to_owned(), ToString::to_string);
            BTreeMap::from([("app", "istiod".to_owned()), ("istio.io/rev", revision)])
        }
        Deployed::Gateway { name, .. } => BTreeMap::from([("app", name.to_string())]),
    }
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod
        .status
        .as_ref()
        .and_then(|status| status.conditions.as_deref());
    pod.metadata.deletion_timestamp.is_none()
        && conditions
            .unwrap_or_default()
            .iter()
            .any(|c| c.type_ == "Ready" && c.status == "True")
}

/// The Deployments behind something that is deployed.
pub(crate) fn deployments(running: &Running<'_>, of: &Deployed) -> Vec<ObjectRef> {
    let at = |namespace: &str, name: String| {
        ObjectRef::namespaced("apps/v1", "Deployment", namespace, name)
    };
    match of {
        Deployed::Workload {
            name,
            namespace,
            cluster,
            version,
        } => {
            let workload = &running.scenario.workloads()[name];
            let places = workload.places.get(cluster).into_iter().flatten();
            let wanted =
                places.filter(|place| version.as_ref().is_none_or(|only| place.version == *only));
            wanted
                .map(|place| at(namespace.as_str(), deployment_name(workload, place)))
                .collect()
        }
        Deployed::Istiod { revision, .. } => {
            let name = revision
                .as_ref()
                .map_or_else(|| "istiod".to_owned(), |name| format!("istiod-{name}"));
            vec![at("istio-system", name)]
        }
        Deployed::Gateway {
            name, namespace, ..
        } => vec![at(namespace.as_str(), name.to_string())],
    }
}

/// Whether an outcome ends a trial's hope of passing.
pub(crate) fn is_bad(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Fail | Outcome::Inconclusive)
}

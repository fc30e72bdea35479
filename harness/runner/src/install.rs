//! The installation: stage by stage, learning the facts that later stages need.

use std::time::Duration;

use engine::{Condition, ObjectRef, State, facts as cluster_facts, wait};
use k8s_openapi::ByteString;
use manifest::{
    At, Await, Facts, Need, Stage, Violations, gateway_namespace, stages, vm_needs, workload_stage,
};
use scenario::{Topology, topology::Exposure};
use serde_json::Value;
use world::Capability;

use crate::{Error, Result, awaited, error::Doing as _, running::Running, site::Site, vm};

/// How long a virtual machine's token lives, as istioctl asks for it.
const VM_TOKEN: Duration = Duration::from_secs(3600);

/// Installs the mesh and the workloads, and learns what virtual machines need to join. `violations` break objects on the way.
pub(crate) async fn install(
    running: &Running<'_>,
    facts: &mut Facts,
    mut violations: Violations,
) -> Result<()> {
    let site = &running.site;
    let mut later = Vec::new();
    // In clusters of others the mesh is there, and stays as it is.
    if running.capabilities.contains(&Capability::OwnClusters) {
        for stage in stages(site.topology) {
            apply(site, facts, &stage, &mut violations).await?;
            let awaits = stage.awaits().into_iter();
            let (can_wait, now): (Vec<_>, Vec<_>) =
                awaits.partition(|awaited| can_wait(site.topology, awaited));
            awaited::all(site, stage.name(), &now).await?;
            later.extend(can_wait);
        }
    }
    claim(running).await?;
    let (workloads, images) = (running.scenario.workloads(), &running.options.images);
    let stage = workload_stage(site.topology, workloads, images);
    carry_out(site, facts, &stage, &mut violations).await?;
    awaited::all(site, "gateways", &later).await?;
    for name in site.topology.vms().keys() {
        learn_all(site, facts, vm_needs(site.topology, name)).await?;
    }
    violations.finish().doing("break what the canary names")
}

/// Lets every virtual machine join with what was learnt for it. Between the one and the other
/// something may have happened, as it may between istioctl's files and the machine's start.
pub(crate) async fn machines(running: &Running<'_>) -> Result<()> {
    let mut facts = running.facts();
    for name in running.site.topology.vms().keys() {
        vm::onboard(running, &mut facts, name).await?;
    }
    running.keep(facts);
    Ok(())
}

/// Takes the namespaces of the workloads.
async fn claim(running: &Running<'_>) -> Result<()> {
    let environment = &running.site.environment;
    for cluster in running.site.topology.substrate().clusters.keys() {
        for namespace in running.namespaces() {
            let claimed = environment.claim(cluster, namespace.as_str()).await;
            claimed.doing(format!("take namespace {namespace} of {cluster}"))?;
        }
    }
    Ok(())
}

/// Renders a stage, applies it and waits for what it promises.
pub(crate) async fn carry_out(
    site: &Site<'_>,
    facts: &mut Facts,
    stage: &Stage<'_>,
    violations: &mut Violations,
) -> Result<()> {
    apply(site, facts, stage, violations).await?;
    let awaits: Vec<Await> = stage.awaits().into_iter().collect();
    awaited::all(site, stage.name(), &awaits).await
}

/// Whether nothing of an installation needs what is awaited: a gateway that leads to services and to no
/// istiod comes up beside the workloads.
fn can_wait(topology: &Topology, awaited: &Await) -> bool {
    let Await::Available(at) = awaited else {
        return false;
    };
    let mut gateways = topology.gateways().iter();
    gateways.any(|gateway| {
        gateway.cluster == at.cluster
            && gateway.name.as_str() == at.name
            && gateway_namespace(topology, gateway) == at.namespace
            && !gateway.exposes.contains(&Exposure::Istiod)
    })
}

/// Renders a stage and applies it.
async fn apply(
    site: &Site<'_>,
    facts: &mut Facts,
    stage: &Stage<'_>,
    violations: &mut Violations,
) -> Result<()> {
    let name = stage.name();
    note(site, name, "begins");
    learn_all(site, facts, stage.needs()).await?;
    let objects = site.charts.objects(stage, facts).await?;
    note(site, name, "is rendered");
    let objects = violations.apply(objects);
    site.apply(objects.doing(format!("break stage {name}"))?)
        .await?;
    note(site, name, "is applied");
    Ok(())
}

/// Where the time of an installation goes, for whoever asks with `ISTHMUS_LOG=runner=debug`.
pub(crate) fn note(site: &Site<'_>, stage: &str, what: &str) {
    let at = site.environment.elapsed().as_millis();
    tracing::debug!(at, stage, what);
}

/// Learns what is not known yet.
pub(crate) async fn learn_all(
    site: &Site<'_>,
    facts: &mut Facts,
    needs: impl IntoIterator<Item = Need>,
) -> Result<()> {
    for need in needs {
        if !facts.has(&need) {
            learn(site, facts, need).await?;
        }
    }
    Ok(())
}

/// Learns a fact of the living clusters.
pub(crate) async fn learn(site: &Site<'_>, facts: &mut Facts, need: Need) -> Result<()> {
    let doing = format!("learn {need}");
    let text = match &need {
        Need::ApiServer(cluster) => {
            let endpoint = site.environment.api_endpoint(cluster).doing(doing)?;
            let api_server = manifest::ApiServer {
                url: endpoint.url,
                ca: endpoint.ca_pem,
            };
            facts.learn_api_server(cluster.clone(), api_server);
            return Ok(());
        }
        Need::Address(at) => address(site, at).await?,
        Need::Token(at) => {
            let secret = read(site, at, "Secret", filled("/data/token")).await?;
            decoded(&secret, "/data/token").ok_or_else(|| missing(&doing))?
        }
        Need::RootCertificate(at) => {
            let map = read(site, at, "ConfigMap", filled("/data/root-cert.pem")).await?;
            let text = map.pointer("/data/root-cert.pem").and_then(Value::as_str);
            text.map(str::to_owned).ok_or_else(|| missing(&doing))?
        }
        Need::VmToken(vm) => {
            let member = site
                .topology
                .vms()
                .get(vm)
                .expect("a need names a VM of its topology");
            let kinds = site.kinds(&member.onboarded_by);
            let audience = vec!["istio-ca".to_owned()];
            let (namespace, account) = (member.namespace.as_str(), member.service_account.as_str());
            let token =
                cluster_facts::service_account_token(kinds, namespace, account, audience, VM_TOKEN);
            token.await.doing(doing)?
        }
    };
    facts.learn(need, text);
    Ok(())
}

/// The first load-balancer address of a Service, once it has one.
pub(crate) async fn address(site: &Site<'_>, at: &At) -> Result<String> {
    let kinds = site.kinds(&at.cluster);
    let found =
        cluster_facts::load_balancer_addresses(kinds, &at.namespace, &at.name, site.deadline).await;
    let found = found.doing(format!("learn the load-balancer address of {at}"))?;
    let first = found.first().map(ToString::to_string);
    first.ok_or_else(|| missing(&format!("the load-balancer address of {at}")))
}

fn missing(what: &str) -> Error {
    Error::Missing {
        what: what.to_owned(),
        why: "the object holds no such text".to_owned(),
    }
}

async fn read(site: &Site<'_>, at: &At, kind: &str, until: Condition) -> Result<Value> {
    let object = ObjectRef::namespaced("v1", kind, at.namespace.as_str(), at.name.as_str());
    let found = wait::until(site.kinds(&at.cluster), &object, &until, site.deadline).await;
    let found = found.doing(format!("read {kind} {at}"))?;
    Ok(found.map(|object| object.data).unwrap_or_default())
}

/// Bytes of a Secret, which are UTF-8 where we read them.
fn decoded(secret: &Value, pointer: &str) -> Option<String> {
    let text = secret.pointer(pointer)?.clone();
    let bytes: ByteString = serde_json::from_value(text).ok()?;
    String::from_utf8(bytes.0).ok()
}

fn filled(pointer: &'static str) -> Condition {
    Condition::on(format!("filled at {pointer}"), move |object| {
        match object.data.pointer(pointer).and_then(Value::as_str) {
            Some(text) if !text.is_empty() => State::Met,
            _ => State::Unmet(format!("it has nothing at {pointer} yet")),
        }
    })
}

//! The installation: stage by stage, learning the facts that later stages need.

use std::time::Duration;

use engine::{Condition, ObjectRef, State, condition, facts as cluster_facts, wait};
use k8s_openapi::ByteString;
use manifest::{At, Await, Facts, Need, Stage, Violations, stages, vm_needs, workload_stage};
use serde_json::Value;
use world::Capability;

use crate::{Error, Result, error::Doing as _, running::Running, site::Site, vm};

/// How long a virtual machine's token lives, as istioctl asks for it.
const VM_TOKEN: Duration = Duration::from_secs(3600);

/// How long one part of an installation may take, images and all: what is not there by then does
/// not come.
const PATIENCE: Duration = Duration::from_secs(300);

/// Installs the mesh and the workloads, and learns what virtual machines need to join. `violations` break objects on the way.
pub(crate) async fn install(
    running: &Running<'_>,
    facts: &mut Facts,
    mut violations: Violations,
) -> Result<()> {
    let site = &running.site;
    // In clusters of others the mesh is there, and stays as it is.
    if running.capabilities.contains(&Capability::OwnClusters) {
        for stage in stages(site.topology) {
            carry_out(site, facts, &stage, &mut violations).await?;
        }
    }
    claim(running).await?;
    let (workloads, images) = (running.scenario.workloads(), &running.options.images);
    let stage = workload_stage(site.topology, workloads, images);
    carry_out(site, facts, &stage, &mut violations).await?;
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
    learn_all(site, facts, stage.needs()).await?;
    let objects = site.charts.objects(stage, facts).await?;
    let objects = violations.apply(objects);
    site.apply(objects.doing(format!("break stage {}", stage.name()))?)
        .await?;
    for awaited in stage.awaits(site.charts.form()) {
        wait_for(site, &awaited).await?;
    }
    Ok(())
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

async fn wait_for(site: &Site<'_>, awaited: &Await) -> Result<()> {
    let (object, until) = awaited_object(awaited);
    let found = wait::until(
        site.kinds(awaited.cluster()),
        &object,
        &until,
        site.deadline.within(PATIENCE),
    )
    .await;
    found.doing(format!("wait until {awaited}")).map(drop)
}

fn awaited_object(awaited: &Await) -> (ObjectRef, Condition) {
    let namespaced = |api_version, kind, at: &At| {
        ObjectRef::namespaced(api_version, kind, at.namespace.as_str(), at.name.as_str())
    };
    match awaited {
        Await::Established { definition, .. } => {
            let kind = "CustomResourceDefinition";
            let object =
                ObjectRef::cluster_wide("apiextensions.k8s.io/v1", kind, definition.as_str());
            (object, condition::ready(kind))
        }
        Await::Available(at) => (
            namespaced("apps/v1", "Deployment", at),
            condition::ready("Deployment"),
        ),
        Await::Address(at) => (
            namespaced("v1", "Service", at),
            condition::has_load_balancer_address(),
        ),
        Await::SecretKey { secret, key } => (namespaced("v1", "Secret", secret), has_key(key)),
        Await::ConfigMapKey { config_map, key } => {
            (namespaced("v1", "ConfigMap", config_map), has_key(key))
        }
        Await::CaBundle { webhooks, .. } => {
            let (version, kind) = (
                "admissionregistration.k8s.io/v1",
                "MutatingWebhookConfiguration",
            );
            (
                ObjectRef::cluster_wide(version, kind, webhooks.as_str()),
                has_ca_bundles(),
            )
        }
    }
}

fn has_key(key: &str) -> Condition {
    let key = key.to_owned();
    Condition::on(format!("filled in at {key}"), move |object| {
        match object
            .data
            .get("data")
            .and_then(|data| data.get(&key))
            .and_then(Value::as_str)
        {
            Some(text) if !text.is_empty() => State::Met,
            _ => State::Unmet(format!("it has no {key} yet")),
        }
    })
}

fn has_ca_bundles() -> Condition {
    Condition::on("given a caBundle", |object| {
        let webhooks = object.data.get("webhooks").and_then(Value::as_array);
        let bundled = |webhook: &Value| {
            webhook
                .pointer("/clientConfig/caBundle")
                .and_then(Value::as_str)
                .is_some_and(|b| !b.is_empty())
        };
        match webhooks.is_some_and(|all| all.iter().all(bundled)) {
            true => State::Met,
            false => State::Unmet("a webhook has no caBundle yet".to_owned()),
        }
    })
}

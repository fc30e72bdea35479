//! exportTo and Sidecar resources.

use istio::{
    kinds::{Object, Sidecar, VirtualService, WorkloadSelector, selector::Labels},
    visibility::{
        ProxyKind, ProxyScope, VisibleVirtualServices, is_visible, select_sidecar, visible_services,
    },
};
use serde::Deserialize;

use super::objects;
use crate::case::Case;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceVisibility {
    client_namespace: String,
    service_namespace: String,
    export_to: Vec<String>,
    mesh_default_export_to: Vec<String>,
}

pub(crate) fn service_visibility(case: &mut Case<'_>) -> Result<(), String> {
    let input: ServiceVisibility = case.input()?;
    let visible = is_visible(
        &input.export_to,
        &input.mesh_default_export_to,
        &input.service_namespace,
        &input.client_namespace,
    );
    case.came_out("visible", visible.value);
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExportList {
    services: Vec<Service>,
    client_namespace: String,
    mesh_default_export_to: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    host: String,
    namespace: String,
    export_to: Vec<String>,
}

pub(crate) fn service_export_list(case: &mut Case<'_>) -> Result<(), String> {
    let input: ExportList = case.input()?;
    let services = input
        .services
        .into_iter()
        .map(|s| (s.namespace, s.export_to, s.host));
    let seen = visible_services(
        services,
        &input.mesh_default_export_to,
        &input.client_namespace,
    );
    case.came_out(
        "hosts",
        seen.into_iter().map(|seen| seen.value).collect::<Vec<_>>(),
    );
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VirtualServices {
    rules: Rules,
    mesh_default_export_to: Vec<String>,
    client_namespace: String,
    gateway: String,
}

/// Rules of the vector, or the name of the fixture that holds them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Rules {
    Written(Vec<Rule>),
    Named(String),
}

#[derive(Deserialize)]
struct Fixture {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    host: String,
    namespace: String,
    export_to: Vec<String>,
    gateways: Vec<String>,
}

pub(crate) fn virtual_service_visibility(case: &mut Case<'_>) -> Result<(), String> {
    let input: VirtualServices = case.input()?;
    let rules = match input.rules {
        Rules::Written(rules) => rules,
        Rules::Named(name) => {
            case.fixture::<Fixture>(&format!("virtual_services_{name}"))?
                .rules
        }
    };
    let objects: Vec<_> = rules.into_iter().enumerate().map(virtual_service).collect();
    let visible = VisibleVirtualServices::new(&objects, &input.mesh_default_export_to);
    let read = visible.of(&input.client_namespace, &input.gateway).value;
    let hosts = read.iter().flat_map(|object| &object.spec.hosts);
    case.came_out("hosts", hosts.collect::<Vec<_>>());
    Ok(())
}

fn virtual_service((place, rule): (usize, Rule)) -> Object<VirtualService> {
    Object {
        metadata: objects::at(&rule.namespace, place),
        spec: VirtualService {
            hosts: vec![rule.host],
            gateways: rule.gateways,
            export_to: rule.export_to,
            ..VirtualService::default()
        },
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Selection {
    root_namespace: String,
    sidecars: Vec<WrittenSidecar>,
    proxy_kind: Kind,
    proxy_namespace: String,
    proxy_labels: Labels,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSidecar {
    name: String,
    namespace: String,
    selector: Option<Labels>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Sidecar,
    Router,
}

pub(crate) fn sidecar_selection(case: &mut Case<'_>) -> Result<(), String> {
    let input: Selection = case.input()?;
    let sidecars: Vec<_> = input
        .sidecars
        .into_iter()
        .enumerate()
        .map(sidecar)
        .collect();
    let proxy = ProxyScope {
        kind: match input.proxy_kind {
            Kind::Sidecar => ProxyKind::Sidecar,
            Kind::Router => ProxyKind::Router,
        },
        namespace: &input.proxy_namespace,
        labels: &input.proxy_labels,
    };
    let chosen = select_sidecar(&sidecars, &input.root_namespace, proxy).value;
    let name = chosen.map(|s| format!("{}/{}", s.metadata.namespace, s.metadata.name));
    case.came_out("sidecar", name);
    Ok(())
}

/// Sidecars are listed in order of their age.
fn sidecar((place, written): (usize, WrittenSidecar)) -> Object<Sidecar> {
    let age = f64::from(u32::try_from(place).expect("vectors are short"));
    Object {
        metadata: objects::metadata(&written.namespace, &written.name, age),
        spec: Sidecar {
            workload_selector: written.selector.map(|labels| WorkloadSelector { labels }),
            ..Sidecar::default()
        },
    }
}

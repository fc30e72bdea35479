//! Which virtual services a proxy reads, and in which order.

use super::{by_age, export::ExportTo, rules};
use crate::{
    Decision,
    kinds::{Object, VirtualService},
};

/// The name under which all sidecars stand in for a gateway.
pub const MESH_GATEWAY: &str = "mesh";

/// The virtual services of a control plane, in order of their age.
#[derive(Debug, Clone, Default)]
pub struct VisibleVirtualServices<'a> {
    all: Vec<(&'a Object<VirtualService>, ExportTo)>,
}

/// The groups in which a proxy reads virtual services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Private,
    Exported,
    Public,
}

impl<'a> VisibleVirtualServices<'a> {
    /// Puts the virtual services of a mesh with this default `exportTo` in order.
    pub fn new(
        services: impl IntoIterator<Item = &'a Object<VirtualService>>,
        mesh_default: &[String],
    ) -> Self {
        let with_export = |service: &'a Object<VirtualService>| {
            let export_to = ExportTo::effective(&service.spec.export_to, mesh_default);
            (service, export_to)
        };
        let mut all: Vec<_> = services.into_iter().map(with_export).collect();
        all.sort_by(|(a, _), (b, _)| by_age(&a.metadata, &b.metadata));
        Self { all }
    }

    /// The virtual services for a gateway (or [`MESH_GATEWAY`]) that a proxy of the namespace
    /// reads: those private to its namespace, those exported to it by name, public ones; by age
    /// within each.
    pub fn of(&self, namespace: &str, gateway: &str) -> Decision<Vec<&'a Object<VirtualService>>> {
        let here = self
            .all
            .iter()
            .filter(|(service, _)| is_bound(service, gateway));
        let mut read: Vec<(Group, &Object<VirtualService>)> = here
            .filter_map(|(service, export)| Some((group(service, export, namespace)?, *service)))
            .collect();
        read.sort_by_key(|(group, _)| *group);
        let services = read.into_iter().map(|(_, service)| service).collect();
        Decision::new(services, rules::VIRTUAL_SERVICE_ORDER)
    }
}

fn is_bound(service: &Object<VirtualService>, gateway: &str) -> bool {
    let listed = &service.spec.gateways;
    match listed.is_empty() {
        true => gateway == MESH_GATEWAY,
        false => listed.iter().any(|name| name == gateway),
    }
}

fn group(service: &Object<VirtualService>, export: &ExportTo, client: &str) -> Option<Group> {
    let namespace = &service.metadata.namespace;
    if !export.shows(namespace, client).value {
        return None;
    }
    Some(match export.is_public() {
        true => Group::Public,
        false if export.is_private_to(namespace, client) => Group::Private,
        false => Group::Exported,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::Metadata;

    fn service(name: &str, namespace: &str, export_to: &[&str]) -> Object<VirtualService> {
        let texts = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
        Object {
            metadata: Metadata {
                name: name.to_owned(),
                namespace: namespace.to_owned(),
                ..Metadata::default()
            },
            spec: VirtualService {
                export_to: texts(export_to),
                ..VirtualService::default()
            },
        }
    }

    fn names(services: &[Object<VirtualService>], client: &str, gateway: &str) -> Vec<String> {
        let visible = VisibleVirtualServices::new(services, &[]);
        let of = visible.of(client, gateway).value;
        of.iter()
            .map(|service| service.metadata.name.clone())
            .collect()
    }

    #[test]
    fn private_ones_come_first_then_those_exported_by_name_then_public_ones() {
        let all = [
            service("a-public", "other", &["*"]),
            service("b-exported", "other", &["client"]),
            service("c-private", "client", &["."]),
            service("d-private", "client", &["client", "other"]),
            service("e-elsewhere", "other", &["."]),
            service("f-hidden", "client", &["~", "."]),
        ];
        let expected = ["c-private", "d-private", "b-exported", "a-public"];
        assert_eq!(names(&all, "client", MESH_GATEWAY), expected);
    }

    #[test]
    fn within_a_group_the_oldest_comes_first() {
        let mut old = service("z", "other", &[]);
        old.metadata.creation_timestamp = Some("2026-01-01T00:00:00Z".parse().unwrap());
        let mut new = service("a", "other", &[]);
        new.metadata.creation_timestamp = Some("2026-01-02T00:00:00Z".parse().unwrap());
        assert_eq!(names(&[new, old], "client", MESH_GATEWAY), ["z", "a"]);
    }

    #[test]
    fn a_service_without_gateways_is_for_sidecars() {
        let mut edge = service("edge", "other", &[]);
        edge.spec.gateways = vec!["infra/edge".to_owned()];
        let all = [service("all", "other", &[]), edge];
        assert_eq!(names(&all, "client", MESH_GATEWAY), ["all"]);
        assert_eq!(names(&all, "client", "infra/edge"), ["edge"]);
    }
}

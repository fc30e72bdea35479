//! A rendered installation that can be asked for objects and fields.

use std::collections::BTreeMap;

use manifest::{Facts, Form, Object, Placed};
use pki::Seed;
use scenario::Topology;
use serde_json::Value;

use crate::topologies::Case;

/// Every object of an installation with the stage that brings it.
pub(crate) struct Installation {
    pub(crate) topology: Topology,
    pub(crate) facts: Facts,
    pub(crate) objects: Vec<(&'static str, Placed)>,
}

pub(crate) fn facts(topology: &Topology) -> Facts {
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    manifest::assumed(topology, Seed::new(1), now).unwrap()
}

impl Installation {
    pub(crate) fn of(case: &Case) -> Self {
        Self::in_form(case, Form::Objects)
    }

    pub(crate) fn in_form(case: &Case, form: Form) -> Self {
        let topology = case.topology();
        let facts = facts(&topology);
        let mut objects = Vec::new();
        for stage in manifest::stages(&topology) {
            let rendered = stage.render(&facts, form).unwrap();
            objects.extend(rendered.into_iter().map(|placed| (stage.name(), placed)));
        }
        Self {
            topology,
            facts,
            objects,
        }
    }

    /// `Kind namespace/name` in `cluster`.
    pub(crate) fn find(&self, cluster: &str, object: &str) -> Option<&Object> {
        self.objects
            .iter()
            .map(|(_, placed)| placed)
            .find(|placed| {
                placed.cluster.as_str() == cluster && placed.object.to_string() == object
            })
            .map(|placed| &placed.object)
    }

    #[track_caller]
    pub(crate) fn object(&self, cluster: &str, object: &str) -> &Object {
        self.find(cluster, object).unwrap_or_else(|| {
            let all: Vec<String> = self
                .objects
                .iter()
                .filter(|(_, placed)| placed.cluster.as_str() == cluster)
                .map(|(_, placed)| placed.object.to_string())
                .collect();
            panic!("no {object} in {cluster}; there are {all:#?}")
        })
    }

    /// The field of an object at a JSON pointer; `null` if there is none.
    #[track_caller]
    pub(crate) fn field(&self, cluster: &str, object: &str, pointer: &str) -> Value {
        let object = self.object(cluster, object).value();
        object.pointer(pointer).cloned().unwrap_or_default()
    }

    /// The environment of a Deployment's first container.
    #[track_caller]
    pub(crate) fn env(&self, cluster: &str, deployment: &str) -> BTreeMap<String, String> {
        let deployment = format!("Deployment {deployment}");
        let env = self.field(cluster, &deployment, "/spec/template/spec/containers/0/env");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let pair = |variable: &Value| (text(&variable["name"]), text(&variable["value"]));
        env.as_array().unwrap().iter().map(pair).collect()
    }

    /// The YAML document in a ConfigMap's key.
    #[track_caller]
    pub(crate) fn document(&self, cluster: &str, config_map: &str, key: &str) -> Value {
        let config_map = format!("ConfigMap {config_map}");
        let text = self.field(cluster, &config_map, &format!("/data/{key}"));
        serde_yaml::from_str(text.as_str().unwrap()).unwrap()
    }

    /// The names and numbers of a Service's ports.
    #[track_caller]
    pub(crate) fn ports(&self, cluster: &str, service: &str) -> Vec<(String, u64)> {
        let service = format!("Service {service}");
        let ports = self.field(cluster, &service, "/spec/ports");
        let port = |port: &Value| {
            let name = port["name"].as_str().unwrap();
            (name.to_owned(), port["port"].as_u64().unwrap())
        };
        ports.as_array().unwrap().iter().map(port).collect()
    }

    /// The stage that brings an object.
    #[track_caller]
    pub(crate) fn stage_of(&self, cluster: &str, object: &str) -> &'static str {
        self.objects
            .iter()
            .find(|(_, placed)| {
                placed.cluster.as_str() == cluster && placed.object.to_string() == object
            })
            .map(|(stage, _)| *stage)
            .unwrap_or_else(|| panic!("no {object} in {cluster}"))
    }

    /// The load-balancer address that the facts assume for a gateway.
    pub(crate) fn address(&self, cluster: &str, index: usize) -> String {
        let name = world::ClusterName::new(cluster).unwrap();
        let range = self.topology.substrate().clusters[&name].load_balancers;
        range.hosts().nth(index).unwrap().to_string()
    }
}

//! Discovery: what is served, group by group or all at once.

use serde_json::{Map, Value, json};

use crate::{
    catalogue::Catalogue,
    json::Text,
    resource::{Resource, Subresource},
    server::ApiServer,
    status::Status,
};

/// `/version`: the Kubernetes whose behaviour this server shows.
pub(crate) fn version() -> Value {
    json!({"major": "1", "minor": "34", "gitVersion": "v1.34.2+isthmus", "gitCommit": "",
        "gitTreeState": "clean", "buildDate": "1970-01-01T00:00:00Z", "goVersion": "",
        "compiler": "", "platform": ""})
}

/// The groups in order, each with its versions, preferred first.
pub(crate) fn grouped(catalogue: &Catalogue) -> Vec<(Text, Vec<Text>)> {
    let mut groups: Vec<(Text, Vec<Text>)> = Vec::new();
    for (group, version) in catalogue.versions() {
        match groups.iter_mut().find(|(name, _)| name == group) {
            Some((_, versions)) => versions.push(version.clone()),
            None => groups.push((group.clone(), vec![version.clone()])),
        }
    }
    for (_, versions) in &mut groups {
        versions.sort_by_key(|version| std::cmp::Reverse(priority(version)));
    }
    groups
}

/// GA over beta over alpha, then the higher number.
fn priority(version: &str) -> (u8, u32, u32) {
    let digits = |text: &str| -> (u32, usize) {
        let end = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        (text[..end].parse().unwrap_or(0), end)
    };
    let rest = version.strip_prefix('v').unwrap_or(version);
    let (major, end) = digits(rest);
    let (stage, minor) = match &rest[end..] {
        "" => (3, 0),
        beta if beta.starts_with("beta") => (2, digits(&beta[4..]).0),
        alpha if alpha.starts_with("alpha") => (1, digits(&alpha[5..]).0),
        _ => (0, 0),
    };
    (stage, major, minor)
}

fn group_version(group: &str, version: &str) -> String {
    if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    }
}

/// `/api` or `/apis`.
pub(crate) fn groups(server: &ApiServer, legacy: bool) -> Value {
    if legacy {
        return json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []});
    }
    let groups = server
        .read(|state| grouped(&state.catalogue))
        .into_iter()
        .filter(|(group, _)| !group.is_empty());
    let groups: Vec<Value> = groups
        .map(|(group, versions)| api_group(&group, &versions))
        .collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

fn api_group(group: &str, versions: &[Text]) -> Value {
    let version = |v: &Text| json!({"groupVersion": group_version(group, v), "version": v});
    let all: Vec<Value> = versions.iter().map(version).collect();
    json!({"name": group, "versions": all, "preferredVersion": all.first()})
}

/// `/apis/<group>`.
///
/// # Errors
/// 404 if there is no such group.
pub(crate) fn group(server: &ApiServer, group: &str) -> Result<Value, Status> {
    let found = server
        .read(|state| grouped(&state.catalogue))
        .into_iter()
        .find(|(name, _)| name == group && !name.is_empty());
    let (name, versions) = found.ok_or_else(Status::no_such_resource)?;
    let mut value = api_group(&name, &versions);
    value["kind"] = "APIGroup".into();
    value["apiVersion"] = "v1".into();
    Ok(value)
}

/// `/api/v1` or `/apis/<group>/<version>`.
///
/// # Errors
/// 404 if there is no such version.
pub(crate) fn resources(server: &ApiServer, group: &str, version: &str) -> Result<Value, Status> {
    let listed: Vec<Value> = server.read(|state| {
        state
            .catalogue
            .of_version(group, version)
            .flat_map(|r| api_resources(r))
            .collect()
    });
    if listed.is_empty() {
        return Err(Status::no_such_resource());
    }
    let mut list = json!({"kind": "APIResourceList", "groupVersion": group_version(group, version), "resources": listed});
    if !group.is_empty() {
        list["apiVersion"] = "v1".into();
    }
    Ok(list)
}

fn api_resources(resource: &Resource) -> Vec<Value> {
    let mut own = json!({
        "name": resource.gvr.resource, "singularName": resource.singular,
        "namespaced": resource.namespaced, "kind": resource.kind, "verbs": sorted(&resource.verbs),
    });
    add_names(&mut own, resource);
    let sub = |(name, sub): (&String, &Subresource)| {
        let mut value = json!({
            "name": format!("{}/{name}", resource.gvr.resource), "singularName": "",
            "namespaced": resource.namespaced, "kind": sub.kind, "verbs": sorted(&sub.verbs),
        });
        if (sub.group.as_str(), sub.version.as_str())
            != (resource.group(), resource.gvr.version.as_str())
        {
            value["group"] = sub.group.as_str().into();
            value["version"] = sub.version.as_str().into();
        }
        value
    };
    std::iter::once(own)
        .chain(resource.subresources.iter().map(sub))
        .collect()
}

fn sorted(verbs: &[String]) -> Vec<&String> {
    let mut verbs: Vec<&String> = verbs.iter().collect();
    verbs.sort();
    verbs
}

fn add_names(value: &mut Value, resource: &Resource) {
    if !resource.short_names.is_empty() {
        value["shortNames"] = json!(resource.short_names);
    }
    if !resource.categories.is_empty() {
        value["categories"] = json!(resource.categories);
    }
}

/// Everything at once: `apidiscovery.k8s.io/v2`.
pub(crate) fn aggregated(server: &ApiServer, legacy: bool) -> Value {
    let groups = server
        .read(|state| grouped(&state.catalogue))
        .into_iter()
        .filter(|(group, _)| group.is_empty() == legacy);
    let item = |(group, versions): (Text, Vec<Text>)| {
        let version = |version: &Text| {
            let resources: Vec<Value> = server.read(|state| {
                state
                    .catalogue
                    .of_version(&group, version)
                    .map(|r| discovered(r))
                    .collect()
            });
            json!({"version": version, "resources": resources, "freshness": "Current"})
        };
        let versions: Vec<Value> = versions.iter().map(version).collect();
        let metadata = if group.is_empty() {
            json!({})
        } else {
            json!({"name": group})
        };
        json!({"metadata": metadata, "versions": versions})
    };
    let items: Vec<Value> = groups.map(item).collect();
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items})
}

fn discovered(resource: &Resource) -> Value {
    let kind = |group: &str, version: &str, kind: &str| json!({"group": group, "version": version, "kind": kind});
    let mut ordered: Vec<_> = resource.subresources.iter().collect();
    if resource.custom().is_some() {
        // Definitions are discovered with the status first.
        ordered.reverse();
    }
    let subs: Vec<Value> = ordered
        .into_iter()
        .map(|(name, sub)| {
            json!({"subresource": name, "responseKind": kind(&sub.group, &sub.version, &sub.kind), "verbs": sorted(&sub.verbs)})
        })
        .collect();
    let mut value = Map::from_iter([
        ("resource".to_owned(), json!(resource.gvr.resource)),
        (
            "responseKind".to_owned(),
            kind(resource.group(), &resource.gvr.version, &resource.kind),
        ),
        (
            "scope".to_owned(),
            json!(if resource.namespaced {
                "Namespaced"
            } else {
                "Cluster"
            }),
        ),
        ("singularResource".to_owned(), json!(resource.singular)),
        ("verbs".to_owned(), json!(sorted(&resource.verbs))),
    ]);
    if !subs.is_empty() {
        value.insert("subresources".to_owned(), subs.into());
    }
    let mut value = Value::Object(value);
    add_names(&mut value, resource);
    value
}

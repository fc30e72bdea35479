//! Hosts whose traffic stays inside the client's cluster.

use std::collections::BTreeMap;

use crate::{Decision, RuleId, kinds::mesh_config::ServiceSettings, routing::host, service::rules};

/// The hosts of one control plane that are decided, by serviceSettings or built in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterLocalHosts {
    hosts: BTreeMap<String, (bool, RuleId)>,
}

impl ClusterLocalHosts {
    /// Reads the settings of a mesh. `domain` is the cluster domain, and `discovery_host` the
    /// host of the control plane's own service.
    pub fn new(settings: &[ServiceSettings], domain: &str, discovery_host: &str) -> Self {
        let mut built_in = built_in(domain, discovery_host);
        let mut hosts = BTreeMap::new();
        for setting in settings {
            let local = setting
                .settings
                .is_some_and(|settings| settings.cluster_local);
            for host in &setting.hosts {
                if !local {
                    built_in.retain(|default| !overrides(host, default));
                }
                hosts.insert(host.clone(), (local, rules::SETTING_LOCAL));
            }
        }
        hosts.extend(
            built_in
                .into_iter()
                .map(|host| (host, (true, rules::BUILT_IN_LOCAL))),
        );
        Self { hosts }
    }

    /// Whether traffic to `host` stays inside the client's cluster.
    pub fn decide(&self, host: &str) -> Decision<bool> {
        let patterns = self.hosts.keys().map(String::as_str);
        let found = host::most_specific(patterns, host).value;
        match found.and_then(|pattern| self.hosts.get(pattern)) {
            Some((local, because)) => Decision::new(*local, because.clone()),
            None => Decision::new(false, rules::MESH_WIDE),
        }
    }
}

fn built_in(domain: &str, discovery_host: &str) -> Vec<String> {
    let discovery = match discovery_host.ends_with(domain) {
        true => discovery_host.to_owned(),
        false => format!("{discovery_host}.{domain}"),
    };
    vec![
        format!("*.kube-system.svc.{domain}"),
        format!("kubernetes.default.svc.{domain}"),
        discovery,
    ]
}

/// Whether a setting for `host` takes the built-in `default` back: it names it, or a host in it.
fn overrides(host: &str, default: &str) -> bool {
    let suffix = default.strip_prefix('*');
    host == default || suffix.is_some_and(|suffix| host.ends_with(suffix))
}

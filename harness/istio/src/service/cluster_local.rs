//! Hosts whose traffic stays inside the client's cluster.

use std::collections::BTreeMap;

use crate::{Decision, RuleId, service::rules};

/// What `serviceSettings` of the mesh says about some hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSetting {
    /// Whether these hosts stay inside their cluster.
    pub cluster_local: bool,
    /// Hosts, or patterns that start with `*`.
    pub hosts: Vec<String>,
}

/// The hosts of one control plane that are decided, by serviceSettings or built in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterLocalHosts {
    hosts: BTreeMap<String, (bool, RuleId)>,
}

impl ClusterLocalHosts {
    /// Reads the settings of a mesh. `domain` is the cluster domain, and `discovery_host` the
    /// host of the control plane's own service.
    pub fn new(settings: &[ServiceSetting], domain: &str, discovery_host: &str) -> Self {
        let mut built_in = built_in(domain, discovery_host);
        let mut hosts = BTreeMap::new();
        for setting in settings {
            for host in &setting.hosts {
                if !setting.cluster_local {
                    built_in.retain(|default| !overrides(host, default));
                }
                hosts.insert(host.clone(), (setting.cluster_local, rules::SETTING_LOCAL));
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
        let exact = self.hosts.get(host);
        match exact.or_else(|| self.longest_suffix(host)) {
            Some((local, because)) => Decision::new(*local, because.clone()),
            None => Decision::new(false, rules::MESH_WIDE),
        }
    }

    fn longest_suffix(&self, host: &str) -> Option<&(bool, RuleId)> {
        let host = host.strip_prefix('*').unwrap_or(host);
        let covers = |(pattern, _): &(&String, _)| {
            let suffix = pattern.strip_prefix('*');
            suffix.is_some_and(|suffix| host.ends_with(suffix))
        };
        let longest = self.hosts.iter().filter(covers);
        longest
            .max_by_key(|(pattern, _)| pattern.len())
            .map(|(_, local)| local)
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

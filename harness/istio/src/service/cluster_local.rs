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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::mesh_config::Settings;

    fn hosts(settings: &[(bool, &str)]) -> ClusterLocalHosts {
        let written = |&(cluster_local, host): &(bool, &str)| ServiceSettings {
            settings: Some(Settings { cluster_local }),
            hosts: vec![host.to_owned()],
        };
        let settings: Vec<_> = settings.iter().map(written).collect();
        ClusterLocalHosts::new(&settings, "cluster.local", "istiod.istio-system.svc")
    }

    #[test]
    fn what_is_built_in_says_so() {
        for host in [
            "dns.kube-system.svc.cluster.local",
            "kubernetes.default.svc.cluster.local",
            "istiod.istio-system.svc.cluster.local",
        ] {
            let decided = hosts(&[]).decide(host);
            assert_eq!(
                (decided.value, decided.because),
                (true, rules::BUILT_IN_LOCAL),
                "{host}"
            );
        }
        assert_eq!(
            hosts(&[]).decide("a.b.svc.cluster.local").because,
            rules::MESH_WIDE
        );
    }

    #[test]
    fn one_host_of_a_built_in_namespace_takes_all_of_it_back() {
        let one = hosts(&[(false, "dns.kube-system.svc.cluster.local")]);
        assert_eq!(
            one.decide("other.kube-system.svc.cluster.local").because,
            rules::MESH_WIDE
        );
        let discovery = ClusterLocalHosts::new(&[], "cluster.local", "d.x.svc.cluster.local");
        assert!(discovery.decide("d.x.svc.cluster.local").value);
    }

    #[test]
    fn a_local_setting_takes_nothing_back() {
        let wide = hosts(&[(true, "dns.kube-system.svc.cluster.local")]);
        let other = wide.decide("other.kube-system.svc.cluster.local");
        assert_eq!((other.value, other.because), (true, rules::BUILT_IN_LOCAL));
        assert_eq!(
            hosts(&[(true, "*")]).decide("x").because,
            rules::SETTING_LOCAL
        );
    }
}

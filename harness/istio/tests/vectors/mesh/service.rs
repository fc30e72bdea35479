//! Services: merging, addresses, scope.

use std::collections::BTreeMap;

use istio::{
    ClusterId,
    kinds::mesh_config::{ServiceSettings, Settings},
    service::{
        ClusterLocalHosts, Discoverability, IpFamilies, RegistryKind, TrafficDistribution,
        duplicate::{self, Claim},
        mcs::{self, Mcs},
        merge::{self, Registered},
        registry, traffic_distribution,
        vip::{self, AddressView, ServiceAddresses},
    },
};
use serde::Deserialize;

use crate::case::Case;

pub(crate) fn merge(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        #[serde(rename = "host")]
        _host: String,
        clusters: Vec<Cluster>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Cluster {
        cluster: ClusterId,
        address: String,
        #[serde(default)]
        service_accounts: Vec<String>,
    }
    let input: Input = case.input()?;
    let registered: Vec<Registered> = input
        .clusters
        .into_iter()
        .map(|entry| Registered {
            cluster: entry.cluster,
            addresses: vec![entry.address],
            service_accounts: entry.service_accounts,
        })
        .collect();
    let merged = merge::merge(&registered)
        .value
        .ok_or("no cluster knows the host")?;
    let vips: BTreeMap<String, Vec<String>> = merged
        .cluster_vips
        .into_iter()
        .map(|(cluster, vips)| (cluster.into(), vips))
        .collect();
    case.came_out("cluster_vips", vips);
    case.came_out("service_accounts", merged.service_accounts);
    Ok(())
}

pub(crate) fn vip(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        default_address: String,
        cluster_vips: BTreeMap<ClusterId, Vec<String>>,
        auto_v4: Option<String>,
        auto_v6: Option<String>,
        proxy_cluster: ClusterId,
        ip_mode: IpMode,
        dual_stack: bool,
        ambient: bool,
        dns_capture: bool,
    }
    #[derive(Deserialize, Clone, Copy)]
    enum IpMode {
        IPv4,
        IPv6,
        Dual,
    }
    let input: Input = case.input()?;
    let service = ServiceAddresses {
        default: Some(input.default_address).filter(|address| !address.is_empty()),
        cluster_vips: input.cluster_vips,
        auto_v4: input.auto_v4,
        auto_v6: input.auto_v6,
    };
    let proxy = AddressView {
        cluster: input.proxy_cluster,
        families: match input.ip_mode {
            IpMode::IPv4 => IpFamilies::V4,
            IpMode::IPv6 => IpFamilies::V6,
            IpMode::Dual => IpFamilies::DUAL,
        },
        captures_dns: input.dns_capture,
        dual_stack: input.dual_stack || input.ambient,
    };
    case.came_out("addresses", vip::addresses(&service, &proxy).value);
    Ok(())
}

pub(crate) fn duplicate_service(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        #[serde(rename = "host")]
        _host: String,
        #[serde(rename = "namespace")]
        _namespace: String,
        objects: Vec<Registry>,
    }
    #[derive(Deserialize, serde::Serialize, Clone, Copy)]
    enum Registry {
        Kubernetes,
        ServiceEntry,
    }
    let input: Input = case.input()?;
    let claim = |(age, registry): (i64, &Registry)| Claim {
        created: age,
        name: String::new(),
        kind: match registry {
            Registry::Kubernetes => RegistryKind::Kubernetes,
            Registry::ServiceEntry => RegistryKind::ServiceEntry,
        },
    };
    let claims: Vec<Claim> = (0..).zip(&input.objects).map(claim).collect();
    let winner = duplicate::winner(&claims).value.map(|i| input.objects[i]);
    case.came_out("winner", winner);
    Ok(())
}

pub(crate) fn mcs(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        mcs_service_discovery: bool,
        mcs_cluster_local: bool,
        exported: bool,
    }
    let input: Input = case.input()?;
    let mcs = Mcs {
        service_discovery: input.mcs_service_discovery,
        cluster_local: input.mcs_cluster_local,
    };
    let host = "service.namespace.svc.cluster.local";
    let reach: Discoverability = mcs::discoverability(mcs, host, input.exported).value;
    let [own, other] = ["own", "other"].map(ClusterId::from);
    case.came_out("same_cluster", reach.allows(&own, &own));
    case.came_out("other_cluster", reach.allows(&other, &own));
    Ok(())
}

pub(crate) fn cluster_local(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        service_settings: Vec<Setting>,
        host: String,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    struct Setting {
        cluster_local: bool,
        hosts: Vec<String>,
    }
    let input: Input = case.input()?;
    let written = |setting: Setting| ServiceSettings {
        settings: Some(Settings {
            cluster_local: setting.cluster_local,
        }),
        hosts: setting.hosts,
    };
    let settings: Vec<_> = input.service_settings.into_iter().map(written).collect();
    let hosts = ClusterLocalHosts::new(&settings, "cluster.local", "istiod.istio-system.svc");
    case.came_out("cluster_local", hosts.decide(&input.host).value);
    Ok(())
}

pub(crate) fn registry_for_proxy(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        proxy_cluster: ClusterId,
        registry_cluster: ClusterId,
        registry_kind: Kind,
    }
    #[derive(Deserialize)]
    enum Kind {
        Kubernetes,
        External,
    }
    let input: Input = case.input()?;
    let kind = match input.registry_kind {
        Kind::Kubernetes => RegistryKind::Kubernetes,
        Kind::External => RegistryKind::ServiceEntry,
    };
    let skipped = registry::skipped_for(&input.proxy_cluster, &input.registry_cluster, kind);
    case.came_out("skipped", skipped.value);
    Ok(())
}

pub(crate) fn traffic_distribution(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        spec: Option<String>,
        service_annotation: Option<String>,
        namespace_annotation: Option<String>,
    }
    let input: Input = case.input()?;
    let effective = traffic_distribution::effective(
        input.spec.as_deref(),
        input.service_annotation.as_deref(),
        input.namespace_annotation.as_deref(),
    );
    let name = match effective.value {
        TrafficDistribution::Any => "Any",
        TrafficDistribution::PreferSameZone => "PreferSameZone",
        TrafficDistribution::PreferSameNode => "PreferSameNode",
    };
    case.came_out("effective", name);
    Ok(())
}

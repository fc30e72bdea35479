//! The files by which a VM joins, as `istioctl x workload entry configure` writes them.

use scenario::topology::{Topology, VmMember};
use serde_json::{Value, json};
use world::VmName;

use crate::{
    At, Facts, ManifestError, Need,
    control_plane::mesh_config,
    site::{Site, istiod_gateway},
    text,
};

/// The files, each to be put at the path that its field names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VmFiles {
    /// `/var/lib/istio/envoy/cluster.env`.
    pub cluster_env: String,
    /// `/etc/istio/config/mesh`.
    pub mesh: String,
    /// `/etc/certs/root-cert.pem`.
    pub root_cert: String,
    /// `/var/run/secrets/tokens/istio-token`.
    pub istio_token: String,
    /// A line for `/etc/hosts`: where istiod is.
    pub hosts: String,
}

impl VmFiles {
    /// Path and content of each; the line for `/etc/hosts` is appended there, not written over it.
    pub fn files(&self) -> [(&'static str, &str); 5] {
        [
            ("/var/lib/istio/envoy/cluster.env", &self.cluster_env),
            ("/etc/istio/config/mesh", &self.mesh),
            ("/etc/certs/root-cert.pem", &self.root_cert),
            ("/var/run/secrets/tokens/istio-token", &self.istio_token),
            ("/etc/hosts", &self.hosts),
        ]
    }
}

/// What has to be known before a VM's files can be written; empty for a VM that does not exist.
pub fn vm_needs(topology: &Topology, name: &VmName) -> Vec<Need> {
    let Some((vm, site)) = onboarding(topology, name) else {
        return Vec::new();
    };
    let mut needs = vec![Need::VmToken(name.clone()), root_certificate(vm)];
    needs.extend(gateway(&site).map(Need::Address));
    needs.extend(site.needs());
    needs
}

/// The files of a VM whose WorkloadGroup, as it stands in its cluster, has this network in its
/// template.
///
/// # Errors
/// If the token, the root certificate or the gateway's address is not known yet.
///
/// # Panics
/// If `name` is no VM of `topology`.
pub fn vm_files(
    topology: &Topology,
    name: &VmName,
    network: Option<&str>,
    facts: &Facts,
) -> Result<VmFiles, ManifestError> {
    let (vm, site) = onboarding(topology, name).expect("the VM is one of the topology's");
    let address = match gateway(&site) {
        Some(gateway) => facts.text(&Need::Address(gateway))?,
        None => "",
    };
    let service = format!("{}.{}.svc", site.revised("istiod"), site.namespace());
    Ok(VmFiles {
        cluster_env: cluster_env(name, vm, &site),
        mesh: mesh(&site, metadata(name, vm, network, &site), facts)?,
        root_cert: facts.text(&root_certificate(vm))?.to_owned(),
        istio_token: facts.text(&Need::VmToken(name.clone()))?.to_owned(),
        hosts: format!("{address} {service}\n"),
    })
}

fn onboarding<'a>(topology: &'a Topology, name: &VmName) -> Option<(&'a VmMember, Site<'a>)> {
    let vm = topology.vms().get(name)?;
    let sites = Site::of_cluster(topology, &vm.onboarded_by);
    sites.first().map(|site| (vm, *site))
}

fn root_certificate(vm: &VmMember) -> Need {
    let namespace = vm.namespace.as_str();
    Need::RootCertificate(At::new(&vm.onboarded_by, namespace, "istio-ca-root-cert"))
}

/// The gateway in front of the istiod that the VM talks to.
fn gateway(site: &Site<'_>) -> Option<At> {
    let own = istiod_gateway(site.topology, site.cluster);
    own.or_else(|| site.istiod_addresses().into_iter().next())
}

fn cluster_env(name: &VmName, vm: &VmMember, site: &Site<'_>) -> String {
    let mut pairs = vec![
        ("ISTIO_INBOUND_PORTS", "*".to_owned()),
        (
            "ISTIO_LOCAL_EXCLUDE_PORTS",
            "22,15090,15021,15020".to_owned(),
        ),
        ("ISTIO_NAMESPACE", vm.namespace.to_string()),
        ("ISTIO_SERVICE", format!("{name}.{}", vm.namespace)),
        ("ISTIO_SERVICE_CIDR", "*".to_owned()),
        ("SERVICE_ACCOUNT", vm.service_account.to_string()),
    ];
    if site.revision.name.is_some() {
        let service = site.revised("istiod");
        pairs.insert(
            0,
            (
                "CA_ADDR",
                format!("{service}.{}.svc:15012", site.namespace()),
            ),
        );
    }
    let line = |(key, value): (&str, String)| format!("{key}='{value}'\n");
    pairs.into_iter().map(line).collect()
}

/// The mesh's configuration of proxies, and who this one is.
fn mesh(site: &Site<'_>, metadata: Value, facts: &Facts) -> Result<String, ManifestError> {
    let config = mesh_config(site, &site.values(facts)?);
    let mut proxy = config.get("defaultConfig").cloned().unwrap_or_default();
    crate::mutation::merge(&mut proxy, &json!({"proxyMetadata": metadata}));
    Ok(text::yaml(&json!({ "defaultConfig": proxy })))
}

fn metadata(name: &VmName, vm: &VmMember, network: Option<&str>, site: &Site<'_>) -> Value {
    let labels = json!({
        "app": name.as_str(),
        "service.istio.io/canonical-name": name.as_str(),
        "service.istio.io/canonical-revision": "latest",
    });
    json!({
        "CANONICAL_REVISION": "latest",
        "CANONICAL_SERVICE": name.as_str(),
        "ISTIO_METAJSON_LABELS": labels.to_string(),
        "ISTIO_META_AUTO_REGISTER_GROUP": name.as_str(),
        "ISTIO_META_CLUSTER_ID": site.cluster_id().as_str(),
        "ISTIO_META_DNS_CAPTURE": "true",
        "ISTIO_META_MESH_ID": site.mesh().name.as_str(),
        "ISTIO_META_NETWORK": network.unwrap_or_default(),
        "ISTIO_META_POD_PORTS": json!([{"name": "http", "containerPort": vm.port}]).to_string(),
        "ISTIO_META_WORKLOAD_NAME": name.as_str(),
        "POD_NAMESPACE": vm.namespace.as_str(),
        "SERVICE_ACCOUNT": vm.service_account.as_str(),
        "TRUST_DOMAIN": &site.mesh().trust_domain,
    })
}

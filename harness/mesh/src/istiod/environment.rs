//! What istiod's container is told: environment, arguments and files.

use std::collections::BTreeMap;

use apiserver::Pod;
use istio::{
    ClusterId,
    version::{Flag, Mechanisms, check_modelled, flag},
};
use k8s_openapi::api::core::v1::{Container, EnvVar, Volume};
use sim::program::{Files, Start};
use world::Version;

use crate::snapshot::{ControlPlane, Flags};

/// Everything that the container knows from the start.
#[derive(Debug, Clone)]
pub(crate) struct Environment {
    pub(crate) control_plane: ControlPlane,
    /// The name of its pod.
    pub(crate) pod: String,
    /// Names and addresses under which others call it besides its Services
    /// (`ISTIOD_CUSTOM_HOST`).
    pub(crate) custom_hosts: Vec<String>,
    /// The files of `cacerts`, if there are any.
    pub(crate) cacerts: Option<Files>,
    /// The kubeconfig of the cluster that holds its configuration, if that is another one.
    pub(crate) kubeconfig: Option<Vec<u8>>,
    /// The mesh ConfigMap and the injector's, if they come as files.
    pub(crate) mesh_files: Option<Files>,
    pub(crate) injector_files: Option<Files>,
}

/// Why istiod does not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EnvironmentError {
    /// The image's tag is no version, or one that is not modelled.
    #[error("image '{image}' is not modelled: {why}")]
    Image { image: String, why: String },
    /// A variable or argument that could change anything and is not modelled.
    #[error("{name} in istiod's environment is not modelled: remove it")]
    Unmodelled { name: String },
    /// A flag has a value that it cannot have.
    #[error(transparent)]
    Flag(#[from] crate::snapshot::control_plane::FlagError),
}

/// Names that istiod reads and that are no feature flags.
const OWN: &[&str] = &[
    "REVISION",
    "POD_NAME",
    "POD_NAMESPACE",
    "SERVICE_ACCOUNT",
    "KUBECONFIG",
    "CA_TRUSTED_NODE_ACCOUNTS",
];

/// The only certificate provider that is modelled.
const CERT_PROVIDER: (&str, &str) = ("PILOT_CERT_PROVIDER", "istiod");

/// Where istiod looks for files. Source: pilot/pkg/bootstrap.
const CACERTS: &str = "/etc/cacerts";
const REMOTE: &str = "/var/run/secrets/remote";
const MESH: &str = "/etc/istio/config";
const INJECT: &str = "/var/lib/istio/inject";

impl Environment {
    /// Reads what the container was started with; files are read now and never again.
    pub(crate) async fn read(start: &Start) -> Result<Self, EnvironmentError> {
        let version = version(&start.container)?;
        let variables = variables(&start.pod, &start.container);
        check(&variables)?;
        let pairs = variables.iter().map(|(n, v)| (n.as_str(), v.as_str()));
        let flags = Flags::new(&version, pairs)?;
        let text = |name: &str| variables.get(name).cloned().unwrap_or_default();
        let control_plane = ControlPlane {
            mechanisms: Mechanisms::at(&version),
            revision: text("REVISION"),
            cluster: ClusterId::from(flags.word(Flag::ClusterId)),
            namespace: text("POD_NAMESPACE"),
            domain: argument(&start.container, "--domain").unwrap_or("cluster.local".to_owned()),
            version,
            flags,
        };
        let kubeconfig = mounted(start, REMOTE).await;
        Ok(Self {
            control_plane,
            pod: text("POD_NAME"),
            custom_hosts: words(&text("ISTIOD_CUSTOM_HOST")),
            cacerts: mounted(start, CACERTS).await,
            kubeconfig: kubeconfig.and_then(|mut files| files.remove("config")),
            mesh_files: mounted(start, MESH).await,
            injector_files: mounted(start, INJECT).await,
        })
    }
}

/// The words of a list with commas.
fn words(list: &str) -> Vec<String> {
    let words = list.split(',').map(str::trim);
    let written = words.filter(|word| !word.is_empty());
    written.map(str::to_owned).collect()
}

/// The version that an image's tag states.
fn version(container: &Container) -> Result<Version, EnvironmentError> {
    let image = container.image.clone().unwrap_or_default();
    let refused = |why: String| EnvironmentError::Image {
        image: image.clone(),
        why,
    };
    let tag = image.rsplit_once(':').map_or("", |(_, tag)| tag);
    let tag = tag.trim_end_matches("-distroless");
    let version: Version = tag
        .parse()
        .map_err(|_| refused("its tag is no version".to_owned()))?;
    check_modelled(&version).map_err(|error| refused(error.to_string()))?;
    Ok(version)
}

/// The variables of a container, those that name a field of the pod filled in.
pub(crate) fn variables(pod: &Pod, container: &Container) -> BTreeMap<String, String> {
    let all = container.env.iter().flatten();
    all.filter_map(|variable| Some((variable.name.clone(), value(pod, variable)?)))
        .collect()
}

fn value(pod: &Pod, variable: &EnvVar) -> Option<String> {
    if let Some(value) = &variable.value {
        return Some(value.clone());
    }
    let field = variable.value_from.as_ref()?.field_ref.as_ref()?;
    match field.field_path.as_str() {
        "metadata.name" => pod.metadata.name.clone(),
        "metadata.namespace" => pod.metadata.namespace.clone(),
        "spec.serviceAccountName" => pod.spec.as_ref()?.service_account_name.clone(),
        "spec.nodeName" => pod.spec.as_ref()?.node_name.clone(),
        "status.podIP" => pod.status.as_ref()?.pod_ip.clone(),
        "status.hostIP" => pod.status.as_ref()?.host_ip.clone(),
        _ => None,
    }
}

/// Refuses variables that could change anything and are not known. Names in other words than
/// Istio's are the container's own business.
fn check(variables: &BTreeMap<String, String>) -> Result<(), EnvironmentError> {
    let unmodelled = |name: &str| EnvironmentError::Unmodelled {
        name: name.to_owned(),
    };
    for (name, value) in variables {
        let known = OWN.contains(&name.as_str()) || flag::is_modelled(name);
        match name.as_str() {
            name if name == CERT_PROVIDER.0 && value == CERT_PROVIDER.1 => {}
            name if !known && is_istios(name) => return Err(unmodelled(name)),
            _ => {}
        }
    }
    Ok(())
}

fn is_istios(name: &str) -> bool {
    let prefixes = [
        "PILOT_",
        "ISTIO_",
        "ISTIOD_",
        "ENABLE_",
        "EXTERNAL_",
        "MCS_",
        "CITADEL_",
    ];
    prefixes.iter().any(|prefix| name.starts_with(prefix))
}

/// The value of an argument, written as `--name value` or `--name=value`.
fn argument(container: &Container, name: &str) -> Option<String> {
    let mut arguments = container.args.iter().flatten();
    while let Some(argument) = arguments.next() {
        match argument.strip_prefix(name) {
            Some("") => return arguments.next().cloned(),
            Some(rest) if rest.starts_with('=') => return Some(rest[1..].to_owned()),
            _ => {}
        }
    }
    None
}

/// The files that are mounted at a path; `None` if nothing is, or nothing is there.
async fn mounted(start: &Start, path: &str) -> Option<Files> {
    let mounts = start.container.volume_mounts.iter().flatten();
    let name = &mounts
        .into_iter()
        .find(|mount| mount.mount_path == path)?
        .name;
    let volumes = start.pod.spec.as_ref()?.volumes.as_ref()?;
    let volume: &Volume = volumes.iter().find(|volume| volume.name == *name)?;
    if let Some(secret) = &volume.secret {
        return start.kubelet.secret(secret.secret_name.as_deref()?).await;
    }
    start
        .kubelet
        .config_map(&volume.config_map.as_ref()?.name)
        .await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn container(env: serde_json::Value) -> Container {
        serde_json::from_value(json!({
            "name": "discovery", "image": "docker.io/istio/pilot:1.30.3", "env": env,
            "args": ["discovery", "--domain", "example.org", "--keepalive=30m"],
        }))
        .unwrap()
    }

    fn told(env: serde_json::Value) -> Result<(), EnvironmentError> {
        check(&variables(&Pod::default(), &container(env)))
    }

    #[test]
    fn a_variable_of_istio_that_is_not_modelled_is_refused_by_its_name() {
        let error = told(json!([{"name": "PILOT_ENABLE_AMBIENT", "value": "true"}])).unwrap_err();
        assert!(error.to_string().contains("PILOT_ENABLE_AMBIENT"));
        assert!(told(json!([{"name": "PILOT_DEBOUNCE_AFTER", "value": "1s"}])).is_ok());
        assert!(told(json!([{"name": "HOME", "value": "/"}])).is_ok());
    }

    #[test]
    fn another_provider_of_certificates_is_refused() {
        assert!(told(json!([{"name": "PILOT_CERT_PROVIDER", "value": "istiod"}])).is_ok());
        let other = told(json!([{"name": "PILOT_CERT_PROVIDER", "value": "kubernetes"}]));
        assert!(other.is_err());
    }

    #[test]
    fn arguments_are_read_in_both_forms_and_the_version_from_the_tag() {
        let container = container(json!([]));
        assert_eq!(argument(&container, "--domain").unwrap(), "example.org");
        assert_eq!(argument(&container, "--keepalive").unwrap(), "30m");
        assert_eq!(argument(&container, "--none"), None);
        assert_eq!(version(&container).unwrap().to_string(), "1.30.3");
    }
}

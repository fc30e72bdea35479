//! The configuration that kubeadm is given: one file, the same layout on every node.
//!
//! v1beta4 alone, which every kubeadm from 1.31 on accepts and the only one from 1.37 on. Beyond
//! what kind writes, it asks for ECDSA keys (RSA keys cost three seconds), for no leader election
//! (there is one control plane), for an etcd that does not wait for the disk (a cluster for a rehearsal
//! outlives no power cut), and for a controller manager that may ask often (it makes an account and a token
//! for each of its controllers before the first one works, and with its usual 20 requests a second that
//! costs five seconds).

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde_json::{Value, json};
use world::Locality;

/// The token with which workers join; clusters are not reachable from outside the host.
const TOKEN: &str = "abcdef.0123456789abcdef";

/// Where the version of Kubernetes is to be filled in, which only the image knows.
pub(crate) const VERSION: &str = "@VERSION@";

/// Everything the configuration of one node depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Configuration<'a> {
    /// The cluster's name on this host.
    pub(crate) cluster: &'a str,
    /// The node's name, which is its container's.
    pub(crate) node: &'a str,
    /// The node that runs the control plane.
    pub(crate) control_plane: &'a str,
    /// The node's address in its mesh network.
    pub(crate) address: Ipv4Addr,
    /// Further names and addresses by which the API server is called.
    pub(crate) names: &'a [String],
    /// The range of pod addresses.
    pub(crate) pods: Ipv4Net,
    /// The range of Service addresses.
    pub(crate) services: Ipv4Net,
    /// Where the node stands.
    pub(crate) locality: &'a Locality,
}

impl Configuration<'_> {
    /// The file, five YAML documents.
    pub(crate) fn render(&self) -> String {
        let documents = [
            self.cluster(),
            self.init(),
            self.join(),
            kubelet(),
            kube_proxy(),
        ]
        .map(|document| serde_yaml::to_string(&document).expect("JSON values are YAML values"));
        documents.join("---\n")
    }

    fn cluster(&self) -> Value {
        let no_election = argument("leader-elect", "false");
        let [per_second, at_once] =
            ["kube-api-qps", "kube-api-burst"].map(|limit| argument(limit, "300"));
        json!({
            "apiVersion": "kubeadm.k8s.io/v1beta4",
            "kind": "ClusterConfiguration",
            "kubernetesVersion": VERSION,
            "clusterName": self.cluster,
            "encryptionAlgorithm": "ECDSA-P256",
            "controlPlaneEndpoint": self.endpoint(),
            "apiServer": { "certSANs": self.names },
            "controllerManager": { "extraArgs": [&no_election, &per_second, &at_once] },
            "scheduler": { "extraArgs": [no_election] },
            "etcd": { "local": {
                "dataDir": "/var/lib/etcd",
                "extraArgs": [argument("unsafe-no-fsync", "true")],
            } },
            "networking": {
                "podSubnet": self.pods.to_string(),
                "serviceSubnet": self.services.to_string(),
            },
        })
    }

    fn init(&self) -> Value {
        json!({
            "apiVersion": "kubeadm.k8s.io/v1beta4",
            "kind": "InitConfiguration",
            "bootstrapTokens": [{ "token": TOKEN }],
            "localAPIEndpoint": { "advertiseAddress": self.address, "bindPort": 6443 },
            "nodeRegistration": self.registration(),
            // The last phase restarts the kubelet so that it renews its certificate, which is good for a
            // year; the restart costs every new cluster seconds.
            "skipPhases": ["preflight", "kubelet-finalize"],
        })
    }

    fn join(&self) -> Value {
        json!({
            "apiVersion": "kubeadm.k8s.io/v1beta4",
            "kind": "JoinConfiguration",
            "nodeRegistration": self.registration(),
            "discovery": { "bootstrapToken": {
                "apiServerEndpoint": self.endpoint(),
                "token": TOKEN,
                "unsafeSkipCAVerification": true,
            } },
            "skipPhases": ["preflight"],
        })
    }

    fn endpoint(&self) -> String {
        format!("{}:6443", self.control_plane)
    }

    fn registration(&self) -> Value {
        json!({
            "criSocket": "unix:///run/containerd/containerd.sock",
            "kubeletExtraArgs": [
                argument("node-ip", self.address.to_string()),
                argument("provider-id", format!("kind://docker/{}/{}", self.cluster, self.node)),
                argument("node-labels", self.labels()),
            ],
        })
    }

    /// Region, zone and subzone, as a cloud provider would write them.
    fn labels(&self) -> String {
        let Locality {
            region,
            zone,
            subzone,
        } = self.locality;
        let labels = [
            ("topology.kubernetes.io/region", region),
            ("topology.kubernetes.io/zone", zone),
            ("topology.istio.io/subzone", subzone),
        ];
        let known = labels.iter().filter(|(_, value)| !value.is_empty());
        known
            .map(|(key, value)| format!("{key}={value}"))
            .collect::<Vec<_>>()
            .join(",")
    }
}

fn argument(name: &str, value: impl Into<String>) -> Value {
    json!({ "name": name, "value": value.into() })
}

fn kubelet() -> Value {
    json!({
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "cgroupDriver": "systemd",
        // A kubelet in a container must not manage its host's control groups.
        "cgroupRoot": "/kubelet",
        // From 1.35 on a kubelet refuses cgroup v1 unless told otherwise.
        "failCgroupV1": false,
        "failSwapOn": false,
        // The disk it sees is the host's; evictions for it would look like faults of the mesh.
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {
            "nodefs.available": "0%", "nodefs.inodesFree": "0%", "imagefs.available": "0%",
        },
    })
}

fn kube_proxy() -> Value {
    json!({
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "iptables": { "minSyncPeriod": "1s" },
        // The host's connection table cannot be resized from within a container.
        "conntrack": { "maxPerCore": 0 },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(locality: &str) -> String {
        let names = ["127.0.0.1".to_owned(), "172.30.0.2".to_owned()];
        let locality = locality.parse().unwrap();
        let configuration = Configuration {
            cluster: "c1",
            node: "c1-control-plane",
            control_plane: "c1-control-plane",
            address: Ipv4Addr::new(172, 30, 1, 2),
            names: &names,
            pods: "10.10.0.0/16".parse().unwrap(),
            services: "10.110.0.0/16".parse().unwrap(),
            locality: &locality,
        };
        configuration.render()
    }

    fn documents(text: &str) -> Vec<Value> {
        text.split("---\n")
            .map(|document| serde_yaml::from_str(document).unwrap())
            .collect()
    }

    #[test]
    fn one_file_holds_the_five_documents_that_kubeadm_reads() {
        let kinds: Vec<String> = documents(&rendered("us-east"))
            .iter()
            .map(|document| document["kind"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(
            kinds,
            [
                "ClusterConfiguration",
                "InitConfiguration",
                "JoinConfiguration",
                "KubeletConfiguration",
                "KubeProxyConfiguration"
            ]
        );
    }

    #[test]
    fn a_node_says_where_it_stands_as_far_as_it_is_known() {
        let labels = |locality| {
            let init = documents(&rendered(locality)).swap_remove(1);
            init["nodeRegistration"]["kubeletExtraArgs"][2]["value"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(labels("us-east"), "topology.kubernetes.io/region=us-east");
        assert_eq!(
            labels("us-east/a/r1"),
            "topology.kubernetes.io/region=us-east,topology.kubernetes.io/zone=a,topology.istio.io/subzone=r1"
        );
    }

    #[test]
    fn the_api_server_is_certified_for_every_address_it_is_called_by() {
        let cluster = documents(&rendered("a")).swap_remove(0);
        assert_eq!(
            cluster["apiServer"]["certSANs"],
            json!(["127.0.0.1", "172.30.0.2"])
        );
    }
}

//! What a node is told once, by one script: kubeadm's configuration, and what it goes on doing by
//! itself, whether or not isthmus still runs: its routes, and on the control plane the load balancer.
//! Both are units of the node's own systemd, so that they are back after a restart of the container or
//! the daemon.

use std::{fmt::Write as _, net::Ipv4Addr};

use ipnet::Ipv4Net;

use super::{early, kubeadm::VERSION, spec::Role};

const NETWORK: &str = include_str!("files/network");
const BALANCER: &str = include_str!("files/balancer");
const SERVICES: &str = include_str!("files/services");

/// Where kubeadm finds what it is told.
pub(crate) const CONFIGURATION: &str = "/kind/kubeadm.conf";

/// What a node is told once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Orders {
    /// Commands that set routes, one per line.
    pub(crate) routes: String,
    /// The load-balancer addresses of its cluster.
    pub(crate) slice: Ipv4Net,
    /// Its address on the shared bridge.
    pub(crate) wan: Ipv4Addr,
    /// The addresses of its cluster's pods.
    pub(crate) pods: Ipv4Net,
    /// The addresses of its Services.
    pub(crate) services: Ipv4Net,
    /// kubeadm's configuration, without the version.
    pub(crate) kubeadm: String,
    /// Whether it runs the control plane, and so the load balancer.
    pub(crate) role: Role,
}

impl Orders {
    /// The shell script that writes it all, once containerd answers, and starts the unit that needs
    /// no control plane. The load balancer starts with the pod network: before, nobody answers it.
    pub(crate) fn install(&self) -> String {
        let network = NETWORK
            .replace("@ROUTES@", &self.routes)
            .replace("@SLICE@", &self.slice.to_string());
        let balancer = BALANCER
            .replace("@SLICE@", &self.slice.to_string())
            .replace("@WAN@", &self.wan.to_string());
        let services = SERVICES.replace("@SERVICES@", &self.services.to_string());
        let mut script = AWAKE.to_owned();
        file(&mut script, "600", CONFIGURATION, &self.kubeadm);
        file(&mut script, "755", "/kind/isthmus/network", &network);
        file(&mut script, "755", "/kind/isthmus/balancer", &balancer);
        file(&mut script, "755", "/kind/isthmus/services", &services);
        file(
            &mut script,
            "644",
            &unit_path("network.service"),
            NETWORK_UNIT,
        );
        file(
            &mut script,
            "644",
            &unit_path("services.service"),
            SERVICES_UNIT,
        );
        file(
            &mut script,
            "644",
            &unit_path("balancer.service"),
            BALANCER_UNIT,
        );
        file(
            &mut script,
            "644",
            &unit_path("balancer.path"),
            BALANCER_START,
        );
        let (early, started) = match self.role {
            Role::ControlPlane => (
                early::network(self.pods),
                "isthmus-network.service isthmus-services.service isthmus-balancer.path",
            ),
            Role::Worker => (
                String::new(),
                "isthmus-network.service isthmus-services.service",
            ),
        };
        format!(
            "{script}{early}sed -i \"s/{VERSION}/$(cat /kind/version)/\" {CONFIGURATION}\n\
             systemctl enable --quiet --now {started}\n"
        )
    }
}

/// Until containerd answers.
pub(crate) const AWAKE: &str = "until ctr version >/dev/null 2>&1; do sleep 0.1; done\n";

fn file(script: &mut String, mode: &str, path: &str, content: &str) {
    writeln!(
        script,
        "install -D -m {mode} /dev/stdin {path} <<'ISTHMUS'\n{content}ISTHMUS"
    )
    .expect("writing to a string never fails");
}

fn unit_path(name: &str) -> String {
    format!("/etc/systemd/system/isthmus-{name}")
}

const NETWORK_UNIT: &str = "[Unit]
Description=routes and rules of isthmus
Before=kubelet.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/kind/isthmus/network

[Install]
WantedBy=multi-user.target
";

const SERVICES_UNIT: &str = "[Unit]
Description=Services before kube-proxy serves them
Before=kubelet.service

[Service]
ExecStart=/kind/isthmus/services

[Install]
WantedBy=multi-user.target
";

const BALANCER_UNIT: &str = "[Unit]
Description=load balancer of isthmus
After=kubelet.service isthmus-network.service

[Service]
ExecStart=/kind/isthmus/balancer
Restart=always
RestartSec=1s
";

const BALANCER_START: &str = "[Unit]
Description=load balancer of isthmus, once there is a pod network

[Path]
PathExistsGlob=/etc/cni/net.d/*.conflist

[Install]
WantedBy=multi-user.target
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_told_its_own_addresses_and_nothing_is_left_to_fill_in() {
        let orders = Orders {
            routes: "ip route replace blackhole 10.2.0.0/16".to_owned(),
            slice: "172.24.8.0/26".parse().unwrap(),
            wan: Ipv4Addr::new(172, 24, 0, 2),
            pods: "10.10.0.0/16".parse().unwrap(),
            services: "10.96.0.0/16".parse().unwrap(),
            kubeadm: "kubernetesVersion: '@VERSION@'\n".to_owned(),
            role: Role::ControlPlane,
        };
        let script = orders.install();
        for told in [
            "blackhole 10.2.0.0/16",
            "172.24.8.0/26",
            "172.24.0.2",
            "10.96.0.0/16",
        ] {
            assert!(script.contains(told), "{told}");
        }
        for open in ["@ROUTES@", "@SLICE@", "@WAN@", "@SERVICES@"] {
            assert!(!script.contains(open), "{open}");
        }
        let worker = Orders {
            role: Role::Worker,
            ..orders
        };
        assert!(script.contains(
            "--now isthmus-network.service isthmus-services.service isthmus-balancer.path"
        ));
        assert!(
            worker
                .install()
                .ends_with("--now isthmus-network.service isthmus-services.service\n")
        );
    }

    #[test]
    fn what_is_written_is_shell() {
        let orders = Orders {
            routes: String::new(),
            slice: "172.24.8.0/26".parse().unwrap(),
            wan: Ipv4Addr::new(172, 24, 0, 2),
            pods: "10.10.0.0/16".parse().unwrap(),
            services: "10.96.0.0/16".parse().unwrap(),
            kubeadm: "kubernetesVersion: '@VERSION@'\n".to_owned(),
            role: Role::ControlPlane,
        };
        for text in [orders.install(), BALANCER.to_owned(), SERVICES.to_owned()] {
            let parsed = std::process::Command::new("bash")
                .args(["-n", "-c", &text])
                .output()
                .unwrap();
            assert!(parsed.status.success(), "{parsed:?}");
        }
    }
}

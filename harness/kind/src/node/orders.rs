//! What a node goes on doing by itself, whether or not isthmus still runs: its routes, and on the
//! control plane the load balancer. Both are units of the node's own systemd, so that they are back
//! after a restart of the container or the daemon.

use std::{fmt::Write as _, net::Ipv4Addr};

use ipnet::Ipv4Net;

const NETWORK: &str = include_str!("files/network");
const BALANCER: &str = include_str!("files/balancer");

/// What a node is told once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Orders {
    /// Commands that set routes, one per line.
    pub(crate) routes: String,
    /// The load-balancer addresses of its cluster.
    pub(crate) slice: Ipv4Net,
    /// Its address on the shared bridge.
    pub(crate) wan: Ipv4Addr,
}

impl Orders {
    /// The shell script that writes the units and starts the one that needs no control plane.
    pub(crate) fn install(&self) -> String {
        let network = NETWORK
            .replace("@ROUTES@", &self.routes)
            .replace("@SLICE@", &self.slice.to_string());
        let balancer = BALANCER
            .replace("@SLICE@", &self.slice.to_string())
            .replace("@WAN@", &self.wan.to_string());
        let mut script = String::new();
        file(&mut script, "755", "/kind/isthmus/network", &network);
        file(&mut script, "755", "/kind/isthmus/balancer", &balancer);
        file(&mut script, "644", &unit_path("network"), &unit_once());
        file(&mut script, "644", &unit_path("balancer"), &unit_forever());
        script + "systemctl enable --now isthmus-network.service\n"
    }
}

/// Starts the load balancer; the control plane must be there.
pub(crate) const BALANCE: [&str; 4] = ["systemctl", "enable", "--now", "isthmus-balancer.service"];

fn file(script: &mut String, mode: &str, path: &str, content: &str) {
    writeln!(
        script,
        "install -D -m {mode} /dev/stdin {path} <<'ISTHMUS'\n{content}ISTHMUS"
    )
    .expect("writing to a string never fails");
}

fn unit_path(name: &str) -> String {
    format!("/etc/systemd/system/isthmus-{name}.service")
}

fn unit_once() -> String {
    "[Unit]\nDescription=routes and rules of isthmus\nBefore=kubelet.service\n\n\
     [Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/kind/isthmus/network\n\n\
     [Install]\nWantedBy=multi-user.target\n"
        .to_owned()
}

fn unit_forever() -> String {
    "[Unit]\nDescription=load balancer of isthmus\nAfter=kubelet.service isthmus-network.service\n\n\
     [Service]\nExecStart=/kind/isthmus/balancer\nRestart=always\nRestartSec=1s\n\n\
     [Install]\nWantedBy=multi-user.target\n"
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_told_its_own_addresses_and_nothing_is_left_to_fill_in() {
        let orders = Orders {
            routes: "ip route replace blackhole 10.2.0.0/16".to_owned(),
            slice: "172.24.8.0/26".parse().unwrap(),
            wan: Ipv4Addr::new(172, 24, 0, 2),
        };
        let script = orders.install();
        for told in ["blackhole 10.2.0.0/16", "172.24.8.0/26", "172.24.0.2"] {
            assert!(script.contains(told), "{told}");
        }
        for open in ["@ROUTES@", "@SLICE@", "@WAN@"] {
            assert!(!script.contains(open), "{open}");
        }
    }

    #[test]
    fn what_is_written_is_shell() {
        let orders = Orders {
            routes: String::new(),
            slice: "172.24.8.0/26".parse().unwrap(),
            wan: Ipv4Addr::new(172, 24, 0, 2),
        };
        for text in [orders.install(), BALANCER.to_owned()] {
            let parsed = std::process::Command::new("bash")
                .args(["-n", "-c", &text])
                .output()
                .unwrap();
            assert!(parsed.status.success(), "{parsed:?}");
        }
    }
}

//! A pod network for the first node from its first second on. A kubelet looks for one when it starts and
//! then every five seconds, and the image's own writes its configuration only once its daemon runs: a
//! node that has none at first becomes Ready five seconds late.
//!
//! The name sorts behind every other's, so that the image's own replaces it by being there. Addresses are
//! remembered per configuration, so that the two know nothing of each other: this one hands out the last
//! quarter of the range, which the other one, from the first address on, reaches only after more pods than a
//! kubelet takes.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

/// The controller manager cuts the pods' range into parts of this size, one per node.
const NODE_PREFIX: u8 = 24;

/// The shell commands that write it, on images with the plugins it needs.
pub(super) fn network(pods: Ipv4Net) -> String {
    let range = first_range(pods);
    let (from, to) = last_quarter(range);
    format!(
        r#"if [ -x /opt/cni/bin/ptp ] && [ -x /opt/cni/bin/host-local ]; then
install -D -m 644 /dev/stdin /etc/cni/net.d/99-isthmus.conf <<ISTHMUS
{{"cniVersion":"0.3.1","name":"isthmus-early","type":"ptp","ipMasq":false,"mtu":$(cat /sys/class/net/eth0/mtu),
"ipam":{{"type":"host-local","dataDir":"/run/cni-ipam-state","routes":[{{"dst":"0.0.0.0/0"}}],"ranges":[[{{"subnet":"{range}","rangeStart":"{from}","rangeEnd":"{to}"}}]]}}}}
ISTHMUS
fi
"#
    )
}

/// The range of the node that registers first.
fn first_range(pods: Ipv4Net) -> Ipv4Net {
    let prefix = pods.prefix_len().max(NODE_PREFIX);
    Ipv4Net::new(pods.network(), prefix).expect("a longer prefix of an address is one")
}

/// Its first and last address.
fn last_quarter(range: Ipv4Net) -> (Ipv4Addr, Ipv4Addr) {
    let (first, last) = (range.network().to_bits(), range.broadcast().to_bits());
    let from = last - (last - first) / 4;
    (Ipv4Addr::from_bits(from), Ipv4Addr::from_bits(last - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_hands_out_the_last_addresses_of_the_first_nodes_range() {
        for (pods, range, from, to) in [
            ("10.10.0.0/16", "10.10.0.0/24", "10.10.0.192", "10.10.0.254"),
            ("10.10.7.0/24", "10.10.7.0/24", "10.10.7.192", "10.10.7.254"),
            (
                "10.10.7.64/26",
                "10.10.7.64/26",
                "10.10.7.112",
                "10.10.7.126",
            ),
        ] {
            let script = network(pods.parse().unwrap());
            let told = format!(r#"{{"subnet":"{range}","rangeStart":"{from}","rangeEnd":"{to}"}}"#);
            assert!(script.contains(&told), "{script}");
        }
    }

    #[test]
    fn what_it_writes_is_a_configuration() {
        let script = network("10.10.0.0/16".parse().unwrap());
        let written = script.split("<<ISTHMUS\n").nth(1).unwrap();
        let written = written.split("\nISTHMUS").next().unwrap();
        let written = written.replace("$(cat /sys/class/net/eth0/mtu)", "1500");
        let written: serde_json::Value = serde_json::from_str(&written).unwrap();
        assert_eq!(
            (&written["type"], &written["mtu"]),
            (&"ptp".into(), &1500.into())
        );
    }
}

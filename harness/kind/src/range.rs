//! Address ranges that nobody on this host uses.
//!
//! Pod and Service ranges are the topology's and live inside the nodes; ranges of bridges must not
//! meet those of Docker's other networks or the host's routes, or traffic leaves by the wrong door.

use ipnet::Ipv4Net;

use crate::{Error, Result};

/// Where bridges take their ranges from: within 172.16.0.0/12, above what Docker hands out first.
const POOL: &str = "172.24.0.0/13";
/// Room for nodes, machines and load-balancer addresses.
const PREFIX: u8 = 20;

/// Picks the first free range of the pool.
pub(crate) fn free(what: &str, used: &[Ipv4Net]) -> Result<Ipv4Net> {
    let pool: Ipv4Net = POOL.parse().expect("a constant range");
    let mut candidates = pool
        .subnets(PREFIX)
        .expect("longer than the pool's own prefix");
    let free = candidates.find(|range| !used.iter().any(|taken| meet(*range, *taken)));
    free.ok_or_else(|| Error::NoRange {
        what: what.to_owned(),
        pool,
    })
}

fn meet(a: Ipv4Net, b: Ipv4Net) -> bool {
    a.contains(&b.network()) || b.contains(&a.network())
}

/// The ranges of the host's routes, from the text of `/proc/net/route`.
pub(crate) fn routed(table: &str) -> Vec<Ipv4Net> {
    table
        .lines()
        .skip(1)
        .filter_map(route)
        .filter(|range| range.prefix_len() > 0)
        .collect()
}

/// One line: interface, destination and, as the eighth word, the mask; both hexadecimal, little end first.
fn route(line: &str) -> Option<Ipv4Net> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let address = |word: &str| {
        u32::from_str_radix(word, 16)
            .ok()
            .map(|n| n.swap_bytes().into())
    };
    let (destination, mask) = (address(words.get(1)?)?, address(words.get(7)?)?);
    Ipv4Net::with_netmask(destination, mask).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> Ipv4Net {
        text.parse().unwrap()
    }

    #[test]
    fn a_range_in_use_is_passed_over_however_it_overlaps() {
        let used = [net("172.24.0.0/16"), net("172.25.3.0/24")];
        assert_eq!(free("a", &used).unwrap(), net("172.25.16.0/20"));
    }

    #[test]
    fn a_full_pool_is_an_error_that_says_what_to_remove() {
        let error = free("a", &[net("172.16.0.0/12")]).unwrap_err();
        assert!(
            error.to_string().contains("docker network prune"),
            "{error}"
        );
    }

    #[test]
    fn the_hosts_routes_are_read_without_its_default_route() {
        let table = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
            eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
            br0\t000018AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n";
        assert_eq!(routed(table), [net("172.24.0.0/16")]);
    }
}

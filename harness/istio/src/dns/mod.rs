//! What the DNS table of a proxy holds.
//!
//! The table answers only in proxies that capture DNS; all others ask their cluster, which knows
//! nothing of services in other clusters.

pub mod headless;
pub mod rules;

use std::net::IpAddr;

use crate::Decision;

/// The records of a service that is not headless: the addresses the proxy knows it by
/// ([`crate::service::vip::addresses`]) without those that are ranges.
pub fn records(addresses: &[String]) -> Decision<Vec<String>> {
    let single = |address: &&String| address.parse::<IpAddr>().is_ok();
    let found = addresses.iter().filter(single).cloned();
    Decision::new(found.collect(), rules::VIP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_give_no_record() {
        let addresses = ["10.0.0.1", "10.0.0.0/24", "2001:db8::1"].map(str::to_owned);
        assert_eq!(records(&addresses).value, ["10.0.0.1", "2001:db8::1"]);
    }
}

//! Under which addresses a proxy knows a service.

use std::{collections::BTreeMap, net::IpAddr};

use ipnet::IpNet;

use crate::{ClusterId, Decision, service::rules};

/// Which address families a proxy has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct IpFamilies {
    /// IPv4.
    pub v4: bool,
    /// IPv6.
    pub v6: bool,
}

impl IpFamilies {
    /// IPv4 alone.
    pub const V4: Self = Self {
        v4: true,
        v6: false,
    };
    /// IPv6 alone.
    pub const V6: Self = Self {
        v4: false,
        v6: true,
    };
    /// Both.
    pub const DUAL: Self = Self { v4: true, v6: true };
    /// Not known.
    pub const UNKNOWN: Self = Self {
        v4: false,
        v6: false,
    };

    /// Whether the proxy has both families.
    pub fn is_dual(self) -> bool {
        self == Self::DUAL
    }
}

/// The addresses of a service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceAddresses {
    /// The address of the object that represents the service.
    pub default: Option<String>,
    /// The addresses per cluster; empty for a ServiceEntry.
    pub cluster_vips: BTreeMap<ClusterId, Vec<String>>,
    /// The IPv4 address allocated by istiod.
    pub auto_v4: Option<String>,
    /// The IPv6 address allocated by istiod.
    pub auto_v6: Option<String>,
}

impl ServiceAddresses {
    /// Every address that some proxy may hold the service under, in no order; one may come twice.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        let of_clusters = self.cluster_vips.values().flatten();
        let one_each = [&self.default, &self.auto_v4, &self.auto_v6];
        let all = one_each.into_iter().flatten().chain(of_clusters);
        all.map(String::as_str)
    }
}

/// What of a proxy decides its addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressView {
    /// Its cluster; unset if it states none.
    pub cluster: ClusterId,
    /// Its address families.
    pub families: IpFamilies,
    /// Whether it captures DNS with auto-allocation.
    pub captures_dns: bool,
    /// Whether the control plane lets a dual-stack proxy have both families: `ISTIO_DUAL_STACK`,
    /// or ambient mode.
    pub dual_stack: bool,
}

/// The addresses under which a proxy's listeners and DNS table hold a service; each may be a
/// CIDR range.
pub fn addresses(service: &ServiceAddresses, proxy: &AddressView) -> Decision<Vec<String>> {
    let own = own_cluster(service, proxy);
    let (found, because) = match own.is_empty() && proxy.captures_dns {
        true => (allocated(service), rules::AUTO_ADDRESS),
        false => (own, rules::CLUSTER_VIP),
    };
    let found = match proxy.dual_stack && proxy.families.is_dual() {
        true => found,
        false => of_family(found, proxy.families),
    };
    match found.is_empty() {
        false => Decision::new(found, because),
        true => default(service, proxy),
    }
}

fn own_cluster(service: &ServiceAddresses, proxy: &AddressView) -> Vec<String> {
    match proxy.cluster.is_unset() {
        true => Vec::new(),
        false => service
            .cluster_vips
            .get(&proxy.cluster)
            .cloned()
            .unwrap_or_default(),
    }
}

fn allocated(service: &ServiceAddresses) -> Vec<String> {
    [&service.auto_v4, &service.auto_v6]
        .into_iter()
        .flatten()
        .cloned()
        .collect()
}

/// The default address. If the service has addresses in other clusters it is one of them, and no
/// use to a proxy of another family; an address of a ServiceEntry is matched whatever its family.
fn default(service: &ServiceAddresses, proxy: &AddressView) -> Decision<Vec<String>> {
    let address: Vec<String> = service.default.iter().cloned().collect();
    let remote = service.cluster_vips.values().any(|vips| !vips.is_empty());
    let usable = match remote {
        true => of_family(address, proxy.families),
        false => address,
    };
    let because = match usable.is_empty() {
        true => rules::NO_ADDRESS,
        false => rules::DEFAULT_ADDRESS,
    };
    Decision::new(usable, because)
}

/// Those of `addresses` that a proxy of `families` can use. A dual-stack proxy gets the family of
/// the first one, if it can be read at all.
fn of_family(addresses: Vec<String>, families: IpFamilies) -> Vec<String> {
    let first = addresses.first().and_then(|address| is_v6(address));
    let pick = |v6: bool| -> Vec<String> {
        let of_it = addresses
            .iter()
            .filter(|address| is_v6(address) == Some(v6));
        of_it.cloned().collect()
    };
    match (families, first) {
        (IpFamilies::UNKNOWN, _) => Vec::new(),
        (IpFamilies::V4, _) => pick(false),
        (IpFamilies::V6, _) => pick(true),
        (_, Some(v6)) => pick(v6),
        (_, None) => Some(pick(false))
            .filter(|v4| !v4.is_empty())
            .unwrap_or_else(|| pick(true)),
    }
}

/// Whether an address or a range is IPv6; `None` if it is neither.
fn is_v6(address: &str) -> Option<bool> {
    match address.contains('/') {
        true => address
            .parse::<IpNet>()
            .ok()
            .map(|net| net.addr().is_ipv6()),
        false => address.parse::<IpAddr>().ok().map(|ip| ip.is_ipv6()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(own: &[&str]) -> ServiceAddresses {
        let vips = own.iter().map(|address| (*address).to_owned()).collect();
        ServiceAddresses {
            default: Some("10.0.0.9".to_owned()),
            cluster_vips: [
                ("own".into(), vips),
                ("other".into(), vec!["10.0.0.9".to_owned()]),
            ]
            .into(),
            auto_v4: Some("240.240.0.1".to_owned()),
            auto_v6: Some("2001:2::1".to_owned()),
        }
    }

    fn proxy(families: IpFamilies) -> AddressView {
        AddressView {
            cluster: "own".into(),
            families,
            captures_dns: false,
            dual_stack: false,
        }
    }

    #[test]
    fn the_own_cluster_comes_before_allocation_before_default() {
        let capturing = AddressView {
            captures_dns: true,
            ..proxy(IpFamilies::V6)
        };
        let of = |own: &[&str], proxy: &AddressView| addresses(&service(own), proxy);
        assert_eq!(
            of(&["10.0.0.1"], &proxy(IpFamilies::V4)).because,
            rules::CLUSTER_VIP
        );
        let allocated = of(&[], &capturing);
        assert_eq!(
            (allocated.value, allocated.because),
            (vec!["2001:2::1".to_owned()], rules::AUTO_ADDRESS)
        );
        let default = of(&[], &proxy(IpFamilies::V4));
        assert_eq!(
            (default.value, default.because),
            (vec!["10.0.0.9".to_owned()], rules::DEFAULT_ADDRESS)
        );
        assert_eq!(of(&[], &proxy(IpFamilies::V6)).because, rules::NO_ADDRESS);
        let unplaced = AddressView {
            cluster: ClusterId::default(),
            ..proxy(IpFamilies::V4)
        };
        assert_eq!(of(&["10.0.0.1"], &unplaced).because, rules::DEFAULT_ADDRESS);
    }

    #[test]
    fn without_dual_stack_the_first_family_is_all_there_is() {
        let mixed = ["2001:db8::1", "10.0.0.1"];
        let found = addresses(&service(&mixed), &proxy(IpFamilies::DUAL)).value;
        assert_eq!(found, ["2001:db8::1"]);
        let dual = AddressView {
            dual_stack: true,
            ..proxy(IpFamilies::DUAL)
        };
        assert_eq!(addresses(&service(&mixed), &dual).value, mixed);
        let odd = ["name", "10.0.0.1", "2001:db8::1"];
        assert_eq!(
            addresses(&service(&odd), &proxy(IpFamilies::DUAL)).value,
            ["10.0.0.1"]
        );
        let none = addresses(&service(&["10.0.0.1"]), &proxy(IpFamilies::UNKNOWN));
        assert_eq!(none.because, rules::NO_ADDRESS);
    }
}

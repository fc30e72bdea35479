//! Where a route leads, by weight.

use crate::{
    Decision,
    kinds::virtual_service::Destination,
    routing::{ClusterKey, rules, short_name::full_host},
};

/// A destination of a route and its share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightedDestination {
    /// The full host.
    pub host: String,
    /// The subset; empty if there is none.
    pub subset: String,
    /// The service port, if it is written.
    pub port: Option<u16>,
    /// Its share of the sum of all weights; never zero.
    pub weight: u32,
}

/// The destinations of a route that can be chosen, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WeightedDestinations(Vec<WeightedDestination>);

impl WeightedDestinations {
    /// Reads the destinations of a route in an object of `namespace`: a single one has all of the
    /// weight, and of several those without weight are left out.
    pub(super) fn new<'a>(
        written: impl ExactSizeIterator<Item = (&'a Destination, u32)>,
        namespace: &str,
        domain: &str,
    ) -> Self {
        let single = written.len() == 1;
        let weighted = written.map(|(to, weight)| WeightedDestination {
            host: full_host(&to.host, namespace, domain).value,
            subset: to.subset.clone().unwrap_or_default(),
            port: to.port.map(|port| port.number),
            weight: if single { 1 } else { weight },
        });
        Self(weighted.filter(|to| to.weight > 0).collect())
    }

    /// The destinations, in order.
    pub fn as_slice(&self) -> &[WeightedDestination] {
        &self.0
    }

    /// The sum of the weights.
    pub fn total(&self) -> u64 {
        self.0.iter().map(|to| u64::from(to.weight)).sum()
    }

    /// The destination for a draw; any number will do, it is taken modulo the sum of the weights.
    /// `None` if there is no destination.
    pub fn pick(&self, draw: u64) -> Decision<Option<&WeightedDestination>> {
        let mut left = draw.checked_rem(self.total()).unwrap_or_default();
        let picked = self.0.iter().find(|to| {
            let within = left < u64::from(to.weight);
            left = left.saturating_sub(u64::from(to.weight));
            within
        });
        Decision::new(picked, rules::ROUTE_WEIGHTS)
    }
}

impl WeightedDestination {
    /// The cluster it means, for a service with these ports that was called on `listener_port`: a
    /// port that is not written is the service's only one, or the one that was called.
    pub fn cluster(&self, service_ports: &[u16], listener_port: u16) -> ClusterKey {
        let only = match service_ports {
            [only] => Some(*only),
            _ => None,
        };
        let port = self.port.or(only).unwrap_or(listener_port);
        ClusterKey::outbound(port, &self.subset, self.host.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::port::PortSelector;

    fn to(host: &str) -> Destination {
        Destination {
            host: host.to_owned(),
            ..Destination::default()
        }
    }

    fn weighted(written: &[(&str, u32)]) -> WeightedDestinations {
        let destinations: Vec<_> = written
            .iter()
            .map(|(host, weight)| (to(host), *weight))
            .collect();
        let pairs = destinations.iter().map(|(to, weight)| (to, *weight));
        WeightedDestinations::new(pairs, "shop", "")
    }

    #[test]
    fn a_single_destination_ignores_its_weight() {
        let single = weighted(&[("a", 0)]);
        assert_eq!(single.total(), 1);
        assert_eq!(single.pick(17).value.unwrap().host, "a.shop");
    }

    #[test]
    fn of_several_those_without_weight_are_never_chosen() {
        let several = weighted(&[("a", 1), ("b", 0), ("c", 2)]);
        assert_eq!(several.as_slice().len(), 2);
        let picked: Vec<_> = (0..4)
            .map(|draw| several.pick(draw).value.unwrap().host.as_str())
            .collect();
        assert_eq!(picked, ["a.shop", "c.shop", "c.shop", "a.shop"]);
        assert_eq!(weighted(&[]).pick(3).value, None);
    }

    #[test]
    fn a_port_that_is_not_written_is_the_only_one_or_the_one_called() {
        let mut one = weighted(&[("a", 1)]).as_slice()[0].clone();
        one.subset = "v1".to_owned();
        assert_eq!(
            one.cluster(&[8080], 80),
            ClusterKey::outbound(8080, "v1", "a.shop")
        );
        assert_eq!(one.cluster(&[8080, 80], 80).port, 80);
        assert_eq!(one.cluster(&[], 80).port, 80);
        one.port = Some(PortSelector { number: 9 }.number);
        assert_eq!(one.cluster(&[8080], 80).port, 9);
    }
}

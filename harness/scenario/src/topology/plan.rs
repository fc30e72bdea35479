//! The address plan: ranges for networks and clusters, the same for the same file.
//!
//! Pods and Services get a `/16` each, the nodes of a network and the load balancers of a cluster
//! a `/24` each, all within `10.0.0.0/8` and away from Docker's and kind's usual ranges. There are
//! eighty such pairs; clusters behind them get a `/18` each, Services in `100.64.0.0/10`, so that 250
//! clusters find room. A range that is given is kept, and planned ones go around it.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

/// The pools that ranges are planned from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pool {
    Pods,
    Services,
    Nodes,
    LoadBalancers,
}

impl Pool {
    /// The ranges of the pool in order.
    fn ranges(self) -> impl Iterator<Item = Ipv4Net> {
        let parts: &'static [Part] = match self {
            Self::Pods => const { &[part([10, 16], 16, 80), part([10, 176], 18, 250)] },
            Self::Services => const { &[part([10, 96], 16, 80), part([100, 64], 18, 250)] },
            Self::Nodes => const { &[part([10, 250], 24, 250)] },
            Self::LoadBalancers => const { &[part([10, 251], 24, 250)] },
        };
        parts.iter().flat_map(|part| part.ranges())
    }
}

/// Ranges of one size, one behind another.
#[derive(Debug, Clone, Copy)]
struct Part {
    first: Ipv4Addr,
    prefix: u8,
    count: u32,
}

const fn part([a, b]: [u8; 2], prefix: u8, count: u32) -> Part {
    Part {
        first: Ipv4Addr::new(a, b, 0, 0),
        prefix,
        count,
    }
}

impl Part {
    fn ranges(self) -> impl Iterator<Item = Ipv4Net> {
        let size = 1_u32 << (32 - self.prefix);
        (0..self.count).map(move |i| {
            let address = u32::from(self.first) + i * size;
            Ipv4Net::new(address.into(), self.prefix).expect("a prefix of at most 32 bits")
        })
    }
}

/// Hands out ranges that do not overlap.
#[derive(Debug, Default)]
pub(crate) struct Allocator {
    taken: Vec<Ipv4Net>,
}

impl Allocator {
    /// Keeps a range from being handed out.
    pub(crate) fn reserve(&mut self, range: Ipv4Net) {
        self.taken.push(range);
    }

    /// The first free range of a pool; `None` if the pool is used up.
    pub(crate) fn next(&mut self, pool: Pool) -> Option<Ipv4Net> {
        let free = pool
            .ranges()
            .find(|range| !self.taken.iter().any(|taken| overlap(taken, range)))?;
        self.reserve(free);
        Some(free)
    }
}

/// Whether two ranges share an address.
pub(crate) fn overlap(a: &Ipv4Net, b: &Ipv4Net) -> bool {
    a.contains(&b.network()) || b.contains(&a.network())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planned_ranges_go_around_reserved_ones() {
        let mut allocator = Allocator::default();
        allocator.reserve("10.16.0.0/15".parse().unwrap());
        let next = |allocator: &mut Allocator| allocator.next(Pool::Pods).unwrap().to_string();
        assert_eq!(next(&mut allocator), "10.18.0.0/16");
        assert_eq!(next(&mut allocator), "10.19.0.0/16");
    }

    #[test]
    fn two_hundred_and_fifty_clusters_find_room() {
        let mut allocator = Allocator::default();
        for pool in [Pool::Pods, Pool::Services, Pool::LoadBalancers] {
            let found: Vec<_> = (0..250).map_while(|_| allocator.next(pool)).collect();
            assert_eq!(found.len(), 250, "{pool:?}");
        }
    }

    #[test]
    fn pools_never_overlap() {
        let pools = [Pool::Pods, Pool::Services, Pool::Nodes, Pool::LoadBalancers];
        for a in pools {
            for b in pools.into_iter().filter(|b| *b != a) {
                let meet = a.ranges().any(|x| b.ranges().any(|y| overlap(&x, &y)));
                assert!(!meet, "{a:?} {b:?}");
            }
        }
    }
}

//! What a packet meets between two places: a pure function of links and faults.

use std::time::Duration;

use world::{Direction, Link, SubstrateFault, fault::End};

use super::place::{Part, Place};

/// The link of networks that are joined by none of their own, and of places in one network: the
/// smallest delay that virtual time can tell from none.
pub const ORDINARY: Path = Path {
    open: true,
    latency: Duration::from_millis(1),
    loss_ppm: 0,
};

/// What a packet meets on its way, one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path {
    /// Whether it arrives at all.
    pub open: bool,
    /// After how long.
    pub latency: Duration,
    /// How often it does not, in parts per million.
    pub loss_ppm: u32,
}

/// The way from `from` to `to` under `faults`.
pub fn path<'a>(
    links: &[Link],
    faults: impl Iterator<Item = &'a SubstrateFault>,
    from: &Place,
    to: &Place,
) -> Path {
    let mut path = linked(links, from, to);
    for fault in faults {
        suffer(&mut path, fault, from, to);
    }
    path
}

/// Whether the processes at `place` run. Those of a paused place stand still while its kernel goes
/// on answering, as a cgroup freezer (`docker pause`) has it: connections are accepted and
/// acknowledged, and nothing comes back on them.
pub fn runs<'a>(mut faults: impl Iterator<Item = &'a SubstrateFault>, place: &Place) -> bool {
    let Place::Cluster { cluster, part, .. } = place else {
        return true;
    };
    !faults.any(|fault| match fault {
        SubstrateFault::PauseCluster(paused) => paused == cluster,
        SubstrateFault::PauseNode(paused, node) => {
            paused == cluster && matches!(part, Part::Node(name) if name == node)
        }
        SubstrateFault::PauseApiServer(paused) => paused == cluster && *part == Part::ControlPlane,
        // Which addresses these pods have is kept beside the fault.
        SubstrateFault::PausePods { .. }
        | SubstrateFault::StopCluster(_)
        | SubstrateFault::Partition { .. }
        | SubstrateFault::Latency { .. }
        | SubstrateFault::Loss { .. }
        | SubstrateFault::ClockSkew { .. } => false,
    })
}

fn linked(links: &[Link], from: &Place, to: &Place) -> Path {
    let (Some(a), Some(b)) = (from.network(), to.network()) else {
        return ORDINARY;
    };
    let pair = if a <= b { (a, b) } else { (b, a) };
    let link = links
        .iter()
        .find(|link| (&link.between.0, &link.between.1) == pair);
    link.map_or(ORDINARY, |link| Path {
        open: true,
        latency: link.latency,
        loss_ppm: link.loss_ppm,
    })
}

fn suffer(path: &mut Path, fault: &SubstrateFault, here: &Place, there: &Place) {
    match fault {
        SubstrateFault::Partition {
            from,
            to,
            direction,
        } => {
            let back = *direction == Direction::Both && joins(to, from, here, there);
            path.open &= !(joins(from, to, here, there) || back);
        }
        SubstrateFault::StopCluster(gone) => {
            path.open &= here.cluster() != Some(gone) && there.cluster() != Some(gone);
        }
        SubstrateFault::Latency { from, to, add } => {
            if either_way(from, to, here, there) {
                path.latency += *add;
            }
        }
        SubstrateFault::Loss { from, to, ppm } => {
            if either_way(from, to, here, there) {
                path.loss_ppm = also_lost(path.loss_ppm, *ppm);
            }
        }
        SubstrateFault::PauseCluster(_)
        | SubstrateFault::PauseNode(..)
        | SubstrateFault::PauseApiServer(_)
        | SubstrateFault::PausePods { .. }
        | SubstrateFault::ClockSkew { .. } => {}
    }
}

fn joins(from: &End, to: &End, here: &Place, there: &Place) -> bool {
    here.is_in(from) && there.is_in(to)
}

fn either_way(from: &End, to: &End, here: &Place, there: &Place) -> bool {
    joins(from, to, here, there) || joins(to, from, here, there)
}

/// Two independent losses in a row.
fn also_lost(a: u32, b: u32) -> u32 {
    const ALL: u64 = 1_000_000;
    let (a, b) = (u64::from(a).min(ALL), u64::from(b).min(ALL));
    let kept = (ALL - a) * (ALL - b) / ALL;
    u32::try_from(ALL - kept).expect("at most a million")
}

#[cfg(test)]
mod tests {
    use world::{ClusterName, NetworkName, NodeName};

    use super::*;

    fn node(cluster: &str, network: &str) -> Place {
        Place::Cluster {
            cluster: ClusterName::new(cluster).unwrap(),
            network: NetworkName::new(network).unwrap(),
            part: Part::Node(NodeName::new("node1").unwrap()),
        }
    }

    fn end(cluster: &str) -> End {
        End::Cluster(ClusterName::new(cluster).unwrap())
    }

    #[test]
    fn a_partition_forth_lets_packets_back() {
        let (a, b) = (node("c1", "n1"), node("c2", "n2"));
        let fault = SubstrateFault::Partition {
            from: end("c1"),
            to: end("c2"),
            direction: Direction::Forth,
        };
        assert!(!path(&[], [&fault].into_iter(), &a, &b).open);
        assert!(path(&[], [&fault].into_iter(), &b, &a).open);
        assert!(path(&[], [&fault].into_iter(), &a, &a).open);
    }

    #[test]
    fn added_latency_and_loss_act_both_ways() {
        let (a, b) = (node("c1", "n1"), node("c2", "n2"));
        let late = SubstrateFault::Latency {
            from: end("c1"),
            to: end("c2"),
            add: Duration::from_millis(40),
        };
        let lossy = |ppm| SubstrateFault::Loss {
            from: end("c1"),
            to: end("c2"),
            ppm,
        };
        let faults = [late, lossy(500_000), lossy(500_000)];
        for (from, to) in [(&a, &b), (&b, &a)] {
            let path = path(&[], faults.iter(), from, to);
            assert_eq!(path.latency, Duration::from_millis(41));
            assert_eq!(path.loss_ppm, 750_000);
        }
    }

    #[test]
    fn a_paused_node_stands_still_and_stays_reachable() {
        let place = node("c1", "n1");
        let fault = SubstrateFault::PauseNode(
            ClusterName::new("c1").unwrap(),
            NodeName::new("node1").unwrap(),
        );
        assert!(!runs([&fault].into_iter(), &place));
        assert!(path(&[], [&fault].into_iter(), &node("c2", "n2"), &place).open);
    }
}

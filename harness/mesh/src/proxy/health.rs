//! Which hosts of a cluster are in use: what follows from their health, and is worked out when that
//! changes and not for every request, as Envoy has it.

use istio::envoy::{
    assignment::Kept,
    load::{self, Hosts, Load},
    rules,
};

use super::{chance::Chance, cluster::Known};

/// The hosts in use.
pub(super) struct Health {
    /// Host by host, as they are kept.
    healthy: Box<[bool]>,
    /// Priority by priority; of none if no host may be used.
    loads: Box<[Load]>,
}

/// The hosts of one request: those of a priority.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tier {
    pub(super) priority: u32,
    /// Whether it uses all its hosts, because too few are healthy.
    panic: bool,
}

impl Health {
    /// Works it out; `is_ejected` says whether a host is out for now whatever istiod said of it.
    pub(super) fn of(known: &Known, is_ejected: impl Fn(&Kept) -> bool) -> Self {
        let healthy = known
            .kept
            .iter()
            .map(|kept| kept.host.healthy && !is_ejected(kept))
            .collect::<Box<[bool]>>();
        let loads = load::loads(&counted(known, &healthy), known.policy.panic_threshold);
        let usable = !known.kept.is_empty() && loads.because != rules::NO_HEALTHY_HOST;
        Self {
            healthy,
            loads: match usable {
                true => loads.value.into(),
                false => Box::default(),
            },
        }
    }

    /// The hosts of one request; `None` if there is none.
    pub(super) fn tier(&self, chance: &mut Chance) -> Option<Tier> {
        if self.loads.is_empty() {
            return None;
        }
        let priority = load::pick(&self.loads, chance)?;
        Some(Tier {
            priority: u32::try_from(priority).ok()?,
            panic: self.loads[priority].panic,
        })
    }

    /// The hosts of a tier, by their indices among those kept.
    pub(super) fn within(&self, tier: Tier, known: &Known) -> Vec<usize> {
        let hosts = known.kept.iter().zip(&self.healthy).enumerate();
        let used = hosts.filter(|(_, (kept, healthy))| {
            kept.priority == tier.priority && (tier.panic || **healthy)
        });
        used.map(|(index, _)| index).collect()
    }
}

/// The hosts of every priority, counted.
fn counted(known: &Known, healthy: &[bool]) -> Vec<Hosts> {
    let last = known.kept.iter().map(|kept| kept.priority).max();
    let mut counts = vec![Hosts::default(); last.map_or(0, |last| last as usize + 1)];
    for (kept, healthy) in known.kept.iter().zip(healthy) {
        let hosts = &mut counts[kept.priority as usize];
        hosts.total += 1;
        hosts.healthy += u32::from(*healthy);
    }
    counts
}

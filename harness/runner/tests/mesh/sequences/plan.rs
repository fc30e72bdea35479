//! What may happen to a mesh, and in which order that makes sense.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};
use proptest_state_machine::ReferenceStateMachine;

/// A mesh of primaries, and what has happened to it.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// The network of each cluster, by number.
    pub(super) networks: Vec<u8>,
    /// How many servers each cluster had in the beginning.
    pub(super) initial: Vec<u8>,
    /// How many it is asked to have now.
    pub(super) servers: Vec<u8>,
    /// What is broken now, by the number of the fault.
    pub(super) broken: BTreeMap<usize, Broken>,
    faults: usize,
}

/// Something that happens. Clusters are numbered from 0.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Scale {
        cluster: usize,
        servers: u8,
    },
    Restart {
        cluster: usize,
    },
    RestartIstiod {
        cluster: usize,
    },
    Rotate {
        of: usize,
        stored_in: usize,
        token: bool,
    },
    Break {
        number: usize,
        what: Broken,
    },
    Heal {
        number: usize,
    },
    Wait {
        seconds: u8,
    },
}

/// Something that is broken until it is healed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Broken {
    Servers {
        cluster: usize,
    },
    ApiServer {
        cluster: usize,
    },
    Gateway {
        cluster: usize,
        moved: bool,
    },
    Secret {
        of: usize,
        stored_in: usize,
        lost: bool,
    },
    Networks,
}

impl Plan {
    pub(super) fn of(networks: &[u8], servers: &[u8]) -> Self {
        Self {
            networks: networks.to_vec(),
            initial: servers.to_vec(),
            servers: servers.to_vec(),
            broken: BTreeMap::new(),
            faults: 0,
        }
    }

    pub(super) fn clusters(&self) -> usize {
        self.networks.len()
    }

    /// Whether the clusters are in more than one network.
    pub(super) fn spans_networks(&self) -> bool {
        self.networks
            .iter()
            .any(|network| *network != self.networks[0])
    }

    /// Whether nothing that a step needs is broken: an API server that stands still answers nobody,
    /// and what is broken is neither broken again nor changed.
    fn allows(&self, step: &Step) -> bool {
        match step {
            Step::Scale { cluster, servers } => {
                let others: u8 = (0..self.clusters())
                    .filter(|other| other != cluster)
                    .map(|other| self.servers[other])
                    .sum();
                self.answers(*cluster) && !self.lacks_servers(*cluster) && servers + others > 0
            }
            Step::Restart { cluster } => {
                self.answers(*cluster)
                    && !self.lacks_servers(*cluster)
                    && self.servers[*cluster] > 0
            }
            // A proxy waits for an istiod that waits for what it cannot reach.
            Step::RestartIstiod { .. } => self.broken.is_empty(),
            Step::Rotate { of, stored_in, .. } => {
                of != stored_in
                    && self.answers(*of)
                    && self.answers(*stored_in)
                    && !self.lacks_secret(*of, *stored_in)
            }
            Step::Break { number, what } => *number == self.faults && self.can_break(what),
            Step::Heal { number } => self
                .broken
                .get(number)
                .is_some_and(|what| self.can_heal(what)),
            Step::Wait { .. } => true,
        }
    }

    fn can_break(&self, what: &Broken) -> bool {
        match what {
            Broken::Servers { cluster } => {
                self.answers(*cluster)
                    && !self.lacks_servers(*cluster)
                    && self.servers[*cluster] > 0
            }
            Broken::ApiServer { cluster } => self.answers(*cluster),
            Broken::Gateway { cluster, .. } => {
                let is_broken = |one: &Broken| matches!(one, Broken::Gateway { cluster: other, .. } if other == cluster);
                self.spans_networks()
                    && self.answers(*cluster)
                    && !self.broken.values().any(is_broken)
            }
            Broken::Secret { of, stored_in, .. } => {
                of != stored_in && self.answers(*stored_in) && !self.lacks_secret(*of, *stored_in)
            }
            Broken::Networks => {
                self.spans_networks() && !self.broken.values().any(|one| *one == Broken::Networks)
            }
        }
    }

    fn can_heal(&self, what: &Broken) -> bool {
        match what {
            Broken::Servers { cluster } | Broken::Gateway { cluster, .. } => self.answers(*cluster),
            Broken::Secret { of, stored_in, .. } => self.answers(*of) && self.answers(*stored_in),
            Broken::ApiServer { .. } | Broken::Networks => true,
        }
    }

    fn answers(&self, cluster: usize) -> bool {
        !self
            .broken
            .values()
            .any(|one| *one == Broken::ApiServer { cluster })
    }

    fn lacks_servers(&self, cluster: usize) -> bool {
        self.broken
            .values()
            .any(|one| *one == Broken::Servers { cluster })
    }

    fn lacks_secret(&self, of: usize, stored_in: usize) -> bool {
        let is_it = |one: &Broken| matches!(one, Broken::Secret { of: o, stored_in: s, .. } if (*o, *s) == (of, stored_in));
        self.broken.values().any(is_it)
    }

    fn breaks(&self) -> BoxedStrategy<Broken> {
        let cluster = 0..self.clusters();
        let pair = (cluster.clone(), cluster.clone(), any::<bool>());
        prop_oneof![
            cluster
                .clone()
                .prop_map(|cluster| Broken::Servers { cluster }),
            cluster
                .clone()
                .prop_map(|cluster| Broken::ApiServer { cluster }),
            (cluster, any::<bool>())
                .prop_map(|(cluster, moved)| Broken::Gateway { cluster, moved }),
            pair.prop_map(|(of, stored_in, lost)| Broken::Secret {
                of,
                stored_in,
                lost
            }),
            Just(Broken::Networks),
        ]
        .boxed()
    }
}

impl ReferenceStateMachine for Plan {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        let clusters = vec((1_u8..=2, 0_u8..=2), 2..=3);
        let plan = clusters.prop_map(|clusters| {
            let (networks, servers): (Vec<u8>, Vec<u8>) = clusters.into_iter().unzip();
            Self::of(&networks, &servers)
        });
        plan.prop_filter("somebody answers", |plan| {
            plan.servers.iter().sum::<u8>() > 0
        })
        .boxed()
    }

    fn transitions(plan: &Self) -> BoxedStrategy<Step> {
        let cluster = 0..plan.clusters();
        let number = plan.faults;
        let standing: Vec<usize> = plan.broken.keys().copied().collect();
        let heal = match standing.is_empty() {
            true => Just(Step::Wait { seconds: 1 }).boxed(),
            false => prop::sample::select(standing)
                .prop_map(|number| Step::Heal { number })
                .boxed(),
        };
        prop_oneof![
            2 => (cluster.clone(), 0_u8..=3).prop_map(|(cluster, servers)| Step::Scale { cluster, servers }),
            1 => cluster.clone().prop_map(|cluster| Step::Restart { cluster }),
            1 => cluster.clone().prop_map(|cluster| Step::RestartIstiod { cluster }),
            2 => (cluster.clone(), cluster, any::<bool>())
                .prop_map(|(of, stored_in, token)| Step::Rotate { of, stored_in, token }),
            4 => plan.breaks().prop_map(move |what| Step::Break { number, what }),
            2 => heal,
            1 => (0_u8..90).prop_map(|seconds| Step::Wait { seconds }),
        ]
        .boxed()
    }

    fn preconditions(plan: &Self, step: &Step) -> bool {
        plan.allows(step)
    }

    fn apply(mut plan: Self, step: &Step) -> Self {
        match step {
            Step::Scale { cluster, servers } => plan.servers[*cluster] = *servers,
            Step::Break { number, what } => {
                plan.broken.insert(*number, what.clone());
                plan.faults += 1;
            }
            Step::Heal { number } => {
                plan.broken.remove(number);
            }
            Step::Restart { .. }
            | Step::RestartIstiod { .. }
            | Step::Rotate { .. }
            | Step::Wait { .. } => {}
        }
        plan
    }
}

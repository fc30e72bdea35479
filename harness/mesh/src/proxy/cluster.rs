//! A cluster of Envoy: the hosts it keeps, the picks among them, and the connections to them.

use std::{sync::Arc, time::Duration};

use istio::{
    Decision, RuleId,
    endpoint::{Selection, select::Purpose},
    envoy::{
        assignment::{self, Address, Kept},
        host_pick::{Candidate, Picker},
        locality_pick::{self, Weighed},
        outlier::{Event, OutlierDetector},
    },
    routing::ClusterKey,
};

use super::{
    chance::Chance,
    core::About,
    health::Health,
    policy::{self, Policy},
    upstream::Upstream,
    view::View,
};

/// One service port and subset, as one proxy sees and uses it.
pub(super) struct Cluster {
    hosts: Option<Known>,
    /// Which of the hosts are in use; `None` if that has changed since the last pick.
    health: Option<Box<Health>>,
    chance: Chance,
    /// Boxed, as most clusters have none and there are thousands of clusters.
    outlier: Option<Box<OutlierDetector>>,
    active: Active,
    /// The connections that carry nothing at the moment, the last one used last. Most clusters have
    /// one: a list is smaller than a map.
    idle: Vec<(Address, Box<Upstream>)>,
    pickers: Vec<Turns>,
}

/// How many requests hosts have under way, of those that have any: of most clusters that is one host,
/// and room for more is memory of every pair of a client and a service.
#[derive(Default)]
struct Active(Vec<(Address, u32)>);

/// A picker and the hosts that it was made for.
struct Turns {
    among: Among,
    hosts: Vec<(Address, u32)>,
    picker: Picker,
}

/// What istiod said of it.
pub(super) struct Known {
    pub(super) policy: Arc<Policy>,
    selection: Selection,
    pub(super) kept: Vec<Arc<Kept>>,
}

/// The set of hosts among which one is picked: a priority, and a group if groups have shares.
type Among = (u32, Option<usize>);

/// A host that was picked for a request or connection.
#[derive(Debug, Clone)]
pub(super) struct Picked {
    pub(super) kept: Arc<Kept>,
    pub(super) policy: Arc<Policy>,
    pub(super) because: RuleId,
    /// How many hosts it was picked among.
    pub(super) among: usize,
    /// The rule that put hosts into priorities.
    pub(super) ordered_by: RuleId,
}

impl Cluster {
    /// Sets a cluster up; `None` if there is no such service, port or subset.
    pub(super) fn new(
        view: &View,
        about: &About,
        purpose: Purpose,
        key: &ClusterKey,
    ) -> Option<Self> {
        let name = format_args!("{} {purpose:?} {key}", about.name);
        let mut cluster = Self {
            hosts: None,
            health: None,
            chance: Chance::new(about.seed, name),
            outlier: None,
            active: Active::default(),
            idle: Vec::new(),
            pickers: Vec::new(),
        };
        cluster.refresh(view, about, purpose, key);
        cluster.is_known().then_some(cluster)
    }

    /// Whether the last push still knew it.
    pub(super) fn is_known(&self) -> bool {
        self.hosts.is_some()
    }

    /// Takes a push in. Idle connections to hosts that are gone are closed; connections set up
    /// under another policy of TLS are, too.
    pub(super) fn refresh(
        &mut self,
        view: &View,
        about: &About,
        purpose: Purpose,
        key: &ClusterKey,
    ) {
        let before = self.hosts.take();
        self.health = None;
        self.hosts = policy::of(view, about, purpose, key).map(|(policy, selection)| Known {
            kept: kept(&selection),
            policy: Arc::new(policy),
            selection,
        });
        let (Some(now), before) = (&self.hosts, before) else {
            return;
        };
        let addresses: Vec<Address> = now.kept.iter().map(|kept| kept.address()).collect();
        let before = before.as_ref().map(|known| &known.policy);
        if before.is_some_and(|policy| policy.tls != now.policy.tls) {
            self.idle.clear();
        }
        self.idle.retain(|(address, _)| addresses.contains(address));
        if before.map(|policy| &policy.outlier) != Some(&now.policy.outlier) {
            let config = now.policy.outlier.clone();
            let began = about.log.elapsed();
            self.outlier = config.map(|config| Box::new(OutlierDetector::new(config, began)));
        }
        if let Some(outlier) = &mut self.outlier {
            outlier.set_hosts(addresses);
        }
    }

    /// The hosts by group and the endpoints that are left out, as the last push has them.
    pub(super) fn selection(&self) -> Option<&Selection> {
        self.hosts.as_ref().map(|known| &known.selection)
    }

    /// What holds for every host.
    pub(super) fn policy(&self) -> Option<&Arc<Policy>> {
        self.hosts.as_ref().map(|known| &known.policy)
    }

    /// Picks a host; `None` if none may be used. Hosts in `avoid` are taken only if as many
    /// further picks as `again` find nobody else.
    pub(super) fn pick(&mut self, now: Duration, avoid: &[Address], again: u32) -> Option<Picked> {
        self.sweep(now);
        let mut picked = self.pick_once()?;
        for _ in 0..again {
            if !avoid.contains(&picked.kept.address()) {
                break;
            }
            picked = self.pick_once()?;
        }
        Some(picked)
    }

    /// Takes note of what became of a request or connection; whether that ejects the host.
    pub(super) fn observe(&mut self, now: Duration, host: &Address, event: Event) -> bool {
        self.sweep(now);
        let outlier = self.outlier.as_mut();
        let ejected = outlier.is_some_and(|outlier| outlier.observe(now, host, event).value);
        if ejected {
            self.health = None;
            // HTTP connections to an ejected host take nothing new.
            self.idle.retain(|(address, _)| address != host);
        }
        ejected
    }

    /// A request to the host begins.
    pub(super) fn begin(&mut self, host: &Address) {
        self.active.begin(host);
    }

    /// A request to the host ends.
    pub(super) fn end(&mut self, host: &Address) {
        self.active.end(host);
    }

    /// Keeps the connection of a request that was answered if it can carry another one.
    pub(super) fn keep(&mut self, host: &Address, upstream: Option<Box<Upstream>>) {
        let limit = self.policy().map_or(0, |policy| policy.max_requests);
        let is_kept = |known: &Known| known.kept.iter().any(|kept| kept.address() == *host);
        let known = self.hosts.as_ref().is_some_and(is_kept) && !self.is_ejected(host);
        let reusable = |carried: u32| limit == 0 || carried < limit;
        if let Some(upstream) = upstream.filter(|one| known && reusable(one.carried())) {
            self.idle.reserve_exact(1);
            self.idle.push((host.clone(), upstream));
        }
    }

    /// A connection to the host that carries nothing at the moment, the last one used first.
    pub(super) fn idle(&mut self, host: &Address) -> Option<Box<Upstream>> {
        while let Some(last) = self.idle.iter().rposition(|(address, _)| address == host) {
            let (_, upstream) = self.idle.remove(last);
            if upstream.is_open() {
                return Some(upstream);
            }
        }
        None
    }

    fn is_ejected(&self, host: &Address) -> bool {
        let outlier = self.outlier.as_ref();
        outlier.is_some_and(|outlier| outlier.is_ejected(host))
    }

    /// Runs the sweeps that were due since the last time.
    fn sweep(&mut self, now: Duration) {
        let Some(outlier) = &mut self.outlier else {
            return;
        };
        while outlier.next_sweep() <= now {
            if !outlier.sweep(outlier.next_sweep()).value.is_empty() {
                self.health = None;
            }
        }
    }

    fn pick_once(&mut self) -> Option<Picked> {
        let known = self.hosts.as_ref()?;
        let outlier = self.outlier.as_deref();
        let is_ejected =
            |kept: &Kept| outlier.is_some_and(|outlier| outlier.is_ejected(&kept.address()));
        let health = self
            .health
            .get_or_insert_with(|| Box::new(Health::of(known, is_ejected)));
        let tier = health.tier(&mut self.chance)?;
        let mut hosts = health.within(tier, known);
        let mut group = None;
        if known.policy.weighted {
            group = Some(group_of(known, tier.priority, &hosts, &mut self.chance)?);
            hosts.retain(|i| Some(known.kept[*i].group) == group);
        }
        let decided = self.among((tier.priority, group), &hosts)?;
        let known = self.hosts.as_ref()?;
        Some(Picked {
            kept: Arc::clone(&known.kept[decided.value]),
            policy: Arc::clone(&known.policy),
            because: decided.because,
            among: hosts.len(),
            ordered_by: known.selection.ordered_by.clone(),
        })
    }

    /// Picks among hosts, by their indices among those kept. Another set of hosts, or other
    /// weights, is another picker, as in Envoy.
    fn among(&mut self, among: Among, hosts: &[usize]) -> Option<Decision<usize>> {
        let known = self.hosts.as_ref()?;
        let kept = || hosts.iter().map(|i| &known.kept[*i]);
        let now = || kept().map(|kept| (kept.address(), kept.host.weight));
        let candidates: Vec<Candidate> = now()
            .map(|(address, weight)| Candidate {
                weight: f64::from(weight),
                active: self.active.of(&address),
            })
            .collect();
        let old = self.pickers.iter().position(|turns| turns.among == among);
        let same = |turns: &Turns| now().eq(turns.hosts.iter().cloned());
        let at = match old.filter(|at| same(&self.pickers[*at])) {
            Some(at) => at,
            None => {
                self.pickers.retain(|turns| turns.among != among);
                let weights: Vec<f64> = candidates.iter().map(|one| one.weight).collect();
                let hosts = now().collect();
                let picker = Picker::new(known.policy.lb, &weights, &mut self.chance);
                // Nearly all clusters have one: a list grows by four.
                self.pickers.reserve_exact(1);
                self.pickers.push(Turns {
                    among,
                    hosts,
                    picker,
                });
                self.pickers.len() - 1
            }
        };
        let picker = &mut self.pickers[at].picker;
        let picked = picker.pick(&candidates, &mut self.chance);
        let index = picked.value.and_then(|i| hosts.get(i)).copied()?;
        Some(Decision::new(index, picked.because))
    }
}

impl Active {
    fn of(&self, host: &Address) -> u32 {
        let found = self.0.iter().find(|(known, _)| known == host);
        found.map_or(0, |(_, active)| *active)
    }

    fn begin(&mut self, host: &Address) {
        match self.0.iter_mut().find(|(known, _)| known == host) {
            Some((_, active)) => *active += 1,
            None => {
                self.0.reserve_exact(1);
                self.0.push((host.clone(), 1));
            }
        }
    }

    fn end(&mut self, host: &Address) {
        if let Some((_, active)) = self.0.iter_mut().find(|(known, _)| known == host) {
            *active -= 1;
        }
        self.0.retain(|(_, active)| *active > 0);
    }
}

fn kept(selection: &Selection) -> Vec<Arc<Kept>> {
    let kept = assignment::kept(&selection.groups).value;
    kept.into_iter().map(Arc::new).collect()
}

/// The group of one request, where groups have shares.
fn group_of(known: &Known, priority: u32, usable: &[usize], chance: &mut Chance) -> Option<usize> {
    let groups: Vec<usize> = (0..known.selection.groups.len())
        .filter(|i| known.selection.groups[*i].priority == priority)
        .collect();
    let count = |hosts: usize| u32::try_from(hosts).unwrap_or(u32::MAX);
    let weighed = groups.iter().map(|group| {
        let of_group = |kept: &&Arc<Kept>| kept.group == *group;
        let available = usable.iter().map(|i| &known.kept[*i]).filter(of_group);
        Weighed {
            weight: known.selection.groups[*group].weight,
            total: count(known.kept.iter().filter(of_group).count()),
            available: count(available.count()),
        }
    });
    let shares = locality_pick::shares(&weighed.collect::<Vec<_>>()).value;
    let mut left = chance.share();
    let picked = shares.iter().position(|share| {
        left -= share;
        left < 0.0
    });
    picked.and_then(|i| groups.get(i)).copied()
}

//! Ejection of hosts that fail: what one proxy makes of the answers it sees.
//!
//! Every proxy counts for itself, a gateway too. Time is an argument: the time since any fixed
//! moment, never less than in an earlier call.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    Decision,
    envoy::{assignment::Address, outlier_config::EnvoyOutlier, rules},
};

/// Envoy's limit of failures in a row for every detector.
const CONSECUTIVE: u32 = 5;
/// Envoy's time between sweeps.
const INTERVAL: Duration = Duration::from_secs(10);
/// Envoy's time of a first ejection.
const BASE_EJECTION_TIME: Duration = Duration::from_secs(30);
/// Envoy's longest ejection, unless the first one is longer.
const MAX_EJECTION_TIME: Duration = Duration::from_secs(300);
/// How much of a cluster Envoy may eject, in percent.
const MAX_EJECTION_PERCENT: u32 = 10;

/// What became of a request, or of an attempt to connect. A request that hangs is no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// An answer with this HTTP status.
    Status(u16),
    /// A connection was made or served.
    Connected,
    /// A connection was refused or reset.
    ConnectFailed,
    /// An attempt to connect, or a request with a timeout, took too long.
    TimedOut,
}

/// What a detector counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Detector {
    ServerErrors,
    GatewayErrors,
    LocalOrigin,
}

const DETECTORS: [Detector; 3] = [
    Detector::ServerErrors,
    Detector::GatewayErrors,
    Detector::LocalOrigin,
];

#[derive(Debug, Clone, Default)]
struct Watched {
    in_a_row: BTreeMap<Detector, u32>,
    /// When it was ejected, while it is.
    ejected: Option<Duration>,
    /// Multiplies the ejection time; grows with ejections and shrinks over quiet sweeps.
    backoff: u32,
}

/// The hosts of one cluster as one proxy watches them.
#[derive(Debug, Clone)]
pub struct OutlierDetector {
    config: EnvoyOutlier,
    hosts: BTreeMap<Address, Watched>,
    swept: Duration,
}

impl OutlierDetector {
    /// Watches a cluster from `now` on.
    pub fn new(config: EnvoyOutlier, now: Duration) -> Self {
        Self {
            config,
            hosts: BTreeMap::new(),
            swept: now,
        }
    }

    /// States which hosts the cluster has, over all priorities and localities. A host that leaves
    /// is forgotten with its ejections.
    pub fn set_hosts(&mut self, hosts: impl IntoIterator<Item = Address>) {
        let mut before = std::mem::take(&mut self.hosts);
        let known = |address: Address| {
            let watched = before.remove(&address).unwrap_or_default();
            (address, watched)
        };
        self.hosts = hosts.into_iter().map(known).collect();
    }

    /// Whether a host is ejected.
    pub fn is_ejected(&self, host: &Address) -> bool {
        self.hosts
            .get(host)
            .is_some_and(|watched| watched.ejected.is_some())
    }

    /// When the next sweep is due.
    pub fn next_sweep(&self) -> Duration {
        self.swept + self.config.interval.unwrap_or(INTERVAL)
    }

    /// Takes note of an event; the answer says whether it ejects the host. Events of hosts that
    /// are not in the cluster change nothing.
    pub fn observe(&mut self, now: Duration, host: &Address, event: Event) -> Decision<bool> {
        let failing = DETECTORS.map(|detector| (detector, self.counts(detector, event)));
        let limits = DETECTORS.map(|detector| self.limit(detector));
        let Some(watched) = self.hosts.get_mut(host) else {
            return Decision::new(false, rules::EJECTED);
        };
        let mut due = false;
        for ((detector, counted), limit) in failing.into_iter().zip(limits) {
            due |= watched.count(detector, counted, limit);
        }
        match due && watched.ejected.is_none() {
            true => self.eject(now, host),
            false => Decision::new(false, rules::EJECTED),
        }
    }

    fn eject(&mut self, now: Duration, host: &Address) -> Decision<bool> {
        let ejected = self
            .hosts
            .values()
            .filter(|watched| watched.ejected.is_some());
        let after = 100 * (ejected.count() as u32 + 1);
        let limit = self
            .config
            .max_ejection_percent
            .unwrap_or(MAX_EJECTION_PERCENT);
        if after > limit.min(100) * self.hosts.len() as u32 {
            return Decision::new(false, rules::EJECTION_LIMIT);
        }
        let (base, max) = self.times();
        let watched = self
            .hosts
            .get_mut(host)
            .expect("the caller has just counted for it");
        watched.ejected = Some(now);
        if base * watched.backoff < max + base {
            watched.backoff += 1;
        }
        Decision::new(true, rules::EJECTED)
    }

    /// Runs the sweep that is due at `now`, if one is; says which hosts return.
    pub fn sweep(&mut self, now: Duration) -> Decision<Vec<Address>> {
        if now < self.next_sweep() {
            return Decision::new(Vec::new(), rules::RETURNED);
        }
        self.swept = now;
        let (base, max) = self.times();
        let mut returned = Vec::new();
        for (address, watched) in &mut self.hosts {
            if watched.returns(now, base, max) {
                returned.push(address.clone());
            }
        }
        Decision::new(returned, rules::RETURNED)
    }

    fn times(&self) -> (Duration, Duration) {
        let base = self.config.base_ejection_time.unwrap_or(BASE_EJECTION_TIME);
        (base, MAX_EJECTION_TIME.max(base))
    }

    /// The failures in a row at which a detector ejects; `None` if it is off.
    fn limit(&self, detector: Detector) -> Option<u32> {
        let config = &self.config;
        let (limit, enforced) = match detector {
            // Envoy enforces this one without being told.
            Detector::ServerErrors => (
                config.consecutive_5xx,
                config.enforcing_consecutive_5xx.unwrap_or(100),
            ),
            Detector::GatewayErrors => (
                config.consecutive_gateway_failure,
                config.enforcing_consecutive_gateway_failure.unwrap_or(0),
            ),
            Detector::LocalOrigin => (
                config.consecutive_local_origin_failure,
                config
                    .enforcing_consecutive_local_origin_failure
                    .unwrap_or(100),
            ),
        };
        (enforced > 0).then(|| limit.unwrap_or(CONSECUTIVE))
    }

    /// Whether an event is a failure (`Some(true)`) or a success to a detector; `None` if it is
    /// none of its business.
    fn counts(&self, detector: Detector, event: Event) -> Option<bool> {
        let split = self.config.split_external_local_origin_errors;
        let status = match event {
            Event::Status(status) => Some(status),
            Event::ConnectFailed if !split => Some(503),
            Event::TimedOut if !split => Some(504),
            Event::Connected | Event::ConnectFailed | Event::TimedOut => None,
        };
        match detector {
            Detector::ServerErrors => status.map(|status| (500..600).contains(&status)),
            Detector::GatewayErrors => status.map(|status| (502..=504).contains(&status)),
            Detector::LocalOrigin if !split => None,
            Detector::LocalOrigin => match event {
                Event::Connected | Event::Status(_) => Some(false),
                Event::ConnectFailed | Event::TimedOut => Some(true),
            },
        }
    }
}

impl Watched {
    /// Counts an event; whether the limit is reached.
    fn count(&mut self, detector: Detector, failed: Option<bool>, limit: Option<u32>) -> bool {
        let in_a_row = self.in_a_row.entry(detector).or_default();
        match failed {
            Some(true) => *in_a_row += 1,
            Some(false) => *in_a_row = 0,
            None => return false,
        }
        let due = limit.is_some_and(|limit| *in_a_row >= limit);
        if due {
            *in_a_row = 0;
        }
        due
    }

    fn returns(&mut self, now: Duration, base: Duration, max: Duration) -> bool {
        let Some(since) = self.ejected else {
            self.backoff = self.backoff.saturating_sub(1);
            return false;
        };
        let over = now.saturating_sub(since) >= (base * self.backoff).min(max);
        if over {
            self.ejected = None;
            self.in_a_row.clear();
        }
        over
    }
}

#[cfg(test)]
#[path = "outlier_tests.rs"]
mod tests;

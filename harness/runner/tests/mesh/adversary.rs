//! Engines that lie: no check of any kind passes on what they say.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use engine::{
    ApiEndpoint, Batch, BringUp, Engine, Environment, Error, FaultHandle, Machine, MeshView,
    Prober, Result, RunningTraffic, Traffic,
};
use futures::{FutureExt, future::BoxFuture};
use judge::Outcome as Verdicts;
use mesh::engine::SimMesh;
use runner::trials;
use tokio::time::sleep;
use world::{
    Answer, Call, Capabilities, Client, ClusterName, ControlPlane, KnownEndpoints, Observation,
    Outcome, Refusal, Substrate, SubstrateFault, VmName, Why,
};

use crate::kit::{inline, options};

/// How an engine lies about everything that it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lie {
    AlwaysYes,
    AlwaysNo,
    CoinToss,
    AlwaysCluster1,
    Slow,
    Erring,
}

const LIES: [Lie; 6] = [
    Lie::AlwaysYes,
    Lie::AlwaysNo,
    Lie::CoinToss,
    Lie::AlwaysCluster1,
    Lie::Slow,
    Lie::Erring,
];

/// An engine whose clusters are real and whose instruments lie.
struct Liar(Lie);

struct LyingEnvironment {
    honest: Box<dyn Environment>,
    instrument: Instrument,
}

struct Instrument {
    lie: Lie,
    asked: AtomicU64,
}

impl Engine for Liar {
    fn name(&self) -> &str {
        "liar"
    }

    fn capabilities(&self) -> Capabilities {
        SimMesh.capabilities()
    }

    fn bring_up<'a>(
        &'a self,
        substrate: &'a Substrate,
        options: BringUp,
    ) -> BoxFuture<'a, Result<Box<dyn Environment>>> {
        async move {
            let honest = SimMesh.bring_up(substrate, options).await?;
            let instrument = Instrument {
                lie: self.0,
                asked: AtomicU64::new(0),
            };
            Ok(Box::new(LyingEnvironment { honest, instrument }) as Box<dyn Environment>)
        }
        .boxed()
    }
}

impl Environment for LyingEnvironment {
    fn client(&self, cluster: &ClusterName) -> Result<kube::Client> {
        self.honest.client(cluster)
    }

    fn api_endpoint(&self, cluster: &ClusterName) -> Result<ApiEndpoint> {
        self.honest.api_endpoint(cluster)
    }

    fn machine(&self, vm: &VmName) -> Result<Box<dyn Machine>> {
        self.honest.machine(vm)
    }

    fn prober(&self) -> &dyn Prober {
        &self.instrument
    }

    fn mesh(&self) -> Result<&dyn MeshView> {
        Ok(&self.instrument)
    }

    fn inject<'a>(&'a self, fault: &'a SubstrateFault) -> BoxFuture<'a, Result<FaultHandle>> {
        self.honest.inject(fault)
    }

    fn heal(&self, fault: FaultHandle) -> BoxFuture<'_, Result<()>> {
        self.honest.heal(fault)
    }

    fn elapsed(&self) -> Duration {
        self.honest.elapsed()
    }

    fn tear_down(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        self.honest.tear_down()
    }
}

impl Instrument {
    async fn outcome(&self) -> Result<Outcome> {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let yes = Outcome::Answered(Answer {
            status: Some(200),
            ..Answer::default()
        });
        let no = Outcome::Refused(Refusal::Timeout);
        Ok(match self.lie {
            Lie::AlwaysYes => yes,
            Lie::AlwaysNo => no,
            // Fair enough for a liar, and the same in every run.
            Lie::CoinToss if number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 63 == 0 => yes,
            Lie::CoinToss => no,
            Lie::AlwaysCluster1 => Outcome::Answered(Answer {
                status: Some(200),
                cluster: ClusterName::new("cluster1").ok(),
                version: Some("v1".into()),
                ..Answer::default()
            }),
            Lie::Slow => {
                sleep(Duration::from_secs(30)).await;
                no
            }
            Lie::Erring => return Err(self.broken()),
        })
    }

    fn broken(&self) -> Error {
        Error::Machinery {
            doing: "asking".to_owned(),
            source: "the instrument is broken".into(),
        }
    }

    async fn observe(&self, call: Arc<Call>) -> Result<Observation> {
        Ok(Observation {
            call,
            at: Duration::ZERO,
            took: Duration::from_millis(1),
            outcome: self.outcome().await?,
            hops: Vec::new(),
        })
    }
}

impl Prober for Instrument {
    fn ask(&self, batch: Batch) -> BoxFuture<'_, Result<Vec<Observation>>> {
        async move {
            let mut seen = Vec::with_capacity(batch.calls.len());
            for call in batch.calls {
                seen.push(self.observe(call).await?);
            }
            Ok(seen)
        }
        .boxed()
    }

    fn start(&self, traffic: Traffic) -> BoxFuture<'_, Result<Box<dyn RunningTraffic>>> {
        async move {
            let first = self.observe(traffic.call).await?;
            Ok(Box::new(Said(vec![first])) as Box<dyn RunningTraffic>)
        }
        .boxed()
    }
}

/// Traffic of which one call is told.
struct Said(Vec<Observation>);

impl RunningTraffic for Said {
    fn take(&mut self) -> Vec<Observation> {
        std::mem::take(&mut self.0)
    }

    fn stop(self: Box<Self>) -> BoxFuture<'static, Result<Vec<Observation>>> {
        async move { Ok(self.0) }.boxed()
    }
}

impl MeshView for Instrument {
    fn control_planes(&self) -> BoxFuture<'_, Result<Vec<ControlPlane>>> {
        async move {
            match self.lie {
                Lie::Erring => Err(self.broken()),
                Lie::AlwaysYes
                | Lie::AlwaysNo
                | Lie::CoinToss
                | Lie::AlwaysCluster1
                | Lie::Slow => Ok(Vec::new()),
            }
        }
        .boxed()
    }

    fn endpoints<'a>(
        &'a self,
        _: &'a Client,
        _: &'a str,
        _: u16,
    ) -> BoxFuture<'a, Result<KnownEndpoints>> {
        async move {
            match self.lie {
                Lie::Erring => Err(self.broken()),
                Lie::AlwaysYes | Lie::CoinToss => Ok(KnownEndpoints::Told(Default::default())),
                Lie::AlwaysNo | Lie::AlwaysCluster1 | Lie::Slow => Ok(KnownEndpoints::NoService),
            }
        }
        .boxed()
    }

    fn explain<'a>(&'a self, _: &'a Call) -> BoxFuture<'a, Result<Why>> {
        async { Err(self.broken()) }.boxed()
    }
}

/// One check of each kind that asks an instrument, as the steps of a scenario.
const CHECKS: [&str; 10] = [
    "check: {name: c, reachable: {from: sleep@cluster1, to: helloworld.sample:5000, servedBy: [cluster1, cluster2]}}",
    "check: {name: c, reachable: {from: sleep@cluster1, to: helloworld.sample:5000, servedBy: cluster1, via: direct}}",
    "check: {name: c, reachable: {from: sleep@cluster1, to: helloworld.sample:5000, versions: [v1, v2]}}",
    "check: {name: c, share: {from: sleep@cluster1, to: helloworld.sample:5000, by: cluster, expect: {cluster1: 50, cluster2: 50}, tolerance: 10}}",
    "check: {name: c, mtls: {from: sleep@cluster1, to: helloworld.sample:5000}}",
    "check: {name: c, synced: {}}",
    "check: {name: c, endpoints: {seenBy: sleep@cluster1, of: helloworld.sample:5000, behind: {cluster1: 1, cluster2: 1}}}",
    "traffic: {name: t, from: sleep@cluster1, to: helloworld.sample:5000, rate: 5/s}\n    - fault: {as: gone, scale: {workload: helloworld@cluster1, replicas: 0}}\n    - check: {name: c, failover: {of: t, after: gone, to: cluster2, took: 30s}}",
    "check: {name: twin, reachable: {from: sleep@cluster1, to: helloworld.sample:5000, servedBy: [cluster1, cluster2]}}\n    - check: {name: c, refused: {from: plain@cluster1, to: helloworld.sample:5000, as: reset}}",
    "check: {name: c, refused: {from: plain@cluster1, to: helloworld.sample:5000, as: reset, twin: d}}\n    - check: {name: d, reachable: {from: sleep@cluster1, to: helloworld.sample:5000, servedBy: [cluster1, cluster2]}}",
];

#[test]
fn no_kind_of_check_passes_on_what_a_liar_says() {
    for (number, check) in CHECKS.iter().enumerate() {
        let scenario = inline(&format!(
            "  topology: flat-multi-primary\n  workloads:\n    sleep: {{in: [cluster1, cluster2]}}\n    helloworld: {{in: {{cluster1: v1, cluster2: v2}}}}\n    plain: {{app: sleep, namespace: plain, inject: false, in: cluster1}}\n  steps:\n    - {check}\n",
        ));
        for lie in LIES {
            let trial = trials(&scenario)[0];
            let said = sim::runtime::run(runner::run(&Liar(lie), trial, &options(1)));
            assert_ne!(
                said.outcome,
                Verdicts::Pass,
                "{lie:?} passed check {number}: {check}"
            );
        }
    }
}

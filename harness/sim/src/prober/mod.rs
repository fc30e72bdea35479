//! The instrument: calls of ordinary clients, from a pod, a machine or from outside.
//!
//! Reading order: this file, [`caller`] (who calls), [`speech`] (what is said and understood).

mod caller;
mod speech;

use std::{
    collections::BTreeMap,
    fmt,
    net::SocketAddrV4,
    sync::{Arc, Mutex, PoisonError},
};

use engine::{Batch, Prober, Result, RunningTraffic, Traffic};
use futures::{FutureExt, StreamExt, TryStreamExt, future::BoxFuture, stream};
use tokio::time::timeout;
use world::{
    Call, Client, ClusterName, Connection, Hop, Observation, Outcome, Refusal, RuleId, Sentence,
    Target, VmName, Words,
};

use crate::{
    cluster::{Cluster, Ground},
    log::EventLog,
    machine::SimMachine,
    net::{Broken, ConnectError, Net},
    program::{Channel, Reply, Serve, Trail},
    traffic::SimTraffic,
};

use caller::{Caller, Callers};

/// Asks the simulated clusters. Clones ask the same.
#[derive(Clone)]
pub struct SimProber {
    net: Net<Arc<dyn Serve>>,
    log: EventLog,
    clusters: Arc<BTreeMap<ClusterName, Arc<Cluster>>>,
    machines: Arc<BTreeMap<VmName, SimMachine>>,
    callers: Callers,
}

/// The open connections of a batch.
#[derive(Default)]
pub(crate) struct Kept(Mutex<BTreeMap<(Client, Target), Arc<Channel>>>);

impl Kept {
    /// The connection to a target, if it is open.
    fn of(&self, from: &Client, to: &Target) -> Option<Arc<Channel>> {
        let key = (from.clone(), to.clone());
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.get(&key).filter(|channel| channel.conn().is_open());
        known.cloned()
    }

    fn keep(&self, from: &Client, to: &Target, channel: &Arc<Channel>) {
        let key = (from.clone(), to.clone());
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(key, Arc::clone(channel));
    }
}

impl SimProber {
    pub(crate) fn new(
        ground: &Ground,
        clusters: &BTreeMap<ClusterName, Arc<Cluster>>,
        machines: &BTreeMap<VmName, SimMachine>,
    ) -> Self {
        Self {
            net: ground.net.clone(),
            log: ground.log.clone(),
            clusters: Arc::new(clusters.clone()),
            machines: Arc::new(machines.clone()),
            callers: Callers::default(),
        }
    }

    /// Asks one call; `kept` holds the connections of its batch.
    pub(crate) async fn one(&self, call: Arc<Call>, kept: &Kept) -> Result<Observation> {
        self.observe(call, kept, Trail::new()).await
    }

    /// Asks one call, of which every station says all it knows.
    pub(crate) async fn explain(&self, call: Call) -> Result<Observation> {
        let kept = Kept::default();
        self.observe(Arc::new(call), &kept, Trail::thorough()).await
    }

    async fn observe(&self, call: Arc<Call>, kept: &Kept, trail: Trail) -> Result<Observation> {
        let caller = self.caller(&call.from)?;
        let at = self.log.elapsed();
        let exchange = self.exchange(&caller, &call, kept, &trail);
        let asked = timeout(call.timeout, exchange).await;
        let asked = asked.unwrap_or(Err(Refusal::Timeout));
        let seen = trail.take();
        let read = asked.and_then(|(reply, reused)| speech::read(reply, reused, &seen));
        Ok(Observation {
            took: self.log.elapsed() - at,
            call,
            at,
            outcome: match read {
                Ok(answer) => Outcome::Answered(answer),
                Err(refusal) => Outcome::Refused(refusal),
            },
            hops: seen.hops,
        })
    }

    /// What came back, and whether the client's own connection had carried a call before.
    async fn exchange(
        &self,
        caller: &Arc<Caller>,
        call: &Call,
        kept: &Kept,
        trail: &Trail,
    ) -> std::result::Result<(Reply, bool), Refusal> {
        let keeps = call.connection == Connection::Kept;
        let old = keeps.then(|| kept.of(&call.from, &call.to)).flatten();
        let reused = old.is_some();
        let channel = match old {
            Some(channel) => channel,
            None => Arc::new(self.connect(caller, call, trail).await?),
        };
        if keeps && !reused {
            kept.keep(&call.from, &call.to, &channel);
        }
        let asked = channel.ask_along(speech::sent(call), trail).await;
        let reply = asked.map_err(|broken| match broken {
            Broken::Reset => Refusal::Reset,
            Broken::TimedOut => Refusal::Timeout,
        })?;
        Ok((reply, reused))
    }

    /// A new connection to the target.
    async fn connect(
        &self,
        caller: &Arc<Caller>,
        call: &Call,
        trail: &Trail,
    ) -> std::result::Result<Channel, Refusal> {
        let to = self.resolve(caller, call, trail)?;
        let conn = self.net.connect(&caller.origin, to).await;
        let conn = conn.map_err(|error| match error {
            ConnectError::Refused => Refusal::Refused,
            ConnectError::TimedOut => Refusal::Timeout,
        })?;
        let picked = conn.address();
        if picked != to {
            let said = move |f: &mut fmt::Formatter<'_>| {
                write!(f, "{to} is a Service; its endpoint {picked} was picked")
            };
            caller.say(trail, fmt::from_fn(said), "kubernetes/service-endpoint");
        }
        Ok(Channel::over(conn))
    }

    fn resolve(
        &self,
        caller: &Arc<Caller>,
        call: &Call,
        trail: &Trail,
    ) -> std::result::Result<SocketAddrV4, Refusal> {
        let because = "kubernetes/dns";
        match self.look_up(caller, &call.to.host) {
            Ok(resolved) => {
                let address = resolved.addresses[0];
                let said = fmt::from_fn(move |f| write!(f, "{} is {address}", resolved.name));
                caller.say(trail, said, because);
                Ok(SocketAddrV4::new(address, call.to.port))
            }
            Err(error) => {
                caller.say(trail, error, because);
                Err(Refusal::Dns)
            }
        }
    }
}

impl Caller {
    fn say(&self, trail: &Trail, decided: impl Words, because: &'static str) {
        trail.pass(Hop {
            at: self.at.clone(),
            decided: Sentence::new(decided),
            because: Some(RuleId::new(because)),
            in_vain: false,
        });
    }
}

impl Prober for SimProber {
    fn ask(&self, batch: Batch) -> BoxFuture<'_, Result<Vec<Observation>>> {
        async move {
            let kept = Kept::default();
            let ask = |call| self.one(call, &kept);
            let calls = stream::iter(batch.calls);
            match batch.parallel.get() {
                1 => calls.then(ask).try_collect().await,
                many => calls.map(ask).buffered(many).try_collect().await,
            }
        }
        .boxed()
    }

    fn start(&self, traffic: Traffic) -> BoxFuture<'_, Result<Box<dyn RunningTraffic>>> {
        let running = SimTraffic::start(self.clone(), traffic);
        async { Ok(Box::new(running) as Box<dyn RunningTraffic>) }.boxed()
    }
}

//! Requests: tried at a host, and tried again as the route has it.

use std::{net::SocketAddrV4, sync::Arc, time::Duration};

use istio::{
    endpoint::{Reached, select::Purpose},
    envoy::{Draw, assignment::Address, outlier::Event},
    routing::{
        RetryPolicy,
        failure::{ProxyCause, Speaks, WireCause},
    },
};
use sim::{
    net::Broken,
    program::{HttpRequest, Reply, Sent, Trail},
};
use tokio::time::{sleep, timeout};

use super::{
    cluster::Picked,
    core::{Proxy, Shared},
    evidence,
    pick::{address_of, said},
    route::Route,
    told::told,
    upstream::{Dial, Upstream},
    view::View,
};

/// The shortest time between tries unless anything is written. Source: Envoy's
/// `retry_back_off.base_interval`.
const BACKOFF: Duration = Duration::from_millis(25);

/// One request on its way from a proxy.
pub(super) struct Errand<'a> {
    pub(super) proxy: &'a Arc<Proxy>,
    pub(super) view: &'a Arc<View>,
    pub(super) route: &'a Route,
    /// Where the application sent it.
    pub(super) to: SocketAddrV4,
    pub(super) http: HttpRequest,
    pub(super) trail: &'a Trail,
}

/// A request that a host has under way, until it is answered or given up.
struct UnderWay<'a> {
    cluster: &'a Shared,
    host: Address,
}

impl<'a> UnderWay<'a> {
    fn begin(cluster: &'a Shared, host: &Address) -> Self {
        cluster.with(|cluster| cluster.begin(host));
        Self {
            cluster,
            host: host.clone(),
        }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.cluster.with(|cluster| cluster.end(&self.host));
    }
}

/// Why a try gave no answer.
enum Failed {
    Own(ProxyCause),
    Wire(WireCause),
}

impl Errand<'_> {
    /// Runs the errand to its end.
    pub(super) async fn run(self) -> Reply {
        if let Some(reply) = self.faulty().await {
            return reply;
        }
        let tried = match self.route.timeout {
            Some(limit) => timeout(limit, self.tries()).await,
            None => Ok(self.tries().await),
        };
        match tried.unwrap_or(Err(Failed::Own(ProxyCause::RouteTimeout))) {
            Ok(reply) => reply,
            Err(Failed::Own(cause)) => {
                evidence::own(self.trail, &self.proxy.about.at, cause, Speaks::Http)
            }
            Err(Failed::Wire(cause)) => {
                evidence::upstream(self.trail, &self.proxy.about.at, cause, Speaks::Http)
            }
        }
    }

    /// The faults that the route injects: a delay, then an answer of the proxy's own.
    async fn faulty(&self) -> Option<Reply> {
        let fault = self.route.fault.as_ref()?;
        let happens = |percent: f64| self.proxy.by_chance(|chance| chance.happens(percent));
        if let Some(delay) = &fault.delay
            && happens(delay.percentage.map_or(0.0, |share| share.value))
        {
            sleep(delay.fixed_delay.get()).await;
        }
        let abort = fault.abort.as_ref()?;
        let aborts = happens(abort.percentage.map_or(100.0, |share| share.value));
        aborts.then(|| evidence::status(abort.http_status))
    }

    async fn tries(&self) -> Result<Reply, Failed> {
        let retry = self.route.retry.as_ref();
        let mut left = retry.map_or(0, |retry| retry.attempts);
        let mut tried: Vec<Address> = Vec::new();
        loop {
            let before = self.trail.stations();
            let result = self.once(&mut tried).await;
            let again = retry.is_some_and(|retry| left > 0 && is_retried(retry, &result));
            let Some(retry) = retry.filter(|_| again) else {
                return result;
            };
            left -= 1;
            self.trail.came_to_nothing(before);
            sleep(self.pause(retry, tried.len())).await;
        }
    }

    /// A random time that may double with every try, as Envoy's backoff with full jitter has it.
    fn pause(&self, retry: &RetryPolicy, tries: usize) -> Duration {
        let base = retry.backoff.unwrap_or(BACKOFF);
        let doubled = base * 2_u32.pow(u32::try_from(tries).unwrap_or(0).clamp(1, 10) - 1);
        let most = u64::try_from(doubled.min(base * 10).as_micros()).unwrap_or(u64::MAX);
        let drawn = self.proxy.by_chance(Draw::draw) % most.max(1);
        Duration::from_micros(drawn)
    }

    async fn once(&self, tried: &mut Vec<Address>) -> Result<Reply, Failed> {
        let (purpose, key) = (Purpose::Outbound, &self.route.key);
        let cluster = self.proxy.cluster(self.view, purpose, key);
        let cluster = cluster.ok_or(Failed::Own(ProxyCause::NoCluster))?;
        let picked = self.pick(&cluster, tried)?;
        let host = picked.kept.address();
        tried.push(host.clone());
        let _under_way = UnderWay::begin(&cluster, &host);
        let limit = self.route.retry.as_ref().and_then(|r| r.per_try_timeout);
        let idle = cluster.with(|cluster| cluster.idle(&host));
        let asked = match limit {
            Some(limit) => timeout(limit, self.ask(&picked, idle)).await,
            None => Ok(self.ask(&picked, idle).await),
        };
        let (result, upstream, event) = match asked {
            Ok(asked) => asked,
            Err(_) => {
                let late = Err(Failed::Own(ProxyCause::RouteTimeout));
                (late, None, Event::TimedOut)
            }
        };
        let now = self.proxy.about.log.elapsed();
        cluster.with(|cluster| {
            cluster.keep(&host, upstream);
            cluster.observe(now, &host, event)
        });
        result
    }

    fn pick(&self, cluster: &Shared, tried: &[Address]) -> Result<Picked, Failed> {
        let now = self.proxy.about.log.elapsed();
        let retry = self.route.retry.as_ref();
        let again = retry
            .filter(|retry| retry.avoid_previous_hosts)
            .map_or(0, |retry| retry.host_selection_attempts);
        let picked = cluster.with(|cluster| {
            if tried.is_empty() {
                told(self.trail, self.proxy, self.view, cluster);
            }
            cluster.pick(now, tried, again)
        });
        let picked = picked.ok_or(Failed::Own(ProxyCause::NoHealthyHost))?;
        said(self.trail, self.proxy, &picked);
        Ok(picked)
    }

    async fn ask(
        &self,
        picked: &Picked,
        idle: Option<Box<Upstream>>,
    ) -> (Result<Reply, Failed>, Option<Box<Upstream>>, Event) {
        let upstream = match self.connection(picked, idle).await {
            Ok(upstream) => upstream,
            Err(cause) => {
                let event = match cause {
                    WireCause::Unreachable => Event::TimedOut,
                    _ => Event::ConnectFailed,
                };
                return (Err(Failed::Wire(cause)), None, event);
            }
        };
        let sent = Sent::Http(self.http.clone());
        let carried = upstream.carry(sent, self.trail).await;
        if matches!(picked.kept.host.reached, Reached::Directly(_)) {
            // Nobody behind this proxy picks again: the pick was made for this request.
            self.trail.picked_earlier(false);
        }
        match carried {
            Ok(reply @ Reply::Http { status, .. }) => {
                (Ok(reply), Some(upstream), Event::Status(status))
            }
            Ok(_) | Err(Broken::Reset | Broken::TimedOut) => {
                let broken = Err(Failed::Wire(WireCause::ConnectionBroken));
                (broken, None, Event::ConnectFailed)
            }
        }
    }

    async fn connection(
        &self,
        picked: &Picked,
        idle: Option<Box<Upstream>>,
    ) -> Result<Box<Upstream>, WireCause> {
        if let Some(upstream) = idle {
            return Ok(upstream);
        }
        let dial = Dial {
            proxy: self.proxy,
            view: self.view,
            policy: &picked.policy,
            to: address_of(picked, self.to)?,
            mtls: picked.kept.host.mtls,
            speaks: Speaks::Http,
            trail: self.trail,
        };
        // Most requests find a connection: none carries the room that opening one takes.
        Box::pin(dial.open()).await.map(Box::new)
    }
}

/// Whether a try is repeated, in Envoy's words for what went wrong.
fn is_retried(retry: &RetryPolicy, result: &Result<Reply, Failed>) -> bool {
    let any = |words: &[&str]| words.iter().any(|word| retry.covers(word));
    match result {
        Ok(Reply::Http { status, .. }) => retry.covers_status(*status),
        Ok(_) | Err(Failed::Own(ProxyCause::RouteTimeout)) => any(&["5xx", "gateway-error"]),
        Err(Failed::Wire(WireCause::ConnectionBroken)) => any(&["5xx", "gateway-error", "reset"]),
        Err(Failed::Wire(_)) => any(&["5xx", "gateway-error", "connect-failure"]),
        Err(Failed::Own(_)) => false,
    }
}

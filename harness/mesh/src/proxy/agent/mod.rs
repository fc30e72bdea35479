//! The image `proxyv2`: the redirection of a pod's connections, and the agent that runs a proxy.
//!
//! Reading order: [`environment`] (what its container says of it), [`redirect`] (istio-iptables),
//! [`discovery`] (how it asks istiod), [`life`] (from start to end).

mod discovery;
mod environment;
mod life;
mod redirect;

use k8s_openapi::api::core::v1::Container;
use sim::program::{Health, Image, Process, Start};

use crate::{proxy::Living, refusals::Refusals};
use life::Ended;

/// The image. What cannot be modelled is noted by name, and the container ends.
#[derive(Debug, Clone, Default)]
pub struct ProxyImage {
    refusals: Refusals,
    living: Living,
}

impl ProxyImage {
    /// The image of a run that collects what is not modelled in `refusals`.
    pub fn new(refusals: Refusals) -> Self {
        Self {
            refusals,
            living: Living::default(),
        }
    }

    /// The proxies that this image runs now.
    pub fn living(&self) -> &Living {
        &self.living
    }
}

impl Image for ProxyImage {
    fn start(&self, start: Start) -> Box<dyn Process> {
        let name = environment::name(&start);
        let words = words(&start.container);
        let started: Result<Box<dyn Process>, String> = match words.first().map(String::as_str) {
            Some("istio-iptables") => redirect::set_up(&start, &words[1..]),
            Some("proxy") => {
                environment::read(&start, &words[1..]).map(|e| life::start(start, e, &self.living))
            }
            _ => Err(format!("arguments {words:?} of proxyv2 are not modelled")),
        };
        started.unwrap_or_else(|why| {
            self.refusals.note(name, why);
            Box::new(Ended::with(Health::Exited(1)))
        })
    }
}

fn words(container: &Container) -> Vec<String> {
    container.args.clone().unwrap_or_default()
}

//! The image `proxyv2`: the redirection of a pod's connections, and the agent that runs a proxy.
//!
//! Reading order: [`home`] (a container or a machine), [`environment`] and [`files`] (what it says
//! of the proxy), [`redirect`] (istio-iptables),
//! [`discovery`] (how it asks istiod), [`life`] (from start to end).

mod discovery;
mod environment;
mod files;
mod home;
mod life;
mod redirect;

use k8s_openapi::api::core::v1::Container;
use sim::{
    net::Redirect,
    program::{Health, Image, MachineStart, Process, Start},
};

use crate::{proxy::Living, refusals::Refusals};
use home::Home;
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
        let words = words(&start.container);
        let home = Home::in_pod(&start);
        let name = environment::name(&home);
        let started: Result<Box<dyn Process>, String> = match words.first().map(String::as_str) {
            Some("istio-iptables") => redirect::set_up(&start, &words[1..]),
            Some("proxy") => {
                let read = environment::read(&start, &words[1..]);
                read.map(|environment| life::start(home, environment, &self.living))
            }
            _ => Err(format!("arguments {words:?} of proxyv2 are not modelled")),
        };
        started.unwrap_or_else(|why| {
            self.refusals.note(name, why);
            Box::new(Ended::with(Health::Exited(1)))
        })
    }
}

impl ProxyImage {
    /// Starts the agent of a machine on the files that were written there: connections of the
    /// machine go to its proxy from then on.
    pub(crate) fn on_machine(&self, start: MachineStart) -> Box<dyn Process> {
        let read = files::read(&start).and_then(|environment| {
            start.host.redirect(Redirect {
                inbound: 15006,
                inbound_except: files::excluded_ports(&start)?,
                outbound: 15001,
            });
            Ok(environment)
        });
        let home = Home::Machine(Box::new(start));
        match read {
            Ok(environment) => life::start(home, environment, &self.living),
            Err(why) => {
                home.log().note(environment::name(&home), why);
                Box::new(Ended::with(Health::Exited(1)))
            }
        }
    }
}

fn words(container: &Container) -> Vec<String> {
    container.args.clone().unwrap_or_default()
}

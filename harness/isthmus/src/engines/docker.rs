//! The engine `kind` for trials that each have a runtime of their own: a connection to the daemon
//! does not outlive the runtime it was made in, so every bring-up makes one.

use std::env;

use engine::{BringUp, Engine, Environment};
use futures::{FutureExt as _, future::BoxFuture};
use kind::Kind;
use manifest::Images;
use world::{Capabilities, Substrate};

/// What `ISTHMUS_NODE_IMAGE`, `ISTHMUS_HELLOWORLD_IMAGE` and `ISTHMUS_CURL_IMAGE` say; the last two
/// are for hosts whose clusters reach no registry.
#[derive(Debug, Clone)]
pub(super) struct Offer {
    nodes: kind::Images,
    pods: Images,
}

/// The daemon has been seen with these images.
pub(super) struct InDocker {
    seen: Kind,
    offer: Offer,
}

impl Offer {
    fn of_environment() -> Self {
        let image = |name| env::var(name).ok().filter(|image| !image.is_empty());
        let node = image("ISTHMUS_NODE_IMAGE");
        let helloworld = image("ISTHMUS_HELLOWORLD_IMAGE");
        let client = image("ISTHMUS_CURL_IMAGE");
        let default = Images::default();
        Self {
            nodes: kind::Images {
                node: node.unwrap_or_else(|| kind::kind::NODE_IMAGE.to_owned()),
                preload: helloworld.iter().chain(&client).cloned().collect(),
            },
            pods: Images {
                helloworld: helloworld.unwrap_or(default.helloworld),
                client: client.unwrap_or(default.client),
            },
        }
    }
}

impl InDocker {
    /// Looks whether the daemon answers and has the images.
    pub(super) fn open() -> Result<Self, kind::Error> {
        let offer = Offer::of_environment();
        let seen = super::on_real_time(Kind::connect(offer.nodes.clone()))?;
        Ok(Self { seen, offer })
    }

    /// What workloads run.
    pub(super) fn pods(&self) -> Images {
        self.offer.pods.clone()
    }
}

impl Engine for InDocker {
    fn name(&self) -> &str {
        self.seen.name()
    }

    fn capabilities(&self) -> Capabilities {
        self.seen.capabilities()
    }

    fn bring_up<'a>(
        &'a self,
        substrate: &'a Substrate,
        options: BringUp,
    ) -> BoxFuture<'a, engine::Result<Box<dyn Environment>>> {
        async move {
            let daemon = Kind::connect(self.offer.nodes.clone()).await?;
            daemon.bring_up(substrate, options).await
        }
        .boxed()
    }
}

//! The images of a mesh: Istio's by their names, and everything else as plain Kubernetes has it.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Container;
use sim::program::{Image, Images, MachineStart, PlainImages, Process};

use crate::{
    istiod::{Debug, Istiod},
    proxy::{Living, agent::ProxyImage},
    refusals::Refusals,
};

/// What the containers of a run do. Clones are of the same run.
#[derive(Clone, Default)]
pub struct MeshImages {
    istiod: Istiod,
    proxy: ProxyImage,
    refusals: Refusals,
}

impl MeshImages {
    /// The images of one run.
    pub fn new() -> Self {
        let refusals = Refusals::default();
        Self {
            istiod: Istiod::new(refusals.clone()),
            proxy: ProxyImage::new(refusals.clone()),
            refusals,
        }
    }

    /// What the run met that is not modelled.
    pub fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    /// What every istiod that runs now knows, ordered by name.
    pub fn istiods(&self) -> Vec<Debug> {
        self.istiod.debug()
    }

    /// The proxies that run now.
    pub fn proxies(&self) -> &Living {
        self.proxy.living()
    }
}

impl Images for MeshImages {
    fn find(&self, container: &Container) -> Arc<dyn Image> {
        let image = container.image.as_deref().unwrap_or_default();
        let name = image.rsplit('/').next().unwrap_or_default();
        match name.split(':').next().unwrap_or_default() {
            "pilot" => Arc::new(self.istiod.clone()),
            "proxyv2" => Arc::new(self.proxy.clone()),
            _ => PlainImages.find(container),
        }
    }

    fn agent(&self, start: MachineStart) -> Option<Box<dyn Process>> {
        Some(self.proxy.on_machine(start))
    }
}

//! A container as its pod declares it.

use std::{ops::Deref, sync::Arc};

use k8s_openapi::api::core::v1::{Container, PodSpec};

/// A container of a pod's specification, which it shares with whoever reads the pod.
#[derive(Debug, Clone)]
pub struct Declared {
    spec: Arc<PodSpec>,
    list: List,
    index: usize,
}

#[derive(Debug, Clone, Copy)]
enum List {
    Init,
    Main,
}

impl Declared {
    /// The init containers of a specification, sidecars among them.
    pub fn init(spec: &Arc<PodSpec>) -> impl Iterator<Item = Self> {
        let number = spec.init_containers.as_ref().map_or(0, Vec::len);
        Self::all(spec, List::Init, number)
    }

    /// The applications of a specification.
    pub fn main(spec: &Arc<PodSpec>) -> impl Iterator<Item = Self> {
        Self::all(spec, List::Main, spec.containers.len())
    }

    fn all(spec: &Arc<PodSpec>, list: List, number: usize) -> impl Iterator<Item = Self> {
        (0..number).map(move |index| Self {
            spec: Arc::clone(spec),
            list,
            index,
        })
    }
}

impl Deref for Declared {
    type Target = Container;

    fn deref(&self) -> &Container {
        let list = match self.list {
            List::Init => self.spec.init_containers.as_ref(),
            List::Main => Some(&self.spec.containers),
        };
        &list.expect("it was taken from this list")[self.index]
    }
}

//! Every proxy that runs now.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use world::Place;

use super::Proxy;

/// The proxies of a run. Clones are of the same run.
#[derive(Debug, Clone, Default)]
pub struct Living(Arc<Mutex<Vec<Weak<Proxy>>>>);

impl Living {
    /// Counts a proxy for as long as it is held elsewhere.
    pub(super) fn add(&self, proxy: &Arc<Proxy>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|one| one.strong_count() > 0);
        all.push(Arc::downgrade(proxy));
    }

    /// The proxy that stands there; the newest, if a container was started again.
    pub fn at(&self, place: &Place) -> Option<Arc<Proxy>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut living = all.iter().rev().filter_map(Weak::upgrade);
        living.find(|proxy| proxy.about.at == *place)
    }
}

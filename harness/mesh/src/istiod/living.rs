//! Every istiod that runs now, those among them that have not read their own cluster yet: what keeps
//! such a one from being ready is what people look for.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::{Debug, SyncState};

/// An istiod that can be asked what it knows.
pub(crate) trait Knows: Send + Sync {
    /// The answer of its debug port.
    fn debug(&self) -> Debug;
}

/// Every istiod that runs now.
#[derive(Clone, Default)]
pub(crate) struct Living(Arc<Mutex<Vec<Weak<dyn Knows>>>>);

/// An istiod that reads its own cluster for the first time.
pub(crate) struct Starting {
    who: String,
    namespace: String,
    states: Mutex<Vec<SyncState>>,
}

impl Living {
    /// Counts an istiod as long as the returned handle is held.
    pub(crate) fn add<T: Knows + 'static>(&self, one: &Arc<T>) -> Arc<T> {
        let known: Arc<dyn Knows> = Arc::<T>::clone(one);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|one| one.strong_count() > 0);
        all.push(Arc::downgrade(&known));
        Arc::clone(one)
    }

    /// Counts an istiod that starts.
    pub(crate) fn starting(&self, who: &str, namespace: &str) -> Arc<Starting> {
        self.add(&Arc::new(Starting {
            who: who.to_owned(),
            namespace: namespace.to_owned(),
            states: Mutex::default(),
        }))
    }

    /// What each of them knows, in no order.
    pub(crate) fn debug(&self) -> Vec<Debug> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let running = all.iter().filter_map(Weak::upgrade);
        running.map(|one| one.debug()).collect()
    }
}

impl Starting {
    /// Keeps how far it has come.
    pub(crate) fn tell(&self, states: Vec<SyncState>) {
        *self.states.lock().unwrap_or_else(PoisonError::into_inner) = states;
    }
}

impl Knows for Starting {
    fn debug(&self) -> Debug {
        let states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        Debug {
            name: self.who.clone(),
            namespace: self.namespace.clone(),
            clusters: states.clone(),
            snapshot: None,
        }
    }
}

//! What controllers see of their cluster: the tables, kept up to date by watches.

use std::sync::{Arc, Mutex, PoisonError};

use apiserver::signal::{Listener, Signal};

use super::{
    Key,
    tables::{Tables, Watched},
};

/// A cluster's tables. Clones see the same.
#[derive(Debug, Clone)]
pub struct View {
    tables: Arc<Mutex<Tables>>,
    changed: Signal,
}

impl View {
    pub(crate) fn new() -> Self {
        Self {
            tables: Arc::default(),
            changed: Signal::default(),
        }
    }

    /// Reads the tables as they are at this moment.
    pub fn read<T>(&self, look: impl FnOnce(&Tables) -> T) -> T {
        look(&self.tables.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// One object as it is at this moment.
    pub fn get<K: Watched>(&self, key: &Key) -> Option<Arc<K>> {
        self.read(|tables| K::table(tables).get(key).cloned())
    }

    /// Waits until the tables are as `look` wants them, and returns what it then finds.
    pub async fn until<T>(&self, mut look: impl FnMut(&Tables) -> Option<T>) -> T {
        let mut changed = self.changed.listen();
        loop {
            if let Some(found) = self.read(&mut look) {
                return found;
            }
            changed.changed().await;
        }
    }

    /// Tells when any of the tables changes from now on.
    pub fn changes(&self) -> Listener {
        self.changed.listen()
    }

    pub(super) fn write<T>(&self, change: impl FnOnce(&mut Tables) -> T) -> T {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut tables);
        drop(tables);
        self.changed.raise();
        result
    }
}

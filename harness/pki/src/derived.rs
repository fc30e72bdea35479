//! What follows from the rest of a value: worked out when it is first asked for, and kept with it.

use std::{fmt, sync::OnceLock};

/// A field that follows from the others. It decides no comparison and is not shown.
pub(crate) struct Derived<T>(OnceLock<T>);

impl<T> Derived<T> {
    /// What `work_out` said when it was first asked for.
    pub(crate) fn get(&self, work_out: impl FnOnce() -> T) -> &T {
        self.0.get_or_init(work_out)
    }
}

impl<T> Default for Derived<T> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<T> PartialEq for Derived<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Eq for Derived<T> {}

impl<T> fmt::Debug for Derived<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_worked_out_once() {
        let field = Derived::default();
        assert_eq!(*field.get(|| 1), 1);
        assert_eq!(*field.get(|| 2), 1);
    }

    #[test]
    fn it_decides_no_comparison() {
        let (asked, fresh) = (Derived::default(), Derived::default());
        asked.get(|| 1);
        assert_eq!(asked, fresh);
    }
}

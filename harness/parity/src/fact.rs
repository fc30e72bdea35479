//! A fact: one claim about an API server, and the code that tries it.

use anyhow::Result;
use futures::future::LocalBoxFuture;

use crate::bench::Bench;

/// One claim. Its name reads as a sentence.
#[derive(Clone, Copy)]
pub struct Fact {
    /// The subject, such as `watch`.
    pub area: &'static str,
    /// The claim, such as `watch_without_version_starts_with_the_current_state`.
    pub claim: &'static str,
    /// Tries the claim at a bench of its own.
    pub run: for<'a> fn(&'a Bench) -> LocalBoxFuture<'a, Result<()>>,
}

impl Fact {
    /// The name that test runners and [`crate::DIFFERENCES`] use.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}::{}", self.area, self.claim)
    }
}

/// The table of contents of a file of facts: each entry is an `async fn(&Bench) -> Result<()>`
/// whose name is the claim, so a fact that is written but not listed is dead code.
macro_rules! facts {
    ($area:literal: $($claim:ident),+ $(,)?) => {
        pub(crate) const FACTS: &[$crate::fact::Fact] = &[$($crate::fact::Fact {
            area: $area,
            claim: stringify!($claim),
            run: |bench| ::futures::FutureExt::boxed_local($claim(bench)),
        }),+];
    };
}
pub(crate) use facts;

//! Facts as tests: one libtest-mimic trial per fact.

use std::sync::Arc;

use anyhow::Result;
use libtest_mimic::{Failed, Trial};

use crate::bench::Bench;
use crate::fact::Fact;
use crate::facts;
use crate::site::Site;

/// Tries one fact in a fresh namespace of the site and tidies up after it.
///
/// # Errors
/// What the fact says, or the site if it cannot give a namespace.
pub async fn attempt(site: Arc<dyn Site>, fact: Fact, namespace: &str) -> Result<()> {
    let bench = Bench::new(site, namespace).await?;
    let outcome = (fact.run)(&bench).await;
    bench.close().await?;
    outcome
}

/// The fact disturbs whatever else runs on its site, and so must run alone there.
#[must_use]
pub fn is_exclusive(fact: &Fact) -> bool {
    fact.area == "compaction"
}

/// One trial per fact. `attempt` gets the fact and the name of its namespace.
pub fn trials<A>(attempt: A) -> Vec<Trial>
where
    A: Fn(Fact, String) -> Result<()> + Clone + Send + 'static,
{
    let trial = |(index, fact): (usize, Fact)| {
        let attempt = attempt.clone();
        Trial::test(fact.name(), move || {
            // Numbers, not claims, name the namespaces: a claim is longer than a DNS label.
            attempt(fact, format!("fact-{index:03}"))
                .map_err(|why| Failed::from(format!("{why:#}")))
        })
    };
    facts::all().into_iter().enumerate().map(trial).collect()
}

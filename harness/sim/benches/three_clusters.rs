//! Three clusters with fifty pods each, from nothing to every pod ready, and to nothing again.
//! `cargo bench -p isthmus-sim --bench three_clusters` prints the medians of many runs.

#[path = "../tests/it/kit.rs"]
#[expect(dead_code, reason = "the claims use more of the kit than the bench")]
#[expect(clippy::unwrap_used, reason = "the kit is made for tests")]
mod kit;

use std::time::{Duration, Instant};

use sim::runtime;

/// The one that the command line and suites use.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RUNS: usize = 31;

fn main() {
    let mut took: Vec<Took> = (0..RUNS).map(|_| once()).collect();
    took.sort();
    let (best, median, worst) = (took[0].ready, took[RUNS / 2].ready, took[RUNS - 1].ready);
    println!(
        "three clusters with 50 pods each, applied and ready: median {median:?} (best {best:?}, worst {worst:?}, {RUNS} runs)"
    );
    took.sort_by_key(|took| took.gone);
    println!("and gone again: median {:?}", took[RUNS / 2].gone);
}

/// How long one run took from its start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Took {
    /// Until every pod was ready.
    ready: Duration,
    /// Until nothing of it was left in memory.
    gone: Duration,
}

#[expect(
    clippy::disallowed_methods,
    reason = "a bench measures the machine's time"
)]
fn once() -> Took {
    let start = Instant::now();
    let ready = runtime::run(async {
        let sim = kit::up(3, 1).await;
        let settle = |n: usize| {
            let kinds = kit::kinds(&sim, n);
            async move {
                let objects = [
                    kit::namespace(),
                    kit::deployment("helloworld", "v1", 50),
                    kit::service("helloworld", "ClusterIP"),
                ];
                kit::settle(&kinds, &objects).await;
            }
        };
        futures::join!(settle(1), settle(2), settle(3));
        start.elapsed()
    });
    let gone = start.elapsed();
    Took { ready, gone }
}

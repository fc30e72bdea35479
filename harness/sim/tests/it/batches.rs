//! Calls of one batch: what is remembered from call to call, and until when.

use engine::{Batch, Environment, delete};
use sim::runtime;
use world::{Observation, Place, Refusal};

use crate::kit::{call, deployment, from_pod, hello, object, pods, refusal, settle, soon};

/// Enough calls for whatever happens meanwhile to be over by the last one.
const LONG: usize = 500;

fn first_and_last(seen: &[Observation]) -> (&Observation, &Observation) {
    (&seen[0], &seen[LONG - 1])
}

#[test]
fn dns_is_asked_again_once_its_records_have_changed() {
    runtime::run(async {
        let (sim, kinds) = hello(1).await;
        let hello = call(from_pod(1, "sleep"), "helloworld.sample", 80);
        let batch = sim.prober().ask(Batch::repeated(hello.clone(), LONG));
        let service = [object("v1", "Service", "helloworld")];
        let (seen, gone) = futures::join!(batch, delete::all(&kinds, &service, soon()));
        gone.unwrap();
        let seen = seen.unwrap();
        let (first, last) = first_and_last(&seen);
        assert_eq!(refusal(first), None);
        assert_eq!(refusal(last), Some(Refusal::Dns));
    });
}

#[test]
fn a_call_goes_from_a_pod_that_is_there_when_it_is_made() {
    runtime::run(async {
        let (sim, kinds) = hello(1).await;
        settle(&kinds, &[deployment("sleep", "v1", 2)]).await;
        let names = pods(&kinds).await.into_iter();
        let mut names = names.filter_map(|pod| pod.metadata.name);
        let first = names.find(|name| name.starts_with("sleep")).unwrap();
        let hello = call(from_pod(1, "sleep"), "helloworld.sample", 80);
        let batch = sim.prober().ask(Batch::repeated(hello.clone(), LONG));
        let pod = [object("v1", "Pod", &first)];
        let (seen, gone) = futures::join!(batch, delete::all(&kinds, &pod, soon()));
        gone.unwrap();
        let seen = seen.unwrap();
        let from = |seen: &Observation| match &seen.hops[0].at {
            Place::Cluster { who, .. } => who.to_string(),
            other => panic!("{other:?}"),
        };
        let (before, after) = first_and_last(&seen);
        assert_eq!(from(before), format!("pod sample/{first}"));
        assert_ne!(from(after), from(before));
    });
}

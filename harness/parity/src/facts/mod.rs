//! The facts, a file per subject. Each was written from what a real server answered.

use crate::fact::Fact;

mod apply;
mod apply_refusals;
mod authentication;
mod authorization;
mod compaction;
mod controllers;
mod create;
mod custom_resources;
mod custom_schemas;
mod defaults_networking;
mod defaults_pods;
mod defaults_workloads;
mod delete;
mod deployments;
mod discovery;
mod endpoint_slices;
mod garbage;
mod jobs;
mod kubelet;
mod namespaces;
mod pages;
mod patch;
mod pods;
mod read;
mod reading;
mod rollouts;
mod scale;
mod services;
mod stateful_sets;
mod update;
mod validation;
mod validation_networking;
mod validation_others;
mod watches;
mod webhooks;

/// Every fact, subject by subject.
#[must_use]
pub fn all() -> Vec<Fact> {
    [
        apply::FACTS,
        deployments::FACTS,
        rollouts::FACTS,
        endpoint_slices::FACTS,
        garbage::FACTS,
        controllers::FACTS,
        jobs::FACTS,
        stateful_sets::FACTS,
        discovery::FACTS,
        authentication::FACTS,
        authorization::FACTS,
        webhooks::FACTS,
        custom_resources::FACTS,
        custom_schemas::FACTS,
        validation::FACTS,
        validation_networking::FACTS,
        validation_others::FACTS,
        pods::FACTS,
        scale::FACTS,
        namespaces::FACTS,
        defaults_pods::FACTS,
        defaults_workloads::FACTS,
        defaults_networking::FACTS,
        services::FACTS,
        apply_refusals::FACTS,
        compaction::FACTS,
        patch::FACTS,
        create::FACTS,
        update::FACTS,
        delete::FACTS,
        read::FACTS,
        reading::FACTS,
        pages::FACTS,
        watches::FACTS,
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::difference::DIFFERENCES;

    #[test]
    fn no_two_facts_share_a_name() {
        let names: BTreeSet<_> = super::all().iter().map(crate::Fact::name).collect();
        assert_eq!(names.len(), super::all().len());
    }

    #[test]
    fn every_difference_names_a_fact_and_a_reason() {
        let names: BTreeSet<_> = super::all().iter().map(crate::Fact::name).collect();
        for difference in DIFFERENCES {
            assert!(
                names.contains(difference.fact),
                "{} is no fact",
                difference.fact
            );
            assert!(
                !difference.reason.is_empty(),
                "{} needs a reason",
                difference.fact
            );
        }
    }
}

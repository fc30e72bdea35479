//! Which trials are asked for.

use clap::ValueEnum;
use report::TrialName;

/// What a trial's name must be like. Everything that is stated must hold; nothing stated is all.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Parts of names; any of them will do.
    pub filters: Vec<String>,
    /// Whether a filter is a whole name.
    pub exact: bool,
    /// Parts of names that must not be there.
    pub skip: Vec<String>,
    /// Areas; any of them will do.
    pub areas: Vec<String>,
    /// What of canaries.
    pub canaries: Canaries,
}

/// Whether canaries are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Canaries {
    /// With the scenarios they belong to.
    #[default]
    Yes,
    /// Nothing but canaries.
    Only,
    /// Without.
    No,
}

impl Selection {
    /// Whether a trial is asked for.
    pub fn takes(&self, trial: &TrialName) -> bool {
        let name = trial.to_string();
        self.takes_name(&name) && self.takes_area(trial.area()) && self.canaries.take(trial)
    }

    fn takes_name(&self, name: &str) -> bool {
        let hit = |filter: &String| match self.exact {
            true => name == filter,
            false => name.contains(filter.as_str()),
        };
        let wanted = self.filters.is_empty() || self.filters.iter().any(hit);
        wanted && !self.skip.iter().any(hit)
    }

    fn takes_area(&self, area: &str) -> bool {
        self.areas.is_empty() || self.areas.iter().any(|wanted| wanted == area)
    }
}

impl Canaries {
    fn take(self, trial: &TrialName) -> bool {
        match self {
            Self::Yes => true,
            Self::Only => trial.canary.is_some(),
            Self::No => trial.canary.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(scenario: &str, canary: Option<&str>) -> TrialName {
        TrialName {
            scenario: scenario.to_owned(),
            cell: Default::default(),
            canary: canary.map(str::to_owned),
            engine: "sim".to_owned(),
        }
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn nothing_stated_takes_everything() {
        assert!(Selection::default().takes(&trial("fault/a", Some("c"))));
    }

    #[test]
    fn any_filter_will_do_and_any_skip_is_enough() {
        let selection = Selection {
            filters: words(&["secret", "gateway"]),
            skip: words(&["east"]),
            ..Selection::default()
        };
        assert!(selection.takes(&trial("fault/remote-secret", None)));
        assert!(selection.takes(&trial("fault/gateway", None)));
        assert!(!selection.takes(&trial("fault/east-west-gateway", None)));
        assert!(!selection.takes(&trial("fault/partition", None)));
    }

    #[test]
    fn an_exact_filter_is_a_whole_name() {
        let selection = Selection {
            filters: words(&["fault/a [sim]"]),
            exact: true,
            ..Selection::default()
        };
        assert!(selection.takes(&trial("fault/a", None)));
        assert!(!selection.takes(&trial("fault/a", Some("c"))));
    }

    #[test]
    fn canaries_are_taken_with_the_rest_alone_or_not_at_all() {
        for (canaries, plain, canary) in [
            (Canaries::Yes, true, true),
            (Canaries::Only, false, true),
            (Canaries::No, true, false),
        ] {
            let selection = Selection {
                canaries,
                ..Selection::default()
            };
            assert_eq!(selection.takes(&trial("fault/a", None)), plain);
            assert_eq!(selection.takes(&trial("fault/a", Some("c"))), canary);
        }
    }

    #[test]
    fn an_area_is_a_whole_word() {
        let selection = Selection {
            areas: words(&["fault"]),
            ..Selection::default()
        };
        assert!(selection.takes(&trial("fault/a", None)));
        assert!(!selection.takes(&trial("default/a", None)));
        assert!(!selection.takes(&trial("a", None)));
    }
}

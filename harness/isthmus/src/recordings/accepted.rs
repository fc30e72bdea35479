//! Differences that are known: each with the reason why the simulator stays as it is.

use report::recording::Difference;
use serde::Deserialize;

/// The differences that are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accepted(Vec<Known>);

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The trial, without an engine.
    pub trial: String,
    /// The step; left out, the trial as a whole.
    #[serde(default)]
    pub step: Option<String>,
    /// Why it stays.
    pub reason: String,
}

impl Accepted {
    /// Reads a list in YAML.
    ///
    /// # Errors
    /// If it is no such list.
    pub fn read(text: &str) -> Result<Self, serde_yaml::Error> {
        Ok(Self(serde_yaml::from_str(text)?))
    }

    /// Why a difference is known; `None` if it is not.
    pub fn reason(&self, difference: &Difference) -> Option<&str> {
        let mut known = self.0.iter();
        let known = known.find(|known| known.is(difference));
        known.map(|known| known.reason.as_str())
    }

    /// What is listed and is none of these differences: it has been mended, and the list is late.
    pub fn unused(&self, found: &[Difference]) -> Vec<&Known> {
        let unused = self.0.iter();
        unused
            .filter(|known| !found.iter().any(|one| known.is(one)))
            .collect()
    }
}

impl Known {
    fn is(&self, difference: &Difference) -> bool {
        self.trial == difference.trial && self.step == difference.step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(step: &str) -> Difference {
        Difference {
            trial: "a/b".to_owned(),
            step: Some(step.to_owned()),
            what: "w".to_owned(),
        }
    }

    #[test]
    fn a_difference_is_known_by_its_trial_and_step_and_what_is_mended_is_told() {
        let accepted = Accepted::read("- {trial: a/b, step: c, reason: r}").unwrap();
        assert_eq!(accepted.reason(&difference("c")), Some("r"));
        assert_eq!(accepted.reason(&difference("d")), None);
        assert_eq!(accepted.unused(&[difference("d")]).len(), 1);
    }

    #[test]
    fn a_difference_without_a_reason_is_not_accepted() {
        assert!(Accepted::read("- {trial: a/b, step: c}").is_err());
    }
}

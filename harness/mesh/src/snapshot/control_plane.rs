//! The istiod that speaks: its version and what its environment turned on and off.

use std::{collections::BTreeMap, time::Duration};

use istio::{
    ClusterId,
    version::{Flag, FlagValue, Mechanisms, flag},
};
use world::Version;

/// An istiod.
#[derive(Debug, Clone)]
pub struct ControlPlane {
    /// Its version.
    pub version: Version,
    /// How that version does things.
    pub mechanisms: Mechanisms,
    /// Its revision, as its environment names it.
    pub revision: String,
    /// The cluster it takes for its own (`CLUSTER_ID`).
    pub cluster: ClusterId,
    /// The namespace it runs in.
    pub namespace: String,
    /// The DNS suffix of services (`--domain`).
    pub domain: String,
    /// What is turned on and off.
    pub flags: Flags,
}

/// Every flag with its value: that of the environment, or else what the version assumes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flags(BTreeMap<Flag, Setting>);

/// What a flag is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// On or off.
    Switch(bool),
    /// A length of time.
    Time(Duration),
    /// A word.
    Word(String),
}

/// A value that a flag cannot have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{value}' is no value of {name}: write {wanted}")]
pub struct FlagError {
    /// The flag's name in the environment.
    pub name: &'static str,
    /// What was written.
    pub value: String,
    /// What may be written.
    pub wanted: &'static str,
}

impl Flags {
    /// What `version` assumes, changed by an environment. Names that are no flags are passed over:
    /// whoever reads the environment refuses those that are not modelled.
    ///
    /// # Errors
    /// If a flag has a value that it cannot have.
    pub fn new<'a>(
        version: &Version,
        environment: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, FlagError> {
        let assumed = |flag: Flag| (flag, Setting::from(flag.default_at(version).value));
        let mut flags: BTreeMap<Flag, Setting> = Flag::all().map(assumed).collect();
        for (name, value) in environment {
            let Some(flag) = flag::find(name) else {
                continue;
            };
            let known = flags.get_mut(&flag).expect("every flag has a value");
            *known = known.read(flag.name(), value)?;
        }
        Ok(Self(flags))
    }

    /// Whether a switch is on.
    pub fn is_on(&self, flag: Flag) -> bool {
        self.of(flag) == &Setting::Switch(true)
    }

    /// The length of time that a flag states; zero if it states none.
    pub fn time(&self, flag: Flag) -> Duration {
        match self.of(flag) {
            Setting::Time(time) => *time,
            Setting::Switch(_) | Setting::Word(_) => Duration::ZERO,
        }
    }

    /// The word that a flag states; empty if it states none.
    pub fn word(&self, flag: Flag) -> &str {
        match self.of(flag) {
            Setting::Word(word) => word,
            Setting::Switch(_) | Setting::Time(_) => "",
        }
    }

    fn of(&self, flag: Flag) -> &Setting {
        self.0.get(&flag).expect("every flag has a value")
    }
}

impl From<FlagValue> for Setting {
    fn from(value: FlagValue) -> Self {
        match value {
            FlagValue::Switch(on) => Self::Switch(on),
            FlagValue::Time(time) => Self::Time(time),
            FlagValue::Word(word) => Self::Word(word.to_owned()),
        }
    }
}

impl Setting {
    /// A value of the same kind from its text.
    fn read(&self, name: &'static str, text: &str) -> Result<Self, FlagError> {
        let wrong = |wanted| FlagError {
            name,
            value: text.to_owned(),
            wanted,
        };
        match self {
            Self::Switch(_) => {
                let on = switch(text).ok_or_else(|| wrong("true or false"))?;
                Ok(Self::Switch(on))
            }
            Self::Time(_) => {
                let time = text.parse::<istio::kinds::IstioDuration>();
                let time = time.map_err(|_| wrong("a duration such as 10s"))?;
                Ok(Self::Time(time.get()))
            }
            Self::Word(_) => Ok(Self::Word(text.to_owned())),
        }
    }
}

/// A boolean as Go's `strconv.ParseBool` reads it.
fn switch(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(environment: &[(&str, &str)]) -> Result<Flags, FlagError> {
        let version = "1.30.3".parse().unwrap();
        Flags::new(&version, environment.iter().copied())
    }

    #[test]
    fn the_environment_counts_more_than_what_the_version_assumes() {
        let name = Flag::DebounceAfter.name();
        assert_eq!(
            flags(&[]).unwrap().time(Flag::DebounceAfter),
            Duration::from_millis(100)
        );
        let changed = flags(&[(name, "2s"), ("ENABLE_NATIVE_SIDECARS", "false")]).unwrap();
        assert_eq!(changed.time(Flag::DebounceAfter), Duration::from_secs(2));
        assert_eq!(changed.word(Flag::NativeSidecars), "false");
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_refused_by_the_name_of_its_flag() {
        let name = Flag::MulticlusterHeadless.name();
        let error = flags(&[(name, "yes")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("'yes' is no value of {name}: write true or false")
        );
        assert!(
            !flags(&[(name, "f")])
                .unwrap()
                .is_on(Flag::MulticlusterHeadless)
        );
    }
}

//! Compatibility profiles: a newer istiod with the defaults of an older one.

use std::{fmt, str::FromStr};

use super::{
    flag::{Flag, FlagValue},
    timeline::Fact,
};

/// The minor version whose defaults are kept, as value `compatibilityVersion` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CompatibilityVersion(u64);

/// Why a text is not a compatibility version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a compatibility version that Istio ships: write 1.25 to 1.30")]
pub struct CompatibilityError {
    /// What was written.
    pub text: String,
}

/// The oldest and the newest profile that 1.32-dev ships.
const SHIPPED: std::ops::RangeInclusive<u64> = 25..=30;

/// What the profiles change: the flag, its older value, and the last profile that sets it.
const CHANGES: &[(Flag, FlagValue, u64)] = &[
    (Flag::NativeSidecars, FlagValue::Word("false"), 26),
    (Flag::PickBestServiceNamespace, FlagValue::Switch(false), 29),
    (
        Flag::AutoSendUnhealthyEndpoints,
        FlagValue::Switch(false),
        30,
    ),
];

/// What a profile sets `flag` to, or `None` if it leaves it alone.
pub(super) fn changed(flag: Flag, chosen: CompatibilityVersion) -> Option<Fact<FlagValue>> {
    let changes = |(of, _, last): &&(Flag, FlagValue, u64)| *of == flag && chosen.0 <= *last;
    CHANGES.iter().find(changes).map(|(_, value, last)| {
        Fact::since(
            last + 1,
            0,
            *value,
            "manifests/helm-profiles/compatibility-version-*.yaml",
        )
    })
}

impl FromStr for CompatibilityVersion {
    type Err = CompatibilityError;

    fn from_str(text: &str) -> Result<Self, CompatibilityError> {
        let minor = text.strip_prefix("1.").and_then(|minor| minor.parse().ok());
        minor
            .filter(|minor| SHIPPED.contains(minor))
            .map(Self)
            .ok_or_else(|| CompatibilityError {
                text: text.to_owned(),
            })
    }
}

impl fmt::Display for CompatibilityVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assumed(flag: Flag, profile: &str) -> FlagValue {
        let newest = "1.32.0".parse().unwrap();
        flag.assumed(&newest, Some(profile.parse().unwrap())).value
    }

    #[test]
    fn a_profile_keeps_the_defaults_of_its_version() {
        let flag = Flag::AutoSendUnhealthyEndpoints;
        assert_eq!(assumed(flag, "1.30"), FlagValue::Switch(false));
        let flag = Flag::PickBestServiceNamespace;
        assert_eq!(assumed(flag, "1.29"), FlagValue::Switch(false));
        assert_eq!(assumed(flag, "1.30"), FlagValue::Switch(true));
        assert_eq!(
            assumed(Flag::NativeSidecars, "1.26"),
            FlagValue::Word("false")
        );
        assert_eq!(
            assumed(Flag::NativeSidecars, "1.27"),
            FlagValue::Word("auto")
        );
    }

    #[test]
    fn without_a_profile_the_version_decides() {
        let version = "1.31.0".parse().unwrap();
        assert!(
            Flag::AutoSendUnhealthyEndpoints
                .assumed(&version, None)
                .value
                .is_on()
        );
    }

    #[test]
    fn only_profiles_that_are_shipped_can_be_named() {
        assert_eq!(
            "1.28".parse::<CompatibilityVersion>().unwrap().to_string(),
            "1.28"
        );
        for text in ["1.24", "1.31", "2.28", "1", "x"] {
            assert!(text.parse::<CompatibilityVersion>().is_err(), "{text}");
        }
    }
}

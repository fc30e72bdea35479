//! What fits together: modelled versions, Kubernetes versions, and control and data plane.

use world::Version;

use super::timeline::{Fact, Timeline};

/// The oldest and the newest minor version whose facts are kept here.
const MODELLED: std::ops::RangeInclusive<u64> = 28..=32;

/// The oldest Kubernetes minor version that the version's own check accepts.
const OLDEST_KUBERNETES: Timeline<u64> = Timeline(&[
    Fact::since(
        28,
        0,
        29,
        "istioctl/pkg/install/k8sversion/version.go at 1.28.0",
    ),
    Fact::since(
        28,
        2,
        30,
        "istioctl/pkg/install/k8sversion/version.go at 1.28.2",
    ),
    Fact::since(
        30,
        0,
        32,
        "istioctl/pkg/install/k8sversion/version.go at 1.30.0",
    ),
]);

/// How many minor versions a revision may skip when proxies move to it.
pub const REVISION_SKIPS: u64 = 2;

/// How many minor versions an upgrade in place may go.
pub const IN_PLACE_STEP: u64 = 1;

/// Why a version is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Istio {version} is not modelled: facts are kept for 1.28 to 1.32")]
pub struct NotModelled {
    /// The version.
    pub version: Version,
}

/// How the versions of a control plane and a proxy fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skew {
    /// Istio supports the pair.
    Supported,
    /// Istio tests the pair for the time of an upgrade only.
    UpgradeOnly,
    /// The proxy is newer than its control plane, which Istio does not support.
    ProxyAhead,
    /// The proxy is too old for its control plane.
    ProxyTooOld,
}

/// Whether facts are kept for `version`.
///
/// # Errors
/// If it is outside 1.28 to 1.32.
pub fn check_modelled(version: &Version) -> Result<(), NotModelled> {
    match version.major() == 1 && MODELLED.contains(&version.minor()) {
        true => Ok(()),
        false => Err(NotModelled {
            version: version.clone(),
        }),
    }
}

/// The oldest minor version of Kubernetes that `istio` accepts.
pub fn oldest_kubernetes(istio: &Version) -> Fact<u64> {
    OLDEST_KUBERNETES.at(istio)
}

/// How the versions of a control plane and a proxy fit.
///
/// A control plane may be one minor version ahead of its proxies; two are tested for upgrades by
/// revision. Between control planes of one mesh Istio states no rule.
/// Source: istio.io, "Supported releases" and "Canary upgrades".
pub fn skew(control_plane: &Version, proxy: &Version) -> Skew {
    match control_plane.minor().checked_sub(proxy.minor()) {
        None => Skew::ProxyAhead,
        Some(0..=IN_PLACE_STEP) => Skew::Supported,
        Some(behind) if behind <= REVISION_SKIPS => Skew::UpgradeOnly,
        Some(_) => Skew::ProxyTooOld,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn facts_are_kept_for_five_minor_versions() {
        assert!(check_modelled(&v("1.28.0")).is_ok());
        assert!(check_modelled(&v("1.32.0-alpha.1")).is_ok());
        for text in ["1.27.9", "1.33.0", "2.30.0"] {
            let told = check_modelled(&v(text)).unwrap_err().to_string();
            assert!(told.contains(text), "{told}");
        }
    }

    #[test]
    fn a_proxy_may_be_older_but_not_newer() {
        assert_eq!(skew(&v("1.30.3"), &v("1.30.0")), Skew::Supported);
        assert_eq!(skew(&v("1.30.0"), &v("1.29.6")), Skew::Supported);
        assert_eq!(skew(&v("1.30.0"), &v("1.28.0")), Skew::UpgradeOnly);
        assert_eq!(skew(&v("1.31.0"), &v("1.28.0")), Skew::ProxyTooOld);
        assert_eq!(skew(&v("1.29.0"), &v("1.30.0")), Skew::ProxyAhead);
    }

    #[test]
    fn newer_versions_ask_for_newer_kubernetes() {
        assert_eq!(oldest_kubernetes(&v("1.28.1")).value, 29);
        assert_eq!(oldest_kubernetes(&v("1.28.2")).value, 30);
        assert_eq!(oldest_kubernetes(&v("1.30.0")).value, 32);
    }
}

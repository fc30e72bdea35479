//! Which fields of Istio's kinds an older version does not know.
//!
//! An API server drops a field that its definition of the kind does not have, and an istiod does
//! not read what it does not know. A field that is newer than the version is therefore without
//! effect there, which is worth an error by its name.

use world::Version;

use super::timeline::Release;

/// A field or value, and the first release that reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewField {
    /// The kind or message.
    pub of: &'static str,
    /// The field below it; a value of it after `=`.
    pub path: &'static str,
    /// The first release that reads it.
    pub since: Release,
    /// Where that is written.
    pub source: &'static str,
}

const fn new(
    of: &'static str,
    path: &'static str,
    since: (u64, u64),
    source: &'static str,
) -> NewField {
    NewField {
        of,
        path,
        since: Release::new(since.0, since.1),
        source,
    }
}

const ZONE_AWARE: &str = "pilot/pkg/networking/core/loadbalancer at 1.31.0-rc.0";

/// Fields that are modelled and that a version since 1.28 has added.
pub const NEW_FIELDS: &[NewField] = &[
    new(
        "AuthorizationPolicy",
        "rules.from.source.trustDomains",
        (30, 3),
        "releasenotes/notes/add-trust-domains-to-authz-policy.yaml",
    ),
    new(
        "AuthorizationPolicy",
        "rules.from.source.notTrustDomains",
        (30, 3),
        "releasenotes/notes/add-trust-domains-to-authz-policy.yaml",
    ),
    new(
        "LoadBalancerSettings",
        "zoneAwareLbSetting",
        (31, 0),
        ZONE_AWARE,
    ),
    new("MeshConfig", "zoneAwareLbSetting", (31, 0), ZONE_AWARE),
    new(
        "MeshConfig",
        "defaultTrafficPolicy",
        (31, 0),
        "pilot/pkg/networking/core/cluster_traffic_policy.go at 1.31.0-rc.0",
    ),
    new(
        "MeshConfig",
        "defaultInboundHttpRetryPolicy",
        (32, 0),
        "releasenotes/notes/default-inbound-http-retry-policy.yaml",
    ),
    new(
        "GatewayValues",
        "networkGatewayPorts",
        (30, 0),
        "manifests/charts/gateway/values.yaml at 1.30.0",
    ),
    new(
        "GlobalValues",
        "enableReaderRBAC",
        (30, 0),
        "releasenotes/notes/56326-reader-rbac-multicluster-only.yaml",
    ),
];

/// The fields that `version` does not read although they are modelled.
pub fn unknown_to(version: &Version) -> impl Iterator<Item = &'static NewField> {
    let release = Release::from(version);
    NEW_FIELDS.iter().filter(move |field| release < field.since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_version_does_not_know_newer_fields() {
        let unknown = |version: &str| unknown_to(&version.parse().unwrap()).count();
        assert_eq!(unknown("1.28.0"), NEW_FIELDS.len());
        assert_eq!(unknown("1.30.2"), NEW_FIELDS.len() - 2);
        assert_eq!(unknown("1.31.0"), 1);
        assert_eq!(unknown("1.32.0-alpha.1"), 0);
    }
}

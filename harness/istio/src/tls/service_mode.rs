//! What a client assumes of a service as a whole when it sets up a cluster: the first stage of
//! auto mutual TLS.

use super::{PeerAuthentications, ServerMode, rules};
use crate::Decision;

/// What of a service decides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceTls<'a> {
    /// The service's namespace.
    pub namespace: &'a str,
    /// Whether it is outside the mesh (a ServiceEntry of location MESH_EXTERNAL).
    pub mesh_external: bool,
    /// Whether clients connect to the address they found themselves: a headless service, or a
    /// DestinationRule with the policy PASSTHROUGH.
    pub passthrough: bool,
    /// Whether each endpoint known so far speaks mutual TLS.
    pub endpoints_capable: &'a [bool],
}

/// The mode a client assumes; `None` means that it knows nothing. Policies for single workloads
/// do not matter here: they count per endpoint, later.
pub fn assumed_mode(
    policies: &PeerAuthentications,
    service: ServiceTls<'_>,
) -> Decision<Option<ServerMode>> {
    if service.mesh_external {
        return Decision::new(None, rules::SERVICE_EXTERNAL);
    }
    let capable = service.endpoints_capable;
    let all_capable = !capable.is_empty() && capable.iter().all(|capable| *capable);
    if service.passthrough && !all_capable {
        return Decision::new(Some(ServerMode::Disable), rules::SERVICE_PASSTHROUGH);
    }
    let mode = policies
        .namespace_mode(service.namespace)
        .unwrap_or(ServerMode::Permissive);
    Decision::new(Some(mode), rules::SERVICE_POLICY)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: ServiceTls<'_> = ServiceTls {
        namespace: "shop",
        mesh_external: false,
        passthrough: false,
        endpoints_capable: &[],
    };

    fn assumed(service: ServiceTls<'_>) -> Decision<Option<ServerMode>> {
        assumed_mode(&PeerAuthentications::default(), service)
    }

    #[test]
    fn a_service_without_policies_is_assumed_permissive() {
        assert_eq!(
            assumed(ServiceTls {
                endpoints_capable: &[false],
                ..SERVICE
            }),
            Decision::new(Some(ServerMode::Permissive), rules::SERVICE_POLICY)
        );
    }

    #[test]
    fn an_external_service_is_unknown() {
        let external = ServiceTls {
            mesh_external: true,
            passthrough: true,
            ..SERVICE
        };
        assert_eq!(
            assumed(external),
            Decision::new(None, rules::SERVICE_EXTERNAL)
        );
    }

    #[test]
    fn a_headless_service_is_plaintext_until_all_its_endpoints_are_known_to_be_capable() {
        let headless = |endpoints_capable| ServiceTls {
            passthrough: true,
            endpoints_capable,
            ..SERVICE
        };
        for endpoints in [&[][..], &[true, false]] {
            let decision = assumed(headless(endpoints));
            assert_eq!(
                decision,
                Decision::new(Some(ServerMode::Disable), rules::SERVICE_PASSTHROUGH)
            );
        }
        assert_eq!(
            assumed(headless(&[true, true])).value,
            Some(ServerMode::Permissive)
        );
    }
}

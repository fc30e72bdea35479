//! What becomes of traffic to destinations that a proxy does not know.

use super::rules;
use crate::{
    Decision,
    kinds::sidecar::{OutboundMode, OutboundTrafficPolicy},
};

/// Where unknown traffic goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// Nowhere: HTTP is answered with 502, other connections are closed.
    Refused,
    /// To the address that the client used, as it is.
    PassedThrough,
}

/// What a proxy does with a destination that it does not know: as the Sidecar resource that
/// applies to it says, else as the mesh says, else it passes it through.
pub fn unknown_destination(
    sidecar: Option<OutboundTrafficPolicy>,
    mesh: Option<OutboundTrafficPolicy>,
) -> Decision<Unknown> {
    let mode = sidecar
        .or(mesh)
        .map_or(OutboundMode::AllowAny, |policy| policy.mode);
    match mode {
        OutboundMode::RegistryOnly => {
            Decision::new(Unknown::Refused, rules::OUTBOUND_REGISTRY_ONLY)
        }
        OutboundMode::AllowAny => Decision::new(Unknown::PassedThrough, rules::OUTBOUND_ALLOW_ANY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sidecar_hides_the_mesh_and_without_either_everything_passes() {
        let mode = |mode| Some(OutboundTrafficPolicy { mode });
        let (only, any) = (
            mode(OutboundMode::RegistryOnly),
            mode(OutboundMode::AllowAny),
        );
        assert_eq!(unknown_destination(any, only).value, Unknown::PassedThrough);
        assert_eq!(unknown_destination(only, any).value, Unknown::Refused);
        assert_eq!(
            unknown_destination(None, only).because,
            rules::OUTBOUND_REGISTRY_ONLY
        );
        assert_eq!(
            unknown_destination(None, None).because,
            rules::OUTBOUND_ALLOW_ANY
        );
    }
}

//! What a client's proxy does towards one endpoint: the second stage of auto mutual TLS.

use super::{ClientTls, Origin, rules};
use crate::{
    Decision,
    kinds::{ClientTlsSettings, DestinationRule, TrafficPolicy, tls_settings::ClientTlsMode},
    version::mechanism::SubsetTls,
};

/// What goes over the wire.
#[derive(Debug, Clone, PartialEq)]
pub enum Wire<'a> {
    /// Nothing but what the application sends.
    Plaintext,
    /// TLS as set up for the cluster.
    Tls(&'a ClientTlsSettings),
}

/// The TLS mode that a DestinationRule states for a subset and a service port; `None` leaves it
/// to auto mutual TLS. An empty subset is the service as a whole; a subset that the rule does
/// not define states nothing, and one without a mode of its own states what `unstated` says.
pub fn mode_of_rule(
    rule: Option<&DestinationRule>,
    subset: &str,
    port: u16,
    unstated: SubsetTls,
) -> Decision<Option<ClientTlsMode>> {
    let general = |rule: &DestinationRule| mode_of_policy(rule.traffic_policy.as_ref(), port);
    let mode = rule.and_then(|rule| {
        if subset.is_empty() {
            return general(rule);
        }
        let defined = rule.subsets.iter().find(|known| known.name == subset)?;
        let own = mode_of_policy(defined.traffic_policy.as_ref(), port);
        match unstated {
            SubsetTls::RuleWide => own.or_else(|| general(rule)),
            SubsetTls::Unset => own,
        }
    });
    Decision::new(mode, rules::RULE_MODE)
}

fn mode_of_policy(policy: Option<&TrafficPolicy>, port: u16) -> Option<ClientTlsMode> {
    let policy = policy?;
    let for_port = policy.port_level_settings.iter().find_map(|settings| {
        let concerns = settings
            .port
            .is_some_and(|selector| selector.number == port);
        settings.tls.as_ref().filter(|_| concerns)
    });
    Some(for_port.or(policy.tls.as_ref())?.mode)
}

/// What goes over the wire to an endpoint. `reached_by_mtls` is whether the endpoint counts as
/// mutual TLS for this client; `original_destination` is whether the cluster connects to the
/// address the application chose, in which case Istio cannot tell endpoints apart.
pub fn wire_to(
    cluster: &ClientTls,
    reached_by_mtls: bool,
    original_destination: bool,
) -> Decision<Wire<'_>> {
    let encrypts = |tls: &&ClientTlsSettings| tls.mode != ClientTlsMode::Disable;
    let Some(settings) = cluster.settings.as_ref().filter(encrypts) else {
        return Decision::new(Wire::Plaintext, rules::CLIENT_PLAINTEXT);
    };
    let per_endpoint = cluster.origin == Origin::Auto
        && settings.mode == ClientTlsMode::IstioMutual
        && !original_destination;
    match (per_endpoint, reached_by_mtls) {
        (true, false) => Decision::new(Wire::Plaintext, rules::ENDPOINT_AUTO),
        (true, true) => Decision::new(Wire::Tls(settings), rules::ENDPOINT_AUTO),
        (false, _) => Decision::new(Wire::Tls(settings), rules::CLIENT_USER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(json: &str) -> DestinationRule {
        serde_json::from_str(json).unwrap()
    }

    fn tls(mode: &str) -> ClientTlsSettings {
        serde_json::from_str(&format!("{{\"mode\":\"{mode}\"}}")).unwrap()
    }

    #[test]
    fn the_narrowest_tls_mode_of_a_rule_counts() {
        let rule = rule(
            r#"{"host":"cart","trafficPolicy":{"tls":{"mode":"SIMPLE"},
                "portLevelSettings":[{"port":{"number":81},"tls":{"mode":"MUTUAL"}},
                                     {"port":{"number":82},"connectionPool":{}},{"tls":{"mode":"DISABLE"}}]},
                "subsets":[{"name":"v1","trafficPolicy":{"tls":{"mode":"DISABLE"}}},{"name":"v2"},
                           {"name":"v3","trafficPolicy":{"connectionPool":{}}}]}"#,
        );
        let by = |subset, port, unstated| mode_of_rule(Some(&rule), subset, port, unstated).value;
        let mode = |subset, port| by(subset, port, SubsetTls::RuleWide);
        assert_eq!(mode("", 80), Some(ClientTlsMode::Simple));
        assert_eq!(mode("", 81), Some(ClientTlsMode::Mutual));
        assert_eq!(mode("", 82), Some(ClientTlsMode::Simple));
        assert_eq!(mode("v1", 81), Some(ClientTlsMode::Disable));
        assert_eq!(mode("v2", 81), Some(ClientTlsMode::Mutual));
        assert_eq!(mode("v3", 80), Some(ClientTlsMode::Simple));
        assert_eq!(mode("v4", 80), None);
        assert_eq!(mode_of_rule(None, "", 80, SubsetTls::RuleWide).value, None);
        let before_1_31 = |subset, port| by(subset, port, SubsetTls::Unset);
        assert_eq!(before_1_31("v1", 81), Some(ClientTlsMode::Disable));
        assert_eq!(before_1_31("v2", 81), None);
        assert_eq!(before_1_31("", 81), Some(ClientTlsMode::Mutual));
    }

    #[test]
    fn auto_mutual_tls_looks_at_each_endpoint() {
        let auto = ClientTls {
            settings: Some(tls("ISTIO_MUTUAL")),
            origin: Origin::Auto,
        };
        assert_eq!(
            wire_to(&auto, false, false),
            Decision::new(Wire::Plaintext, rules::ENDPOINT_AUTO)
        );
        let settings = auto.settings.as_ref().unwrap();
        assert_eq!(wire_to(&auto, true, false).value, Wire::Tls(settings));
        assert_eq!(wire_to(&auto, false, true).value, Wire::Tls(settings));
    }

    #[test]
    fn what_the_user_wrote_holds_for_every_endpoint() {
        let user = |mode| ClientTls {
            settings: Some(tls(mode)),
            origin: Origin::User,
        };
        let mutual = user("ISTIO_MUTUAL");
        assert_eq!(wire_to(&mutual, false, false).because, rules::CLIENT_USER);
        assert_ne!(wire_to(&mutual, false, false).value, Wire::Plaintext);
        assert_eq!(
            wire_to(&user("DISABLE"), true, false).value,
            Wire::Plaintext
        );
        let none = ClientTls {
            settings: None,
            origin: Origin::User,
        };
        assert_eq!(
            wire_to(&none, true, false),
            Decision::new(Wire::Plaintext, rules::CLIENT_PLAINTEXT)
        );
    }
}

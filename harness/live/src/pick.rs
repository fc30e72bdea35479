//! Who picked the pod that answered, and whether for this call: the difference between many
//! independent samples and one that is seen many times.

use std::collections::BTreeMap;

use world::{Answer, Call, ClusterName, Connection, NetworkName, Observation, Outcome};

/// What is known of where calls are made.
pub(crate) struct Standpoint<'a> {
    /// The client's cluster.
    pub(crate) cluster: &'a ClusterName,
    /// Whether the client has a proxy.
    pub(crate) proxied: bool,
    /// The network of every cluster.
    pub(crate) networks: &'a BTreeMap<ClusterName, NetworkName>,
}

impl Standpoint<'_> {
    /// Adds what is known of the pick to every answer.
    pub(crate) fn tell(&self, observations: &mut [Observation]) {
        for observation in observations {
            if let Outcome::Answered(answer) = &mut observation.outcome {
                answer.earlier_pick = self.earlier_pick(&observation.call, answer);
            }
        }
    }

    /// A sidecar that reaches pods itself picks one for every request. Behind a gateway that passes TLS
    /// through, the pick is one per pooled connection, of which nothing is seen here; and without a
    /// proxy Kubernetes picks once per connection.
    fn earlier_pick(&self, call: &Call, answer: &Answer) -> Option<bool> {
        match self.proxied {
            true => self.reaches(answer.cluster.as_ref()?).then_some(false),
            false => (call.connection == Connection::Fresh).then_some(false),
        }
    }

    fn reaches(&self, answering: &ClusterName) -> bool {
        let network = |cluster| self.networks.get(cluster);
        answering == self.cluster
            || network(answering).is_some_and(|there| network(self.cluster) == Some(there))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::call;

    fn pick(proxied: bool, connection: Connection, answering: &str) -> Option<bool> {
        let call = call(connection);
        let networks = [("a1", "a"), ("a2", "a"), ("b1", "b")];
        let networks =
            networks.map(|(cluster, network)| (cluster.parse().unwrap(), network.parse().unwrap()));
        let standpoint = Standpoint {
            cluster: &"a1".parse().unwrap(),
            proxied,
            networks: &networks.into(),
        };
        let answer = Answer {
            cluster: Some(answering.parse().unwrap()),
            ..Answer::default()
        };
        standpoint.earlier_pick(&call, &answer)
    }

    #[test]
    fn a_sidecar_picks_for_every_request_where_it_reaches_pods_itself() {
        assert_eq!(pick(true, Connection::Fresh, "a1"), Some(false));
        assert_eq!(pick(true, Connection::Kept, "a2"), Some(false));
    }

    #[test]
    fn of_picks_behind_a_gateway_nothing_is_known() {
        assert_eq!(pick(true, Connection::Fresh, "b1"), None);
    }

    #[test]
    fn without_a_proxy_only_fresh_connections_are_picks_of_their_own() {
        assert_eq!(pick(false, Connection::Fresh, "a1"), Some(false));
        assert_eq!(pick(false, Connection::Kept, "a1"), None);
    }
}

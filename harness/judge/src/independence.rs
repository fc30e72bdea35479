//! Which answers count as picks of their own.
//!
//! A sidecar picks a cluster, or the gateway that stands for one, for every request: each answer is
//! a pick among clusters. A gateway that passes TLS through picks a pod for every *connection*, and
//! sidecars pool connections however fresh the client's are: all answers over one pooled connection
//! are a single pick among pods. A sidecar that reaches the pods themselves picks one for every
//! request, whatever its connections. Counting them all would make three hundred answers of one pod look
//! like overwhelming evidence.

use scenario::draft::By;
use world::{Observation, Outcome};

use crate::Ways;

/// Whether an answer is a pick of its own, counted by `by`. Without evidence about the connection
/// a pick among pods or versions does not count: too little evidence must not pass for much. A pick
/// of a gateway is one of a cluster, unless several clusters share the network behind it.
pub(crate) fn is_independent(by: By, observation: &Observation, ways: &Ways) -> bool {
    let Outcome::Answered(answer) = &observation.outcome else {
        return true;
    };
    match by {
        By::Cluster => {
            answer.earlier_pick != Some(true) || !ways.enters_shared_network(observation)
        }
        By::Version | By::Pod => answer.earlier_pick == Some(false),
    }
}

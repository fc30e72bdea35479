//! Why an engine could not do what it was asked; never a statement about the mesh.

use std::time::Duration;

use world::{Capability, ClusterName, VmName};

use crate::ObjectRef;

/// The result of every verb of this room.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong with the instrument or the environment. A run that meets one of these is
/// inconclusive or failed to come up; it says nothing about the mesh.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The API server answered with an error status.
    #[error("{action} {object}: the API server of {cluster} answered {code} {reason}: {message}")]
    Api {
        /// What was tried, for example `apply`.
        action: &'static str,
        /// On which object.
        object: Box<ObjectRef>,
        /// On which cluster.
        cluster: String,
        /// The HTTP status.
        code: u16,
        /// Kubernetes' machine-readable reason.
        reason: String,
        /// Kubernetes' words.
        message: String,
    },
    /// Another field manager owns fields that were to be applied.
    #[error(
        "apply {object}: fields belong to another manager: {message}; \
         take them out of the object or apply with force"
    )]
    Conflict {
        /// The object.
        object: Box<ObjectRef>,
        /// Kubernetes' list of managers and fields.
        message: String,
    },
    /// The API server was not reached, or did not speak Kubernetes.
    #[error("{action} {object}: no answer from the API server of {cluster}")]
    Unreachable {
        /// What was tried.
        action: &'static str,
        /// On which object.
        object: Box<ObjectRef>,
        /// On which cluster.
        cluster: String,
        /// What the client saw.
        #[source]
        source: Box<kube::Error>,
    },
    /// The API server does not serve this kind.
    #[error(
        "the API server of {cluster} serves no {kind} in {api_version}; \
         apply its CustomResourceDefinition first or ask for another version"
    )]
    UnknownKind {
        /// The cluster.
        cluster: String,
        /// For example `networking.istio.io/v1`.
        api_version: String,
        /// For example `Gateway`.
        kind: String,
    },
    /// A manifest that is not a Kubernetes object.
    #[error(
        "object {index} has no {missing}; every object needs apiVersion, kind and metadata.name"
    )]
    NotAnObject {
        /// Its place in the list, from 0.
        index: usize,
        /// The missing field.
        missing: &'static str,
    },
    /// A condition did not come about in time.
    #[error("{object} was awaited to be {awaited} for {waited:?}, but {nearest}")]
    TimedOut {
        /// The object.
        object: Box<ObjectRef>,
        /// The condition, for example `available`.
        awaited: String,
        /// How long.
        waited: Duration,
        /// The last state seen, for example `1 of 2 replicas are available`.
        nearest: String,
    },
    /// The deadline passed during something that is no condition of an object.
    #[error("{doing} did not end within {waited:?}")]
    DeadlinePassed {
        /// What was going on.
        doing: String,
        /// How long it was given.
        waited: Duration,
    },
    /// A fact that should have been in an object was not.
    #[error("{object} has no {field}")]
    NoFact {
        /// The object.
        object: Box<ObjectRef>,
        /// The field.
        field: &'static str,
    },
    /// A cluster that the environment does not have.
    #[error("there is no cluster '{0}' in this environment")]
    NoCluster(ClusterName),
    /// A machine that the environment does not have.
    #[error("there is no VM '{0}' in this environment")]
    NoVm(VmName),
    /// Nobody can ask in a client's name.
    #[error("nobody can ask as {client}: {why}")]
    NoClient {
        /// The client.
        client: String,
        /// Why not.
        why: String,
    },
    /// The engine cannot do this; the scenario should have been skipped.
    #[error("this engine has no {0}; scenarios that need it are skipped")]
    NotCapable(Capability),
    /// The substrate cannot be brought up as it is described.
    #[error("the substrate cannot be brought up: {why}")]
    Substrate {
        /// What is wrong and what to do.
        why: String,
    },
    /// The engine's own machinery failed (a daemon, a container, a task).
    #[error("{doing}: {}", told(&**source))]
    Machinery {
        /// What was going on.
        doing: String,
        /// What it met.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// An error with its causes, each once: some say their cause's words as their own.
pub fn told(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| match cause.to_string() {
        said if text.contains(&said) => text,
        said => format!("{text}: {said}"),
    })
}

/// What is known of a request when its answer turns out to be an error.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt<'a> {
    pub(crate) action: &'static str,
    pub(crate) object: &'a ObjectRef,
    pub(crate) cluster: &'a str,
}

impl Attempt<'_> {
    /// Puts a client's error into words: a status of the server, or no answer.
    pub(crate) fn failed(self, error: kube::Error) -> Error {
        let object = Box::new(self.object.clone());
        match error {
            kube::Error::Api(status) if self.action == "apply" && status.is_conflict() => {
                Error::Conflict {
                    object,
                    message: status.message.clone(),
                }
            }
            kube::Error::Api(status) => Error::Api {
                action: self.action,
                object,
                cluster: self.cluster.to_owned(),
                code: status.code,
                reason: status.reason.clone(),
                message: status.message.clone(),
            },
            other => Error::Unreachable {
                action: self.action,
                object,
                cluster: self.cluster.to_owned(),
                source: Box::new(other),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_with_every_cause_once() {
        let inner = Error::Machinery {
            doing: "start container c1".to_owned(),
            source: "no space left".into(),
        };
        let outer = Error::Machinery {
            doing: "bring clusters up".to_owned(),
            source: Box::new(inner),
        };
        let said = "bring clusters up: start container c1: no space left";
        assert_eq!(outer.to_string(), said);
        assert_eq!(told(&outer), said);
    }
}

//! What exists physically, what can be asked of it, and what can be seen.
//!
//! This room holds the words that engines and judges share and nothing else. It never knows what
//! a mesh is declared to be, what is expected of it, or how anything is brought about: there is
//! no `Topology`, no `Check` and no client of any kind here.
//!
//! Reading order: [`name`], [`text`] and [`locality`] (what things are called), [`substrate`] (what stands
//! there), [`call`] (what is asked), [`observation`] and [`hop`] (what was seen and why),
//! [`known`] (what a mesh says of itself),
//! [`fault`] (what can be broken underneath), [`capability`] (what an engine can do).

pub mod call;
pub mod capability;
pub mod fault;
pub mod hop;
pub mod known;
pub mod locality;
pub mod name;
pub mod observation;
pub mod substrate;
pub mod text;
pub mod version;

pub use call::{Call, Client, Connection, Protocol, Target};
pub use capability::{Capabilities, Capability};
pub use fault::{Direction, SubstrateFault};
pub use hop::{Hop, Place, RuleId};
pub use known::{
    ClusterSync, ControlPlane, KnownEndpoints, KnownHost, LeftOut, Line, NotModelled, Told, Why,
};
pub use locality::Locality;
pub use name::{
    ClusterName, MeshName, NameError, NamespaceName, NetworkName, NodeName, VmName, WorkloadName,
};
pub use observation::{Answer, Observation, Outcome, PeerIdentity, Refusal, TlsSeen};
pub use substrate::{Cluster, Link, Network, Node, Substrate, Vm};
pub use text::{Sentence, Text, Words};
pub use version::{Version, VersionError, VersionReq};

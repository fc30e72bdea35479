//! Drafts: what is written, field by field, before its meaning is checked.
//!
//! The JSON schemas are generated from these types, so every doc comment and default here is what
//! an editor shows. Nothing outside this crate works with a draft: the rooms use
//! [`crate::Topology`] and [`crate::Scenario`], which cannot be wrong.

mod canary;
mod change;
mod check;
mod cidr;
mod document;
mod fault;
mod free;
mod scenario;
mod topology;
mod workload;

pub use canary::{
    BreakDraft, CanaryDraft, CaughtAs, CaughtByDraft, OmitDraft, PatchDraft, ValuesDraft,
};
pub use change::{
    ApplyDraft, ChangeDraft, Component, DeleteDraft, LabelDraft, ObjectRefDraft,
    RemoveRevisionDraft, Renew, RestartDraft, RollbackDraft, RotateDraft, RotateSecretDraft,
    TagDraft, UpgradeDraft, VmRefDraft,
};
pub use check::{
    BudgetCheckDraft, BudgetDraft, By, CallDraft, CheckDraft, CheckKindDraft, ConnectionDraft,
    DnsAnswer, DnsDraft, EndpointsDraft, FailoverDraft, InDraft, MtlsDraft, PodsDraft,
    ProtocolDraft, ReachableDraft, RefusalWord, RefusedDraft, ShareDraft, TrafficDraft, Via,
    WhenDraft,
};
pub use document::{ApiVersion, Metadata};
pub use fault::{
    CertificateDraft, CertificateFault, ClockDraft, FaultDraft, FaultKindDraft, GatewayDownDraft,
    GatewayFault, LatencyDraft, LossDraft, NodeRefDraft, PartitionDraft, PauseDraft, PlaceRef,
    RootPhase, RootRotationDraft, ScaleDraft, SecretDraft, SecretFault, StaleEndpointsDraft,
    StopDraft, WayDraft,
};
pub(crate) use free::FREE_KEYWORD;
pub use free::Free;
pub use scenario::{
    EngineKind, MatrixDraft, PromiseDraft, ScenarioDraft, ScenarioKind, ScenarioSpec, StepDraft,
    TopologyRef,
};
pub use topology::{
    ClusterDraft, GatewayDraft, GatewayType, IstioDraft, LinkDraft, MeshDraft, MtlsMode,
    NetworkDraft, NodeDraft, Overlap, TopologyDraft, TopologyKind, TopologySpec, VmDraft,
};
pub use workload::{App, PlaceDetails, PlaceDraft, PlacesDraft, ServiceType, WorkloadDraft};

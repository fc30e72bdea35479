//! What installations of whole topologies hold.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod catalogue;
mod changes;
mod external;
mod federation;
mod golden;
mod guides;
mod properties;
mod shared_sources;
mod stages;
mod support;
mod topologies;
mod virtual_machines;
mod workloads;

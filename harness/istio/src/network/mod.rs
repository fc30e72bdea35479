//! Over which gateway a workload is reached: networks, gateways and split horizon.

pub mod rules;

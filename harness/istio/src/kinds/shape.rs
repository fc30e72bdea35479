//! The fields that Istio's kinds have, as data: names, types, and which of them are modelled.
//!
//! The tables under `shapes/` list every field of each kind as Istio's schemas have it (the
//! CustomResourceDefinitions and protocol buffers of 1.32-dev). The structs of this module hold
//! the modelled ones again as Rust; a test holds the two against each other. A table reads:
//!
//! ```text
//! [DestinationRule]                  a kind or a message that others refer to
//! host: string!                      a field that must be written
//! subsets[]: object                  a list; what follows indented is within each element
//!   labels{}: string                 a map
//! portLevelMtls{port}: @MutualTLS    a map whose keys are ports
//!   trafficPolicy: @TrafficPolicy    a message of that name
//! simple: RANDOM|-PASSTHROUGH        the values there are; the second is not modelled
//! interval: duration                 at least 1ms; `time` may be less, `port` is 1 to 65535
//! -tunnel                            a field that Istio has and isthmus does not model
//! ```

mod check;
mod newer;
mod table;

pub use check::check;
pub use newer::newer_than;
pub use table::{Field, Form, Plural, Shape, Word, names, shape};

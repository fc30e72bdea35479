//! What a VirtualService makes of a request or a connection.
//!
//! [`owner`] says which virtual service a host belongs to; [`routes`] reads its routes once and
//! finds the one for a request, by [`matching`]; [`destination`] is where a route leads, by weight.

pub mod destination;
pub mod matching;
pub mod owner;
pub mod routes;

pub use destination::{WeightedDestination, WeightedDestinations};
pub use matching::{Caller, ConnectionFacts, HttpCall, RouteError};
pub use owner::owner_of;
pub use routes::{ConnectionRoute, HttpAction, Routes};

//! What a VirtualService makes of a request or a connection.
//!
//! [`owner`] says which virtual service a host belongs to; [`routes`] reads its routes once and
//! finds the one for a request by [`matching`] its [`text`]s, or for a [`connection`], in its
//! [`place`]; [`destination`] is where a route leads, by weight.

pub mod connection;
pub mod destination;
pub mod matching;
pub mod owner;
pub mod place;
pub mod routes;
pub mod text;

pub use connection::ConnectionFacts;
pub use destination::{WeightedDestination, WeightedDestinations};
pub use matching::HttpCall;
pub use owner::owner_of;
pub use place::Caller;
pub use routes::{ConnectionRoute, HttpAction, Routes};
pub use text::RouteError;

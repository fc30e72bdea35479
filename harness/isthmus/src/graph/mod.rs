//! A topology as a picture: clusters in networks, who configures and watches whom, who trusts whom,
//! gateways and machines.
//!
//! [`diagram`] says what there is to draw and nothing of how; [`mermaid`] and [`svg`] draw it.

pub mod diagram;
pub mod mermaid;
mod place;
pub mod svg;

pub use diagram::Diagram;

//! What holders and verifiers of certificates see of each other.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod cacerts;
mod mesh;
mod servers;
mod support;

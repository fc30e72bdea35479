//! What must hold of the rules about security, visibility and routing whatever the objects say.
//!
//! [`objects`] makes objects up, few names and many collisions, because rules differ where names
//! meet; the other modules hold one claim per test.

mod authorization;
mod hiding;
mod mutual_tls;
mod objects;
mod order;
mod renaming;

//! Who may answer: endpoints, their weight and health, and the pipeline from services to choices.
//!
//! Reading order: [`labels`], [`weight`], [`health`], [`mtls`] and [`workload_entry`] (what an
//! endpoint is), [`index`] (all endpoints of a control plane), then the pipeline [`select`]:
//! [`filter`] (who is left out at once), [`replace`] (who is reached through gateways), [`order`]
//! (in which priority). [`cache`] answers again what was asked before.

pub mod cache;
pub mod filter;
pub mod health;
pub mod index;
pub mod labels;
pub mod mtls;
pub mod order;
pub mod replace;
pub mod rules;
pub mod select;
pub mod weight;
pub mod workload_entry;

pub use health::Health;
pub use index::{Endpoint, Index};
pub use labels::Labels;
pub use select::{Client, Group, Host, LeftOut, Question, Reached, Selection, select};

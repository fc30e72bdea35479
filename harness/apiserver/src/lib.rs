//! A Kubernetes API server in memory, which a Kubernetes client cannot tell from a real one.
//!
//! [`ApiServer::client`] is an ordinary `kube::Client` whose transport is a tower service in this
//! process; [`ApiServer::call`] is the same server without HTTP, for controllers. Both work on a
//! paused current-thread runtime without an I/O driver. What the server says (objects, versions,
//! identifiers, times) follows from [`Config`] and the requests alone.
//!
//! It follows Kubernetes 1.34: what is not modelled is refused by name (405, 415, 501), never
//! approximated. It runs no controller: nothing here schedules, scales or connects anything. The
//! exceptions do with the write what the control plane does moments later: definitions are
//! established, and namespaces furnished, if [`Config::cluster_ca`] is set.
//!
//! Known limits: `x-kubernetes-validations` of definitions are kept and not evaluated; every
//! version of a custom resource has the shape of the version it is read through.
//!
//! What it costs: a pod of one container takes 4 kB with the history of its creation; versions
//! share what they have in common ([`json`]). A write costs what it changes. Reads and lists cost
//! what they find, with an index of labels per table (`store/labels.rs`); a list by field selector
//! looks at every object of its namespaces. `cargo bench -p isthmus-apiserver` measures it over
//! sizes; `docs/apiserver-sizes.svg` is one such run.
//!
//! Reading order: [`json`] (what objects are made of), [`request`] and [`response`] (what is asked
//! and answered), `server` (the way of a request), `verb` (one file per verb; `verb/modify.rs` is
//! the way of every write), `store`, `tables` and [`watch`] (versions and history), `typed` (an object at one
//! version and what readers make of it; `parted` is what they make of pods and their like), `schema` and
//! `apply`
//! (shapes and ownership), `lifecycle`, `defaults` and `validate` (kind by kind), `admission` and
//! `auth`, `http` (the face).

mod admission;
mod apply;
mod auth;
mod bootstrap;
mod catalogue;
mod clock;
mod config;
mod crds;
mod defaults;
mod discovery;
mod handler;
mod http;
mod ident;
pub mod json;
mod lifecycle;
mod object;
mod parted;
mod patch;
mod quantity;
pub mod request;
mod resource;
pub mod response;
mod reviews;
mod schema;
mod select;
mod served;
mod server;
pub mod signal;
mod status;
mod store;
mod tables;
mod typed;
mod validate;
mod verb;
pub mod watch;

pub use admission::{WebhookCall, WebhookError};
pub use auth::User;
pub use clock::{Clock, stamp};
pub use config::Config;
pub use handler::{Authenticator, Handlers, KubeletHandler, WebhookTransport};
pub use http::{HttpService, ReplyBody};
pub use parted::{Deployment, Pod, ReplicaSet};
pub use request::{Options, PatchKind, Request, Verb};
pub use resource::Gvr;
pub use response::{List, Response};
pub use served::ApiResource;
pub use server::ApiServer;
pub use status::{Cause, Details, Status};
pub use typed::{Object, Readable};
pub use watch::{EventKind, Watch, WatchEvent};

//! The server as its clients see it. One binary, because each links everything.

mod apply;
mod auth;
mod crud;
mod definitions;
mod determinism;
mod kit;
mod kube_runtime;
mod lifecycle;
mod model;
mod watch;
mod webhooks;

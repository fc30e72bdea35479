//! istiod in simulated clusters, installed from the objects that a user's topology becomes.

mod install;
mod istiod;
mod vm;
mod why;

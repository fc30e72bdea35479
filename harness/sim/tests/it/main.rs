//! Claims about the simulator, one module per part.

mod clusters;
mod kit;
mod net;
mod verbs;

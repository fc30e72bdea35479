//! The HTTP face: paths and headers in, JSON out. It decides nothing.
mod body;
mod query;
mod reply;
mod route;
mod service;

pub use body::ReplyBody;
pub use service::HttpService;

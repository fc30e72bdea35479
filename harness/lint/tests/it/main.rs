//! What the rules say of files.

mod kit;
mod manifests;
mod output;
mod own;
mod pages;

//! Virtual machines: what a cluster knows of one, and the files one starts with.

mod files;
mod group;

pub use files::{VmFiles, vm_files, vm_needs};
pub(crate) use group::objects;

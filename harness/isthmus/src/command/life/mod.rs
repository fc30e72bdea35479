//! Clusters in Docker that stay: brought up, shown, used, removed.

mod doctor;
mod down;
mod gc;
mod kubeconfig;
mod logs;
mod ps;
mod shell;
mod up;

pub(super) use self::{
    doctor::run as doctor, down::run as down, gc::run as gc, kubeconfig::run as kubeconfig,
    logs::run as logs, ps::run as ps, shell::run as shell, up::run as up,
};

use super::CommandError;
use crate::cli::NodeImages;

/// Carries out what needs a runtime on real time.
fn on_runtime<T>(work: impl Future<Output = T>) -> Result<T, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    Ok(runtime?.block_on(work))
}

/// The images that the command line names.
fn images(args: &NodeImages) -> kind::Images {
    kind::Images {
        node: args.node_image.clone(),
        preload: args.load.clone(),
    }
}

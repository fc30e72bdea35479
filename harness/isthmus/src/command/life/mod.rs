//! Clusters in Docker that stay: brought up, shown, used, removed.

mod doctor;
mod down;
mod gc;
mod images;
mod kubeconfig;
mod logs;
mod ps;
mod shell;
mod up;

pub(super) use self::{
    doctor::run as doctor, down::run as down, gc::run as gc, images::run as images,
    kubeconfig::run as kubeconfig, logs::run as logs, ps::run as ps, shell::run as shell,
    up::run as up,
};

use kind::stock::Lock;

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
fn chosen(args: &NodeImages) -> Result<kind::Images, CommandError> {
    let lock = args.lock.as_deref().map(Lock::read).transpose()?;
    Ok(kind::Images {
        preload: args.load.clone(),
        machine: args.machine_image.clone(),
        archives: args.archives.clone(),
        pull: match args.offline {
            true => kind::Pull::Never,
            false => kind::Pull::IfMissing,
        },
        lock: lock.unwrap_or_default(),
        ..kind::Images::of(&args.node_image)
    })
}

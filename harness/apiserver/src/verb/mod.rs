//! The verbs: one file each.

mod create;
mod decode;
mod delete;
mod get;
mod list;
mod modify;
mod patch;
mod scale;
mod subresource;
mod token;
mod update;

pub(crate) use create::create;
pub(crate) use delete::{delete, delete_collection};
pub(crate) use get::get;
pub(crate) use list::list;
pub(crate) use patch::patch;
pub(crate) use subresource::subresource;
pub(crate) use update::update;

use crate::{
    apply::Stamp, lifecycle::update::Part, request::Request, resource::Resource, server::ApiServer,
};

/// Who writes, for the object's metadata.
fn stamp(server: &ApiServer, resource: &Resource, request: &Request, part: Part) -> Stamp {
    Stamp {
        manager: request
            .options
            .field_manager
            .clone()
            .unwrap_or_else(|| "unknown".to_owned()),
        api_version: resource.gvr.api_version(),
        subresource: part.subresource().to_owned(),
        time: server.config().clock.stamp(),
    }
}

//! Virtual machines: how one joins the mesh and leaves it.

use std::collections::BTreeMap;

use engine::{App, Machine, ObjectRef, condition, wait};
use manifest::{Facts, vm_files, vm_needs};
use serde_json::Value;
use world::VmName;

use crate::{Result, error::Doing as _, install, running::Running, site::Site};

/// What the application of a machine says its version is.
const VERSION: &str = "v1";

/// Starts the application and the agent of a machine, on files as istioctl makes them.
pub(crate) async fn onboard(running: &Running<'_>, facts: &mut Facts, name: &VmName) -> Result<()> {
    let site = &running.site;
    let member = &site.topology.vms()[name];
    install::learn_all(site, facts, vm_needs(site.topology, name)).await?;
    let network = network(site, name).await?;
    let files = vm_files(site.topology, name, network.as_deref(), facts);
    let files = files.doing(format!("write the files of VM {name}"))?;
    let files = files.files().into_iter();
    let files: BTreeMap<String, Vec<u8>> = files
        .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
        .collect();
    let machine = machine(running, name)?;
    machine
        .write(files)
        .await
        .doing(format!("write files to VM {name}"))?;
    let app = App {
        port: member.port,
        version: VERSION.to_owned(),
    };
    machine
        .start_app(app)
        .await
        .doing(format!("start the application of VM {name}"))?;
    machine
        .start_agent()
        .await
        .doing(format!("start the agent of VM {name}"))
}

/// The network in the template of the machine's WorkloadGroup, which istioctl writes into its files.
async fn network(site: &Site<'_>, name: &VmName) -> Result<Option<String>> {
    let member = &site.topology.vms()[name];
    let group = ObjectRef::namespaced(
        "networking.istio.io/v1",
        "WorkloadGroup",
        member.namespace.as_str(),
        name.as_str(),
    );
    let kinds = site.kinds(&member.onboarded_by);
    let found = wait::until(kinds, &group, &condition::present(), site.deadline).await;
    let found = found.doing(format!("read the WorkloadGroup of VM {name}"))?;
    let network = found.as_ref();
    let network = network.and_then(|group| group.data.pointer("/spec/template/network"));
    Ok(network.and_then(Value::as_str).map(str::to_owned))
}

/// Stops the agent of a machine.
pub(crate) async fn offboard(running: &Running<'_>, name: &VmName) -> Result<()> {
    let machine = machine(running, name)?;
    machine
        .stop_agent()
        .await
        .doing(format!("stop the agent of VM {name}"))
}

fn machine(running: &Running<'_>, name: &VmName) -> Result<Box<dyn Machine>> {
    running
        .site
        .environment
        .machine(name)
        .doing(format!("reach VM {name}"))
}

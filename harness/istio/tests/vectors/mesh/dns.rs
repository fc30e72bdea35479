//! The DNS table of headless services.

use istio::{
    ClusterId, NetworkId,
    dns::headless::{Headless, Pod},
    endpoint::Health,
};
use serde::Deserialize;

use crate::case::Case;

pub(crate) fn headless(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        #[serde(rename = "service")]
        _service: String,
        publish_not_ready: bool,
        proxy: Proxy,
        multicluster_headless: bool,
        pods: Vec<Listed>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Proxy {
        network: NetworkId,
        cluster: ClusterId,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Listed {
        name: String,
        ip: String,
        network: NetworkId,
        cluster: ClusterId,
        readiness: Readiness,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Readiness {
        Ready,
        NotReady,
        Terminating,
    }
    let input: Input = case.input()?;
    let proxy = Headless {
        network: &input.proxy.network,
        cluster: &input.proxy.cluster,
        publish_not_ready: input.publish_not_ready,
        multicluster: input.multicluster_headless,
    };
    let pod = |listed: Listed| Pod {
        ip: listed.ip,
        name: Some(listed.name),
        network: listed.network,
        cluster: listed.cluster,
        health: match listed.readiness {
            Readiness::Ready => Health::Ready,
            Readiness::NotReady => Health::NotReady,
            Readiness::Terminating => Health::Terminating,
        },
    };
    let pods: Vec<Pod> = input.pods.into_iter().map(pod).collect();
    case.came_out("service_ips", proxy.addresses(&pods).value);
    let names = proxy.pod_names(&pods).value;
    case.came_out_as_set("per_pod_names", names.into_keys());
    Ok(())
}

pub(crate) fn pod_name(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        proxy_cluster: ClusterId,
        name: String,
        instances: Vec<Instance>,
        multicluster_headless: bool,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Instance {
        ip: String,
        cluster: ClusterId,
    }
    let input: Input = case.input()?;
    let proxy = Headless {
        network: &NetworkId::default(),
        cluster: &input.proxy_cluster,
        publish_not_ready: false,
        multicluster: input.multicluster_headless,
    };
    let pod = |instance: Instance| Pod {
        ip: instance.ip,
        name: Some(input.name.clone()),
        network: NetworkId::default(),
        cluster: instance.cluster,
        health: Health::Ready,
    };
    let pods: Vec<Pod> = input.instances.into_iter().map(pod).collect();
    let names = proxy.pod_names(&pods).value;
    case.came_out("ips", names.get(&input.name));
    Ok(())
}

//! What a kubelet gives the containers of a pod besides their images: the files of ConfigMaps and
//! Secrets, service-account tokens, and the way to the API server.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddrV4},
    sync::Arc,
};

use apiserver::{
    Gvr, Object, Pod, Request, Status, User,
    json::{Text, Value, json},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use pki::Roots;

use crate::{
    cluster::Api,
    net::dns::{NoAddress, Resolver},
};

/// A kubelet, as one pod knows it.
#[derive(Clone)]
pub struct Kubelet {
    api: Api,
    namespace: String,
    pod: Value,
    account: String,
    /// Where the cluster's API server is.
    pub api_server: SocketAddrV4,
    /// The authorities of its certificate.
    pub roots: Roots,
}

/// The files of a volume by name.
pub type Files = BTreeMap<String, Vec<u8>>;

impl Kubelet {
    pub(crate) fn new(api: Api, pod: &Pod, api_server: SocketAddrV4, roots: Roots) -> Self {
        let meta = &pod.metadata;
        let account = pod
            .spec
            .as_ref()
            .and_then(|spec| spec.service_account_name.clone());
        Self {
            api,
            namespace: meta.namespace.clone().unwrap_or_default(),
            pod: json!({"kind": "Pod", "apiVersion": "v1", "name": meta.name, "uid": meta.uid}),
            account: account.unwrap_or_else(|| "default".to_owned()),
            api_server,
            roots,
        }
    }

    /// The files of a ConfigMap of the pod's namespace, as they are now; `None` if it is not
    /// there.
    pub async fn config_map(&self, name: &str) -> Option<Files> {
        let object = self.read("configmaps", name).await?;
        let data = object["data"].as_object().into_iter().flatten();
        let file = |(name, text): (&Text, &Value)| {
            Some((name.to_string(), text.as_str()?.as_bytes().to_vec()))
        };
        Some(data.filter_map(file).collect())
    }

    /// The files of a Secret of the pod's namespace, as they are now; `None` if it is not there.
    pub async fn secret(&self, name: &str) -> Option<Files> {
        let object = self.read("secrets", name).await?;
        let data = object["data"].as_object().into_iter().flatten();
        let file = |(name, text): (&Text, &Value)| {
            Some((name.to_string(), STANDARD.decode(text.as_str()?).ok()?))
        };
        Some(data.filter_map(file).collect())
    }

    /// A token of the pod's service account, bound to the pod; without an audience it is for the
    /// API server.
    ///
    /// # Errors
    /// The API server's refusal.
    pub async fn token(&self, audience: Option<&str>) -> Result<String, Status> {
        let audiences: Vec<&str> = audience.into_iter().collect();
        // Kubernetes lets tokens for itself live a year, because old clients read them once.
        let seconds = audience.map_or(31_536_000, |_| 43_200);
        let body = json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "metadata": {"namespace": self.namespace, "name": self.account},
            "spec": {"audiences": audiences, "expirationSeconds": seconds, "boundObjectRef": self.pod},
        });
        let accounts = Gvr::core("serviceaccounts");
        let user = User::controller("kubelet");
        let mut request = Request::create(&accounts, body, &user).at("token");
        request.name = Some(self.account.clone());
        let answer = self.api.server().call(request).await?;
        let token = answer
            .object()
            .and_then(|object| object["status"]["token"].as_str());
        Ok(token.unwrap_or_default().to_owned())
    }

    /// What the pod's resolver makes of a name now: the cluster's DNS.
    ///
    /// # Errors
    /// If the name has no address.
    pub fn resolve(&self, host: &str) -> Result<Ipv4Addr, NoAddress> {
        let resolved = Resolver::of_pod(&self.namespace).resolve(self.api.view(), host)?;
        Ok(resolved.addresses[0])
    }

    async fn read(&self, resource: &str, name: &str) -> Option<Arc<Object>> {
        let user = User::controller("kubelet");
        let request = Request::get(&Gvr::core(resource), &self.namespace, name, &user);
        let answer = self.api.server().call(request).await.ok()?;
        answer.object().cloned()
    }
}

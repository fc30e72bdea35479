//! The way from an API server to its webhooks: over the network, like anybody's.

use std::{
    net::{Ipv4Addr, SocketAddrV4},
    sync::Arc,
};

use apiserver::{Clock, WebhookCall, WebhookError, WebhookTransport, json::Value};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::Service;
use pki::Roots;

use super::{Key, View};
use crate::{
    net::{Net, Origin},
    program::{Channel, Hello, Reply, Sent, Serve},
};

/// Carries admission reviews from a control plane.
pub(super) struct Webhooks {
    pub(super) net: Net<Arc<dyn Serve>>,
    pub(super) view: View,
    pub(super) from: Origin,
    pub(super) clock: Clock,
}

impl WebhookTransport for Webhooks {
    fn review(&self, call: WebhookCall) -> BoxFuture<'_, Result<Value, WebhookError>> {
        self.send(call).boxed()
    }
}

/// Where a webhook is.
struct Target {
    address: SocketAddrV4,
    path: String,
    /// What the API server calls it in errors, and the name its certificate must have.
    host: String,
}

impl Webhooks {
    async fn send(&self, call: WebhookCall) -> Result<Value, WebhookError> {
        let target = self.target(&call.client_config)?;
        let failed = |why: &dyn std::fmt::Display| {
            WebhookError(format!(
                "Post \"https://{}{}\": {why}",
                target.host, target.path
            ))
        };
        let conn = self.net.connect(&self.from, target.address).await;
        let conn = conn.map_err(|error| failed(&error))?;
        let channel = Channel::over(conn);
        self.shake_hands(&channel, &target, &call.client_config)
            .await
            .map_err(|why| failed(&why))?;
        let sent = Sent::Review {
            path: target.path.clone(),
            review: call.review,
        };
        match channel.ask(sent).await.map_err(|error| failed(&error))? {
            Reply::Review(review) => Ok(review),
            Reply::Http { status, .. } => Err(failed(&format_args!("unexpected status {status}"))),
            _ => Err(failed(&"EOF")),
        }
    }

    /// Verifies that the webhook is who its configuration says it is.
    async fn shake_hands(
        &self,
        channel: &Channel,
        target: &Target,
        config: &Value,
    ) -> Result<(), String> {
        let name = target.host.split(':').next().unwrap_or_default();
        let hello = Hello {
            sni: name.to_owned(),
            alpn: vec!["h2".to_owned(), "http/1.1".to_owned()],
            chain: None,
        };
        let reply = channel
            .ask(Sent::Hello(hello))
            .await
            .map_err(|error| error.to_string())?;
        let Reply::Hello(answer) = reply else {
            return Err("EOF".to_owned());
        };
        let roots = believed(config)?;
        let shown = answer.chain.ok_or("tls: the server shows no certificate")?;
        let verified = roots.verify_server(&shown, name, self.clock.now());
        verified.map_err(|error| format!("tls: failed to verify certificate: x509: {error}"))
    }

    fn target(&self, config: &Value) -> Result<Target, WebhookError> {
        match (&config["service"], config["url"].as_str()) {
            (Value::Object(_), _) => self.service(&config["service"]),
            (_, Some(url)) => of_url(url),
            (_, None) => Err(WebhookError(
                "its clientConfig names no service and no url".to_owned(),
            )),
        }
    }

    fn service(&self, service: &Value) -> Result<Target, WebhookError> {
        let text = |field: &str| service[field].as_str().unwrap_or_default();
        let key = Key::new(text("namespace"), text("name"));
        let port = service["port"]
            .as_u64()
            .and_then(|port| u16::try_from(port).ok())
            .unwrap_or(443);
        let found = self.view.get::<Service>(&key);
        let found =
            found.ok_or_else(|| WebhookError(format!("service \"{}\" not found", key.name)))?;
        let address = found
            .spec
            .as_ref()
            .and_then(|spec| spec.cluster_ip.as_deref()?.parse().ok());
        let address: Ipv4Addr = address
            .ok_or_else(|| WebhookError(format!("service \"{key}\" has no cluster address")))?;
        Ok(Target {
            address: SocketAddrV4::new(address, port),
            path: text("path").to_owned(),
            host: format!("{}.{}.svc:{port}", key.name, key.namespace),
        })
    }
}

/// The authorities of a webhook's `caBundle`; without one it would be the machine's, which there
/// are none of here.
fn believed(config: &Value) -> Result<Roots, String> {
    let unknown = || {
        "tls: failed to verify certificate: x509: certificate signed by unknown authority"
            .to_owned()
    };
    let bundle = config["caBundle"]
        .as_str()
        .filter(|text| !text.is_empty())
        .ok_or_else(unknown)?;
    let pem = STANDARD.decode(bundle).map_err(|_| unknown())?;
    Roots::from_pem(&String::from_utf8_lossy(&pem)).map_err(|_| unknown())
}

/// A URL by address; API servers resolve other names outside the cluster, where there is no DNS.
fn of_url(url: &str) -> Result<Target, WebhookError> {
    let refused = |why: &str| WebhookError(format!("url {url}: {why}"));
    let rest = url
        .strip_prefix("https://")
        .ok_or_else(|| refused("is not https"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (name, port) = host.split_once(':').unwrap_or((host, "443"));
    let address = name
        .parse()
        .map_err(|_| refused(&format!("lookup {name}: no such host")))?;
    let port = port.parse().map_err(|_| refused("has no port number"))?;
    Ok(Target {
        address: SocketAddrV4::new(address, port),
        path: format!("/{path}"),
        host: host.to_owned(),
    })
}

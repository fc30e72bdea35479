//! Istio's agent on a machine: what its package for virtual machines does there, in a container.
//!
//! The machine is made of an image in which the agent is, Istio's own `proxyv2` for example; such an
//! image starts nothing but the agent, which is how it is known.

use std::net::Ipv4Addr;

use crate::{Result, docker::Docker};

/// The agent's name, at the end of the entrypoint of images that have it.
const AGENT: &str = "pilot-agent";

/// What an agent needs of a container: it redirects the machine's traffic to its proxy.
pub(crate) const PRIVILEGES: [&str; 1] = ["NET_ADMIN"];

/// Ends an agent that runs, and lets traffic pass by it. It drains connections before it ends; one
/// that never does is killed.
const STOP: &str = r#"
pid=$(cat /run/istio-agent.pid 2>/dev/null || true)
if [ -n "$pid" ]; then
  kill "$pid" 2>/dev/null || true
  n=0
  while kill -0 "$pid" 2>/dev/null && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
  kill -9 "$pid" 2>/dev/null || true
  rm -f /run/istio-agent.pid
fi
"#;

/// Istio's rules give way to nobody's: Docker catches questions for names of its own networks, which
/// the agent is to answer.
const RULES: &str = r#"
for iptables in iptables iptables-nft iptables-legacy; do
  for chain in DOCKER_OUTPUT DOCKER_POSTROUTING; do
    "$iptables" -t nat -F "$chain" 2>/dev/null || true
  done
done
set -a; . /var/lib/istio/envoy/cluster.env; set +a
if grep -Eq "ISTIO_META_DNS_CAPTURE: *[\"']?true" /etc/istio/config/mesh; then export ISTIO_META_DNS_CAPTURE=true; fi
pilot-agent istio-iptables --cleanup-only >/dev/null 2>&1 || true
pilot-agent istio-iptables >/var/log/istio/iptables.log 2>&1 || { tail -n 5 /var/log/istio/iptables.log >&2; exit 1; }
"#;

/// The agent's user owns what it reads and writes, and its traffic is not redirected.
const RUN: &str = r#"
export PROV_CERT=./etc/certs OUTPUT_CERTS=./etc/certs
export CA_ADDR="${CA_ADDR:-istiod.istio-system.svc:15012}"
export POD_NAME="$(hostname)" POD_NAMESPACE="$ISTIO_NAMESPACE"
export PROXY_CONFIG="serviceCluster: $ISTIO_SERVICE
controlPlaneAuthPolicy: MUTUAL_TLS"
cd /
setpriv --reuid=1337 --regid=1337 --clear-groups pilot-agent proxy >>/var/log/istio/istio.log 2>&1 </dev/null &
echo $! >/run/istio-agent.pid
"#;

/// Where the agent keeps what it writes.
const OWN: &str = r#"
mkdir -p /var/log/istio /etc/istio/proxy /etc/istio/config /etc/certs /var/lib/istio /var/run/secrets
chown -R 1337:1337 /var/log/istio /etc/istio /etc/certs /var/lib/istio /var/run/secrets
"#;

/// Whether an image with this entrypoint has the agent.
pub(crate) fn is_in(entrypoint: &[String]) -> bool {
    let program = entrypoint.first().and_then(|path| path.rsplit('/').next());
    program == Some(AGENT)
}

/// Starts the agent on the files that were written; one that runs gives way.
///
/// # Errors
/// What the daemon met, or why the machine's traffic cannot be redirected.
pub(crate) async fn start(docker: &Docker, machine: &str, address: Ipv4Addr) -> Result<()> {
    let address = format!("export INSTANCE_IP={address}\n");
    let script = [STOP, OWN, RULES, &address, RUN].concat();
    docker.script(machine, &script).await
}

/// Stops the agent.
///
/// # Errors
/// What the daemon met.
pub(crate) async fn stop(docker: &Docker, machine: &str) -> Result<()> {
    let clean = "pilot-agent istio-iptables --cleanup-only >/dev/null 2>&1 || true\n";
    docker.script(machine, &[STOP, clean].concat()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_that_start_the_agent_have_it() {
        let entrypoint = |path: &str| is_in(&[path.to_owned(), "proxy".to_owned()]);
        assert!(entrypoint("/usr/local/bin/pilot-agent"));
        assert!(!entrypoint("/usr/local/bin/pilot-discovery"));
        assert!(!is_in(&[]));
    }
}

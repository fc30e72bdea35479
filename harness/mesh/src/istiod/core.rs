//! What all parts of a running istiod share.

use std::{
    fmt::Display,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use apiserver::{Clock, Gvr, Request, json::json};
use istio::{
    ClusterId,
    auth::{AuthFailure, workload},
    identity::SpiffeId,
    kinds::Kind,
};
use jiff::Timestamp;
use pki::{Chain, Credential};
use sim::{cluster::Key, log::EventLog, random::Seed, remote::Remote};
use tokio::sync::{mpsc::UnboundedSender, watch};

use super::{
    assemble::{Assembler, Published},
    ca::Ca,
    clusters::{Clusters, SyncState},
    environment::Environment,
    inject::{InjectError, Injector},
    registration::{self, Registered},
};
use crate::{
    refusals::Refusals,
    snapshot::{Mesh, Snapshot},
    xds::{Credentials, Node, Refused, Signed, SigningRequest, Subscription},
};

/// The audience of tokens that agents show.
const AUDIENCE: &str = "istio-ca";

/// A running istiod.
pub(crate) struct Core {
    pub(crate) who: String,
    pub(crate) seed: Seed,
    pub(crate) clock: Clock,
    pub(crate) log: EventLog,
    pub(crate) environment: Environment,
    pub(crate) ca: Ca,
    /// istiod's own certificate.
    pub(crate) serving: Credential,
    /// What proxies are told; `None` until everything has been read once.
    pub(crate) published: watch::Sender<Option<Published>>,
    pub(crate) clusters: Mutex<Clusters>,
    pub(crate) assembler: Mutex<Assembler>,
    /// Tells of machines that come and go.
    pub(crate) registrations: UnboundedSender<registration::Event>,
    pub(crate) refusals: Refusals,
    /// The mesh as it was when istiod started.
    pub(crate) mesh: Mesh,
}

impl Core {
    /// Writes into the log of the run.
    pub(crate) fn note(&self, what: impl Display) {
        self.log.note(&self.who, what);
    }

    pub(crate) fn clusters(&self) -> MutexGuard<'_, Clusters> {
        self.clusters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what is known now and tells the proxies.
    pub(crate) fn publish(&self) {
        let mut assembler = self
            .assembler
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let published = assembler.assemble(&self.environment, &self.clusters());
        if published.is_some() {
            self.published.send_replace(published);
        }
    }

    /// What proxies are told now.
    pub(crate) fn snapshot(&self) -> Option<Arc<Snapshot>> {
        let published = self.published.borrow();
        published.as_ref().map(|one| Arc::clone(&one.snapshot))
    }

    pub(crate) fn version(&self) -> u64 {
        self.snapshot().map_or(0, |snapshot| snapshot.version)
    }

    pub(crate) fn states(&self) -> Vec<SyncState> {
        self.clusters().states()
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The injector as it is configured now.
    pub(crate) fn injector(&self) -> Result<Injector, InjectError> {
        let snapshot = self.snapshot();
        let mesh = snapshot
            .as_ref()
            .map_or(&self.mesh, |snapshot| &*snapshot.mesh);
        let clusters = self.clusters();
        let tables = clusters.config().tables();
        Injector::read(&self.environment, &tables, mesh)
    }

    /// Signs a certificate for whoever shows who it is.
    pub(crate) async fn sign(
        &self,
        request: &SigningRequest,
        shown: Option<&Chain>,
    ) -> Result<Signed, Refused> {
        let identity = self
            .identify(&request.credentials, &request.cluster, shown)
            .await?;
        let failed = |why: &dyn Display| Refused::Signing(why.to_string());
        let identity = identity
            .to_string()
            .parse()
            .map_err(|error| failed(&error))?;
        let signed = self
            .ca
            .sign(identity, &request.key, request.lifetime, self.now());
        Ok(Signed {
            chain: signed.map_err(|error| failed(&error))?,
            roots: self.ca.roots().to_pem(),
        })
    }

    /// Whether a proxy is the one it says it is.
    pub(crate) async fn admit(
        &self,
        subscription: &Subscription,
        shown: Option<&Chain>,
    ) -> Result<(), Refused> {
        let node = &subscription.node;
        let known = self
            .identify(&subscription.credentials, &node.cluster, shown)
            .await?;
        let same =
            known.namespace() == node.namespace && known.service_account() == node.service_account;
        match same {
            true => Ok(()),
            false => Err(Refused::Impostor {
                identity: known.to_string(),
                claimed: format!("{}/{}", node.namespace, node.service_account),
            }),
        }
    }

    /// The registration of a machine that names a WorkloadGroup; `None` of any other proxy.
    pub(crate) fn register(&self, node: &Node) -> Result<Option<Registered>, Refused> {
        let Some(group) = &node.register_group else {
            return Ok(None);
        };
        let groups = {
            let clusters = self.clusters();
            let tables = clusters.config().tables();
            tables.istio.get(Kind::WorkloadGroup.name()).cloned()
        };
        let key = Key::new(node.namespace.as_str(), group.as_str());
        let found = groups.and_then(|groups| groups.get(&key).cloned());
        let found = found.ok_or_else(|| Refused::NoGroup {
            group: format!("{}/{group}", node.namespace),
        })?;
        if !found["spec"]["probe"].is_null() {
            let name = format!("{}/{group}", node.namespace);
            let what = format_args!("WorkloadGroup {name}: spec.probe: remove it");
            self.refusals.note(&self.who, what);
        }
        let account = found["spec"]["template"]["serviceAccount"].as_str();
        let account = account.unwrap_or_default();
        if !account.is_empty() && account != node.service_account {
            return Err(Refused::OtherAccount {
                own: node.service_account.clone(),
                wanted: account.to_owned(),
            });
        }
        let entry = registration::entry(node, &found);
        Ok(Some(Registered::new(entry, self.registrations.clone())))
    }

    async fn identify(
        &self,
        credentials: &Credentials,
        cluster: &ClusterId,
        shown: Option<&Chain>,
    ) -> Result<SpiffeId, Refused> {
        match credentials {
            Credentials::Token(token) => self.by_token(token, cluster).await,
            Credentials::Certificate => self.by_certificate(shown),
        }
    }

    async fn by_token(&self, token: &str, claimed: &ClusterId) -> Result<SpiffeId, Refused> {
        let known = self.known_clusters();
        let reviewer = workload::reviewer(&known, claimed);
        let server = reviewer.and_then(|cluster| self.clusters().server(cluster));
        let reviewed = match server {
            Some(server) => review(&server, token).await,
            None => None,
        };
        let shown = workload::Credentials {
            claimed_cluster: claimed.clone(),
            has_token: !token.is_empty(),
        };
        let domain = self.trust_domain();
        let decided = workload::authenticate(&known, &shown, &domain, |_| reviewed);
        decided.value.map_err(Refused::Unauthenticated)
    }

    /// The mesh's own certificates identify whoever shows one.
    fn by_certificate(&self, shown: Option<&Chain>) -> Result<SpiffeId, Refused> {
        let refused = Refused::Unauthenticated(AuthFailure::NoToken);
        let chain = shown.ok_or(refused.clone())?;
        let snapshot = self.snapshot().ok_or(refused.clone())?;
        let own = self.ca.roots().verify_workload(chain, self.now());
        let verified = own.or_else(|_| snapshot.trust.bundles.verify(chain, self.now()));
        let identity = verified.map_err(|_| refused.clone())?;
        identity.to_string().parse().map_err(|_| refused)
    }

    fn known_clusters(&self) -> workload::KnownClusters {
        let clusters = self.clusters();
        let states = clusters.states().into_iter().map(|state| state.cluster);
        let local = self.environment.control_plane.cluster.clone();
        workload::KnownClusters {
            remotes: states.filter(|cluster| *cluster != local).collect(),
            local,
            aliases: Default::default(),
        }
    }

    fn trust_domain(&self) -> String {
        let snapshot = self.snapshot();
        let mesh = snapshot
            .as_ref()
            .map_or(&self.mesh, |snapshot| &*snapshot.mesh);
        mesh.domains.own.clone()
    }
}

/// Asks an API server about a token; `None` if it does not vouch for it or does not answer.
async fn review(server: &Remote, token: &str) -> Option<workload::TokenClaims> {
    let reviews = Gvr::new("authentication.k8s.io", "v1", "tokenreviews");
    let review = json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview",
        "spec": {"audiences": [AUDIENCE], "token": token},
    });
    let asked = server.write(|user| Request::create(&reviews, review, user));
    let answer = asked.await.ok()?;
    let status = &answer["status"];
    let user = status["user"]["username"].as_str()?;
    let account = user.strip_prefix("system:serviceaccount:")?;
    let (namespace, service_account) = account.split_once(':')?;
    (status["authenticated"] == true).then(|| workload::TokenClaims {
        namespace: namespace.to_owned(),
        service_account: service_account.to_owned(),
    })
}

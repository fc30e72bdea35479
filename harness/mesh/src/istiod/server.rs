//! istiod's ports: configuration and certificates on 15012, webhooks on 15017.
//!
//! A connection is a session: it begins with TLS, and keeps the subscription made on it.

use std::{
    net::SocketAddrV4,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use apiserver::json::{Value, json};
use futures::{FutureExt, future::BoxFuture};
use pki::Chain;
use rand::RngExt;
use sim::{
    net::Origin,
    program::{Hello, Reply, Request, Sent, Serve},
};
use tokio::{sync::watch, time::sleep};

use super::{assemble::Published, core::Core, inject, proxy, registration::Registered};
use crate::xds::{Answer, Ask, Push, Refused, Subscription};

/// How far pushes of one change to different proxies lie apart, at most: istiod sends them one
/// after another.
const SPREAD: Duration = Duration::from_millis(50);

/// A port of istiod.
pub(crate) struct Port {
    pub(crate) core: Arc<Core>,
    pub(crate) serves: Serves,
}

/// What a port is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Serves {
    /// Configuration and certificates.
    Xds,
    /// Admission reviews.
    Webhooks,
}

/// One connection.
struct Session {
    core: Arc<Core>,
    serves: Serves,
    from: Origin,
    /// What the client began with, once it has.
    hello: Mutex<Option<Hello>>,
    subscribed: Mutex<Option<Subscribed>>,
    /// Of a machine that registered itself, for as long as the connection lasts.
    registered: Mutex<Option<Registered>>,
}

#[derive(Clone)]
struct Subscribed {
    subscription: Arc<Subscription>,
    published: watch::Receiver<Option<Published>>,
}

impl Serve for Port {
    /// Nothing is said before a connection is accepted.
    fn serve(&self, _: Request) -> BoxFuture<'_, Reply> {
        async { Reply::Closed }.boxed()
    }

    fn accept(self: Arc<Self>, from: &Origin, _: SocketAddrV4) -> Arc<dyn Serve> {
        Arc::new(Session {
            core: Arc::clone(&self.core),
            serves: self.serves,
            from: from.clone(),
            hello: Mutex::default(),
            subscribed: Mutex::default(),
            registered: Mutex::default(),
        })
    }
}

impl Serve for Session {
    fn serve(&self, request: Request) -> BoxFuture<'_, Reply> {
        async move { self.answer(request.sent).await }.boxed()
    }

    fn accept(self: Arc<Self>, _: &Origin, _: SocketAddrV4) -> Arc<dyn Serve> {
        self
    }
}

impl Session {
    async fn answer(&self, sent: Sent) -> Reply {
        match sent {
            Sent::Hello(hello) => self.shake_hands(hello),
            // Everything else is said inside TLS.
            _ if lock(&self.hello).is_none() => Reply::Closed,
            Sent::Review { path, review } if self.serves == Serves::Webhooks => {
                self.review(&path, &review)
            }
            Sent::Opaque(content) if self.serves == Serves::Xds => match content.open::<Ask>() {
                Some(ask) => self.ask(ask).await.seal(),
                None => Reply::Closed,
            },
            Sent::Http(_) | Sent::Nothing | Sent::Review { .. } | Sent::Opaque(_) => Reply::Closed,
        }
    }

    fn shake_hands(&self, hello: Hello) -> Reply {
        let alpn = hello.alpn.iter().take(1).cloned().collect();
        *lock(&self.hello) = Some(hello);
        Reply::Hello(Hello {
            sni: String::new(),
            alpn,
            chain: Some(self.core.serving.chain.clone()),
        })
    }

    fn review(&self, path: &str, review: &Value) -> Reply {
        if path == "/validate" {
            return Reply::Review(validate(review));
        }
        let Some(values) = inject::PathValues::of(path) else {
            return not_found();
        };
        match self.core.injector() {
            Ok(injector) => Reply::Review(inject::review(&injector, &values, review)),
            Err(error) => {
                self.core.note(error);
                Reply::Http {
                    status: 500,
                    by: None,
                    received: Default::default(),
                }
            }
        }
    }

    async fn ask(&self, ask: &Ask) -> Answer {
        let hello = lock(&self.hello).clone();
        let shown = hello.as_ref().and_then(|hello| hello.chain.as_ref());
        let answer = match ask {
            Ask::Sign(request) => self.core.sign(request, shown).await.map(Answer::Signed),
            Ask::Subscribe(subscription) => self.subscribe(subscription, shown).await,
            Ask::Next => self.next().await,
            Ask::Health(_) => Ok(Answer::Noted),
        };
        answer.unwrap_or_else(|refused| {
            let from = &self.from.place;
            self.core.note(format_args!("refuses {from}: {refused}"));
            Answer::Refused(refused)
        })
    }

    async fn subscribe(
        &self,
        subscription: &Subscription,
        shown: Option<&Chain>,
    ) -> Result<Answer, Refused> {
        self.core.admit(subscription, shown).await?;
        let registered = self.core.register(&subscription.node)?;
        *lock(&self.registered) = registered;
        *lock(&self.subscribed) = Some(Subscribed {
            subscription: Arc::new(subscription.clone()),
            published: self.core.published.subscribe(),
        });
        self.push(false).await
    }

    async fn next(&self) -> Result<Answer, Refused> {
        self.push(true).await
    }

    /// The configuration as it is, or once it is another than the last one sent here.
    async fn push(&self, another: bool) -> Result<Answer, Refused> {
        let subscribed = lock(&self.subscribed).clone();
        let mut subscribed = subscribed.ok_or(Refused::NotSubscribed)?;
        if another {
            subscribed
                .published
                .changed()
                .await
                .map_err(|_| Refused::NotSubscribed)?;
            sleep(self.spread(&subscribed.subscription)).await;
        }
        let current = subscribed.published.wait_for(Option::is_some).await;
        let published = current.map_err(|_| Refused::NotSubscribed)?.clone();
        let published = published.ok_or(Refused::NotSubscribed)?;
        subscribed.published.mark_unchanged();
        let push = proxy::push(&published, &subscribed.subscription.node);
        *lock(&self.subscribed) = Some(subscribed);
        Ok(Answer::Pushed(Arc::<Push>::new(push)))
    }

    /// How long this proxy waits for its turn.
    fn spread(&self, subscription: &Subscription) -> Duration {
        let node = &subscription.node;
        let version = self.core.version();
        let who = &self.core.who;
        let name = format_args!("push {who} {}/{} {version}", node.namespace, node.name);
        SPREAD.mul_f64(self.core.seed.stream(name).random::<f64>())
    }
}

fn not_found() -> Reply {
    Reply::Http {
        status: 404,
        by: None,
        received: Default::default(),
    }
}

/// Whether an object of Istio's kinds is valid. What isthmus alone does not model is valid to
/// Istio, and refused where it is read.
fn validate(review: &Value) -> Value {
    use istio::kinds::{KindError, parse, problem::Fault};
    let request = &review["request"];
    let wrong = match parse(&(&request["object"]).into()) {
        Err(KindError::Fields { what, problems }) => {
            let theirs =
                |fault: &Fault| matches!(fault, Fault::Unmodelled | Fault::UnmodelledValue(_));
            let problem = problems.iter().find(|problem| !theirs(&problem.fault));
            problem.map(|problem| format!("{what}: {problem}"))
        }
        Ok(_) | Err(_) => None,
    };
    let mut response = json!({"uid": request["uid"], "allowed": wrong.is_none()});
    if let Some(message) = wrong {
        response["status"] = json!({"code": 400, "message": message});
    }
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response})
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

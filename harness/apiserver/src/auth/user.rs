//! An authenticated identity.

use std::{collections::BTreeMap, sync::Arc};

use crate::json::Text;

/// Who a request comes from. Every request carries a copy, which is cheap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name, such as `system:serviceaccount:istio-system:istiod`.
    pub name: Text,
    /// The uid; empty if the authenticator knows none.
    pub uid: Text,
    /// The groups.
    pub groups: Arc<[Text]>,
    /// What else the authenticator knows.
    pub extra: Arc<BTreeMap<Text, Vec<Text>>>,
}

/// The group that may do everything, whatever RBAC says.
pub(crate) const MASTERS: &str = "system:masters";
/// The group of everybody who proved who they are.
pub(crate) const AUTHENTICATED: &str = "system:authenticated";

impl User {
    /// A user of these groups and of everybody authenticated.
    #[must_use]
    pub fn new(name: &str, groups: &[&str]) -> Self {
        let groups = groups.iter().copied().chain([AUTHENTICATED]);
        Self {
            name: name.into(),
            uid: Text::default(),
            groups: groups.map(Text::new).collect(),
            extra: Arc::default(),
        }
    }

    /// Somebody who may do everything, as kubeadm's administrator may.
    #[must_use]
    pub fn admin() -> Self {
        Self::new("kubernetes-admin", &[MASTERS])
    }

    /// A controller of the control plane, named so that its writes can be told apart.
    #[must_use]
    pub fn controller(name: &str) -> Self {
        Self::new(&format!("system:controller:{name}"), &[MASTERS])
    }

    /// Somebody who proved nothing.
    #[must_use]
    pub fn anonymous() -> Self {
        Self {
            name: Text::new_static("system:anonymous"),
            uid: Text::default(),
            groups: Arc::new([Text::new_static("system:unauthenticated")]),
            extra: Arc::default(),
        }
    }

    /// A service account.
    #[must_use]
    pub fn service_account(namespace: &str, name: &str, uid: &str) -> Self {
        let group = format!("system:serviceaccounts:{namespace}");
        let user = format!("system:serviceaccount:{namespace}:{name}");
        Self {
            uid: uid.into(),
            ..Self::new(&user, &["system:serviceaccounts", &group])
        }
    }

    /// Whether the user is of this group.
    #[must_use]
    pub fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|g| g == group)
    }
}

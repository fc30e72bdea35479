//! What Istio calls things. Unlike the names of `world`, these are whatever an object says: they
//! may be empty, which means "not set" and is a rule of its own in many places.

use std::{borrow::Borrow, fmt, sync::Arc};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize, serde::Serialize)]
        #[serde(from = "String", into = "String")]
        pub struct $name(Option<Arc<str>>);

        impl $name {
            /// The text; empty if not set.
            pub fn as_str(&self) -> &str {
                self.0.as_deref().unwrap_or_default()
            }

            /// Whether nothing was set.
            pub fn is_unset(&self) -> bool {
                self.0.is_none()
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self((!text.is_empty()).then(|| Arc::from(text)))
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::from(text.as_str())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.as_str().to_owned()
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.as_str())
            }
        }
    )*};
}

ids! {
    /// A cluster as its registry and its proxies call it (`ISTIO_META_CLUSTER_ID`).
    ClusterId;
    /// A network as labels and mesh networks call it (`topology.istio.io/network`).
    NetworkId;
}

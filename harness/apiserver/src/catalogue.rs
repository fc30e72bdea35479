//! What the server serves right now: the built-in resources and those that definitions add.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock, OnceLock},
};

use serde::Deserialize;

use crate::{
    json::{Text, Value},
    object,
    resource::{Gvr, Origin, Resource, Subresource},
    schema::{builtin, crd},
    served::{self, ApiResource},
    status::Status,
};

/// Every resource, by path.
#[derive(Debug, Clone)]
pub(crate) struct Catalogue {
    resources: BTreeMap<Gvr, Arc<Resource>>,
    /// Groups and versions in the order in which discovery lists them.
    order: Vec<(Text, Text)>,
    not_modelled: BTreeMap<Gvr, String>,
    /// What the present resources come to, for whoever looks after all of them; forgotten with
    /// every change.
    preferred: OnceLock<Arc<[ApiResource]>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ResourceFact {
    group: String,
    version: String,
    resource: String,
    kind: String,
    #[serde(default)]
    singular: String,
    #[serde(default)]
    namespaced: bool,
    #[serde(default)]
    verbs: Vec<String>,
    #[serde(default)]
    short_names: Vec<String>,
    #[serde(default)]
    categories: Vec<String>,
    #[serde(default)]
    subresources: Vec<SubresourceFact>,
    #[serde(rename = "type")]
    shape: Option<String>,
    #[serde(default = "modelled")]
    modelled: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubresourceFact {
    name: String,
    group: Option<String>,
    version: Option<String>,
    kind: String,
    verbs: Vec<String>,
}

fn modelled() -> bool {
    true
}

impl Catalogue {
    /// The built-in resources, which are the same for every server.
    pub(crate) fn builtin() -> Self {
        static BUILTIN: LazyLock<Catalogue> = LazyLock::new(Catalogue::read);
        BUILTIN.clone()
    }

    fn read() -> Self {
        let facts: Vec<ResourceFact> =
            serde_json::from_str(include_str!("../facts/resources.json"))
                .expect("the facts are well-formed");
        let mut catalogue = Self {
            resources: BTreeMap::new(),
            order: Vec::new(),
            not_modelled: BTreeMap::new(),
            preferred: OnceLock::new(),
        };
        for fact in facts {
            catalogue.add_fact(fact);
        }
        catalogue
    }

    fn add_fact(&mut self, fact: ResourceFact) {
        let gvr = Gvr::new(&fact.group, &fact.version, &fact.resource);
        if fact.modelled {
            self.add(Arc::new(fact.into_resource(gvr)));
        } else {
            self.not_modelled.insert(gvr, fact.kind);
        }
    }

    fn add(&mut self, resource: Arc<Resource>) {
        let place = (resource.gvr.group.clone(), resource.gvr.version.clone());
        if !self.order.contains(&place) {
            self.order.push(place);
        }
        self.resources.insert(resource.gvr.clone(), resource);
        self.preferred = OnceLock::new();
    }

    /// The resource that a path names.
    ///
    /// # Errors
    /// 404 if there is none; 501 if Kubernetes has it and this server does not.
    pub(crate) fn find(&self, gvr: &Gvr) -> Result<Arc<Resource>, Status> {
        if let Some(resource) = self.resources.get(gvr) {
            return Ok(Arc::clone(resource));
        }
        Err(match self.not_modelled.get(gvr) {
            Some(kind) => Status::not_modelled(format!("{} {kind}", gvr.api_version())),
            None => Status::no_such_resource(),
        })
    }

    /// Whether a path names a resource.
    pub(crate) fn serves(&self, gvr: &Gvr) -> bool {
        self.resources.contains_key(gvr)
    }

    /// Every resource once, in the version that its group prefers.
    pub(crate) fn preferred(&self) -> Arc<[ApiResource]> {
        let preferred = self.preferred.get_or_init(|| served::preferred(self));
        Arc::clone(preferred)
    }

    /// The groups and versions that discovery lists, in its order.
    pub(crate) fn versions(&self) -> &[(Text, Text)] {
        &self.order
    }

    pub(crate) fn of_version<'a>(
        &'a self,
        group: &'a str,
        version: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Resource>> {
        let first = Gvr::new(group, version, "");
        let onward = self.resources.range(first..).map(|(_, resource)| resource);
        onward.take_while(move |r| r.gvr.group == group && r.gvr.version == version)
    }

    /// Serves what an accepted definition describes, in place of what it described before.
    pub(crate) fn define(&mut self, definition: &Value) {
        self.undefine(definition);
        for resource in crd::resources(definition) {
            self.add(Arc::new(resource));
        }
    }

    /// Stops serving what a definition describes.
    pub(crate) fn undefine(&mut self, definition: &Value) {
        let group = object::text(definition, &["spec", "group"]);
        let plural = object::text(definition, &["spec", "names", "plural"]);
        let before = self.resources.len();
        self.resources.retain(|gvr, r| {
            gvr.group != group || gvr.resource != plural || matches!(r.origin, Origin::Builtin)
        });
        if self.resources.len() == before {
            return;
        }
        self.preferred = OnceLock::new();
        let resources = &self.resources;
        let served = |group: &str, version: &str| {
            resources
                .keys()
                .any(|gvr| gvr.group == group && gvr.version == version)
        };
        self.order.retain(|(group, version)| served(group, version));
    }
}

impl ResourceFact {
    fn into_resource(self, gvr: Gvr) -> Resource {
        let parent = (gvr.group.clone(), gvr.version.clone());
        let subresources = self.subresources.into_iter();
        Resource {
            list_kind: format!("{}List", self.kind),
            kind: self.kind,
            singular: self.singular,
            namespaced: self.namespaced,
            verbs: self.verbs,
            short_names: self.short_names,
            categories: self.categories,
            subresources: subresources
                .map(|sub| (sub.name.clone(), sub.into_sub(&parent)))
                .collect(),
            shape: builtin::shape(&self.shape.expect("a modelled resource has a type")),
            origin: Origin::Builtin,
            table: gvr.table(),
            gvr,
        }
    }
}

impl SubresourceFact {
    fn into_sub(self, (group, version): &(Text, Text)) -> Subresource {
        Subresource {
            group: self.group.unwrap_or_else(|| group.to_string()),
            version: self.version.unwrap_or_else(|| version.to_string()),
            kind: self.kind,
            verbs: self.verbs,
        }
    }
}

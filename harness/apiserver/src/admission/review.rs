//! What a webhook is asked.

use std::sync::Arc;

use crate::{
    apply::Owners,
    json::{Value, json},
    object,
    request::Request,
    resource::Resource,
    reviews::user_info,
    server::ApiServer,
    typed::{self, Object},
};

/// What is done to an object, as admission calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Create,
    Update,
    Delete,
}

impl Operation {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Operation::Create => "CREATE",
            Operation::Update => "UPDATE",
            Operation::Delete => "DELETE",
        }
    }
}

/// A request under review.
#[derive(Debug)]
pub(crate) struct Review<'a> {
    pub(crate) resource: &'a Arc<Resource>,
    pub(crate) request: &'a Request,
    pub(crate) operation: Operation,
    pub(crate) old: Option<&'a Arc<Object>>,
    /// Who owns the fields of the object that is judged.
    owners: Owners,
}

impl<'a> Review<'a> {
    pub(crate) fn new(
        resource: &'a Arc<Resource>,
        request: &'a Request,
        operation: Operation,
        old: Option<&'a Arc<Object>>,
    ) -> Self {
        Self {
            resource,
            request,
            operation,
            old,
            owners: Owners::default(),
        }
    }

    /// The same about an object whose fields these own.
    pub(crate) fn owned_by(self, owners: &Owners) -> Self {
        let owners = owners.clone();
        Self { owners, ..self }
    }

    pub(crate) fn namespace(&self) -> &str {
        self.request.namespace.as_deref().unwrap_or_default()
    }

    pub(crate) fn name<'o>(&'o self, object: &'o Value) -> &'o str {
        self.request
            .name
            .as_deref()
            .unwrap_or_else(|| object::name(object))
    }

    pub(crate) fn subresource(&self) -> &str {
        self.request.subresource.as_deref().unwrap_or_default()
    }

    /// The `AdmissionReview` that is sent.
    pub(crate) fn to_value(&self, server: &ApiServer, webhook: &str, object: &Value) -> Value {
        let Resource { gvr, kind, .. } = &**self.resource;
        let name = self.name(object);
        let words = [
            webhook,
            self.operation.as_str(),
            &gvr.to_string(),
            self.namespace(),
            name,
            &server.config().clock.stamp(),
        ];
        let kind = json!({"group": gvr.group, "version": gvr.version, "kind": kind});
        let resource =
            json!({"group": gvr.group, "version": gvr.version, "resource": gvr.resource});
        let mut request = json!({
            "uid": crate::ident::uuid(server.seed().digest(&words)),
            "kind": kind, "resource": resource, "requestKind": kind, "requestResource": resource,
            "name": name, "operation": self.operation.as_str(),
            "userInfo": user_info(&self.request.user),
            "object": self.told(object), "oldObject": self.old.map(|old| old.whole()),
            "dryRun": self.request.options.dry_run, "options": self.options(),
        });
        for (field, value) in [
            ("namespace", self.namespace()),
            ("subResource", self.subresource()),
        ] {
            if !value.is_empty() {
                request[field] = value.into();
            }
        }
        json!({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request})
    }

    /// The object as it would be told; null for a deletion.
    fn told(&self, object: &Value) -> Value {
        typed::told(object.clone(), &self.owners)
    }

    fn options(&self) -> Value {
        let kind = match self.operation {
            Operation::Create => "CreateOptions",
            Operation::Update => "UpdateOptions",
            Operation::Delete => "DeleteOptions",
        };
        json!({"kind": kind, "apiVersion": "meta.k8s.io/v1"})
    }
}

//! Configurations of webhooks.

use crate::{
    json::{Value, json},
    object::{self, set_default},
};

/// Defaults of every webhook in a configuration of this kind.
pub(super) fn webhooks(kind: &str, configuration: &mut Value) {
    for webhook in object::items_mut(configuration, &["webhooks"]) {
        let Some(map) = webhook.as_object_mut() else {
            continue;
        };
        set_default(map, "failurePolicy", "Fail");
        set_default(map, "matchPolicy", "Equivalent");
        set_default(map, "namespaceSelector", json!({}));
        set_default(map, "objectSelector", json!({}));
        set_default(map, "timeoutSeconds", 10);
        if kind == "MutatingWebhookConfiguration" {
            set_default(map, "reinvocationPolicy", "Never");
        }
        for rule in map
            .get_mut("rules")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            if let Some(rule) = rule.as_object_mut() {
                set_default(rule, "scope", "*");
            }
        }
        let service = map
            .get_mut("clientConfig")
            .and_then(|config| config.get_mut("service"));
        if let Some(service) = service.and_then(Value::as_object_mut) {
            set_default(service, "port", 443);
        }
    }
}

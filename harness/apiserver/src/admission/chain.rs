//! All webhooks in order: those that may change the object, then those that only judge it.

use serde_json::Value;

use super::{
    call::ask,
    review::Review,
    rules::{Phase, Webhook, all, concerns},
};
use crate::{object::text, patch, server::ApiServer, status::Status};

/// Lets the mutating webhooks change the object, which is null for a deletion.
///
/// A webhook with `reinvocationPolicy: IfNeeded` is asked once more if a later one changed the
/// object.
///
/// # Errors
/// What a webhook refuses; 500 for webhooks that must be reached and cannot.
pub(crate) async fn mutate(
    server: &ApiServer,
    review: &Review<'_>,
    mut object: Value,
    warnings: &mut Vec<String>,
) -> Result<Value, Status> {
    let webhooks = all(server, Phase::Mutating);
    let mut asked: Vec<(usize, Value)> = Vec::new();
    for (i, webhook) in webhooks.iter().enumerate() {
        if concerns(server, webhook, review, &object) {
            object = one(server, webhook, review, object, warnings).await?;
            asked.push((i, object.clone()));
        }
    }
    for (i, seen) in asked {
        let again = text(webhooks[i].value(), &["reinvocationPolicy"]) == "IfNeeded";
        if again && seen != object {
            object = one(server, &webhooks[i], review, object, warnings).await?;
        }
    }
    Ok(object)
}

async fn one(
    server: &ApiServer,
    webhook: &Webhook,
    review: &Review<'_>,
    object: Value,
    warnings: &mut Vec<String>,
) -> Result<Value, Status> {
    let Some(answer) = ask(server, webhook, review, &object).await? else {
        return Ok(object);
    };
    warnings.extend(answer.warnings);
    match answer.patch {
        Some(changes) => patch::json(&object, &changes).map_err(|error| {
            Status::internal(format!(
                "failed calling webhook {:?}: {error}",
                webhook.name()
            ))
        }),
        None => Ok(object),
    }
}

/// Lets the validating webhooks judge the object.
///
/// # Errors
/// The first refusal; 500 for webhooks that must be reached and cannot.
pub(crate) async fn validate(
    server: &ApiServer,
    review: &Review<'_>,
    object: &Value,
    warnings: &mut Vec<String>,
) -> Result<(), Status> {
    for webhook in all(server, Phase::Validating) {
        if concerns(server, &webhook, review, object)
            && let Some(answer) = ask(server, &webhook, review, object).await?
        {
            warnings.extend(answer.warnings);
        }
    }
    Ok(())
}

//! All webhooks in order: those that may change the object, then those that only judge it.

use super::{
    call::ask,
    review::Review,
    rules::{Phase, Webhook, concerns, covering},
};
use crate::{json::Value, object::text, patch, server::ApiServer, status::Status};

/// Lets the mutating webhooks change the object, which is null for a deletion; says whether one
/// did.
///
/// A webhook with `reinvocationPolicy: IfNeeded` is asked once more if a later one changed the
/// object.
///
/// # Errors
/// What a webhook refuses; 500 for webhooks that must be reached and cannot.
pub(crate) async fn mutate(
    server: &ApiServer,
    review: &Review<'_>,
    object: &mut Value,
    warnings: &mut Vec<String>,
) -> Result<bool, Status> {
    let webhooks = covering(server, Phase::Mutating, review);
    let mut changes = 0;
    let mut asked = Vec::new();
    for webhook in &webhooks {
        if concerns(server, webhook, review, object) {
            changes += one(server, webhook, review, object, warnings).await?;
            asked.push((webhook, changes));
        }
    }
    for (webhook, seen) in asked {
        let again = text(webhook.value(), &["reinvocationPolicy"]) == "IfNeeded";
        if again && seen != changes {
            changes += one(server, webhook, review, object, warnings).await?;
        }
    }
    Ok(changes > 0)
}

/// Lets one webhook change the object; the number of changes, one or none.
async fn one(
    server: &ApiServer,
    webhook: &Webhook,
    review: &Review<'_>,
    object: &mut Value,
    warnings: &mut Vec<String>,
) -> Result<usize, Status> {
    let Some(answer) = ask(server, webhook, review, object).await? else {
        return Ok(0);
    };
    warnings.extend(answer.warnings);
    let Some(changes) = answer.patch else {
        return Ok(0);
    };
    let patched = patch::json(object, &changes).map_err(|error| {
        Status::internal(format!(
            "failed calling webhook {:?}: {error}",
            webhook.name()
        ))
    })?;
    let changed = patched != *object;
    *object = patched;
    Ok(changed.into())
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
    for webhook in covering(server, Phase::Validating, review) {
        if concerns(server, &webhook, review, object)
            && let Some(answer) = ask(server, &webhook, review, object).await?
        {
            warnings.extend(answer.warnings);
        }
    }
    Ok(())
}

//! What the API server was asked for, in its own audit log.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// Files below the control plane's directory.
pub(super) const POLICY: &str = "audit-policy.yaml";
pub(super) const LOG: &str = "audit.log";

/// Every request that was answered, without bodies.
pub(super) fn write_policy(directory: &Path) -> Result<()> {
    let policy = json!({
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived", "ResponseStarted"],
        "rules": [{"level": "Metadata"}],
    });
    Ok(fs::write(directory.join(POLICY), policy.to_string())?)
}

/// The events so far, in their order.
pub(super) fn events(directory: &Path) -> Result<Vec<Value>> {
    let log = fs::read_to_string(directory.join(LOG))?;
    // The last line may still be on its way.
    let whole = log.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let read = |line| serde_json::from_str(line).context("an audit event is JSON");
    whole.lines().map(read).collect()
}

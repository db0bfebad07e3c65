//! The first rule that holds, from the rules in this plug-in's own code. Facts come in, and the outcome goes out, as JSON.
#![expect(missing_docs, reason = "what the macro makes of a function has none")]

use extism_pdk::{FnResult, Json, plugin_fn};
use peers_rules::{Facts, Outcome, first};

/// What the first rule that holds says, or `null`.
#[plugin_fn]
pub fn route(input: Vec<u8>) -> FnResult<Json<Option<Outcome>>> {
    let facts: Facts<'_> = serde_json::from_slice(&input)?;
    Ok(Json(first(&facts)))
}

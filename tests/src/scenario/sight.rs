//! What people are answered who look at a case: whether it exists for them, its approval form, and
//! the lists it is found in.

use std::collections::BTreeMap;

use herald_core::ids::CaseId;
use serde_json::Value;

use super::act::bearer;
use super::expect::Difference;
use super::format::{Expect, Scenario};
use crate::Failure;
use crate::site::Site;

/// What is answered about `case` otherwise than `expect` wants it.
pub async fn differences(site: &mut Site, scenario: &Scenario, expect: &Expect, case: CaseId) -> Vec<Difference> {
    let mut differences = Vec::new();
    let (seen, unseen) = (expect.seen_by.iter().map(|who| (who, 200)), expect.unseen_by.iter().map(|who| (who, 404)));
    for (who, status) in seen.chain(unseen) {
        let answer = site.get(&bearer(scenario, who), &format!("/v1/messages/{case}")).await;
        if answer.status != status {
            let what = format!("what {who} is answered who looks at it");
            let (expected, found) = (status.to_string(), answer.status.to_string());
            differences.push(Difference { what, expected, found });
        }
    }
    for (who, fields) in &expect.form {
        let answer = site.get(&bearer(scenario, who), &format!("/v1/messages/{case}/form")).await;
        let form: BTreeMap<String, Value> = serde_json::from_slice(&answer.body).unwrap_or_default();
        for (name, expected) in fields {
            let found = form.get(name).map_or_else(|| "nothing".to_owned(), shown);
            if found != *expected {
                let what = format!("`{name}` of the form that {who} sees");
                differences.push(Difference { what, expected: expected.clone(), found });
            }
        }
    }
    differences
}

/// The ids of the cases that `who` finds by `query`, the parameters of `GET /v1/messages`.
///
/// # Errors
/// When the answer is no list.
pub async fn listed(site: &mut Site, scenario: &Scenario, who: &str, query: &str) -> Result<Vec<String>, Failure> {
    let escaped: String = query
        .bytes()
        .map(|byte| if byte.is_ascii() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    let answer = site.get(&bearer(scenario, who), &format!("/v1/messages?{escaped}")).await;
    let list: Value = serde_json::from_slice(&answer.body)?;
    let items = list.get("items").and_then(Value::as_array);
    let items = items.ok_or_else(|| format!("{who} is answered {}: {list}", answer.status))?;
    Ok(items.iter().filter_map(|item| item.get("id")?.as_str()).map(ToOwned::to_owned).collect())
}

/// A field of a form as people read it: names for what has one, with `、` between several.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join("、"),
        Value::Object(fields) => match (fields.get("title"), fields.get("stage")) {
            (Some(title), _) => shown(title),
            (None, Some(stage)) => {
                let approvers = fields.get("approvers").map(shown).unwrap_or_default();
                let verdict = fields.get("verdict").map(|verdict| format!(" {}", shown(verdict))).unwrap_or_default();
                format!("{} {approvers}{verdict}", shown(stage))
            }
            (None, None) => value.to_string(),
        },
        other => other.to_string(),
    }
}

//! What people are answered who look at a case, whether it exists for them, its approval form, the lists it is found in,
//! and at the organisation.

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
    for (who, expected) in &expect.form {
        let form = fields(site, scenario, who, &format!("/v1/messages/{case}/form")).await;
        differences.extend(unlike(expected, &form, |name| format!("`{name}` of the form that {who} sees")));
    }
    for (who, expected) in &expect.unread {
        let path = format!("/v1/messages/{case}/tasks?kind=acknowledge&status=open&limit=200");
        let answer = site.get(&bearer(scenario, who), &path).await;
        let page: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let tasks = page.get("items").and_then(Value::as_array);
        let holders = tasks.into_iter().flatten().filter_map(|task| task.get("holders")?.as_array()).flatten();
        let (mut found, mut expected): (Vec<_>, _) = (holders.map(shown).collect(), expected.clone());
        found.sort();
        expected.sort();
        if answer.status != 200 {
            found = vec![format!("an answer {}", answer.status)];
        }
        if found != expected {
            let (expected, found) = (expected.join(", "), found.join(", "));
            differences.push(Difference {
                what: format!("who has not read it, says the list of {who}"),
                expected,
                found,
            });
        }
    }
    differences
}

/// What of `found` is not as `expected` says; `what` names a field.
pub fn unlike(
    expected: &BTreeMap<String, String>,
    found: &BTreeMap<String, String>,
    what: impl Fn(&str) -> String,
) -> Vec<Difference> {
    let found = |name: &String| found.get(name).cloned().unwrap_or_else(|| "nothing".to_owned());
    let unlike = expected.iter().filter(|(name, expected)| found(name) != **expected);
    unlike
        .map(|(name, expected)| Difference { what: what(name), expected: expected.clone(), found: found(name) })
        .collect()
}

/// The fields of what `who` is answered at `path`, as people read them; none if it is refused.
pub async fn fields(site: &mut Site, scenario: &Scenario, who: &str, path: &str) -> BTreeMap<String, String> {
    let answer = site.get(&bearer(scenario, who), path).await;
    let fields: BTreeMap<String, Value> = serde_json::from_slice(&answer.body).unwrap_or_default();
    fields.into_iter().map(|(name, value)| (name, shown(&value))).collect()
}

/// The ids of the cases that `who` finds by `query`, the parameters of `GET /v1/messages`.
///
/// # Errors
/// When the answer is no list.
pub async fn listed(site: &mut Site, scenario: &Scenario, who: &str, query: &str) -> Result<Vec<String>, Failure> {
    let answer = site.get(&bearer(scenario, who), &list(query)).await;
    let list: Value = serde_json::from_slice(&answer.body)?;
    let items = list.get("items").and_then(Value::as_array);
    let items = items.ok_or_else(|| format!("{who} is answered {}: {list}", answer.status))?;
    Ok(items.iter().filter_map(|item| item.get("id")?.as_str()).map(ToOwned::to_owned).collect())
}

/// The same list as a table: its rows, each with its columns by name.
///
/// # Errors
/// When the answer is no table.
pub async fn table(
    site: &mut Site,
    scenario: &Scenario,
    who: &str,
    query: &str,
) -> Result<Vec<BTreeMap<String, String>>, Failure> {
    let answer = site.get_as(&bearer(scenario, who), &list(query), "text/csv").await;
    let text = std::str::from_utf8(&answer.body)?;
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    Ok(reader.deserialize().collect::<Result<_, _>>()?)
}

/// The path of a list.
fn list(query: &str) -> String {
    let escaped: String = query
        .bytes()
        .map(|byte| if byte.is_ascii() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    format!("/v1/messages?{escaped}")
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

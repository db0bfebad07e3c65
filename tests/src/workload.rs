//! What the benches submit: the organisation, its three bundles and the messages, 600 bytes each.
//!
//! A fault is asked about at each of three layers. It comes to one acknowledgement with the goal that belongs to
//! it, two goals that policies set, and two deliveries to the inbox.

use std::collections::BTreeMap;

use herald_core::decision::BundleId;
use herald_core::organisation::Organisation;
use herald_engine::Draft;
use serde_json::{Map, Value, json};

use crate::Failure;

/// Length of every message as a client sends it.
pub const MESSAGE_BYTES: usize = 600;

/// Who submits.
pub const SENDER: &str = "li";

/// The organisation that all benches run in.
///
/// # Errors
/// When the sample does not fit the program any more.
pub fn organisation() -> Result<Organisation, Failure> {
    Ok(serde_json::from_str(include_str!("../data/load/organisation.json"))?)
}

/// The files of a bundle, by path.
pub type Files = BTreeMap<String, Vec<u8>>;

/// A bundle of each layer.
///
/// # Errors
/// When the sample does not fit the program any more.
pub fn bundles() -> Result<BTreeMap<BundleId, Files>, Failure> {
    macro_rules! bundle {
        ($department:literal, $name:literal) => {
            (
                BundleId { department: $department.parse()?, name: $name.parse()? },
                files(
                    include_str!(concat!("../data/load/", $department, "/policy.toml")),
                    include_str!(concat!("../data/load/", $department, "/policy.rhai")),
                ),
            )
        };
    }
    Ok([bundle!("organisation", "house"), bundle!("production", "faults"), bundle!("maintenance", "faults")].into())
}

/// The two files that make a bundle.
#[must_use]
pub fn files(manifest: &str, script: &str) -> Files {
    [("policy.toml", manifest), ("policy.rhai", script)]
        .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
        .into()
}

/// What the texts of messages are made of, in an order that differs from one to the next.
const WORDS: &str = "the line stopped at half past nine after pressure in pump two fell below its limit operator heard \
    knock from gearbox and shut down as manual says maintenance was called will look seal bearing oil filter before \
    noon spare parts are store seven customer orders for tomorrow affected unless night shift takes over please \
    confirm who comes";

/// Numbers that look random, always the same after one `seed`.
pub fn random(seed: u64) -> impl Iterator<Item = u32> {
    // Knuth's multiplier for 64 bits; the upper bits are the ones that look random.
    let step =
        |state: &u64| Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407));
    std::iter::successors(Some(seed), step).map(|state| (state >> 33) as u32)
}

/// A text of `bytes` bytes, another one for each `number`: no two messages of a company are alike, and one letter
/// repeated would make them smaller in the store than any that people write.
fn text(number: usize, bytes: usize) -> String {
    let words: Vec<&str> = WORDS.split(' ').collect();
    let mut text = String::with_capacity(bytes + 16);
    for word in random(number as u64).filter_map(|number| words.get(number as usize % words.len())) {
        if text.len() >= bytes {
            break;
        }
        text = text + word + " ";
    }
    text.truncate(bytes);
    text
}

/// A fault as a client sends it: [`MESSAGE_BYTES`] bytes of JSON.
#[must_use]
pub fn fault(number: usize) -> String {
    let body = |scope: &str| {
        json!({
            "kind": "equipment-fault", "subject": format!("3号注塑机停机 {number}"), "department": "production",
            "urgency": "urgent", "to": ["department:maintenance"], "labels": {"line": "2"},
            "body": {"machine": "IM-03", "scope": scope, "expected_recovery": "2026-11-23T14:00:00+08:00"}
        })
        .to_string()
    };
    let room = MESSAGE_BYTES.saturating_sub(body("").len());
    body(&text(number, room))
}

/// The same fault, for the engine itself.
///
/// # Errors
/// When the sample does not fit the program any more.
pub fn fault_draft(number: usize) -> Result<Draft, Failure> {
    let scope = text(number, MESSAGE_BYTES / 2);
    let body = json!({"machine": "IM-03", "scope": scope, "expected_recovery": "2026-11-23T14:00:00+08:00"});
    draft("equipment-fault", &format!("3号注塑机停机 {number}"), &["department:maintenance"], body)
}

/// A note: information for one person, nothing asked.
///
/// # Errors
/// When the sample does not fit the program any more.
pub fn note_draft(number: usize) -> Result<Draft, Failure> {
    draft("note", &format!("便条 {number}"), &[], json!({"text": text(number, MESSAGE_BYTES / 2)}))
}

/// A notice to `to`, each of whom is asked to confirm it.
///
/// # Errors
/// When the sample does not fit the program any more.
pub fn notice_draft(to: &[&str]) -> Result<Draft, Failure> {
    draft("notice", "下周一停电检修", to, json!({"text": text(0, MESSAGE_BYTES / 2)}))
}

fn draft(kind: &str, subject: &str, to: &[&str], body: Value) -> Result<Draft, Failure> {
    let body = match body {
        Value::Object(body) => body,
        _ => Map::new(),
    };
    Ok(Draft {
        kind: kind.parse()?,
        subject: subject.to_owned(),
        summary: None,
        body,
        department: "production".parse()?,
        urgency: None,
        audience: None,
        classification: None,
        content_type: None,
        to: to.iter().map(|target| target.parse()).collect::<Result<_, _>>()?,
        labels: BTreeMap::new(),
        dedup_key: None,
        caused_by: None,
    })
}

//! What goes in: the message, the merged route plan, the breach, as the contract's records. A record borrows what the
//! host has as text already, so that only what it has otherwise is written out, for as long as the record is used.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};

use herald_core::message::Message;

use super::bindings::herald::policy::types as contract;
use crate::evaluation::{BreachFacts, RouteFacts};

/// Room for a name or a moment, in bytes: most are written without growing.
const SHORT_BYTES: usize = 32;

/// What `use_record` makes of a message.
///
/// # Errors
/// Its own, and when the body cannot be written as JSON, which no body that was read from JSON comes to.
pub(super) fn message<T>(
    message: &Message,
    use_record: impl FnOnce(&contract::Message<'_>) -> wasmtime::Result<T>,
) -> wasmtime::Result<T> {
    let (to, labels) = (written(&message.to), pairs(&message.labels));
    use_record(&contract::Message {
        kind: message.kind.as_str(),
        subject: &message.subject,
        summary: message.summary.as_deref(),
        body: &serde_json::to_string(&message.body)?,
        sender: &short(&message.sender),
        department: message.department.as_str(),
        urgency: message.urgency.as_str(),
        audience: message.audience.as_str(),
        classification: message.classification.as_str(),
        content_type: message.content_type.as_str(),
        to: &texts(&to),
        labels: &labels,
        submitted_at: &short(message.submitted_at),
    })
}

/// What `use_record` makes of the merged route plan.
pub(super) fn facts<T>(facts: &RouteFacts, use_record: impl FnOnce(&contract::RouteFacts<'_>) -> T) -> T {
    let (recipients, channels) = (written(&facts.recipients), facts.channels.iter().map(|name| name.as_str()));
    use_record(&contract::RouteFacts {
        level: facts.level.into(),
        classification: facts.classification.as_str(),
        audience: facts.audience.as_str(),
        content_type: facts.content_type.as_str(),
        recipients: &texts(&recipients),
        channels: &channels.collect::<Vec<_>>(),
        labels: &pairs(&facts.labels),
    })
}

/// What `use_record` makes of a breach, and the case so far.
pub(super) fn breach<T>(breach: &BreachFacts, use_record: impl FnOnce(&contract::Breach<'_>) -> T) -> T {
    let owners: Vec<_> = breach.owners.iter().map(|owner| format!("person:{owner}")).collect();
    use_record(&contract::Breach {
        goal: &short(&breach.goal),
        due: &short(breach.due),
        at: &short(breach.at),
        owners: &texts(&owners),
        declined: breach.declined.as_deref(),
        case_status: breach.case_status.as_str(),
        level: breach.level.into(),
        reached: &texts(&breach.reached),
    })
}

fn short(item: impl Display) -> String {
    let mut text = String::with_capacity(SHORT_BYTES);
    // A text takes whatever is written to it.
    let _ = write!(text, "{item}");
    text
}

fn written<T: Display>(list: &[T]) -> Vec<String> {
    list.iter().map(short).collect()
}

fn texts(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}

fn pairs(map: &BTreeMap<String, String>) -> Vec<(&str, &str)> {
    map.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

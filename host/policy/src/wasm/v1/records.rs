//! What goes in: the message, the merged route plan, the breach, as the contract's records.

use std::collections::BTreeMap;

use super::contract::herald::policy::types as contract;
use crate::evaluation::{BreachFacts, RouteFacts};

/// A message.
///
/// # Errors
/// When its body cannot be written as JSON, which no body that was read from JSON comes to.
pub(super) fn message(message: &herald_core::message::Message) -> Result<contract::Message, serde_json::Error> {
    Ok(contract::Message {
        kind: message.kind.to_string(),
        subject: message.subject.clone(),
        summary: message.summary.clone(),
        body: serde_json::to_string(&message.body)?,
        sender: message.sender.to_string(),
        department: message.department.to_string(),
        urgency: message.urgency.as_str().to_owned(),
        audience: message.audience.as_str().to_owned(),
        classification: message.classification.as_str().to_owned(),
        content_type: message.content_type.as_str().to_owned(),
        to: texts(&message.to),
        labels: pairs(&message.labels),
        submitted_at: message.submitted_at.to_string(),
    })
}

/// The merged route plan.
pub(super) fn facts(facts: &RouteFacts) -> contract::RouteFacts {
    contract::RouteFacts {
        level: facts.level.into(),
        classification: facts.classification.as_str().to_owned(),
        audience: facts.audience.as_str().to_owned(),
        content_type: facts.content_type.as_str().to_owned(),
        recipients: texts(&facts.recipients),
        channels: texts(&facts.channels),
        labels: pairs(&facts.labels),
    }
}

/// A breach, and the case so far.
pub(super) fn breach(breach: &BreachFacts) -> contract::Breach {
    contract::Breach {
        goal: breach.goal.to_string(),
        due: breach.due.to_string(),
        at: breach.at.to_string(),
        owners: breach.owners.iter().map(|owner| format!("person:{owner}")).collect(),
        declined: breach.declined.clone(),
        case_status: breach.case_status.as_str().to_owned(),
        level: breach.level.into(),
        reached: breach.reached.clone(),
    }
}

fn texts<T: ToString>(list: impl IntoIterator<Item = T>) -> Vec<String> {
    list.into_iter().map(|item| item.to_string()).collect()
}

fn pairs(map: &BTreeMap<String, String>) -> Vec<(String, String)> {
    map.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}

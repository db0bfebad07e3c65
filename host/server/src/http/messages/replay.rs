//! `GET /v1/messages/{id}/decisions/replay`: the decisions about a case, made again by what was in force then, and
//! compared with what was recorded (requirement R54).
//!
//! A decision follows from its message, the publication of the organisation and the revisions of the bundles that were
//! asked: all three are kept, so that the code which decides for real decides once more. Nothing is stored.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use herald_core::decision::{Contribution, Decision, FailureCause, HookOutcome};
use herald_core::event::Event;
use herald_core::ids::CaseId;
use herald_core::message::Message;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::show::case_id;
use crate::http::app::{App, blocking};
use crate::http::extract::Caller;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::sight;
use crate::publish::LoadError;

/// How many decisions of a case are made again, the latest: each takes as long as a submission.
const DECISIONS_LIMIT: usize = 20;
/// How many records are read at once.
const READ_LIMIT: usize = 100;

/// The decisions about a case, made again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Replay {
    /// The latest 20, oldest first.
    decisions: Vec<ReplayedDecision>,
}

/// A decision that was made again.
#[derive(Debug, Serialize, ToSchema)]
struct ReplayedDecision {
    /// When it was carried out.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The publication of the organisation that it saw.
    configuration: u64,
    /// `same`, `differs`, or `not-replayed`.
    outcome: &'static str,
    /// Why it was not replayed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// What came out differently, part by part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differences: Vec<PartBody>,
}

/// A part of a decision that came out differently.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
struct PartBody {
    /// Which: `plan`, `held`, `cuts`, or `outcome`, `answers` or `log` of what a bundle contributed.
    part: String,
    /// As it was recorded.
    #[schema(value_type = Object)]
    recorded: Value,
    /// As it came out now.
    #[schema(value_type = Object)]
    replayed: Value,
}

/// What is to be made again.
struct Recorded {
    at: Timestamp,
    message: Option<Arc<Message>>,
    decision: Arc<Decision>,
}

/// Makes the decisions about a case again, by what was in force then, and says what comes out differently.
///
/// Costs are not compared. What was stopped by time or memory, or was not asked at all, is reported and not made again.
/// Escalations are not among them.
#[utoipa::path(get, path = "/v1/messages/{id}/decisions/replay", tag = "messages", params(("id", description = "The case's id")),
    responses(
    (status = 200, description = "The decisions, compared", body = Replay),
    (status = 404, description = "There is no case that the caller may see", body = ProblemBody),
    (status = 503, description = "Overloaded", body = ProblemBody)))]
pub(crate) async fn replay(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Replay>, Problem> {
    let id = case_id(&id)?;
    let reader = Arc::clone(&app);
    let recorded = blocking(move || recorded(&reader, &caller, id)).await?;
    let mut decisions = Vec::with_capacity(recorded.len());
    for one in recorded {
        decisions.push(again(&app, one).await?);
    }
    Ok(Json(Replay { decisions }))
}

fn recorded(app: &App, caller: &Caller, id: CaseId) -> Result<Vec<Recorded>, Problem> {
    let snapshot = app.engine.partition_of(id).snapshot()?;
    sight::find(&snapshot, app.configured().organisation(), caller.requester(), id)?;
    let (mut found, mut message, mut after) = (Vec::new(), None, None);
    loop {
        let entries = snapshot.decisions(id, after, READ_LIMIT)?;
        let is_last = entries.len() < READ_LIMIT;
        after = entries.last().map(|entry| entry.position);
        for record in entries.into_iter().filter_map(|entry| entry.record) {
            for event in record.events {
                match event {
                    Event::Submitted { message: sent, .. } | Event::Resubmitted { message: sent, .. } => {
                        message = Some(sent);
                    }
                    Event::Decided { decision } => {
                        found.push(Recorded { at: record.at, message: message.clone(), decision });
                    }
                    _ => {}
                }
            }
        }
        if is_last {
            let older = found.len().saturating_sub(DECISIONS_LIMIT);
            return Ok(found.split_off(older));
        }
    }
}

async fn again(app: &Arc<App>, recorded: Recorded) -> Result<ReplayedDecision, Problem> {
    let Recorded { at, message, decision } = recorded;
    let configuration = decision.configuration;
    let not = |reason: String| ReplayedDecision {
        at,
        configuration,
        outcome: "not-replayed",
        reason: Some(reason),
        differences: Vec::new(),
    };
    if let Some(reason) = decision.contributions.iter().find_map(not_repeatable) {
        return Ok(not(reason));
    }
    let Some(message) = message else { return Ok(not("its message was erased".to_owned())) };
    let bundles: BTreeSet<_> = decision.contributions.iter().map(|c| (c.bundle.clone(), c.revision)).collect();
    let loader = Arc::clone(app);
    let past = move || Ok(loader.publisher.past(configuration, &bundles, &loader.configured().policies));
    let past = match blocking(past).await? {
        Ok(Some(past)) => past,
        Ok(None) => return Ok(not(format!("there is no publication {configuration} of the organisation"))),
        Err(LoadError::Wrong(errors)) => return Ok(not(errors.join("; "))),
        Err(LoadError::Store(error)) => return Err(error.into()),
    };
    let replayed = app.engine.decide_again(past, message).await?;
    // A component that is not compiled any more is compiled now.
    if replayed.contributions.iter().any(|c| cause(c) == Some(FailureCause::Busy)) {
        return Ok(not("a component is being compiled; try again in a moment".to_owned()));
    }
    let differences = differences(&decision, &replayed);
    let outcome = if differences.is_empty() { "same" } else { "differs" };
    Ok(ReplayedDecision { at, configuration, outcome, reason: None, differences })
}

fn cause(contribution: &Contribution) -> Option<FailureCause> {
    match &contribution.outcome {
        HookOutcome::Failed { cause, .. } => Some(*cause),
        HookOutcome::Plan(_) => None,
    }
}

/// Why what a bundle contributed would be another matter another time.
fn not_repeatable(contribution: &Contribution) -> Option<String> {
    let cause = cause(contribution)?;
    let by_chance = matches!(cause, FailureCause::Time | FailureCause::Memory | FailureCause::Host);
    let Contribution { bundle, revision, .. } = contribution;
    (by_chance || !cause.was_called()).then(|| format!("of {bundle} revision {revision} it says: {}", cause.in_words()))
}

fn differences(recorded: &Decision, replayed: &Decision) -> Vec<PartBody> {
    let mut differences = Vec::new();
    let mut compare = |part: String, recorded: Value, replayed: Value| {
        if recorded != replayed {
            differences.push(PartBody { part, recorded, replayed });
        }
    };
    let called = |decision: &Decision| -> Vec<String> {
        let called = decision.contributions.iter();
        called.map(|c| format!("{} of {}@{} for {}", c.hook, c.bundle, c.revision, c.layer)).collect()
    };
    let (was, is) = (called(recorded), called(replayed));
    compare("contributions".to_owned(), json!(was), json!(is));
    for ((name, was), is) in was.iter().zip(&recorded.contributions).zip(&replayed.contributions) {
        compare(format!("outcome of {name}"), json!(was.outcome), json!(is.outcome));
        compare(format!("answers of {name}"), json!(was.answers), json!(is.answers));
        compare(format!("log of {name}"), json!(was.log), json!(is.log));
    }
    compare("plan".to_owned(), json!(recorded.plan), json!(replayed.plan));
    compare("held".to_owned(), json!(recorded.held), json!(replayed.held));
    compare("cuts".to_owned(), json!(recorded.cuts), json!(replayed.cuts));
    differences
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(edit: Value) -> Decision {
        let mut decision = json!({
            "plan": {"level": 2, "classification": "internal", "audience": "department", "archive": "standard", "recipients": {}},
            "contributions": [{
                "bundle": "sales/first", "revision": 3, "digest": "", "layer": "sender", "hook": "route",
                "outcome": {"plan": {"route": {"level": 2}}}, "cost": {"time_micros": 5, "operations": 7, "memory_bytes": 9},
            }],
            "configuration": 4,
        });
        for (pointer, value) in edit.as_object().unwrap() {
            *decision.pointer_mut(pointer).unwrap() = value.clone();
        }
        serde_json::from_value(decision).unwrap()
    }

    #[test]
    fn what_came_out_differently_is_named() {
        let recorded = decision(json!({}));
        let cost = json!({"/contributions/0/cost": {"time_micros": 50, "operations": 7, "memory_bytes": 9}});
        assert_eq!(differences(&recorded, &decision(cost)), []);
        let other = decision(json!({"/plan/level": 1, "/contributions/0/outcome": {"plan": {"route": {"level": 1}}}}));
        let found = differences(&recorded, &other);
        let parts: Vec<_> = found.iter().map(|part| part.part.as_str()).collect();
        assert_eq!(parts, ["outcome of route of sales/first@3 for sender", "plan"]);
        assert_eq!((&found[1].recorded["level"], &found[1].replayed["level"]), (&json!(2), &json!(1)));
    }

    #[test]
    fn what_was_stopped_or_not_asked_is_not_made_again() {
        let why = |cause: &str| {
            let failed = json!({"/contributions/0/outcome": {"failed": {"cause": cause, "message": "m"}}});
            decision(failed).contributions.iter().find_map(not_repeatable)
        };
        let says = "of sales/first revision 3 it says: it took longer than it may";
        assert_eq!(why("time").as_deref(), Some(says));
        assert!(why("memory").is_some() && why("suspended").is_some() && why("busy").is_some());
        assert_eq!((why("error"), why("operations"), why("plan")), (None, None, None));
    }
}

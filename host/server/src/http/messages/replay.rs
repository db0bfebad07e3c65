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
use herald_core::encoded::Encoded;
use herald_core::event::Event;
use herald_core::ids::CaseId;
use herald_core::message::Message;
use herald_core::target::Actor;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::show::case_id;
use crate::http::app::{App, blocking};
use crate::http::extract::Caller;
use crate::http::problem::{Problem, ProblemBody, ProblemKind};
use crate::http::sight;
use crate::publish::PastError;

/// How many decisions of a case are made again, the latest. For each the organisation of then is read from the journal, and
/// its forms and bundles are compiled.
const DECISIONS_LIMIT: usize = 5;
/// How many records with a decision or an escalation are looked through for them.
const LOOK_LIMIT_RECORDS: usize = 1_000;
/// How many replays are worked on at once, by whomever they are asked for: what they take is not taken from submissions.
pub(crate) const REPLAYS_AT_ONCE: usize = 1;

/// The decisions about a case, made again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Replay {
    /// The latest 5, oldest first.
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
    /// Which: `contributions` (who was asked), `plan`, `held`, `cuts`, or `outcome`, `answers` or `log` of what a bundle
    /// contributed.
    part: String,
    /// As it was recorded: any JSON.
    recorded: Value,
    /// As it came out now: any JSON.
    replayed: Value,
}

/// What is to be made again.
struct Recorded {
    at: Timestamp,
    message: Option<Encoded<Message>>,
    decision: Encoded<Decision>,
}

/// Makes the decisions about a case again, by what was in force then, and says what comes out differently.
///
/// Costs are not compared. What was stopped by time, memory or size, what was not asked at all, and Herald's own notices are
/// reported and not made again. Escalations are not among them.
#[utoipa::path(get, path = "/v1/messages/{id}/decisions/replay", tag = "messages", params(("id", description = "The case's id")),
    responses(
    (status = 200, description = "The decisions, compared", body = Replay),
    (status = 404, description = "There is no case that the caller may see", body = ProblemBody),
    (status = 503, description = "Overloaded, or another replay is under way", body = ProblemBody)))]
pub(crate) async fn replay(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Replay>, Problem> {
    let id = case_id(&id)?;
    let busy = |_| Problem::new(ProblemKind::Overloaded, "another replay is under way; try again").retry_after(1);
    let _turn = app.replays.try_acquire().map_err(busy)?;
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
    let (mut found, mut message, mut after, mut looked) = (Vec::new(), None, None, 0);
    while looked < LOOK_LIMIT_RECORDS {
        // A page may end before its limit, where records are large.
        let entries = snapshot.decisions(id, after, LOOK_LIMIT_RECORDS - looked)?;
        let Some(last) = entries.last() else { break };
        after = Some(last.position);
        looked += entries.len();
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
    }
    let older = found.len().saturating_sub(DECISIONS_LIMIT);
    Ok(found.split_off(older))
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
    if message.sender == Actor::Host {
        return Ok(not("it is a notice of Herald's own, about which no policy is asked".to_owned()));
    }
    let bundles: BTreeSet<_> = decision.contributions.iter().map(|c| (c.bundle.clone(), c.revision)).collect();
    let loader = Arc::clone(app);
    let past = move || Ok(loader.publisher.past(configuration, &bundles, &loader.configured()));
    let past = match blocking(past).await? {
        Ok(past) => past,
        Err(PastError::Gone(what)) => return Ok(not(what)),
        Err(PastError::Store(error)) => return Err(error.into()),
    };
    let mut replayed = app.engine.decide_again(past, Arc::clone(message.value())).await?;
    // Such as a component that is compiled only now.
    if let Some(reason) = replayed.contributions.iter().find_map(not_repeatable) {
        return Ok(not(format!("not now: {reason}")));
    }
    // Earlier records do not say what the message is for.
    replayed.plan.content_type = replayed.plan.content_type.filter(|_| decision.plan.content_type.is_some());
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
    let by_chance = match cause {
        // `Size`: what all bundles together said may have been larger than a record.
        FailureCause::Time | FailureCause::Memory | FailureCause::Host | FailureCause::Size => true,
        _ => !cause.was_called(),
    };
    let Contribution { bundle, revision, .. } = contribution;
    by_chance.then(|| format!("of {bundle} revision {revision} it says: {}", cause.in_words()))
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
    let alike = was.iter().zip(&recorded.contributions).zip(&replayed.contributions).filter(|_| was == is);
    for ((name, was), is) in alike {
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

//! `GET /v1/messages/{id}`: a case with its message and timeline, and the decisions behind it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use herald_core::command::Verb;
use herald_core::event::Event;
use herald_core::ids::CaseId;
use herald_core::message::Message;
use herald_core::record::Record;
use herald_core::target::Actor;
use herald_core::view::{CaseView, view};
use herald_core::workspace::Workspace;
use herald_store::partition::{LogEntry, Position};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::http::answer;
use crate::http::app::{App, blocking};
use crate::http::case::CaseBody;
use crate::http::extract::{Caller, Parameters, etag};
use crate::http::page::{Page, Paging, limit, read_cursor, write_cursor};
use crate::http::problem::{Problem, ProblemBody};
use crate::http::sight;

/// A case with its message and its timeline.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseWithTimeline {
    /// The case as it stands.
    #[serde(flatten)]
    #[schema(value_type = CaseBody)]
    case: CaseView,
    /// The current version of its message; left out once retention has erased it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    message: Option<Message>,
    /// What happened to it, oldest first.
    timeline: Page<TimelineEntry>,
}

/// One command that was carried out.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TimelineEntry {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// On whose behalf.
    #[schema(value_type = Object)]
    actor: Actor,
    /// What was asked.
    #[schema(value_type = String)]
    verb: Verb,
    /// What came of it, each under its name. Messages and decisions are shown by their own resources.
    #[schema(value_type = Vec<Object>)]
    events: Vec<Value>,
}

/// What policies decided once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RulingBody {
    /// When it was carried out.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `decision` or `escalation`.
    kind: &'static str,
    /// The decision with every bundle's contribution: revision, plan, answers of the host, log and cost.
    #[schema(value_type = Object)]
    ruling: Value,
}

/// A case with its message and its timeline.
#[utoipa::path(get, path = "/v1/messages/{id}", tag = "messages", params(("id", description = "The case's id"), Paging), responses(
    (status = 200, description = "The case", body = CaseWithTimeline, headers(("ETag" = String, description = "Its version"))),
    (status = 404, description = "There is none that the caller may see", body = ProblemBody)))]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Parameters(paging): Parameters<Paging>,
) -> Result<Response, Problem> {
    let id = case_id(&id)?;
    let (after, limit) = (read_position(&paging)?, limit(paging.limit)?);
    blocking(move || {
        let snapshot = app.engine.partition_of(id).snapshot()?;
        let case = sight::find(&snapshot, app.configured().organisation(), caller.requester(), id)?;
        let mut workspace = Workspace::open(&snapshot, id)?;
        let view = view(&mut workspace, None)?;
        let view = view.ok_or_else(|| Problem::not_found(format!("message `{id}`")))?;
        let version = view.version;
        let message = snapshot.message(id, case.message_version)?;
        let entries = snapshot.records(id, after, limit)?;
        let more = |after| Ok::<_, Problem>(!snapshot.records(id, Some(after), 1)?.is_empty());
        let timeline = page(entries, more, |record| vec![timeline_entry(record)])?;
        let body = CaseWithTimeline { case: view, message, timeline };
        let mut response = answer::json(StatusCode::OK, &body);
        response.headers_mut().insert(header::ETAG, etag(version));
        Ok(response)
    })
    .await
}

/// What the policies decided about a case, oldest first, with every contribution.
#[utoipa::path(get, path = "/v1/messages/{id}/decisions", tag = "messages", params(("id", description = "The case's id"), Paging), responses(
    (status = 200, description = "A page of decisions", body = Page<RulingBody>),
    (status = 404, description = "There is no case that the caller may see", body = ProblemBody)))]
pub(crate) async fn decisions(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Parameters(paging): Parameters<Paging>,
) -> Result<Response, Problem> {
    let id = case_id(&id)?;
    let (after, limit) = (read_position(&paging)?, limit(paging.limit)?);
    blocking(move || {
        let snapshot = app.engine.partition_of(id).snapshot()?;
        sight::find(&snapshot, app.configured().organisation(), caller.requester(), id)?;
        let entries = snapshot.decisions(id, after, limit)?;
        let more = |after| Ok::<_, Problem>(!snapshot.decisions(id, Some(after), 1)?.is_empty());
        Ok(answer::json(StatusCode::OK, &page(entries, more, rulings)?))
    })
    .await
}

/// The id of a case in an address; what is none names nothing.
pub(super) fn case_id(text: &str) -> Result<CaseId, Problem> {
    text.parse().map_err(|_| Problem::not_found(format!("message `{text}`")))
}

fn read_position(paging: &Paging) -> Result<Option<Position>, Problem> {
    let place: Option<(u64, u32)> = read_cursor(paging.cursor.as_deref())?;
    Ok(place.map(|(sequence, index)| Position { sequence, index }))
}

/// A page out of the journal's entries; those that were erased are left out. A page of large records ends before its
/// limit, so that only a look behind it tells whether there are `more`.
fn page<T>(
    entries: Vec<LogEntry>,
    more: impl Fn(Position) -> Result<bool, Problem>,
    show: impl Fn(Record) -> Vec<T>,
) -> Result<Page<T>, Problem> {
    let last = entries.last().map(|entry| entry.position);
    let next = match last {
        Some(last) if more(last)? => write_cursor(&(last.sequence, last.index)),
        _ => None,
    };
    Ok(Page { items: entries.into_iter().filter_map(|entry| entry.record).flat_map(show).collect(), next })
}

fn timeline_entry(record: Record) -> TimelineEntry {
    let events = record.events.iter().map(event).collect();
    TimelineEntry { at: record.at, actor: record.actor, verb: record.verb, events }
}

/// An event as a timeline shows it: what has a resource of its own is only named.
fn event(event: &Event) -> Value {
    match event {
        Event::Submitted { name, .. } => json!({ "submitted": { "name": name } }),
        Event::Resubmitted { name, .. } => json!({ "resubmitted": { "name": name } }),
        Event::Decided { decision } => json!({ "decided": {
            "held": decision.held,
            "flags": decision.plan.flags,
            "bundles": decision.contributions.iter().map(|c| format!("{}@{}", c.bundle, c.revision)).collect::<Vec<_>>(),
        } }),
        Event::Escalated { escalation } => json!({ "escalated": {
            "notify": escalation.notify.keys().collect::<Vec<_>>(),
            "assign": escalation.assign,
            "level": escalation.level,
        } }),
        // An event is plain data with texts as keys, which always becomes JSON.
        other => serde_json::to_value(other).unwrap_or_default(),
    }
}

fn rulings(record: Record) -> Vec<RulingBody> {
    let at = record.at;
    let rulings = record.events.into_iter().filter_map(|event| match event {
        Event::Decided { decision } => Some(("decision", serde_json::to_value(decision))),
        Event::Escalated { escalation } => Some(("escalation", serde_json::to_value(escalation))),
        _ => None,
    });
    rulings.map(|(kind, ruling)| RulingBody { at, kind, ruling: ruling.unwrap_or_default() }).collect()
}

//! `/v1/calendars`: working hours, and what they come to.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use herald_core::calendar::{Calendar, CalendarError};
use herald_core::names::CalendarName;
use herald_core::organisation::Organisation;
use herald_core::span::Span;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::App;
use super::extract::{Caller, Command};
use super::problem::{Problem, ProblemBody};

/// The routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show)).routes(routes!(due)).routes(routes!(elapsed))
}

/// When a promise is asked about.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object with `from` and `span`")]
pub(crate) struct DueRequest {
    /// When the promise is given: RFC 3339 with an offset.
    #[schema(value_type = String, format = DateTime, example = "2026-09-30T17:00:00+08:00")]
    from: Timestamp,
    /// How long it may take: `PT2H`, or `{"working_minutes": n}`, `{"working_hours": n}`, `{"working_days": n}`.
    #[schema(value_type = Object, example = json!({"working_days": 2}))]
    span: Span,
}

/// When a promise is due.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DueAnswer {
    /// The last moment in time.
    #[schema(value_type = String, format = DateTime)]
    due: Timestamp,
}

/// A stretch of time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object with `from` and `to`")]
pub(crate) struct ElapsedRequest {
    /// Where it begins: RFC 3339 with an offset.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// Where it ends.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
}

/// How much of it is working time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ElapsedAnswer {
    /// Whole minutes; negative when `to` comes before `from`.
    working_minutes: i64,
}

/// Every calendar, by name, as it was published.
#[utoipa::path(get, path = "/v1/calendars", tag = "calendars", responses(
    (status = 200, description = "The calendars by name", body = Object)))]
async fn list(State(app): State<Arc<App>>, _: Caller) -> Json<BTreeMap<CalendarName, Calendar>> {
    Json(app.configured().organisation().calendars.clone())
}

/// One calendar.
#[utoipa::path(get, path = "/v1/calendars/{name}", tag = "calendars", params(("name", description = "Its name")), responses(
    (status = 200, description = "The calendar as it was published", body = Object),
    (status = 404, description = "There is none", body = ProblemBody)))]
async fn show(State(app): State<Arc<App>>, _: Caller, Path(name): Path<String>) -> Result<Json<Calendar>, Problem> {
    find(app.configured().organisation(), &name).map(|calendar| Json(calendar.clone()))
}

/// When a promise given at `from` is due on this calendar.
///
/// Nothing is changed, so that no idempotency key is needed.
#[utoipa::path(post, path = "/v1/calendars/{name}/due", tag = "calendars", params(("name", description = "Its name")),
    request_body = DueRequest, responses(
    (status = 200, description = "When it is due", body = DueAnswer),
    (status = 404, description = "There is no such calendar", body = ProblemBody),
    (status = 422, description = "The calendar cannot answer", body = ProblemBody)))]
async fn due(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    command: Command<DueRequest>,
) -> Result<Json<DueAnswer>, Problem> {
    let configured = app.configured();
    let DueRequest { from, span } = command.body;
    let due =
        find(configured.organisation(), &name)?.due(from, &span).map_err(|error| out_of_reach("/span", &error))?;
    Ok(Json(DueAnswer { due }))
}

/// How much working time lies between two moments.
///
/// Nothing is changed, so that no idempotency key is needed.
#[utoipa::path(post, path = "/v1/calendars/{name}/elapsed", tag = "calendars",
    params(("name", description = "Its name")), request_body = ElapsedRequest, responses(
    (status = 200, description = "The working time between", body = ElapsedAnswer),
    (status = 404, description = "There is no such calendar", body = ProblemBody),
    (status = 422, description = "The calendar cannot answer", body = ProblemBody)))]
async fn elapsed(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    command: Command<ElapsedRequest>,
) -> Result<Json<ElapsedAnswer>, Problem> {
    let configured = app.configured();
    let ElapsedRequest { from, to } = command.body;
    let minutes = find(configured.organisation(), &name)?.working_minutes_between(from, to);
    let working_minutes = minutes.map_err(|error| out_of_reach("/to", &error))?;
    Ok(Json(ElapsedAnswer { working_minutes }))
}

fn find<'a>(organisation: &'a Organisation, name: &str) -> Result<&'a Calendar, Problem> {
    organisation.calendars.get(name).ok_or_else(|| Problem::not_found(format!("calendar `{name}`")))
}

fn out_of_reach(pointer: &str, error: &CalendarError) -> Problem {
    Problem::field(pointer, error)
}

//! Health, readiness, metrics, the API's description and that of its problems: for machines that watch and for
//! people who look things up. None of them needs a token; none says anything about messages.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::{App, blocking};
use super::problem::{FieldError, Problem, ProblemBody, ProblemKind};
use crate::telemetry::METRICS_MEDIA_TYPE;

/// The routes of these resources.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(healthz))
        .routes(routes!(readyz))
        .routes(routes!(metrics))
        .routes(routes!(problems))
        .routes(routes!(problem))
}

/// Whether the process is alive: if this answers, it is.
#[utoipa::path(get, path = "/healthz", tag = "operation", security(()), responses(
    (status = 200, description = "Alive", body = String, content_type = "text/plain")))]
async fn healthz() -> &'static str {
    "alive\n"
}

/// Whether requests would succeed: every partition can be written, and the organisation has been published.
#[utoipa::path(get, path = "/readyz", tag = "operation", security(()), responses(
    (status = 200, description = "Ready", body = String, content_type = "text/plain"),
    (status = 503, description = "Not ready; `errors` says why", body = ProblemBody)))]
async fn readyz(State(app): State<Arc<App>>) -> Result<&'static str, Problem> {
    let mut errors = Vec::new();
    for (number, status) in app.engine.status().iter().enumerate() {
        if let Some(why) = &status.stopped {
            errors.push(FieldError::new(format!("/partitions/{number}"), why));
        }
    }
    if app.configured().organisation().revision == 0 {
        errors.push(FieldError::new("/organisation", "nothing has been published yet; run `herald apply DIR`"));
    }
    if errors.is_empty() { Ok("ready\n") } else { Err(Problem::of_fields(ProblemKind::NotReady, errors)) }
}

/// Metrics, in the OpenMetrics text format.
#[utoipa::path(get, path = "/metrics", tag = "operation", security(()), responses(
    (status = 200, description = "The metrics", body = String, content_type = "application/openmetrics-text")))]
async fn metrics(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let text = blocking(move || app.metrics.text().map_err(|error| Problem::internal(&error))).await?;
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, METRICS_MEDIA_TYPE)], text).into_response())
}

/// A kind of problem, described.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct ProblemDescription {
    /// What the `type` of such a problem is.
    #[serde(rename = "type")]
    #[schema(example = "/problems/form")]
    pub kind: String,
    /// The HTTP status it comes with.
    pub status: u16,
    /// What it means.
    pub title: String,
    /// What to do about it.
    pub hint: String,
}

impl ProblemDescription {
    fn new(kind: ProblemKind) -> Self {
        let (title, hint) = (kind.title().to_owned(), kind.hint().to_owned());
        Self { kind: kind.uri(), status: kind.status().as_u16(), title, hint }
    }
}

/// Every kind of problem there is.
#[utoipa::path(get, path = "/problems", tag = "operation", security(()), responses(
    (status = 200, description = "The kinds of problems", body = [ProblemDescription])))]
async fn problems() -> Json<Vec<ProblemDescription>> {
    Json(ProblemKind::ALL.iter().copied().map(ProblemDescription::new).collect())
}

/// A kind of problem: what the `type` of a problem leads to.
#[utoipa::path(get, path = "/problems/{name}", tag = "operation", security(()),
    params(("name", description = "Its name, such as `form`")), responses(
    (status = 200, description = "The kind of problem", body = ProblemDescription),
    (status = 404, description = "There is none", body = ProblemBody)))]
async fn problem(Path(name): Path<String>) -> Result<Json<ProblemDescription>, Problem> {
    let kind = ProblemKind::from_name(&name);
    kind.map(|kind| Json(ProblemDescription::new(kind))).ok_or_else(|| Problem::not_found(format!("problem `{name}`")))
}

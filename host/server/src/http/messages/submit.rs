//! `POST /v1/messages`: one message, a batch of them, or an event.

use std::sync::Arc;

use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use bytes::Bytes;

use herald_engine::{Answer, Outcome as Happened, RequestIdentity};

use super::submission::Submission;
use super::{batch, cloudevents};
use crate::http::answer::respond;
use crate::http::app::App;
use crate::http::case::CaseBody;
use crate::http::extract::{Caller, idempotency_key, identity, read_body};
use crate::http::json::{self, JSON_MEDIA_TYPE};
use crate::http::problem::{Problem, ProblemBody};
use crate::telemetry::Outcome;

/// What a body may be, by its media type.
const ACCEPTED: &[&str] = &[JSON_MEDIA_TYPE, batch::MEDIA_TYPE, cloudevents::STRUCTURED_MEDIA_TYPE];

/// Submits a message.
///
/// `application/json` is one message, or the data of a CloudEvent in binary mode when there is a header
/// `ce-specversion`; `application/cloudevents+json` is a CloudEvent in structured mode;
/// `application/x-ndjson` is a batch, one message a line, answered with one result a line.
///
/// With an `Idempotency-Key` a retry gets the first answer again, for 24 hours; the key of line *n* of a batch
/// is the batch's key, `#` and *n*.
#[utoipa::path(post, path = "/v1/messages", tag = "messages",
    params(("Idempotency-Key" = Option<String>, Header, max_length = 255, description = "Tells this request from its retries")),
    request_body(content((Submission = "application/json"), (Object = "application/cloudevents+json"), (String = "application/x-ndjson")),
        description = "A message, a CloudEvent or a batch"),
    responses(
    (status = 200, description = "The event has a case already, or the results of a batch, a line each",
        content((CaseBody = "application/json"), (batch::LineResult = "application/x-ndjson"))),
    (status = 201, description = "The case", body = CaseBody, headers(
        ("Location" = String, description = "Where the case is"), ("ETag" = String, description = "Its version"))),
    (status = 400, description = "Not JSON, or a wrong header", body = ProblemBody),
    (status = 403, description = "The caller does not speak for the department", body = ProblemBody),
    (status = 409, description = "The idempotency key is in use right now", body = ProblemBody),
    (status = 413, description = "Too large", body = ProblemBody),
    (status = 415, description = "Another media type", body = ProblemBody),
    (status = 422, description = "Fields are wrong, or the idempotency key was used for another body", body = ProblemBody),
    (status = 429, description = "Too many requests", body = ProblemBody),
    (status = 503, description = "Overloaded, or the outcome is unknown", body = ProblemBody)))]
pub(crate) async fn submit(State(app): State<Arc<App>>, request: Request) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let caller = Caller::from_request_parts(&mut parts, &app).await?;
    let media_type = json::media_type(&parts.headers);
    let is_batch = media_type == batch::MEDIA_TYPE;
    let (limit, setting) = match is_batch {
        true => (app.limits.batch_bytes, "batch_limit_bytes"),
        false => (app.limits.body_bytes, "body_limit_bytes"),
    };
    if !media_type.is_empty() && !ACCEPTED.contains(&media_type.as_str()) {
        return Err(json::wrong_media_type(&media_type, ACCEPTED));
    }
    let body = read_body(&parts.headers, body, limit, setting).await?;
    if is_batch {
        let key = idempotency_key(&parts.headers)?;
        return batch::submit(&app, &caller, parts.uri.path(), key, &body).await;
    }
    let (submission, request) = read(&app, &caller, &parts, &media_type, &body)?;
    submit_one(&app, &caller, submission, request).await.map(|answer| respond(&answer))
}

/// The message that a body is, and what tells its request from others.
fn read(
    app: &App,
    caller: &Caller,
    parts: &Parts,
    media_type: &str,
    body: &Bytes,
) -> Result<(Submission, Option<RequestIdentity>), Problem> {
    let Parts { headers, uri, .. } = parts;
    let key = idempotency_key(headers)?;
    let Some(event) = event(app, headers, media_type, body) else {
        let submission = json::parse(body)?;
        return Ok((submission, identity(&caller.0, uri.path(), key, body)));
    };
    let event = event?;
    // Brokers change attributes that mean nothing here between tries, so the message itself is compared.
    let content = serde_json::to_vec(&event.submission).map_err(|error| Problem::internal(&error))?;
    let key = key.unwrap_or(&event.key);
    let request = identity(&caller.0, uri.path(), Some(key), &content);
    Ok((event.submission, request))
}

/// The event that a request carries, if it carries one.
fn event(
    app: &App,
    headers: &HeaderMap,
    media_type: &str,
    body: &[u8],
) -> Option<Result<cloudevents::FromEvent, Problem>> {
    let organisation = || Arc::clone(app.configured().organisation());
    if media_type == cloudevents::STRUCTURED_MEDIA_TYPE {
        Some(cloudevents::structured(body, &organisation()))
    } else if cloudevents::is_binary(headers) {
        Some(cloudevents::binary(headers, body, &organisation()))
    } else {
        None
    }
}

/// Submits one message and counts what came of it.
pub(super) async fn submit_one(
    app: &App,
    caller: &Caller,
    submission: Submission,
    request: Option<RequestIdentity>,
) -> Result<Answer, Problem> {
    let configured = app.configured();
    let kind = configured.organisation().kinds.get_key_value(submission.kind.as_str()).map(|(kind, _)| kind.clone());
    let result = match submission.into_draft(&configured, caller.requester()) {
        Ok(draft) => app.engine.submit(caller.requester(), request, draft).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    let outcome = match &result {
        Ok(answer) if answer.repeated => Outcome::Repeated,
        Ok(answer) if answer.outcome == Happened::Existing => Outcome::Existing,
        Ok(_) => Outcome::Created,
        Err(problem) if problem.kind.status().is_client_error() => Outcome::Refused,
        Err(_) => Outcome::Failed,
    };
    app.metrics.submission(kind.as_ref().map(|kind| kind.as_str()), outcome);
    result
}

//! What a command is answered with.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use herald_core::ids::CaseId;
use herald_engine::{Answer, Outcome};
use serde::Serialize;

use super::extract::etag;
use super::json::JSON_MEDIA_TYPE;
use super::problem::Problem;

/// Says that an answer was given before, under the same idempotency key.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// What is answered to who may not see the case: that it is in good hands, and after a command, where it stands.
#[derive(Debug, Serialize)]
pub(crate) struct Receipt {
    /// The case's id.
    pub id: CaseId,
    /// Where it stands; left out of the answer to an event that somebody else had submitted before.
    #[serde(flatten)]
    pub stands: Option<herald_engine::Receipt>,
}

/// The status, by what happened.
pub(crate) fn status(outcome: Outcome) -> StatusCode {
    match outcome {
        Outcome::Created => StatusCode::CREATED,
        Outcome::Existing | Outcome::Changed => StatusCode::OK,
    }
}

/// Where a case is read.
pub(crate) fn location(case: CaseId) -> String {
    format!("/v1/messages/{case}")
}

/// The answer of the engine over HTTP: the case, its address, its version.
pub(crate) fn respond(answer: &Answer) -> Response {
    let mut response = match &answer.view {
        Some(view) => json(status(answer.outcome), view),
        None => json(status(answer.outcome), &Receipt { id: answer.case, stands: answer.receipt }),
    };
    let headers = response.headers_mut();
    let version = answer.view.as_ref().map(|view| view.version);
    if let Some(version) = version.or(answer.receipt.map(|receipt| receipt.version)) {
        headers.insert(header::ETAG, etag(version));
    }
    // An id is digits and hyphens, which any header may hold.
    if let Ok(location) = HeaderValue::try_from(location(answer.case)) {
        headers.insert(header::LOCATION, location);
    }
    if answer.repeated {
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

/// A JSON answer.
pub(crate) fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => (status, [(header::CONTENT_TYPE, JSON_MEDIA_TYPE)], body).into_response(),
        Err(error) => Problem::internal(&error).into_response(),
    }
}

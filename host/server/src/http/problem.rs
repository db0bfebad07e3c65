//! Problems: every way in which a request can fail, by RFC 9457.
//!
//! The table below is the only list of them. Each has a stable `type` (relative, and served by this very host
//! as `/problems/{name}`), and says what to do. What went wrong inside the host is logged, never answered.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use herald_store::StoreError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The media type of a problem.
pub const PROBLEM_MEDIA_TYPE: &str = "application/problem+json";
/// What the `type` of every problem begins with.
pub const PROBLEM_PATH: &str = "/problems/";
/// After how many seconds a client is asked to come back where nothing better is known.
pub(crate) const RETRY_AFTER_SECONDS: u64 = 1;

macro_rules! problems {
    ($($variant:ident = $name:literal, $status:ident, $title:literal, $hint:literal;)*) => {
        /// The kinds of problems there are.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ProblemKind {
            $(#[doc = $title] $variant,)*
        }

        impl ProblemKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name, the last part of its `type`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The status it is answered with.
            #[must_use]
            pub fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            /// What it means, the same each time.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// What to do about it.
            #[must_use]
            pub fn hint(self) -> &'static str {
                match self { $(Self::$variant => $hint,)* }
            }
        }
    };
}

problems! {
    Json = "json", BAD_REQUEST, "The body is not JSON.",
        "Send one JSON document in UTF-8.";
    Query = "query", BAD_REQUEST, "A parameter of the query is wrong.",
        "Correct the parameters named in `errors`.";
    Header = "header", BAD_REQUEST, "A header is wrong.",
        "Correct the header named in `detail`.";
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "The request bears no valid token.",
        "Send `Authorization: Bearer hrl_…` with a token that an administrator made by `herald token add`.";
    Forbidden = "forbidden", FORBIDDEN, "The token's owner may not do this.",
        "Ask whoever is named in `detail`, or an administrator.";
    NotFound = "not-found", NOT_FOUND, "There is nothing here that you may see.",
        "Check the address; what one may not see does not exist.";
    Method = "method", METHOD_NOT_ALLOWED, "The resource does not know this method.",
        "See the header `Allow`, or /v1/openapi.json.";
    Status = "status", CONFLICT, "The case's status does not allow this.",
        "Read the case again; `detail` names the status it is in.";
    InFlight = "in-flight", CONFLICT, "A request with this idempotency key is still being worked on.",
        "Repeat the request after `Retry-After`.";
    Backup = "backup", CONFLICT, "The backup cannot be made.",
        "Choose another name, or wait for the backup under way; `detail` says which.";
    Version = "version", PRECONDITION_FAILED, "The case has moved on since it was read.",
        "Read it again, decide again, and send its new version.";
    TooLarge = "too-large", PAYLOAD_TOO_LARGE, "The body is larger than the limit.",
        "Send less at a time; `detail` names the limit and the setting behind it.";
    MediaType = "media-type", UNSUPPORTED_MEDIA_TYPE, "The body is of a type that is not understood here.",
        "Set `Content-Type` to one of those named in `detail`.";
    Fields = "fields", UNPROCESSABLE_ENTITY, "Fields of the request are missing or wrong.",
        "Correct the fields named in `errors`.";
    Form = "form", UNPROCESSABLE_ENTITY, "The message does not fit the form of its kind.",
        "Correct the fields named in `errors`; GET /v1/kinds/{name} shows the form.";
    KeyReused = "key-reused", UNPROCESSABLE_ENTITY, "The idempotency key was used for another request.",
        "Choose a new key for a new request; a retry sends the very same body.";
    Configuration = "configuration", UNPROCESSABLE_ENTITY, "The organisation or a policy bundle has errors; nothing was published.",
        "Correct what is named in `errors` and apply again.";
    Incomplete = "incomplete", CONFLICT, "The organisation lacks what this needs: a calendar, or somebody to turn to.",
        "Ask an administrator to add and publish what `detail` names; then repeat the request.";
    Rate = "rate", TOO_MANY_REQUESTS, "This token's owner makes too many requests.",
        "Wait for the seconds in `Retry-After`, or send messages in batches.";
    Reminded = "reminded", TOO_MANY_REQUESTS, "A reminder of this has just gone out.",
        "Wait for the seconds in `Retry-After` before you remind of it again.";
    Overloaded = "overloaded", SERVICE_UNAVAILABLE, "Herald has more to do than it can take on.",
        "Repeat the request after `Retry-After`, with the same idempotency key.";
    Timeout = "timeout", SERVICE_UNAVAILABLE, "The request took too long; whether it was carried out is unknown.",
        "Repeat the request with the same idempotency key: it is carried out once.";
    UnknownOutcome = "unknown-outcome", SERVICE_UNAVAILABLE, "The store failed; whether the request was carried out is unknown.",
        "Repeat the request with the same idempotency key once /readyz says that Herald is ready.";
    NotReady = "not-ready", SERVICE_UNAVAILABLE, "Herald is not ready to take requests.",
        "See `errors`; GET /readyz says when it is.";
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something is wrong with Herald itself.",
        "Report it to the administrator with the time; the log says more.";
}

impl ProblemKind {
    /// Its `type`.
    #[must_use]
    pub fn uri(self) -> String {
        format!("{PROBLEM_PATH}{}", self.name())
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// Where: a JSON pointer into the body (RFC 6901), a parameter's name, or a file and line.
    #[schema(example = "/body/expected_recovery")]
    pub pointer: String,
    /// What is wrong, and what to write.
    pub message: String,
}

impl FieldError {
    pub(crate) fn new(pointer: impl Into<String>, message: impl ToString) -> Self {
        Self { pointer: pointer.into(), message: message.to_string() }
    }
}

/// A failed request, ready to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which.
    pub kind: ProblemKind,
    /// This occurrence, in words.
    pub detail: String,
    /// What is wrong, field by field.
    pub errors: Vec<FieldError>,
    /// When to come back.
    pub retry_after_seconds: Option<u64>,
}

/// The body of every failed answer, by RFC 9457.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(title = "Problem")]
pub struct ProblemBody {
    /// Identifies the kind of problem, relative to this host; GET it for its description.
    #[serde(rename = "type")]
    #[schema(example = "/problems/form")]
    pub kind: String,
    /// What this kind of problem is.
    pub title: String,
    /// The HTTP status.
    #[schema(example = 422)]
    pub status: u16,
    /// This occurrence.
    pub detail: String,
    /// The fields that are wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// What to do.
    pub hint: String,
}

impl Problem {
    pub(crate) fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        let retry = matches!(kind.status(), StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS)
            || kind == ProblemKind::InFlight;
        Self {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after_seconds: retry.then_some(RETRY_AFTER_SECONDS),
        }
    }

    /// A problem whose fields say it all.
    pub(crate) fn of_fields(kind: ProblemKind, errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] => format!("{}: {}", only.pointer, only.message),
            several => format!("{} errors", several.len()),
        };
        Self { errors, ..Self::new(kind, detail) }
    }

    /// One wrong field.
    pub(crate) fn field(pointer: impl Into<String>, message: impl ToString) -> Self {
        Self::of_fields(ProblemKind::Fields, vec![FieldError::new(pointer, message)])
    }

    /// There is no such thing, or none that the requester may see.
    pub(crate) fn not_found(what: impl std::fmt::Display) -> Self {
        Self::new(ProblemKind::NotFound, format!("there is no {what} that you may see"))
    }

    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::Forbidden, detail)
    }

    /// A defect or a failure inside; the reason goes to the log, the client learns only that it happened.
    pub(crate) fn internal(reason: &dyn std::fmt::Display) -> Self {
        tracing::error!(%reason, "a request failed inside");
        Self::new(ProblemKind::Internal, "an internal error was logged")
    }

    /// The store failed while it was written: what was asked for is wholly done or not at all.
    pub(crate) fn unknown_outcome(reason: &StoreError) -> Self {
        tracing::error!(%reason, "the store failed while it was written");
        let detail = "the disk failed; whether this was carried out is known once the host has been started again";
        Self::new(ProblemKind::UnknownOutcome, detail)
    }

    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// What is answered.
    #[must_use]
    pub fn body(self) -> ProblemBody {
        ProblemBody {
            kind: self.kind.uri(),
            title: self.kind.title().to_owned(),
            status: self.kind.status().as_u16(),
            detail: self.detail,
            errors: self.errors,
            hint: self.kind.hint().to_owned(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (kind, retry_after) = (self.kind, self.retry_after_seconds);
        // A problem is made of texts and cannot fail to become JSON; an empty body would still bear the status.
        let body = serde_json::to_vec(&self.body()).unwrap_or_default();
        let mut response = (kind.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_MEDIA_TYPE));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if kind == ProblemKind::Unauthenticated {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"herald\""));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_is_consistent() {
        let names: BTreeSet<_> = ProblemKind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), ProblemKind::ALL.len(), "two kinds bear one name");
        for kind in ProblemKind::ALL {
            assert_eq!(ProblemKind::from_name(kind.name()), Some(*kind));
            assert!(kind.status().is_client_error() || kind.status().is_server_error());
            assert!(kind.title().ends_with('.') && kind.hint().ends_with('.'), "{kind:?}");
        }
    }

    #[test]
    fn answers_bear_the_headers_that_belong_to_them() {
        for kind in ProblemKind::ALL.iter().copied() {
            let response = Problem::new(kind, "x").into_response();
            assert_eq!(response.status(), kind.status());
            assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM_MEDIA_TYPE);
            let retries = matches!(response.status().as_u16(), 429 | 503) || kind == ProblemKind::InFlight;
            assert_eq!(response.headers().contains_key(header::RETRY_AFTER), retries, "{kind:?}");
            let challenges = response.status() == StatusCode::UNAUTHORIZED;
            assert_eq!(response.headers().contains_key(header::WWW_AUTHENTICATE), challenges, "{kind:?}");
        }
    }
}

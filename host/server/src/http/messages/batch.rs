//! A batch of messages: NDJSON in, NDJSON out, a result for each line in the order of the lines.
//!
//! Lines are messages of their own: one that is wrong does not hold up the others, and each is durable when
//! its result is answered. They are submitted side by side, so that a batch fills the writer's commits.

use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use herald_core::case::Status;
use herald_core::ids::CaseId;
use serde::Serialize;
use utoipa::ToSchema;

use super::submit::submit_one;
use crate::http::answer::{location, status};
use crate::http::app::App;
use crate::http::extract::{Caller, KEY_LIMIT_CHARS, identity};
use crate::http::json;
use crate::http::problem::{Problem, ProblemBody, ProblemKind};

/// The media type of a batch and of its results.
pub(crate) const MEDIA_TYPE: &str = "application/x-ndjson";
/// How many lines of one batch are under way at a time: enough to fill a commit, few enough to leave the
/// engine's queues to others.
const LINES_AT_ONCE: usize = 64;
/// Room for `#` and the number of a line behind a batch's idempotency key.
const KEY_ROOM_CHARS: usize = 8;

/// What came of one line.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LineResult {
    /// The line, from 1.
    pub line: usize,
    /// The status that the message alone would have been answered with.
    #[schema(example = 201)]
    pub status: u16,
    /// The case.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub id: Option<CaseId>,
    /// Where the case is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Where the case is in its life, if the caller may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub case_status: Option<Status>,
    /// What is wrong with the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<ProblemBody>,
}

/// Submits every line of `body`.
pub(super) async fn submit(
    app: &App,
    caller: &Caller,
    path: &str,
    key: Option<&str>,
    body: &Bytes,
) -> Result<Response, Problem> {
    let lines = lines(body);
    let limit = app.limits.batch_lines;
    if lines.len() > limit {
        let detail =
            format!("{} lines are more than {limit}; the setting `batch_limit_lines` says how many", lines.len());
        return Err(Problem::new(ProblemKind::TooLarge, detail));
    }
    if key.is_some_and(|key| key.len() > KEY_LIMIT_CHARS - KEY_ROOM_CHARS) {
        let most = KEY_LIMIT_CHARS - KEY_ROOM_CHARS;
        return Err(Problem::new(
            ProblemKind::Header,
            format!("the `Idempotency-Key` of a batch has at most {most} characters"),
        ));
    }
    // The request itself was paid for when the caller was found.
    caller.take(app, (lines.len() as u64).saturating_sub(1))?;
    let results = lines.into_iter().enumerate().map(|(index, line)| {
        let number = index + 1;
        let key = key.map(|key| format!("{key}#{number}"));
        async move {
            let result = submit_line(app, caller, path, key.as_deref(), number, &line).await;
            result.unwrap_or_else(|problem| failed(number, problem))
        }
    });
    let mut answers = Vec::with_capacity(body.len() / 2);
    let mut results = futures_util::stream::iter(results).buffered(LINES_AT_ONCE);
    while let Some(result) = results.next().await {
        serde_json::to_writer(&mut answers, &result).map_err(|error| Problem::internal(&error))?;
        answers.push(b'\n');
    }
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, MEDIA_TYPE)], answers).into_response())
}

/// The lines of a batch. A line feed ends a line, so that what follows the last one is no line if it is empty.
fn lines(body: &Bytes) -> Vec<Bytes> {
    let whole = body.strip_suffix(b"\n").unwrap_or(body);
    if whole.is_empty() {
        return Vec::new();
    }
    whole.split(|byte| *byte == b'\n').map(|line| body.slice_ref(line)).collect()
}

async fn submit_line(
    app: &App,
    caller: &Caller,
    path: &str,
    key: Option<&str>,
    number: usize,
    line: &[u8],
) -> Result<LineResult, Problem> {
    let submission = json::parse(line)?;
    let request = identity(&caller.0, path, key, line);
    let answer = submit_one(app, caller, submission, request).await?;
    Ok(LineResult {
        line: number,
        status: status(answer.outcome).as_u16(),
        id: Some(answer.case),
        location: Some(location(answer.case)),
        case_status: answer.view.map(|view| view.status),
        problem: None,
    })
}

fn failed(line: usize, problem: Problem) -> LineResult {
    let status = problem.kind.status().as_u16();
    LineResult { line, status, id: None, location: None, case_status: None, problem: Some(problem.body()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_feed_ends_a_line() {
        for (body, expected) in
            [("", 0), ("\n", 0), ("a", 1), ("a\n", 1), ("a\nb", 2), ("a\n\nb\n", 3), ("a\r\nb\r\n", 2)]
        {
            assert_eq!(lines(&Bytes::from_static(body.as_bytes())).len(), expected, "{body:?}");
        }
    }
}

//! `POST /v1/messages/{id}/{verb}`: what is asked of a case as a whole, and of its goals.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use herald_core::plan::GoalName;
use herald_engine::Ask;
use serde::Deserialize;
use utoipa::ToSchema;

use super::show::case_id;
use super::submission::Submission;
use crate::http::app::App;
use crate::http::ask;
use crate::http::case::CaseBody;
use crate::http::extract::Command;
use crate::http::problem::{Problem, ProblemBody};

/// What a command to a case may say.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default, expecting = "an object")]
pub(crate) struct VerbBody {
    /// The version that the caller has seen; as `If-Match`, which takes precedence.
    version: Option<u64>,
    /// Why, or how: at most 10,000 characters. Not for `release` and `archive`.
    #[schema(max_length = 10_000)]
    reason: Option<String>,
    /// From 1 to 5; for `close`.
    #[schema(minimum = 1, maximum = 5)]
    score: Option<u8>,
}

impl VerbBody {
    /// Refuses what the verb has no use for: somebody meant something by it.
    fn without_score(self) -> Result<Option<String>, Problem> {
        match self.score {
            None => Ok(self.reason),
            Some(_) => Err(Problem::field("/score", "only `close` takes a score")),
        }
    }

    fn without_words(self) -> Result<(), Problem> {
        match self.without_score()? {
            None => Ok(()),
            Some(_) => Err(Problem::field("/reason", "this takes no reason")),
        }
    }
}

/// Asks something of a case.
///
/// `resolve` (the accountable person), `reopen`, `close` (with a score), `withdraw`, `release` a held one,
/// `archive` an ended one.
#[utoipa::path(post, path = "/v1/messages/{id}/{verb}", tag = "messages",
    params(("id", description = "The case's id"),
        ("verb", description = "`resolve`, `reopen`, `close`, `withdraw`, `release` or `archive`"),
        ("If-Match" = Option<String>, Header, description = "The version that the caller has seen"),
        ("Idempotency-Key" = Option<String>, Header, max_length = 255, description = "Tells this request from its retries")),
    request_body = VerbBody, responses(
    (status = 200, description = "The case as it is now", body = CaseBody),
    (status = 403, description = "The caller may not", body = ProblemBody),
    (status = 404, description = "There is no such case that the caller may see, or no such verb", body = ProblemBody),
    (status = 409, description = "The case's status does not allow it", body = ProblemBody),
    (status = 412, description = "The case has moved on", body = ProblemBody),
    (status = 422, description = "Fields are wrong", body = ProblemBody)))]
pub(crate) async fn verb(
    State(app): State<Arc<App>>,
    Path((id, verb)): Path<(String, String)>,
    command: Command<VerbBody>,
) -> Result<Response, Problem> {
    let id = case_id(&id)?;
    let Command { caller, request, expected_version, body } = command;
    let version = expected_version.or(body.version);
    let ask = match verb.as_str() {
        "resolve" => Ask::Resolve(body.without_score()?),
        "reopen" => Ask::Reopen(body.without_score()?),
        "close" => Ask::Close { score: body.score, reason: body.reason },
        "withdraw" => Ask::Withdraw(body.without_score()?),
        "release" => body.without_words().map(|()| Ask::Release)?,
        "archive" => body.without_words().map(|()| Ask::Archive)?,
        _ => return Err(Problem::not_found(format!("verb `{verb}` of a message"))),
    };
    ask::ask(app, caller, request, id, version, ask).await
}

/// Sends a returned message again, as a new version; routing and approval are decided anew.
#[utoipa::path(post, path = "/v1/messages/{id}/resubmit", tag = "messages",
    params(("id", description = "The case's id"),
        ("If-Match" = Option<String>, Header, description = "The version that the caller has seen"),
        ("Idempotency-Key" = Option<String>, Header, max_length = 255, description = "Tells this request from its retries")),
    request_body = Submission, responses(
    (status = 200, description = "The case as it is now", body = CaseBody),
    (status = 404, description = "There is no such case that the caller may see", body = ProblemBody),
    (status = 409, description = "The case was not returned", body = ProblemBody),
    (status = 412, description = "The case has moved on", body = ProblemBody),
    (status = 422, description = "Fields are wrong", body = ProblemBody)))]
pub(crate) async fn resubmit(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    command: Command<Submission>,
) -> Result<Response, Problem> {
    let id = case_id(&id)?;
    let Command { caller, request, expected_version, body } = command;
    let draft = body.into_draft(&app.configured(), caller.requester())?;
    let ask = Ask::Resubmit(Box::new(draft));
    ask::ask(app, caller, request, id, expected_version, ask).await
}

/// Pauses, resumes or meets a goal of a case: for its owners and the accountable person.
#[utoipa::path(post, path = "/v1/messages/{id}/goals/{name}/{verb}", tag = "messages",
    params(("id", description = "The case's id"), ("name", description = "The goal's name, such as `satisfaction`"),
        ("verb", description = "`pause`, `resume` or `meet`"),
        ("If-Match" = Option<String>, Header, description = "The version that the caller has seen"),
        ("Idempotency-Key" = Option<String>, Header, max_length = 255, description = "Tells this request from its retries")),
    request_body = VerbBody, responses(
    (status = 200, description = "The case as it is now", body = CaseBody),
    (status = 403, description = "The caller may not", body = ProblemBody),
    (status = 404, description = "There is no such case or goal that the caller may see, or no such verb", body = ProblemBody),
    (status = 409, description = "The goal is not where this needs it to be", body = ProblemBody),
    (status = 412, description = "The case has moved on", body = ProblemBody)))]
pub(crate) async fn goal_verb(
    State(app): State<Arc<App>>,
    Path((id, name, verb)): Path<(String, String, String)>,
    command: Command<VerbBody>,
) -> Result<Response, Problem> {
    let id = case_id(&id)?;
    let goal: GoalName = name.parse().map_err(|_| Problem::not_found(format!("goal `{name}`")))?;
    let Command { caller, request, expected_version, body } = command;
    let version = expected_version.or(body.version);
    let ask = match verb.as_str() {
        "pause" => Ask::Pause(goal, body.without_score()?),
        "resume" => body.without_words().map(|()| Ask::Resume(goal))?,
        "meet" => body.without_words().map(|()| Ask::Meet(goal))?,
        _ => return Err(Problem::not_found(format!("verb `{verb}` of a goal"))),
    };
    ask::ask(app, caller, request, id, version, ask).await
}

//! `POST /v1/messages/{id}/{verb}`: what is asked of a case as a whole, and of its goals.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use herald_core::case::TaskKind;
use herald_core::command::{Declined, Remindees};
use herald_core::plan::GoalName;
use herald_core::target::Target;
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
use crate::http::tasks::Words;

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
    /// For `comment`, `remind` and `copy`: at most 10,000 characters.
    #[schema(max_length = 10_000)]
    text: Option<String>,
    /// Whom: one target to `hand-over`, up to 64 to `copy`.
    #[schema(value_type = Vec<String>, example = json!(["person:li.lei"]))]
    to: Vec<Target>,
    /// For `remind`: holders of tasks of one kind only, such as `acknowledge`.
    #[schema(value_type = Option<String>)]
    tasks: Option<TaskKind>,
}

impl VerbBody {
    /// Refuses every field but those that `verb` has a use for: somebody meant something by it.
    fn only(&self, verb: &str, fields: &[&str]) -> Result<(), Problem> {
        let given = [
            ("reason", self.reason.is_some()),
            ("score", self.score.is_some()),
            ("text", self.text.is_some()),
            ("to", !self.to.is_empty()),
            ("tasks", self.tasks.is_some()),
        ];
        match given.into_iter().find(|(field, given)| *given && !fields.contains(field)) {
            None => Ok(()),
            Some((field, _)) => Err(Problem::field(format!("/{field}"), format!("`{verb}` takes no `{field}`"))),
        }
    }
}

/// Asks something of a case.
///
/// `resolve` (the accountable person), `reopen`, `close` (with a score), `withdraw`, `release` a held one,
/// `archive` an ended one. The accountable person may `hand-over`; the sender and the accountable person may `remind`
/// the holders of its open tasks, and `copy` others in; whoever sees it may `comment`.
#[utoipa::path(post, path = "/v1/messages/{id}/{verb}", tag = "messages",
    params(("id", description = "The case's id"),
        ("verb", description = "`resolve`, `reopen`, `close`, `withdraw`, `release`, `archive`, `hand-over`, `remind`, `comment` or `copy`"),
        ("If-Match" = Option<String>, Header, description = "The version that the caller has seen"),
        ("Idempotency-Key" = Option<String>, Header, max_length = 255, description = "Tells this request from its retries")),
    request_body = VerbBody, responses(
    (status = 200, description = "The case as it is now", body = CaseBody),
    (status = 403, description = "The caller may not", body = ProblemBody),
    (status = 404, description = "There is no such case that the caller may see, or no such verb", body = ProblemBody),
    (status = 409, description = "The case's status does not allow it", body = ProblemBody),
    (status = 429, description = "Whoever is waited for has just been reminded", body = ProblemBody),
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
    ask::ask(app, caller, request, id, version, read_verb(&verb, body)?).await
}

fn read_verb(verb: &str, body: VerbBody) -> Result<Ask, Problem> {
    let fields: &[&str] = match verb {
        "resolve" | "reopen" | "withdraw" => &["reason"],
        "close" => &["reason", "score"],
        "release" | "archive" => &[],
        "hand-over" => &["reason", "to"],
        "remind" => &["text", "tasks"],
        "comment" => &["text"],
        "copy" => &["text", "to"],
        _ => return Err(Problem::not_found(format!("verb `{verb}` of a message"))),
    };
    body.only(verb, fields)?;
    let VerbBody { reason, score, text, to, tasks, .. } = body;
    let words = |text, to| Words { verb, text, to };
    Ok(match verb {
        "resolve" => Ask::Resolve(reason),
        "reopen" => Ask::Reopen(reason),
        "withdraw" => Ask::Withdraw(reason),
        "close" => Ask::Close { score, reason },
        "release" => Ask::Release,
        "archive" => Ask::Archive,
        "hand-over" => {
            let (to, reason) = words(reason, to).one_target()?;
            Ask::HandOver(to, reason)
        }
        "remind" => Ask::Remind(Remindees::Open(tasks), text),
        "comment" => Ask::Comment(None, words(text, to).required()?),
        _ => Ask::Copy { task: None, to, text },
    })
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

/// Pauses, resumes, meets or declines a goal of a case: for its owners, and but for the last also for the accountable
/// person.
///
/// An answer, or a policy's own goal that does not repeat, may be declined. It is due at once: the policies that decide
/// about breaches are asked without waiting for the deadline, and told the `reason`. A task that belongs to it stays open
/// for a later word.
#[utoipa::path(post, path = "/v1/messages/{id}/goals/{name}/{verb}", tag = "messages",
    params(("id", description = "The case's id"), ("name", description = "The goal's name, such as `satisfaction`"),
        ("verb", description = "`pause`, `resume`, `meet` or `decline`, which needs a `reason`"),
        ("If-Match" = Option<String>, Header, description = "The version that the caller has seen"),
        ("Idempotency-Key" = Option<String>, Header, max_length = 255, description = "Tells this request from its retries")),
    request_body = VerbBody, responses(
    (status = 200, description = "The case as it is now", body = CaseBody),
    (status = 403, description = "The caller may not", body = ProblemBody),
    (status = 404, description = "There is no such case or goal that the caller may see, or no such verb", body = ProblemBody),
    (status = 409, description = "The goal is not where this needs it to be", body = ProblemBody),
    (status = 412, description = "The case has moved on", body = ProblemBody),
    (status = 422, description = "The `reason` to decline is missing", body = ProblemBody)))]
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
        "pause" => body.only(&verb, &["reason"]).map(|()| Ask::Pause(goal, body.reason))?,
        "resume" => body.only(&verb, &[]).map(|()| Ask::Resume(goal))?,
        "meet" => body.only(&verb, &[]).map(|()| Ask::Meet(goal))?,
        "decline" => {
            body.only(&verb, &["reason"])?;
            let missing = || Problem::field("/reason", "missing: say why it will not be done");
            Ask::Decline(
                Declined::Goal(goal),
                body.reason.filter(|reason| !reason.trim().is_empty()).ok_or_else(missing)?,
            )
        }
        _ => return Err(Problem::not_found(format!("verb `{verb}` of a goal"))),
    };
    ask::ask(app, caller, request, id, version, ask).await
}

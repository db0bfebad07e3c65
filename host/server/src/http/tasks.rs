//! `/v1/tasks`: what the caller has to do, and doing it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use herald_core::case::Verdict;
use herald_core::command::{Declined, PassOn, Remindees};
use herald_core::ids::{TaskId, TaskNumber};
use herald_core::target::Target;
use herald_core::view::Row;
use herald_core::workspace::Rows as _;
use herald_engine::Ask;
use herald_store::partition::InboxTask;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::{App, blocking};
use super::ask;
use super::case::{CaseBody, CaseSummary, TaskBody};
use super::extract::{Caller, Command, Parameters};
use super::page::{Page, Paging, Part, limit, merge, read_cursor, write_cursor};
use super::problem::{Problem, ProblemBody};

/// The routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(inbox)).routes(routes!(verb))
}

/// A task in somebody's inbox, with what it is about.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InboxItem {
    /// The task.
    #[schema(value_type = TaskBody)]
    task: Row<TaskId, herald_core::case::Task>,
    /// Its case.
    case: CaseSummary,
}

/// Where a task stands in an inbox: by its due time, those without one last.
type Place = (Option<Timestamp>, TaskId);

/// The caller's open tasks, the most pressing first.
#[utoipa::path(get, path = "/v1/tasks", tag = "tasks", params(Paging), responses(
    (status = 200, description = "A page of tasks", body = Page<InboxItem>),
    (status = 403, description = "Only persons have an inbox", body = ProblemBody)))]
async fn inbox(
    State(app): State<Arc<App>>,
    caller: Caller,
    Parameters(paging): Parameters<Paging>,
) -> Result<Json<Page<InboxItem>>, Problem> {
    let limit = limit(paging.limit)?;
    let after: Option<Place> = read_cursor(paging.cursor.as_deref())?;
    blocking(move || page(&app, &caller, after, limit)).await.map(Json)
}

fn page(app: &App, caller: &Caller, after: Option<Place>, limit: usize) -> Result<Page<InboxItem>, Problem> {
    let person = caller.requester().actor.person();
    let person = person.ok_or_else(|| Problem::forbidden("only persons have an inbox"))?;
    let after = after.map(|(due, task)| InboxTask { due, task });
    let mut parts = Vec::new();
    for partition in app.engine.partitions() {
        let items = partition.snapshot()?.inbox_tasks(person, after.as_ref(), limit)?;
        let looked_until = items.last().filter(|_| items.len() == limit).map(place);
        parts.push(Part { items, looked_until });
    }
    let (tasks, next) = merge(parts, limit, place);
    let mut items = Vec::with_capacity(tasks.len());
    for InboxTask { task: id, .. } in &tasks {
        // Read afresh, and left out if it was done meanwhile.
        let snapshot = app.engine.partition_of(id.case).snapshot()?;
        let (case, task) = (snapshot.case(id.case)?, snapshot.task(id.case, id.number)?);
        items.extend(
            case.zip(task).map(|(case, row)| InboxItem { task: Row { id: *id, row }, case: CaseSummary::new(&case) }),
        );
    }
    let next = next.and_then(|(_, due, task)| write_cursor(&(due, task)));
    Ok(Page { items, next })
}

/// Tasks without a due time come last.
fn place(item: &InboxTask) -> (bool, Option<Timestamp>, TaskId) {
    (item.due.is_none(), item.due, item.task)
}

/// What a command to a task may say.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default, expecting = "an object")]
pub(crate) struct TaskVerbBody {
    /// The version of the case that the caller has seen; as `If-Match`, which takes precedence.
    version: Option<u64>,
    /// The answer, the report, the comment, or why: at most 10,000 characters. Required to reject, return, answer,
    /// report, decline and comment; not for `acknowledge` and `claim`.
    #[schema(max_length = 10_000)]
    text: Option<String>,
    /// Whom: one target to `transfer`, `delegate` and `add-approver`, up to 64 to `copy`.
    #[schema(value_type = Vec<String>, example = json!(["person:li.lei"]))]
    to: Vec<Target>,
}

/// Does a task, or something with it.
///
/// `approve`, `reject` and `return` an approval; `acknowledge`; `answer`; `report`; `claim` one that was
/// offered to several. Who is asked to answer may `decline`, for all who were asked: it is due at once, the policies that
/// decide about breaches are asked and told why, and the task stays open for a later word. Its holder may `transfer` it
/// (it is theirs no longer), `delegate` it (somebody else may do it as well), of an approval `add-approver` (who must
/// approve, too), and `copy` others in. The sender and the accountable person may `remind` its holders. Whoever sees the
/// case may `comment`.
#[utoipa::path(post, path = "/v1/tasks/{id}/{verb}", tag = "tasks",
    params(("id", description = "The task's id"),
        ("verb", description = "`approve`, `reject`, `return`, `acknowledge`, `answer`, `report`, `decline`, `claim`, `transfer`, `delegate`, `add-approver`, `remind`, `comment` or `copy`"),
        ("If-Match" = Option<String>, Header, description = "The version of the case that the caller has seen"),
        ("Idempotency-Key" = Option<String>, Header, max_length = 255, description = "Tells this request from its retries")),
    request_body = TaskVerbBody, responses(
    (status = 200, description = "The case as it is now", body = CaseBody),
    (status = 403, description = "The caller does not hold the task", body = ProblemBody),
    (status = 404, description = "There is no such task that the caller may see, or no such verb", body = ProblemBody),
    (status = 409, description = "The task is done, or asks for something else", body = ProblemBody),
    (status = 429, description = "Its holders have just been reminded", body = ProblemBody),
    (status = 412, description = "The case has moved on", body = ProblemBody),
    (status = 422, description = "Fields are wrong", body = ProblemBody)))]
async fn verb(
    State(app): State<Arc<App>>,
    Path((id, verb)): Path<(String, String)>,
    command: Command<TaskVerbBody>,
) -> Result<Response, Problem> {
    let id: TaskId = id.parse().map_err(|_| Problem::not_found(format!("task `{id}`")))?;
    let Command { caller, request, expected_version, body } = command;
    let version = expected_version.or(body.version);
    let ask = read_verb(&verb, id.number, body)?;
    ask::ask(app, caller, request, id.case, version, ask).await
}

fn read_verb(verb: &str, task: TaskNumber, body: TaskVerbBody) -> Result<Ask, Problem> {
    let TaskVerbBody { text, to, .. } = body;
    let words = Words { verb, text, to };
    let pass = |words: Words<'_>, how| {
        let (to, text) = words.one_target()?;
        Ok(Ask::Pass { task, how, to, text })
    };
    match verb {
        "approve" => Ok(Ask::Decide { task, verdict: Verdict::Approved, text: words.optional()? }),
        "reject" => Ok(Ask::Decide { task, verdict: Verdict::Rejected, text: Some(words.required()?) }),
        "return" => Ok(Ask::Decide { task, verdict: Verdict::Returned, text: Some(words.required()?) }),
        "acknowledge" => words.none().map(|()| Ask::Acknowledge(task)),
        "answer" => Ok(Ask::Answer(task, words.required()?)),
        "report" => Ok(Ask::Report(task, words.required()?)),
        "decline" => Ok(Ask::Decline(Declined::Task(task), words.required()?)),
        "claim" => words.none().map(|()| Ask::Claim(task)),
        "transfer" => pass(words, PassOn::Transfer),
        "delegate" => pass(words, PassOn::Delegate),
        "add-approver" => {
            let (to, text) = words.one_target()?;
            Ok(Ask::AddApprover { task, to, text })
        }
        "remind" => Ok(Ask::Remind(Remindees::Task(task), words.optional()?)),
        "comment" => Ok(Ask::Comment(Some(task), words.required()?)),
        "copy" => Ok(Ask::Copy { task: Some(task), to: words.to, text: words.text }),
        _ => Err(Problem::not_found(format!("verb `{verb}` of a task"))),
    }
}

/// What came with a verb. What the verb has no use for is refused: somebody meant something by it.
pub(crate) struct Words<'a> {
    pub(crate) verb: &'a str,
    pub(crate) text: Option<String>,
    pub(crate) to: Vec<Target>,
}

impl Words<'_> {
    pub(crate) fn none(self) -> Result<(), Problem> {
        match self.text {
            None => self.to_nobody(),
            Some(_) => Err(Problem::field("/text", format!("`{}` takes no words", self.verb))),
        }
    }

    pub(crate) fn optional(self) -> Result<Option<String>, Problem> {
        self.to_nobody()?;
        Ok(self.text)
    }

    pub(crate) fn required(self) -> Result<String, Problem> {
        self.to_nobody()?;
        let missing = || Problem::field("/text", format!("missing: `{}` needs words", self.verb));
        self.text.filter(|text| !text.trim().is_empty()).ok_or_else(missing)
    }

    pub(crate) fn one_target(mut self) -> Result<(Target, Option<String>), Problem> {
        match (self.to.pop(), self.to.len()) {
            (Some(to), 0) => Ok((to, self.text)),
            (_, others) => {
                let found = if others == 0 { 0 } else { others + 1 };
                Err(Problem::field("/to", format!("names {found} targets; `{}` takes one", self.verb)))
            }
        }
    }

    fn to_nobody(&self) -> Result<(), Problem> {
        if self.to.is_empty() {
            Ok(())
        } else {
            Err(Problem::field("/to", format!("`{}` is done by the caller, and takes no `to`", self.verb)))
        }
    }
}

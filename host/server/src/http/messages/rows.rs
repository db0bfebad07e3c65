//! `GET /v1/messages/{id}/tasks`, `/goals` and `/deliveries`: the rows of a case, of which its view shows the first.
//!
//! Who has not acknowledged a notice is a list of its tasks: `?kind=acknowledge&status=open`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use herald_core::case::{Case, Delivery, DeliveryStatus, Goal, GoalStatus, Purpose, Task, TaskKind, TaskStatus};
use herald_core::ids::{DeliveryId, DeliveryNumber, GoalId, GoalNumber, TaskId, TaskNumber};
use herald_core::plan::GoalName;
use herald_core::view::Row;
use herald_core::workspace::{RowError, Rows as _};
use herald_store::partition::Snapshot;
use serde::Deserialize;
use utoipa::IntoParams;

use super::show::case_id;
use crate::http::app::{App, blocking};
use crate::http::case::{DeliveryBody, GoalBody, TaskBody};
use crate::http::extract::{Caller, Parameters};
use crate::http::page::{Page, Paging, limit, read_cursor, write_cursor};
use crate::http::problem::{Problem, ProblemBody};
use crate::http::sight;

/// The most rows that one page looks at: what is rare among very many takes several pages, some of them empty.
const SCAN_LIMIT_ROWS: u32 = 1_000;

/// Which tasks to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct TaskFilter {
    /// Only those that ask for this: `approve`, `acknowledge`, `answer` or `report`.
    #[param(value_type = Option<String>)]
    kind: Option<TaskKind>,
    /// Only those that are `open`, `done` or `cancelled`.
    #[param(value_type = Option<String>)]
    status: Option<TaskStatus>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// How many to list: 1 to 200, otherwise 50.
    limit: Option<usize>,
}

/// Which goals to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct GoalFilter {
    /// Only those of this name.
    #[param(value_type = Option<String>)]
    name: Option<GoalName>,
    /// Only those that are `pending`, `running`, `paused`, `met`, `breached` or `cancelled`.
    #[param(value_type = Option<String>)]
    status: Option<GoalStatus>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// How many to list: 1 to 200, otherwise 50.
    limit: Option<usize>,
}

/// Which deliveries to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveryFilter {
    /// Only those that tell this, such as `message` or `reminder`.
    #[param(value_type = Option<String>)]
    purpose: Option<Purpose>,
    /// Only those that are `pending`, `delivered`, `dead` or `cancelled`.
    #[param(value_type = Option<String>)]
    status: Option<DeliveryStatus>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// How many to list: 1 to 200, otherwise 50.
    limit: Option<usize>,
}

/// The tasks of a case, in the order in which they were given.
#[utoipa::path(get, path = "/v1/messages/{id}/tasks", tag = "messages",
    params(("id", description = "The case's id"), TaskFilter), responses(
    (status = 200, description = "A page of tasks", body = Page<TaskBody>),
    (status = 400, description = "A parameter is wrong", body = ProblemBody),
    (status = 404, description = "There is no case that the caller may see", body = ProblemBody)))]
pub(crate) async fn tasks(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Parameters(filter): Parameters<TaskFilter>,
) -> Result<Json<Page<Row<TaskId, Task>>>, Problem> {
    let TaskFilter { kind, status, cursor, limit } = filter;
    let wants = move |task: &Task| is(kind, &task.kind) && is(status, &task.status);
    let read = move |snapshot: &Snapshot, case: &Case, number| {
        let id = TaskId { case: case.id, number: TaskNumber(number) };
        Ok(snapshot.task(case.id, id.number)?.filter(wants).map(|row| Row { id, row }))
    };
    rows(app, caller, &id, Paging { cursor, limit }, |case| case.made.tasks, read).await
}

/// The goals of a case, in the order in which they were set.
#[utoipa::path(get, path = "/v1/messages/{id}/goals", tag = "messages",
    params(("id", description = "The case's id"), GoalFilter), responses(
    (status = 200, description = "A page of goals", body = Page<GoalBody>),
    (status = 400, description = "A parameter is wrong", body = ProblemBody),
    (status = 404, description = "There is no case that the caller may see", body = ProblemBody)))]
pub(crate) async fn goals(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Parameters(filter): Parameters<GoalFilter>,
) -> Result<Json<Page<Row<GoalId, Goal>>>, Problem> {
    let GoalFilter { name, status, cursor, limit } = filter;
    let wants = move |goal: &Goal| name.as_ref().is_none_or(|name| *name == goal.name) && is(status, &goal.status);
    let read = move |snapshot: &Snapshot, case: &Case, number| {
        let id = GoalId { case: case.id, number: GoalNumber(number) };
        Ok(snapshot.goal(case.id, id.number)?.filter(&wants).map(|row| Row { id, row }))
    };
    rows(app, caller, &id, Paging { cursor, limit }, |case| case.made.goals, read).await
}

/// The deliveries of a case, in the order in which they were decided on.
#[utoipa::path(get, path = "/v1/messages/{id}/deliveries", tag = "messages",
    params(("id", description = "The case's id"), DeliveryFilter), responses(
    (status = 200, description = "A page of deliveries", body = Page<DeliveryBody>),
    (status = 400, description = "A parameter is wrong", body = ProblemBody),
    (status = 404, description = "There is no case that the caller may see", body = ProblemBody)))]
pub(crate) async fn deliveries(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Parameters(filter): Parameters<DeliveryFilter>,
) -> Result<Json<Page<Row<DeliveryId, Delivery>>>, Problem> {
    let DeliveryFilter { purpose, status, cursor, limit } = filter;
    let wants = move |delivery: &Delivery| is(purpose, &delivery.purpose) && is(status, &delivery.status);
    let read = move |snapshot: &Snapshot, case: &Case, number| {
        let id = DeliveryId { case: case.id, number: DeliveryNumber(number) };
        Ok(snapshot.delivery(case.id, id.number)?.filter(wants).map(|row| Row { id, row }))
    };
    rows(app, caller, &id, Paging { cursor, limit }, |case| case.made.deliveries, read).await
}

/// Whether a row is as is wanted, if anything is.
fn is<T: PartialEq>(wanted: Option<T>, found: &T) -> bool {
    wanted.is_none_or(|wanted| wanted == *found)
}

/// A page of rows: `read` gives the one of a number, if it is wanted, and `made` says how many there are.
async fn rows<T: Send + 'static>(
    app: Arc<App>,
    caller: Caller,
    id: &str,
    paging: Paging,
    made: impl FnOnce(&Case) -> u32 + Send + 'static,
    read: impl Fn(&Snapshot, &Case, u32) -> Result<Option<T>, RowError> + Send + 'static,
) -> Result<Json<Page<T>>, Problem> {
    let id = case_id(id)?;
    let limit = limit(paging.limit)?;
    let after: u32 = read_cursor(paging.cursor.as_deref())?.unwrap_or(0);
    blocking(move || {
        let snapshot = app.engine.partition_of(id).snapshot()?;
        let case = sight::find(&snapshot, app.configured().organisation(), caller.requester(), id)?;
        let last = made(&case);
        let (mut items, mut number) = (Vec::new(), after);
        while number < last && number - after < SCAN_LIMIT_ROWS && items.len() < limit {
            number += 1;
            items.extend(read(&snapshot, &case, number)?);
        }
        Ok(Page { items, next: (number < last).then(|| write_cursor(&number)).flatten() })
    })
    .await
    .map(Json)
}

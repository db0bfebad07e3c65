//! `/v1/inbox`: what herald told the caller: messages, warnings, escalations, verdicts. What the caller has to do
//! is in [`tasks`](super::tasks).

use std::cmp::Reverse;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use herald_core::case::{Delivery, Goal};
use herald_core::ids::{DeliveryId, GoalId};
use herald_core::view::Row;
use herald_core::workspace::Rows as _;
use herald_store::partition::InboxDelivery;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::{App, blocking};
use super::case::{CaseSummary, DeliveryBody, GoalBody};
use super::extract::{Caller, Parameters};
use super::page::{Page, Paging, Part, limit, merge, read_cursor, write_cursor};
use super::problem::{Problem, ProblemBody};
use super::sight::sees;

/// The routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(inbox))
}

/// Something that somebody was told, with what it is about.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InboxEntry {
    /// The delivery; its `purpose` says what it tells.
    #[schema(value_type = DeliveryBody)]
    delivery: Row<DeliveryId, Delivery>,
    /// Its case.
    case: CaseSummary,
    /// The goal that it is about, of a warning or an escalation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<GoalBody>)]
    goal: Option<Row<GoalId, Goal>>,
}

/// What the caller was told in the inbox, newest first.
#[utoipa::path(get, path = "/v1/inbox", tag = "inbox", params(Paging), responses(
    (status = 200, description = "A page of the inbox", body = Page<InboxEntry>),
    (status = 403, description = "Only persons have an inbox", body = ProblemBody)))]
async fn inbox(
    State(app): State<Arc<App>>,
    caller: Caller,
    Parameters(paging): Parameters<Paging>,
) -> Result<Json<Page<InboxEntry>>, Problem> {
    let limit = limit(paging.limit)?;
    let after = read_cursor(paging.cursor.as_deref())?;
    blocking(move || page(&app, &caller, after, limit)).await.map(Json)
}

fn page(
    app: &App,
    caller: &Caller,
    after: Option<(Timestamp, DeliveryId)>,
    limit: usize,
) -> Result<Page<InboxEntry>, Problem> {
    let person = caller.requester().actor.person();
    let person = person.ok_or_else(|| Problem::forbidden("only persons have an inbox"))?;
    let after = after.map(|(at, delivery)| InboxDelivery { at, delivery });
    let place = |item: &InboxDelivery| (Reverse(item.at), item.delivery);
    let mut parts = Vec::new();
    for partition in app.engine.partitions() {
        let items = partition.snapshot()?.inbox_deliveries(person, after.as_ref(), limit)?;
        let looked_until = items.last().filter(|_| items.len() == limit).map(place);
        parts.push(Part { items, looked_until });
    }
    let (found, next) = merge(parts, limit, place);
    let mut items = Vec::with_capacity(found.len());
    for InboxDelivery { delivery, .. } in found {
        items.extend(item(app, caller, delivery)?);
    }
    Ok(Page { items, next: next.and_then(|(Reverse(at), delivery)| write_cursor(&(at, delivery))) })
}

/// The delivery with what it is about, unless the caller may not see its case.
fn item(app: &App, caller: &Caller, id: DeliveryId) -> Result<Option<InboxEntry>, Problem> {
    let snapshot = app.engine.partition_of(id.case).snapshot()?;
    let Some((case, row)) = snapshot.case(id.case)?.zip(snapshot.delivery(id.case, id.number)?) else {
        return Ok(None);
    };
    if !sees(&snapshot, app.configured().organisation(), caller.requester(), &case)? {
        return Ok(None);
    }
    let goal = match row.about {
        Some(number) => snapshot.goal(id.case, number)?,
        None => None,
    };
    let goal = goal.map(|row| Row { id: GoalId { case: id.case, number: row.number }, row });
    Ok(Some(InboxEntry { delivery: Row { id, row }, case: CaseSummary::new(&case), goal }))
}

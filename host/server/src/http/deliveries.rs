//! `/v1/deliveries`: dead letters, and trying them again. For administrators.

use std::cmp::Reverse;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use herald_core::case::Delivery;
use herald_core::ids::DeliveryId;
use herald_core::view::Row;
use herald_core::workspace::Rows as _;
use herald_engine::Ask;
use herald_store::partition::InboxDelivery;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::{App, blocking};
use super::ask;
use super::case::{CaseBody, DeliveryBody};
use super::extract::{Caller, Command, Parameters};
use super::page::{Page, Part, limit, merge, parameter, read_cursor, write_cursor};
use super::problem::{Problem, ProblemBody};

/// The routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(dead_letters)).routes(routes!(replay))
}

/// Which deliveries to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// `dead`: those that were given up. The only list there is.
    status: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// How many to list: 1 to 200, otherwise 50.
    limit: Option<usize>,
}

/// Deliveries that were given up, newest first.
#[utoipa::path(get, path = "/v1/deliveries", tag = "deliveries", params(Filter), responses(
    (status = 200, description = "A page of deliveries", body = Page<DeliveryBody>),
    (status = 403, description = "For administrators", body = ProblemBody)))]
async fn dead_letters(
    State(app): State<Arc<App>>,
    caller: Caller,
    Parameters(filter): Parameters<Filter>,
) -> Result<Json<Page<Row<DeliveryId, Delivery>>>, Problem> {
    caller.admin()?;
    if filter.status.as_deref().is_some_and(|status| status != "dead") {
        return Err(parameter("status", "only `dead` deliveries are listed; others are shown with their cases"));
    }
    let limit = limit(filter.limit)?;
    let after = read_cursor(filter.cursor.as_deref())?;
    blocking(move || page(&app, after, limit)).await.map(Json)
}

fn page(
    app: &App,
    after: Option<(Timestamp, DeliveryId)>,
    limit: usize,
) -> Result<Page<Row<DeliveryId, Delivery>>, Problem> {
    let after = after.map(|(at, delivery)| InboxDelivery { at, delivery });
    let place = |item: &InboxDelivery| (Reverse(item.at), item.delivery);
    let mut parts = Vec::new();
    for partition in app.engine.partitions() {
        let items = partition.snapshot()?.dead_letters(after.as_ref(), limit)?;
        let looked_until = items.last().filter(|_| items.len() == limit).map(place);
        parts.push(Part { items, looked_until });
    }
    let (found, next) = merge(parts, limit, place);
    let mut items = Vec::with_capacity(found.len());
    for InboxDelivery { delivery: id, .. } in found {
        let snapshot = app.engine.partition_of(id.case).snapshot()?;
        let row = snapshot.delivery(id.case, id.number)?;
        items.extend(row.map(|row| Row { id, row }));
    }
    Ok(Page { items, next: next.and_then(|(Reverse(at), delivery)| write_cursor(&(at, delivery))) })
}

/// What a replay may say: nothing yet.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default, expecting = "an object")]
pub(crate) struct ReplayBody {}

/// Tries a delivery again that was given up, from the start of its schedule.
#[utoipa::path(post, path = "/v1/deliveries/{id}/replay", tag = "deliveries",
    params(("id", description = "The delivery's id"),
        ("Idempotency-Key" = Option<String>, Header, max_length = 255, description = "Tells this request from its retries")),
    request_body = ReplayBody, responses(
    (status = 200, description = "The case as it is now", body = CaseBody),
    (status = 403, description = "For administrators", body = ProblemBody),
    (status = 404, description = "There is no such delivery", body = ProblemBody),
    (status = 409, description = "The delivery was not given up", body = ProblemBody)))]
async fn replay(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    command: Command<ReplayBody>,
) -> Result<Response, Problem> {
    command.caller.admin()?;
    let id: DeliveryId = id.parse().map_err(|_| Problem::not_found(format!("delivery `{id}`")))?;
    let Command { caller, request, expected_version, .. } = command;
    let ask = Ask::Replay(id.number);
    ask::ask(app, caller, request, id.case, expected_version, ask).await
}

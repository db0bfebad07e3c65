//! `/v1/messages`: submitting, reading and moving cases.

mod batch;
mod cloudevents;
mod form;
mod list;
mod replay;
mod rows;
mod show;
mod submission;
mod submit;
mod table;
mod verbs;

use std::sync::Arc;

pub(crate) use replay::REPLAYS_AT_ONCE;
pub use submission::Submission;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::App;

/// The routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(submit::submit, list::list))
        .routes(routes!(show::show))
        .routes(routes!(show::decisions))
        .routes(routes!(replay::replay))
        .routes(routes!(form::form))
        .routes(routes!(rows::tasks))
        .routes(routes!(rows::goals))
        .routes(routes!(rows::deliveries))
        .routes(routes!(verbs::resubmit))
        .routes(routes!(verbs::verb))
        .routes(routes!(verbs::goal_verb))
}

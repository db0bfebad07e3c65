//! `/v1/evaluate`: what would happen to a message. Nothing is stored.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use herald_core::decision::Decision;
use herald_core::message::Message;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::App;
use super::extract::Command;
use super::messages::Submission;
use super::problem::{Problem, ProblemBody};

/// The routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(evaluate))
}

/// What would happen to a message.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Evaluated {
    /// The message, with the defaults of its kind filled in.
    #[schema(value_type = Object)]
    pub message: Message,
    /// The decision: the merged plan, and what each bundle contributed to it.
    #[schema(value_type = Object)]
    pub decision: Decision,
}

/// Says what would happen to a message, and why, by the very code that would decide it.
///
/// Nothing is changed, so that no idempotency key is needed.
#[utoipa::path(post, path = "/v1/evaluate", tag = "policies", request_body = Submission, responses(
    (status = 200, description = "The message and the decision", body = Evaluated),
    (status = 403, description = "The caller does not speak for the department", body = ProblemBody),
    (status = 422, description = "Fields are wrong", body = ProblemBody),
    (status = 503, description = "Overloaded", body = ProblemBody)))]
async fn evaluate(State(app): State<Arc<App>>, command: Command<Submission>) -> Result<Json<Evaluated>, Problem> {
    let requester = command.caller.requester();
    let draft = command.body.into_draft(&app.configured(), requester)?;
    let (message, decision) = app.engine.evaluate(requester, draft).await?;
    let (message, decision) = (Arc::unwrap_or_clone(message), Arc::unwrap_or_clone(decision));
    Ok(Json(Evaluated { message, decision }))
}

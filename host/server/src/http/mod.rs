//! The HTTP API, version 1.
//!
//! Every route is registered together with its description, so that the OpenAPI document at
//! `/v1/openapi.json` knows them all. A handler reads its request into the engine's words, asks the engine or
//! a snapshot of the store, and shows the answer; it decides nothing itself.

mod answer;
pub mod app;
mod apply;
mod ask;
mod backups;
mod calendars;
pub mod case;
mod deliveries;
mod directory;
mod evaluate;
mod extract;
mod guard;
mod health;
mod inbox;
mod json;
pub mod limits;
mod listen;
mod messages;
mod openapi;
mod page;
mod policies;
pub mod problem;
mod refused;
mod sight;
mod tasks;
mod tokens;

use std::sync::Arc;

use axum::Router;
use axum::http::Uri;
use axum::middleware::from_fn_with_state;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub use app::{App, EdgeLimits};
pub use apply::{Applied, ApplyBody};
pub use backups::{BackupBody, BackupRequest};
pub use evaluate::Evaluated;
pub(crate) use json::{field_errors, parse};
pub use listen::{Connections, serve};
pub use messages::Submission;
pub use policies::{BundleSummary, TroubleBody};
pub use tokens::{NewToken, TokenBody};

use problem::{Problem, ProblemKind};

/// The API of `app`.
pub fn router(app: Arc<App>) -> Router {
    let (router, _) = described();
    router
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(CatchPanicLayer::custom(guard::panicked))
        .layer(from_fn_with_state(Arc::clone(&app), guard::guard))
        .with_state(app)
}

/// The description of the API, by OpenAPI 3.1.
#[must_use]
pub fn openapi() -> OpenApi {
    described().1
}

fn described() -> (Router<Arc<App>>, OpenApi) {
    OpenApiRouter::with_openapi(openapi::base())
        .merge(messages::routes())
        .merge(inbox::routes())
        .merge(tasks::routes())
        .merge(deliveries::routes())
        .merge(directory::routes())
        .merge(calendars::routes())
        .merge(policies::routes())
        .merge(evaluate::routes())
        .merge(apply::routes())
        .merge(tokens::routes())
        .merge(backups::routes())
        .merge(health::routes())
        .merge(openapi::routes())
        .split_for_parts()
}

async fn no_such_path(uri: Uri) -> Problem {
    Problem::new(ProblemKind::NotFound, format!("there is no resource `{}`", uri.path()))
}

async fn no_such_method() -> Problem {
    Problem::new(ProblemKind::Method, "the resource does not know this method")
}

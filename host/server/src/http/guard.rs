//! Around every request: its place among those in flight, its deadline, its metrics, and a net for panics.

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::app::App;
use super::backups;
use super::problem::{Problem, ProblemKind};

/// What a request outside every route is counted under.
const UNMATCHED: &str = "unmatched";
/// How long whoever asks for a backup may wait for it: a day. It takes as long as there is to copy.
const BACKUP_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// Lets a request in, bounds its time, and counts it.
pub(crate) async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = method_label(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or(UNMATCHED, MatchedPath::as_str);
    let timeout = if route == backups::PATH { BACKUP_TIMEOUT } else { app.limits.timeout };
    let response = match app.in_flight().enter() {
        Ok(_place) => match tokio::time::timeout(timeout, next.run(request)).await {
            Ok(response) => response,
            Err(_) => {
                let millis = timeout.as_millis();
                Problem::new(ProblemKind::Timeout, format!("no answer after {millis} ms (`request_timeout_ms`)"))
                    .into_response()
            }
        },
        Err(problem) => problem.into_response(),
    };
    let (status, took) = (response.status().as_u16(), started.elapsed());
    app.metrics.request(method, route, status, took);
    tracing::debug!(method, route, status, micros = took.as_micros(), "answered");
    response
}

/// Methods are the client's to invent; labels are not.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The answer when a handler panicked: a defect, contained.
pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned()).or_else(|| panic.downcast_ref().cloned());
    Problem::internal(&text.as_deref().unwrap_or("a panic without a text")).into_response()
}

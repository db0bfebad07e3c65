//! The one way from a handler to a command on a case.
//!
//! Whoever may not see a case is told that there is none before anything is asked of it: any other refusal, and
//! any success, would tell that it exists.

use std::sync::Arc;

use axum::response::Response;
use herald_core::ids::CaseId;
use herald_core::workspace::Rows as _;
use herald_engine::{Ask, RequestIdentity};

use super::answer::respond;
use super::app::{App, blocking};
use super::extract::Caller;
use super::problem::Problem;
use super::sight;

/// Asks `ask` of a case on the caller's behalf.
pub(crate) async fn ask(
    app: Arc<App>,
    caller: Caller,
    request: Option<RequestIdentity>,
    case: CaseId,
    version: Option<u64>,
    ask: Ask,
) -> Result<Response, Problem> {
    let sight = Arc::clone(&app);
    let (caller, sees) = blocking(move || sees(&sight, &caller, case).map(|sees| (caller, sees))).await?;
    if !sees {
        return Err(Problem::not_found(format!("message `{case}`")));
    }
    Ok(respond(&app.engine.ask(caller.requester(), request, case, version, ask).await?))
}

/// Whether the caller may know that the case exists. Administrators meet cases in the list of dead letters; what
/// they are answered about one that they may not see is a receipt.
fn sees(app: &App, caller: &Caller, id: CaseId) -> Result<bool, Problem> {
    let snapshot = app.engine.partition_of(id).snapshot()?;
    let case = snapshot.case(id)?;
    let configured = app.configured();
    let seen = |case| sight::sees(&snapshot, configured.organisation(), caller.requester(), &case);
    Ok(caller.requester().admin || case.map(seen).transpose()?.unwrap_or(false))
}

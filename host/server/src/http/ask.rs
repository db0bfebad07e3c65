//! The one way from a handler to a command on a case.
//!
//! A refusal would tell that the case exists. So whoever may not see the case is told instead that there is
//! none, whatever the refusal was. That is looked up only when something is refused.

use std::sync::Arc;

use axum::response::Response;
use herald_core::ids::CaseId;
use herald_core::workspace::Rows as _;
use herald_engine::{Ask, Refused, RequestIdentity};

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
    match app.engine.ask(caller.requester(), request, case, version, ask).await {
        Ok(answer) => Ok(respond(&answer)),
        Err(refused @ Refused::Step(_)) => {
            let sees = blocking(move || sees(&app, &caller, case)).await?;
            Err(if sees { refused.into() } else { Problem::not_found(format!("message `{case}`")) })
        }
        Err(refused) => Err(refused.into()),
    }
}

/// Whether the caller may know that the case exists. Administrators meet cases in the list of dead letters.
fn sees(app: &App, caller: &Caller, id: CaseId) -> Result<bool, Problem> {
    let snapshot = app.engine.partition_of(id).snapshot()?;
    let case = snapshot.case(id).map_err(|error| Problem::internal(&error))?;
    let configured = app.configured();
    let seen = |case| sight::sees(&snapshot, configured.organisation(), caller.requester(), &case);
    Ok(caller.requester().admin || case.map(seen).transpose()?.unwrap_or(false))
}

//! Who sees what, over HTTP: the one place where a reader and a case meet. What one may not see is answered as
//! what does not exist.

use herald_core::access::{Requester, may_see};
use herald_core::case::Case;
use herald_core::ids::CaseId;
use herald_core::organisation::Organisation;
use herald_store::partition::Snapshot;

use super::problem::Problem;

/// Whether `requester` may see `case`.
pub(crate) fn sees(
    snapshot: &Snapshot,
    organisation: &Organisation,
    requester: &Requester,
    case: &Case,
) -> Result<bool, Problem> {
    // What the case says of itself settles most questions without asking the store.
    if may_see(organisation, case, requester, false) {
        return Ok(true);
    }
    let participates = match requester.actor.person() {
        Some(person) => snapshot.participates(person, case.id)?,
        None => false,
    };
    Ok(may_see(organisation, case, requester, participates))
}

/// The case, if it exists and `requester` may see it.
pub(crate) fn find(
    snapshot: &Snapshot,
    organisation: &Organisation,
    requester: &Requester,
    id: CaseId,
) -> Result<Case, Problem> {
    let unseen = || Problem::not_found(format!("message `{id}`"));
    let case = herald_core::workspace::Rows::case(snapshot, id)?.ok_or_else(unseen)?;
    if sees(snapshot, organisation, requester, &case)? { Ok(case) } else { Err(unseen()) }
}

//! Who sees what, over HTTP: the one place where a reader and a case meet. What one may not see is answered as
//! what does not exist.

use herald_core::access::{self, Requester};
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
    Ok(access::sees(organisation, case, requester, |person| snapshot.participates(person, case.id))?)
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

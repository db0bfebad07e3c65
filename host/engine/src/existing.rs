//! The answer to an event that was submitted before: the case it has, as far as the sender may see it.

use herald_core::access::{self, Requester};
use herald_core::ids::CaseId;
use herald_core::message::Message;
use herald_core::organisation::Organisation;
use herald_core::view::view;
use herald_core::workspace::Workspace;
use herald_store::{Partition, StoreError};

use crate::request::{Answer, Outcome};
use crate::writer::store_error;

/// The dedup key under which `message` may belong to a case already. Whoever may not submit it learns nothing
/// by trying.
pub(crate) fn dedup_key<'a>(
    organisation: &Organisation,
    requester: &Requester,
    message: &'a Message,
) -> Option<&'a str> {
    let key = message.dedup_key.as_deref()?;
    access::may_submit(organisation, requester, &message.department).then_some(key)
}

/// The answer with `workspace`'s case; without its view when `requester` may not see it.
pub(crate) fn answer(
    organisation: &Organisation,
    partition: &Partition,
    requester: &Requester,
    workspace: &mut Workspace<'_>,
) -> Result<Answer, StoreError> {
    let case = workspace.id();
    let view = if may_see(organisation, partition, requester, workspace, case)? {
        view(workspace, None).map_err(store_error)?.map(Box::new)
    } else {
        None
    };
    Ok(Answer { case, outcome: Outcome::Existing, repeated: false, view })
}

fn may_see(
    organisation: &Organisation,
    partition: &Partition,
    requester: &Requester,
    workspace: &Workspace<'_>,
    id: CaseId,
) -> Result<bool, StoreError> {
    let participates = match requester.actor.person() {
        Some(person) => partition.snapshot()?.participates(person, id)?,
        None => false,
    };
    Ok(workspace.case().is_some_and(|case| access::may_see(organisation, case, requester, participates)))
}

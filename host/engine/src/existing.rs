//! Whether an event was submitted before.

use herald_core::access::{self, Requester};
use herald_core::message::Message;
use herald_core::organisation::Organisation;

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

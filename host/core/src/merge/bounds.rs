//! What the organisation's restrictions leave open, for a message that is routed and for one that escalates.
//!
//! How one that is passed on is held to them is [`access`](crate::access)'s to say: there it is a single person.

use std::collections::BTreeSet;

use super::{Voice, cut};
use crate::decision::{BundleId, Cut, SetRestriction};
use crate::names::ChannelName;
use crate::organisation::{ORGANISATION, Organisation};
use crate::target::Target;

/// The restrictions of one message.
#[derive(Clone, Copy)]
pub(super) struct Bounds<'a> {
    pub(super) organisation: &'a Organisation,
    pub(super) restrictions: &'a [SetRestriction],
}

impl<'a> Bounds<'a> {
    /// The first bundle whose restriction keeps the message from some of those whom `target` means.
    pub(super) fn excludes(self, target: &Target) -> Option<&'a BundleId> {
        let excludes = |one: &&SetRestriction| {
            one.limits.recipients.as_ref().is_some_and(|allowed| !within(self.organisation, target, allowed))
        };
        self.restrictions.iter().find(excludes).map(|one| &one.set_by)
    }

    /// Whom the voices would make accountable, of those whom the message may reach; `word` is what a plan says of that.
    pub(super) fn assigned<'v, P>(
        self,
        voices: &'v [Voice<'v, P>],
        word: impl Fn(&'v P) -> Option<&'v Target>,
        cuts: &mut Vec<Cut>,
    ) -> Vec<(&'v Voice<'v, P>, &'v Target)> {
        let named = voices.iter().filter_map(|voice| Some((voice, word(voice.plan)?)));
        named.filter(|(voice, target)| self.may_assign(voice.bundle, target, cuts)).collect()
    }

    /// Whether `target` may be made accountable, as `bundle` wants it. The organisation's own word stands.
    fn may_assign(self, bundle: &BundleId, target: &Target, cuts: &mut Vec<Cut>) -> bool {
        let by = self.excludes(target).filter(|_| bundle.department.as_str() != ORGANISATION);
        let Some(by) = by else { return true };
        let what = format!("making `{target}` accountable");
        cuts.push(cut(bundle, what, format!("`{by}` restricts whom the message may reach")));
        false
    }

    /// The first bundle whose restriction keeps the message out of a channel.
    pub(super) fn excludes_channel(self, channel: &ChannelName) -> Option<&'a BundleId> {
        let excludes =
            |one: &&SetRestriction| one.limits.channels.as_ref().is_some_and(|allowed| !allowed.contains(channel));
        self.restrictions.iter().find(excludes).map(|one| &one.set_by)
    }
}

/// Whether every one whom `target` means is among those whom `allowed` mean.
fn within(organisation: &Organisation, target: &Target, allowed: &BTreeSet<Target>) -> bool {
    if allowed.contains(target) {
        return true;
    }
    let members = organisation.members(target);
    let allowed: BTreeSet<_> = allowed.iter().flat_map(|target| organisation.members(target)).collect();
    !members.is_empty() && members.iter().all(|person| allowed.contains(person))
}

//! Who may do and see what: one function a question, used by every path that leads there.

use std::collections::BTreeSet;

use crate::case::{Case, Goal, Stage, Task};
use crate::command::Verb;
use crate::decision::{BundleId, SetRestriction};
use crate::message::Classification;
use crate::names::{DepartmentId, PersonId};
use crate::organisation::{Organisation, head_of};
use crate::target::Actor;

/// Somebody who asks for something, with the rights that their token or session carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requester {
    /// Who they are.
    pub actor: Actor,
    /// Whether they run this installation.
    pub admin: bool,
    /// The departments whose policies they may publish.
    pub author_of: BTreeSet<DepartmentId>,
    /// The departments a service speaks for. A person speaks for those they belong to.
    pub speaks_for: BTreeSet<DepartmentId>,
}

impl Requester {
    /// Somebody without any right beyond who they are.
    #[must_use]
    pub fn plain(actor: Actor) -> Self {
        Self { actor, admin: false, author_of: BTreeSet::new(), speaks_for: BTreeSet::new() }
    }

    /// Herald itself: timers, delivery reports, what follows from them.
    #[must_use]
    pub fn host() -> Self {
        Self::plain(Actor::Host)
    }
}

/// Whether `requester` may submit messages for `department`: the host for any.
#[must_use]
pub fn may_submit(organisation: &Organisation, requester: &Requester, department: &DepartmentId) -> bool {
    requester.actor == Actor::Host
        || requester.speaks_for.contains(department)
        || organisation.belongs(&requester.actor, department)
}

/// Whether `requester` may do `task`: one of its holders, and of an approval nobody who sent the message, unless its
/// stage is open to them.
#[must_use]
pub fn may_do(case: &Case, requester: &Requester, task: &Task) -> bool {
    let holds = requester.actor.person().is_some_and(|person| task.holders.contains(person));
    let stage = case.stage_of(task);
    let is_closed = task.stage.is_some() && !stage.is_some_and(Stage::is_open_to_its_sender);
    holds && (!is_closed || case.sender != requester.actor)
}

/// What keeps a case from somebody to whom one of those who take part would pass it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Barrier<'a> {
    /// They may not read what is so classified.
    #[error("the message is {0}, and goes to nobody who may not read it anyway")]
    Classification(Classification),
    /// A bundle of the organisation restricts whom it may reach.
    #[error("`{0}` restricts whom the message may reach")]
    Restriction(&'a BundleId),
}

/// What keeps `person` from being given a task of `case`, from being asked to approve it, from being shown it or made
/// accountable for it by one of those who take part in it. Nothing keeps it from who takes part already:
/// `participates` says whether they do.
#[must_use]
pub fn barrier<'a>(
    organisation: &Organisation,
    case: &'a Case,
    person: &PersonId,
    participates: bool,
) -> Option<Barrier<'a>> {
    if participates || case.accountable.as_ref() == Some(person) {
        return None;
    }
    let excludes = |one: &&SetRestriction| {
        let allowed = one.limits.recipients.as_ref();
        allowed.is_some_and(|allowed| !organisation.is_among(person, allowed))
    };
    if let Some(one) = case.restrictions.iter().find(excludes) {
        return Some(Barrier::Restriction(&one.set_by));
    }
    let reader = Requester::plain(Actor::Person(person.clone()));
    let is_open = case.classification < Classification::Confidential || may_see(organisation, case, &reader, false);
    (!is_open).then_some(Barrier::Classification(case.classification))
}

/// Whether `requester` may show `case` to others because of `task`, if they hold it, or because it is theirs.
#[must_use]
pub fn may_show(case: &Case, requester: &Requester, task: Option<&Task>) -> bool {
    let person = requester.actor.person();
    let holds = |task: &Task| person.is_some_and(|person| task.holders.contains(person));
    task.is_some_and(holds)
        || (requester.actor == case.sender && requester.actor != Actor::Anonymous)
        || (person.is_some() && person == case.accountable.as_ref())
}

/// Whether `requester` may pause, resume, meet or decline `goal`: one of its owners, and but for declining the accountable
/// person.
#[must_use]
pub fn may_keep(case: &Case, requester: &Requester, goal: &Goal, verb: Verb) -> bool {
    let person = requester.actor.person();
    let is_accountable = || verb != Verb::Decline && person == case.accountable.as_ref();
    person.is_some_and(|person| goal.owners.contains(person) || is_accountable())
}

/// The person who asks, unless they left: roles that they still bear give them no right.
fn at_work<'a>(organisation: &Organisation, requester: &'a Requester) -> Option<&'a PersonId> {
    requester.actor.person().filter(|person| organisation.people.get(*person).is_some_and(|person| person.active))
}

/// Whether `requester` may ask for a command that concerns the case as a whole. Tasks, goals and submission
/// have their own questions; what the host does is for the host alone.
#[must_use]
pub fn may_ask(organisation: &Organisation, case: &Case, requester: &Requester, verb: Verb) -> bool {
    let is_sender = requester.actor == case.sender && requester.actor != Actor::Anonymous;
    let person = at_work(organisation, requester);
    let is_accountable = person.is_some() && person == case.accountable.as_ref();
    let is_head =
        |department: &DepartmentId| person.is_some_and(|person| organisation.is_among(person, &[head_of(department)]));
    let is_host = requester.actor == Actor::Host;
    let accountable = case.accountable.as_ref().and_then(|person| organisation.people.get(person));
    let has_left = accountable.is_none_or(|person| !person.active);
    match verb {
        Verb::Release => {
            let author = |bundle: &DepartmentId| requester.author_of.contains(bundle);
            requester.admin
                || case.held.as_ref().is_some_and(|hold| (is_host && hold.busy) || author(&hold.bundle.department))
        }
        Verb::Resubmit => is_sender,
        // A head who takes part in what they may not see otherwise, such as to approve it, has their own verbs.
        Verb::Withdraw => is_sender || (is_head(&case.department) && may_see(organisation, case, requester, false)),
        // Somebody must be able to when the accountable person has left.
        Verb::Resolve | Verb::HandOver => is_accountable || (has_left && is_head(case.first_receiver())),
        Verb::Remind => {
            is_sender || is_accountable || (is_head(&case.department) && may_see(organisation, case, requester, false))
        }
        Verb::Reopen => is_sender || is_accountable,
        Verb::Close => is_sender || is_host,
        Verb::Archive => requester.admin || is_accountable || is_host,
        Verb::Replay => requester.admin || is_host,
        Verb::DeliveryReport | Verb::GoalWarning | Verb::GoalDue | Verb::Regive => is_host,
        Verb::Submit
        | Verb::Approve
        | Verb::Reject
        | Verb::Return
        | Verb::Claim
        | Verb::Acknowledge
        | Verb::Answer
        | Verb::Report
        | Verb::Transfer
        | Verb::Delegate
        | Verb::AddApprover
        | Verb::Comment
        | Verb::Copy
        | Verb::Pause
        | Verb::Resume
        | Verb::Meet
        | Verb::Decline => false,
    }
}

/// Whether `requester` may see `case`. What one may not see does not exist.
///
/// `participates` says whether they take part in it: as sender, accountable, holder of a task or recipient. A
/// department's members see what their department sent or received, unless it is confidential; named roles
/// see that too; senior management sees all below restricted; a service sees what it speaks for. While a case is
/// held, the policy authors who may release it see what they release.
#[must_use]
pub fn may_see(organisation: &Organisation, case: &Case, requester: &Requester, participates: bool) -> bool {
    if participates || (requester.actor == case.sender && requester.actor != Actor::Anonymous) {
        return true;
    }
    if case.held.as_ref().is_some_and(|hold| requester.author_of.contains(&hold.bundle.department)) {
        return true;
    }
    let rules = &organisation.rules;
    let person = at_work(organisation, requester);
    let among = |targets: &[_]| person.is_some_and(|person| organisation.is_among(person, targets));
    let departments = || std::iter::once(&case.department).chain(&case.receivers);
    let of_department =
        || departments().any(|d| requester.speaks_for.contains(d) || organisation.belongs(&requester.actor, d));
    match case.classification {
        Classification::Public | Classification::Internal => among(&rules.senior_management) || of_department(),
        Classification::Confidential => among(&rules.senior_management) || among(&rules.confidential_readers),
        Classification::Restricted => among(&rules.restricted_readers),
    }
}

/// [`may_see`], where it takes a store to know who takes part in a case. `participates` is asked only when the case
/// does not settle the question by itself.
///
/// # Errors
/// That of `participates`.
pub fn sees<E>(
    organisation: &Organisation,
    case: &Case,
    requester: &Requester,
    participates: impl FnOnce(&PersonId) -> Result<bool, E>,
) -> Result<bool, E> {
    if may_see(organisation, case, requester, false) {
        return Ok(true);
    }
    let participates = requester.actor.person().map_or(Ok(false), participates)?;
    Ok(may_see(organisation, case, requester, participates))
}

#[cfg(test)]
mod tests;

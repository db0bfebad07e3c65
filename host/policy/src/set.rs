//! The bundles in force, and what they decide together.
//!
//! A [`PolicySet`] is a snapshot: publishing a revision makes a new one, and whoever began with the old one ends
//! with it. Bundles are asked in layers (the organisation, the sending department, each receiving department)
//! and never see each other's plans, except for `approve`, which sees the merged route plan.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use herald_core::case::{Case, SetBy};
use herald_core::decision::{
    BundleId, Contribution, Decision, Escalation, FailureCause, Hold, Hook, HookOutcome, Layer,
};
use herald_core::merge;
use herald_core::message::Message;
use herald_core::names::{DepartmentId, PersonId};
use herald_core::organisation::ORGANISATION;
use herald_core::plan::GoalName;
use herald_core::target::Recipient;
use jiff::Timestamp;

use crate::applies::Facts;
use crate::bundle::Bundle;
use crate::evaluation::{BreachFacts, Input, RouteFacts, Subject};
use crate::index::Shelf;
use crate::manifest::OnFailure;
use crate::world::World;

/// An immutable set of bundles, one revision of each, indexed by what they apply to. Cheap to clone.
#[derive(Clone, Default)]
pub struct PolicySet {
    shelves: BTreeMap<DepartmentId, Arc<Shelf>>,
}

/// A goal that was breached, as `escalate` is told of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Breach {
    /// The goal.
    pub goal: GoalName,
    /// Whose promise it was.
    pub owners: Vec<PersonId>,
    /// Why they declined it, if they did.
    pub declined: Option<String>,
    /// Its deadline.
    pub due: Timestamp,
    /// When the breach was noticed.
    pub at: Timestamp,
    /// Whose word set it.
    pub set_by: SetBy,
    /// Whom deliveries have reached so far.
    pub reached: Vec<Recipient>,
}

impl PolicySet {
    /// The set of `bundles`; of two revisions of one bundle, the later in the list.
    #[must_use]
    pub fn new(bundles: Vec<Arc<Bundle>>) -> Self {
        let mut owners: BTreeMap<DepartmentId, BTreeMap<_, _>> = BTreeMap::new();
        for bundle in bundles {
            let id = bundle.id().clone();
            owners.entry(id.department).or_default().insert(id.name, bundle);
        }
        let shelves = owners.into_iter().map(|(owner, bundles)| (owner, Arc::new(Shelf::new(bundles))));
        Self { shelves: shelves.collect() }
    }

    /// This set with `bundle` in it, in place of another revision of the same. Only the shelf of its owner is
    /// built again.
    #[must_use]
    pub fn with(&self, bundle: Arc<Bundle>) -> Self {
        let BundleId { department, name } = bundle.id().clone();
        self.change(department, |bundles| {
            bundles.insert(name, bundle);
        })
    }

    /// This set with revision `revision` of the bundle `id` suspended; `None` if that is not in force, does not ask
    /// for it, or is stopped already.
    #[must_use]
    pub fn suspend(&self, id: &BundleId, revision: u32) -> Option<Self> {
        let bundle = self.get(id).filter(|bundle| bundle.revision() == revision && bundle.stopped().is_none())?;
        bundle.manifest().suspends.then(|| self.with(Arc::new(bundle.suspended())))
    }

    /// This set without the bundle `id`.
    #[must_use]
    pub fn without(&self, id: &BundleId) -> Self {
        self.change(id.department.clone(), |bundles| {
            bundles.remove(&id.name);
        })
    }

    fn change(
        &self,
        owner: DepartmentId,
        change: impl FnOnce(&mut BTreeMap<herald_core::names::BundleName, Arc<Bundle>>),
    ) -> Self {
        let mut bundles = self.shelves.get(&owner).map(|shelf| shelf.bundles().clone()).unwrap_or_default();
        change(&mut bundles);
        let mut shelves = self.shelves.clone();
        shelves.insert(owner, Arc::new(Shelf::new(bundles)));
        Self { shelves }
    }

    /// The bundle `id`, if it is in the set.
    #[must_use]
    pub fn get(&self, id: &BundleId) -> Option<&Arc<Bundle>> {
        self.shelves.get(&id.department)?.bundles().get(&id.name)
    }

    /// All bundles, by owner and name.
    pub fn bundles(&self) -> impl Iterator<Item = &Arc<Bundle>> {
        self.shelves.values().flat_map(|shelf| shelf.bundles().values())
    }

    /// Decides on a message: who gets it, what is asked of them, who must approve it first.
    ///
    /// Always returns. A bundle that fails changes the outcome as its manifest says; a decision that is `held`
    /// says why, and its plan is only what the other bundles would have done.
    #[must_use]
    pub fn decide(&self, world: &Arc<World>, message: &Arc<Message>) -> Decision {
        let organisation = world.organisation();
        let mut round = Round::new(self, world, message);

        let submitted = Facts::submitted(message);
        round.ask_senders(&submitted, &Input::Route);
        let receivers = merge::receivers(organisation, message, &round.contributions);
        round.ask_receivers(&receivers, &submitted, &Input::Route);
        let mut held = round.hold();
        let (mut plan, mut cuts) = merge::route(organisation, message, &round.contributions);

        // Nothing of a held plan is carried out, and its release evaluates everything again; of one that is refused
        // neither, for good.
        if held.is_none() && plan.refused.is_none() {
            round.failed.clear();
            if round.offers(Hook::Approve, &plan.receivers) {
                let input = Input::Approve(Arc::new(RouteFacts::of(&plan, message)));
                let routed = Facts::routed(message, &plan);
                round.ask_senders(&routed, &input);
                round.ask_receivers(&plan.receivers, &routed, &input);
            }
            cuts.extend(merge::approve(organisation, message, &mut plan, &round.contributions));
            held = round.hold();
            // What other bundles want approved first is not opened because one of them failed.
            let opens = !plan.asks_approval_first();
            if held.is_some() && opens && merge::is_deferrable(organisation, message) {
                merge::approve_afterwards(message, &mut plan);
                held = None;
            } else if held.is_none() && !round.failed.is_empty() {
                plan.flags.insert(herald_core::decision::Flag::PolicyFailed);
            }
        }
        Decision { plan, held, contributions: round.contributions, cuts, configuration: organisation.revision }
    }

    /// Decides on a breached goal: the bundle that set it is asked, and the organisation's bundles that apply
    /// to the message; nobody else's.
    ///
    /// Always returns. When nobody is asked, or all fail, the escalation is empty and the host's own chain takes
    /// over.
    #[must_use]
    pub fn escalate(&self, world: &Arc<World>, message: &Arc<Message>, case: &Case, breach: &Breach) -> Escalation {
        let reached = breach.reached.iter().map(|recipient| match recipient {
            Recipient::Person(person) => format!("person:{person}"),
            Recipient::Contact(contact) => format!("contact:{contact}"),
            Recipient::Group(target) => target.to_string(),
        });
        let input = Input::Escalate(Arc::new(BreachFacts {
            goal: breach.goal.clone(),
            due: breach.due,
            at: breach.at,
            owners: breach.owners.clone(),
            declined: breach.declined.clone(),
            case_status: case.status,
            level: case.level,
            reached: reached.collect(),
        }));
        let mut round = Round::new(self, world, message);
        let facts = Facts::submitted(message);
        round.ask_layer(house(), Layer::Organisation, &facts, &input);

        let asked = |id: &BundleId, round: &Round<'_>| round.contributions.iter().any(|c| c.bundle == *id);
        let setter = breach.set_by.bundle().filter(|id| !asked(id, &round)).and_then(|id| self.get(id));
        if let Some(bundle) = setter.filter(|bundle| bundle.manifest().hooks.contains(&Hook::Escalate)) {
            let layer = match &bundle.id().department {
                owner if owner.as_str() == ORGANISATION => Layer::Organisation,
                owner if *owner == message.department => Layer::Sender,
                _ => Layer::Receiver,
            };
            round.ask(bundle, layer, &input);
        }
        merge::escalation(world.organisation(), case, round.contributions)
    }
}

impl std::fmt::Debug for PolicySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.bundles()).finish()
    }
}

/// The owner of the organisation's bundles.
fn house() -> &'static DepartmentId {
    static HOUSE: LazyLock<DepartmentId> =
        LazyLock::new(|| DepartmentId::new(ORGANISATION).unwrap_or_else(|_| unreachable!("`organisation` is a name")));
    &HOUSE
}

/// One message's way through the layers.
struct Round<'a> {
    set: &'a PolicySet,
    message: &'a Message,
    subject: Arc<Subject>,
    contributions: Vec<Contribution>,
    /// What failed, and what its manifest says about that.
    failed: Vec<(OnFailure, Hold)>,
}

impl<'a> Round<'a> {
    fn new(set: &'a PolicySet, world: &Arc<World>, message: &'a Arc<Message>) -> Self {
        let subject = Subject::new(world, Arc::clone(message));
        Self { set, message, subject, contributions: Vec::new(), failed: Vec::new() }
    }

    /// Whether any bundle that the message could concern offers `hook`.
    fn offers(&self, hook: Hook, receivers: &[DepartmentId]) -> bool {
        let departments = std::iter::once(&self.message.department).chain(receivers).map(DepartmentId::as_str);
        let mut shelves =
            std::iter::once(ORGANISATION).chain(departments).filter_map(|owner| self.set.shelves.get(owner));
        shelves.any(|shelf| shelf.offers(hook))
    }

    /// The first two layers.
    fn ask_senders(&mut self, facts: &Facts<'_>, input: &Input) {
        self.ask_layer(house(), Layer::Organisation, facts, input);
        let message = self.message;
        if message.department != *house() {
            self.ask_layer(&message.department, Layer::Sender, facts, input);
        }
    }

    /// The third layer: each receiving department once, none that was asked before.
    fn ask_receivers(&mut self, receivers: &[DepartmentId], facts: &Facts<'_>, input: &Input) {
        for receiver in receivers {
            if *receiver != self.message.department && receiver.as_str() != ORGANISATION {
                self.ask_layer(receiver, Layer::Receiver, facts, input);
            }
        }
    }

    fn ask_layer(&mut self, owner: &DepartmentId, layer: Layer, facts: &Facts<'_>, input: &Input) {
        let set = self.set;
        let Some(shelf) = set.shelves.get(owner) else { return };
        for bundle in shelf.select(input.hook(), facts) {
            self.ask(bundle, layer, input);
        }
    }

    fn ask(&mut self, bundle: &Bundle, layer: Layer, input: &Input) {
        let contribution = bundle.ask(&self.subject, input.clone(), layer);
        if let HookOutcome::Failed { cause, message } = &contribution.outcome {
            let busy = *cause == FailureCause::Busy;
            let hold = Hold { bundle: bundle.id().clone(), reason: message.clone(), busy };
            // What the host could not do is no failure of the policy's: it will have its say.
            let on_failure = match cause {
                FailureCause::Busy => OnFailure::Hold,
                _ => bundle.manifest().on_failure(input.hook()),
            };
            self.failed.push((on_failure, hold));
        }
        self.contributions.push(contribution);
    }

    /// The first failure that closes the way.
    fn hold(&self) -> Option<Hold> {
        self.failed.iter().find(|(on_failure, _)| *on_failure == OnFailure::Hold).map(|(_, hold)| hold.clone())
    }
}

//! The merge of `route` plans.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::bounds::Bounds;
use super::rights::Rights;
use super::{Voice, cut, route_voices, weightiest};
use crate::decision::{
    BundleId, Contribution, Cut, Flag, HookOutcome, Layer, Objection, Plan, Reach, SetGoal, SetRestriction,
};
use crate::message::{Audience, Classification, Level, Message};
use crate::names::DepartmentId;
use crate::organisation::{ArchiveClass, ORGANISATION, Organisation, head_of, inbox};
use crate::plan::RoutePlan;
use crate::target::Target;

/// The departments that receive a message: those its sender names, in that order, then those that the plans
/// name, layer by layer and sorted. The sending department and the organisation are not among them.
#[must_use]
pub fn receivers(organisation: &Organisation, message: &Message, contributions: &[Contribution]) -> Vec<DepartmentId> {
    asked_receivers(organisation, message, &route_voices(contributions)).into_iter().cloned().collect()
}

/// The receivers before anything is cut.
fn asked_receivers<'a>(
    organisation: &'a Organisation,
    message: &'a Message,
    voices: &[Voice<'a, RoutePlan>],
) -> Vec<&'a DepartmentId> {
    let named = voices.iter().flat_map(|voice| voice.plan.sends.iter().map(|send| &send.to));
    ordered_receivers(organisation, message, named)
}

fn ordered_receivers<'a>(
    organisation: &'a Organisation,
    message: &'a Message,
    named: impl Iterator<Item = &'a Target>,
) -> Vec<&'a DepartmentId> {
    let home = |target: &'a Target| match target {
        Target::Person(person) => organisation.people.get(person).and_then(|p| p.departments.first()),
        other => other.department(),
    };
    let mut found: Vec<&DepartmentId> = Vec::new();
    let mut named: Vec<_> = named.filter_map(home).collect();
    named.sort_unstable();
    for department in message.to.iter().filter_map(home).chain(named) {
        if *department != message.department && department.as_str() != ORGANISATION && !found.contains(&department) {
            found.push(department);
        }
    }
    found
}

/// Merges the plans of `route`, and says what was cut. Failed contributions count for nothing but a flag. When
/// nothing routes the message, the catch-all gets it.
#[must_use]
pub fn route(organisation: &Organisation, message: &Message, contributions: &[Contribution]) -> (Plan, Vec<Cut>) {
    let voices = route_voices(contributions);
    let mut cuts = Vec::new();

    let classification = strictest(message, &voices);
    let asked = asked_receivers(organisation, message, &voices);
    let restrictions = restrictions(&voices, &mut cuts);
    let bounds = Bounds { organisation, restrictions: &restrictions };
    let accountable = accountable(&asked, &voices, bounds, &mut cuts);
    // Who owns a goal that names nobody: see the opening of a case.
    let owner = accountable.clone().unwrap_or_else(|| head_of(asked.first().copied().unwrap_or(&message.department)));
    let mut recipients = BTreeMap::new();
    let mut goals = Vec::new();
    for voice in &voices {
        let rights = Rights { organisation, bundle: voice.bundle, upwards: false };
        for send in &voice.plan.sends {
            if !may_know(message, classification, &send.to) {
                let why = format!("the message is {classification}: it stays with participants and named roles");
                cuts.push(cut(voice.bundle, format!("sending to `{}`", send.to), why));
            } else if let Some(reach) = rights.reach(send, classification, &mut cuts) {
                unite(recipients.entry(send.to.clone()), reach);
            }
        }
        for goal in &voice.plan.goals {
            if rights.may_set(goal, Some(&owner), &mut cuts) {
                goals.push(SetGoal { plan: goal.clone(), set_by: voice.bundle.clone() });
            }
        }
    }
    goals.sort();
    goals.dedup();
    restrict(bounds, &mut recipients, &mut cuts);

    let mut flags = BTreeSet::new();
    if contributions.iter().any(|c| matches!(c.outcome, HookOutcome::Failed { .. })) {
        flags.insert(Flag::PolicyFailed);
    }
    let receivers = ordered_receivers(organisation, message, recipients.keys());
    let receivers: Vec<_> = receivers.into_iter().cloned().collect();
    if recipients.is_empty() {
        flags.insert(Flag::Unrouted);
        let department = receivers.first().unwrap_or(&message.department);
        recipients.extend(catch_all(organisation, bounds, department).map(|target| (target, Reach::default())));
    }

    let kind_archive = organisation.kinds.get(&message.kind).map_or(ArchiveClass::Standard, |kind| kind.archive);
    let archive = voices.iter().filter_map(|voice| voice.plan.archive).fold(kind_archive, Ord::max);
    let asked_level = weightiest(&voices, |plan| plan.level);
    let refused = objection(&voices, &mut cuts);
    let plan = Plan {
        level: asked_level.unwrap_or_else(|| Level::of_urgency(message.urgency)),
        classification,
        audience: audience(message, &voices),
        content_type: Some(weightiest(&voices, |plan| plan.content_type).unwrap_or(message.content_type)),
        recipients,
        restrictions,
        accountable,
        receivers,
        goals,
        stages: Vec::new(),
        post_hoc: false,
        digest: digest(&voices),
        labels: labels(message, &voices),
        archive,
        flags,
        refused,
    };
    cuts.sort();
    (plan, cuts)
}

/// The first word against the message. The organisation and the department that sends decide on what may be sent; who
/// receives it does not.
fn objection(voices: &[Voice<'_, RoutePlan>], cuts: &mut Vec<Cut>) -> Option<Objection> {
    let mut objections = Vec::new();
    for voice in voices {
        let Some(reason) = &voice.plan.refuse else { continue };
        if voice.layer == Layer::Receiver {
            let why = "only the organisation and the department that sends may refuse a message";
            cuts.push(cut(voice.bundle, "refusing the message", why));
        } else {
            objections.push(Objection { bundle: voice.bundle.clone(), reason: reason.to_string() });
        }
    }
    objections.into_iter().next()
}

/// Unites what several bundles ask of one target. No channel means the inbox, which stays when another bundle names
/// channels.
pub(super) fn unite(entry: Entry<'_, Target, Reach>, mut reach: Reach) {
    let into = match entry {
        Entry::Vacant(entry) => {
            entry.insert(reach);
            return;
        }
        Entry::Occupied(entry) => entry.into_mut(),
    };
    if into.by.is_empty() != reach.by.is_empty() {
        reach.by.insert(inbox());
    }
    into.by.extend(reach.by);
    into.acknowledge.extend(reach.acknowledge);
    into.answer.extend(reach.answer);
    into.report.extend(reach.report);
}

fn strictest(message: &Message, voices: &[Voice<'_, RoutePlan>]) -> Classification {
    voices.iter().filter_map(|voice| voice.plan.classification).fold(message.classification, Ord::max)
}

/// The organisation may correct the audience. A department may only widen it: a message to the outside that it
/// called internal would escape what is asked of messages to the outside.
fn audience(message: &Message, voices: &[Voice<'_, RoutePlan>]) -> Audience {
    let words = |house: bool| {
        let of_layer = voices.iter().filter(move |voice| (voice.layer == Layer::Organisation) == house);
        of_layer.filter_map(|voice| voice.plan.audience)
    };
    words(true).max().unwrap_or_else(|| words(false).fold(message.audience, Ord::max))
}

/// The organisation's word, else the first receiving department's, else the sender's; of those whom the message may
/// reach.
fn accountable(
    receivers: &[&DepartmentId],
    voices: &[Voice<'_, RoutePlan>],
    bounds: Bounds<'_>,
    cuts: &mut Vec<Cut>,
) -> Option<Target> {
    let named = bounds.assigned(voices, |plan| plan.assign.as_ref(), cuts);
    let word = |layer: Layer, department: Option<&DepartmentId>| {
        let of_layer = named.iter().filter(|(voice, _)| voice.layer == layer);
        let of_department =
            of_layer.filter(|(voice, _)| department.is_none_or(|department| voice.bundle.department == *department));
        of_department.map(|(_, target)| *target).min().cloned()
    };
    word(Layer::Organisation, None)
        .or_else(|| receivers.iter().find_map(|department| word(Layer::Receiver, Some(department))))
        .or_else(|| word(Layer::Sender, None))
}

/// Whether `target` may know of a message so classified. What the sender names, takes part in it.
fn may_know(message: &Message, classification: Classification, target: &Target) -> bool {
    classification < Classification::Confidential
        || match target {
            Target::Person(_) | Target::Role(..) | Target::Leader(_) => true,
            Target::Department(_) | Target::Members(_) | Target::Contact(_) => message.to.contains(target),
            Target::Everyone => false,
        }
}

/// What the organisation's bundles restrict.
fn restrictions(voices: &[Voice<'_, RoutePlan>], cuts: &mut Vec<Cut>) -> Vec<SetRestriction> {
    let mut restrictions = Vec::new();
    for voice in voices {
        let Some(limits) = &voice.plan.restrict else { continue };
        if voice.bundle.department.as_str() == ORGANISATION {
            restrictions.push(SetRestriction { limits: limits.clone(), set_by: voice.bundle.clone() });
        } else {
            cuts.push(cut(voice.bundle, "a restriction", "only an organisation's bundle may restrict"));
        }
    }
    restrictions
}

/// Cuts what goes beyond them from all that was united; so it is their word, whoever asked.
fn restrict(bounds: Bounds<'_>, recipients: &mut BTreeMap<Target, Reach>, cuts: &mut Vec<Cut>) {
    let mut cut = |what: String, by: &BundleId| cuts.push(cut(by, what, format!("cut by `{by}`")));
    recipients.retain(|target, _| match bounds.excludes(target) {
        Some(by) => {
            cut(format!("sending to `{target}`"), by);
            false
        }
        None => true,
    });
    for (target, reach) in recipients.iter_mut() {
        reach.by.retain(|channel| match bounds.excludes_channel(channel) {
            Some(by) => {
                cut(format!("channel `{channel}` to `{target}`"), by);
                false
            }
            None => true,
        });
    }
}

/// A digest only if nothing asked for immediate sending.
fn digest(voices: &[Voice<'_, RoutePlan>]) -> Option<String> {
    let immediate = |plan: &RoutePlan| plan.digest.is_none() && !plan.sends.is_empty();
    if voices.iter().any(|voice| immediate(voice.plan)) {
        return None;
    }
    weightiest(voices, |plan| plan.digest.clone())
}

fn labels(message: &Message, voices: &[Voice<'_, RoutePlan>]) -> BTreeMap<String, String> {
    let mut labels = message.labels.clone();
    let set: BTreeSet<_> = voices.iter().flat_map(|voice| voice.plan.labels.keys()).collect();
    for label in set {
        if let Some(value) = weightiest(voices, |plan| plan.labels.get(label)) {
            labels.insert(label.clone(), value.clone());
        }
    }
    labels
}

/// Whom a message goes to that nothing routed: the department's catch-all, its head, unless a restriction keeps
/// it from them, else the organisation's.
fn catch_all(organisation: &Organisation, bounds: Bounds<'_>, department: &DepartmentId) -> Option<Target> {
    let own = organisation.departments.get(department).map(|d| d.catch_all.clone());
    let own = own.map(|catch_all| catch_all.unwrap_or_else(|| head_of(department)));
    let somebody = |target: &Target| !organisation.members(target).is_empty();
    own.filter(|own| somebody(own) && bounds.excludes(own).is_none()).or_else(|| organisation.rules.catch_all.clone())
}

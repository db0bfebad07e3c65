//! The merge of `escalate` plans.

use std::collections::BTreeSet;

use super::bounds::Bounds;
use super::rights::Rights;
use super::route::unite;
use super::{Voice, cut, escalate_voices};
use crate::case::Case;
use crate::decision::{Contribution, Cut, Escalation, SetGoal};
use crate::message::Classification;
use crate::organisation::Organisation;
use crate::plan::{EscalatePlan, Send};
use crate::target::Target;

/// Merges the plans of `escalate`: the bundle that set the goal, and the organisation's. A department may also
/// ask holders of the organisation's own roles, because an escalation climbs. What was decided for `case` holds:
/// neither its classification nor a restriction ends with a deadline.
#[must_use]
pub fn escalation(organisation: &Organisation, case: &Case, contributions: Vec<Contribution>) -> Escalation {
    let voices = escalate_voices(&contributions);
    let bounds = Bounds { organisation, restrictions: &case.restrictions };
    let mut cuts = Vec::new();
    let assigned = bounds.assigned(&voices, |plan| plan.assign.as_ref(), &mut cuts);
    let weightiest = assigned.into_iter().map(|(voice, target)| (voice.layer, target)).min();
    let mut merged = Escalation {
        assign: weightiest.map(|(_, target)| target.clone()),
        level: voices.iter().filter_map(|voice| voice.plan.level).min(),
        configuration: organisation.revision,
        ..Escalation::default()
    };
    let mut goals = BTreeSet::new();
    for voice in &voices {
        let rights = Rights { organisation, bundle: voice.bundle, upwards: true };
        for send in &voice.plan.notify {
            let Some(send) = told(send, case.classification, voice, bounds, &mut cuts) else { continue };
            if let Some(reach) = rights.reach(&send, case.classification, &mut cuts) {
                unite(merged.notify.entry(send.to), reach);
            }
        }
        for goal in &voice.plan.goals {
            if rights.may_set(goal, merged.assign.as_ref(), &mut cuts) {
                goals.insert(SetGoal { plan: goal.clone(), set_by: voice.bundle.clone() });
            }
        }
    }
    merged.goals = goals.into_iter().collect();
    cuts.sort();
    merged.cuts = cuts;
    drop(voices);
    merged.contributions = contributions;
    merged
}

/// The part of `send` that the message, as it was classified and restricted, leaves open.
fn told(
    send: &Send,
    classification: Classification,
    voice: &Voice<'_, EscalatePlan>,
    bounds: Bounds<'_>,
    cuts: &mut Vec<Cut>,
) -> Option<Send> {
    let to = &send.to;
    let named = matches!(to, Target::Person(_) | Target::Role(..) | Target::Leader(_));
    let why = if classification >= Classification::Confidential && !named {
        Some(format!("the message is {classification}: it stays with participants and named roles"))
    } else {
        bounds.excludes(to).map(|by| format!("`{by}` restricts whom the message may reach"))
    };
    if let Some(why) = why {
        cuts.push(cut(voice.bundle, format!("telling `{to}`"), why));
        return None;
    }
    let mut send = send.clone();
    send.by.retain(|channel| match bounds.excludes_channel(channel) {
        Some(by) => {
            let why = format!("`{by}` restricts the channels of the message");
            cuts.push(cut(voice.bundle, format!("channel `{channel}` to `{to}`"), why));
            false
        }
        None => true,
    });
    Some(send)
}

//! The merge of `escalate` plans.

use std::collections::BTreeSet;

use super::rights::Rights;
use super::route::unite;
use super::{cut, escalate_voices, weightiest};
use crate::decision::{Contribution, Escalation, SetGoal};
use crate::message::Classification;
use crate::organisation::Organisation;
use crate::target::Target;

/// Merges the plans of `escalate`: the bundle that set the goal, and the organisation's. A department may also
/// ask holders of the organisation's own roles, because an escalation climbs.
#[must_use]
pub fn escalation(
    organisation: &Organisation,
    classification: Classification,
    contributions: Vec<Contribution>,
) -> Escalation {
    let voices = escalate_voices(&contributions);
    let mut merged = Escalation {
        assign: weightiest(&voices, |plan| plan.assign.clone()),
        level: voices.iter().filter_map(|voice| voice.plan.level).min(),
        configuration: organisation.revision,
        ..Escalation::default()
    };
    let mut goals = BTreeSet::new();
    for voice in &voices {
        let rights = Rights { organisation, bundle: voice.bundle, upwards: true };
        for send in &voice.plan.notify {
            if classification >= Classification::Confidential
                && !matches!(send.to, Target::Person(_) | Target::Role(..) | Target::Leader(_))
            {
                let why = format!("the message is {classification}: it stays with participants and named roles");
                merged.cuts.push(cut(voice.bundle, format!("telling `{}`", send.to), why));
                continue;
            }
            if let Some(reach) = rights.reach(send, classification, &mut merged.cuts) {
                unite(merged.notify.entry(send.to.clone()), reach);
            }
        }
        for goal in &voice.plan.goals {
            if rights.may_set(goal, merged.assign.as_ref(), &mut merged.cuts) {
                goals.insert(SetGoal { plan: goal.clone(), set_by: voice.bundle.clone() });
            }
        }
    }
    merged.goals = goals.into_iter().collect();
    merged.cuts.sort();
    drop(voices);
    merged.contributions = contributions;
    merged
}

//! The merge of `approve` plans.

use std::collections::{BTreeMap, BTreeSet};

use super::{approve_voices, cut};
use crate::decision::{Contribution, Cut, Flag, Plan, SetStage};
use crate::message::{Message, Urgency};
use crate::names::{ChannelName, NAME_LIMIT_CHARS, StageName};
use crate::organisation::{Organisation, head_of};
use crate::plan::{AtDeadline, Mode, Phase, StagePlan};

/// Adds the stages that `approve` plans ask for, and those of the channels that the plan uses.
///
/// Stages are united by phase; of two that bear one name and differ, the later in the order of layers is called
/// `<name>.2`, because none may be lost. The case opens before it is approved only if a
/// bundle asked for that, the message [is deferrable](is_deferrable), and nobody else, bundle or channel, asked for an
/// approval without asking for that.
#[must_use]
pub fn approve(
    organisation: &Organisation,
    message: &Message,
    plan: &mut Plan,
    contributions: &[Contribution],
) -> Vec<Cut> {
    let voices = approve_voices(contributions);
    let mut cuts = Vec::new();
    let mut stages: BTreeMap<StageName, SetStage> = BTreeMap::new();
    let mut asked: BTreeSet<&StagePlan> = BTreeSet::new();
    for voice in &voices {
        for stage in &voice.plan.stages {
            if asked.insert(stage) {
                let mut stage = stage.clone();
                if stages.contains_key(&stage.name) {
                    stage.name = free_name(&stage.name, &stages);
                }
                let set_by = Some(voice.bundle.clone());
                stages.insert(stage.name.clone(), SetStage { plan: stage, set_by });
            }
        }
    }
    let of_channels = channel_stages(organisation, plan);
    let channels_insist = !of_channels.is_empty();
    for mut stage in of_channels {
        if stages.contains_key(&stage.plan.name) {
            stage.plan.name = free_name(&stage.plan.name, &stages);
        }
        stages.insert(stage.plan.name.clone(), stage);
    }

    let deferrable = is_deferrable(organisation, message);
    let is_first = |stage: &StagePlan| stage.phase != Phase::Acceptance;
    let insists = voices.iter().any(|voice| voice.plan.stages.iter().any(is_first) && !voice.plan.post_hoc);
    for voice in voices.iter().filter(|voice| voice.plan.post_hoc) {
        let why = if !deferrable {
            "only an urgent message of a deferrable kind may go out first".to_owned()
        } else if insists {
            "another bundle asks for its approval first".to_owned()
        } else if channels_insist {
            "a channel that it goes through asks for its approval first".to_owned()
        } else {
            plan.post_hoc = true;
            continue;
        };
        cuts.push(cut(voice.bundle, "approval after the fact", why));
    }
    plan.stages = stages.into_values().collect();
    sort(plan);
    cuts
}

/// Opens the case at once with a stage for the sender's head beside it: what follows when `approve` fails for an
/// urgent message of a deferrable kind.
pub fn approve_afterwards(message: &Message, plan: &mut Plan) {
    let name = StageName::new("afterwards").unwrap_or_else(|_| unreachable!("`afterwards` is a name"));
    plan.stages.push(SetStage {
        plan: StagePlan {
            name,
            phase: Phase::Department,
            mode: Mode::Any,
            approvers: vec![head_of(&message.department)],
            within: None,
            at_deadline: AtDeadline::Escalate,
            self_approval: false,
        },
        set_by: None,
    });
    plan.post_hoc = true;
    plan.flags.insert(Flag::ApprovalFailed);
    sort(plan);
}

/// `name` with the first number behind it that nothing else bears.
fn free_name(name: &StageName, taken: &BTreeMap<StageName, SetStage>) -> StageName {
    let numbered = (2..).map(|n: u32| {
        let number = format!(".{n}");
        let kept = name.as_str().chars().take(NAME_LIMIT_CHARS - number.len());
        StageName::new(&(kept.collect::<String>() + &number))
    });
    // Shortened to the limit and followed by a number, a name is a name; and some number is free.
    let mut free = numbered.flatten().filter(|name| !taken.contains_key(name));
    free.next().unwrap_or_else(|| name.clone())
}

/// Whether a message may go out before it is approved: it is urgent, and its kind is one of those that the
/// organisation declares deferrable.
#[must_use]
pub fn is_deferrable(organisation: &Organisation, message: &Message) -> bool {
    let kind = organisation.kinds.get(&message.kind);
    message.urgency == Urgency::Urgent && kind.is_some_and(|kind| kind.deferrable)
}

fn sort(plan: &mut Plan) {
    plan.stages.sort_by(|a, b| (a.plan.phase, &a.plan.name).cmp(&(b.plan.phase, &b.plan.name)));
}

fn channel_stages(organisation: &Organisation, plan: &Plan) -> Vec<SetStage> {
    let used: BTreeSet<&ChannelName> = plan.recipients.values().flat_map(|reach| &reach.by).collect();
    let stages = used.into_iter().filter_map(|name| {
        let stage = organisation.channels.get(name)?.approval.clone()?;
        let name = StageName::new(&format!("channel.{name}")).unwrap_or_else(|_| stage.name.clone());
        Some(SetStage { plan: StagePlan { name, phase: Phase::Channel, ..stage }, set_by: None })
    });
    stages.collect()
}

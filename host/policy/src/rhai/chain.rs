//! What follows behind the dot: how a recipient is reached, when a goal is due, who decides a stage.

use std::sync::Arc;

use ::rhai::{Array, Dynamic, ImmutableString, Variant};
use herald_core::plan::{Mode, Question, Send};
use herald_core::span::Span;

use super::api::{Api, Form, Owner, Verb};
use super::call::{Call, Raised, raise, texts};
use super::draft::{Draft, GoalDraft, StageDraft};
use super::error::title_of;
use super::plan::bytes_of;
use super::time::Length;
use crate::vocabulary::{self, Sort, Wrong};

/// A recipient of the plan.
#[derive(Clone)]
pub(super) struct Recipient {
    pub(super) call: Arc<Call>,
    pub(super) at: usize,
}

/// A goal of the plan.
#[derive(Clone)]
pub(super) struct Goal {
    pub(super) call: Arc<Call>,
    pub(super) at: usize,
}

/// A stage of the plan.
#[derive(Clone)]
pub(super) struct Stage {
    pub(super) call: Arc<Call>,
    pub(super) at: usize,
}

/// One thing of the plan, that verbs change and hand on.
trait Link: Clone {
    type Item;
    fn call(&self) -> &Arc<Call>;
    fn item<'a>(&self, draft: &'a mut Draft) -> Option<&'a mut Self::Item>;

    fn change(&self, text_bytes: usize, change: impl FnOnce(&mut Self::Item)) -> Raised<Self> {
        // A handle never outlives its call, and nothing is taken out of a draft: its item is there.
        self.call().plan(text_bytes, |draft| self.item(draft).map(change))?;
        Ok(self.clone())
    }
}

macro_rules! links {
    ($($handle:ident => $list:ident: $item:ty;)*) => {$(
        impl Link for $handle {
            type Item = $item;
            fn call(&self) -> &Arc<Call> {
                &self.call
            }
            fn item<'a>(&self, draft: &'a mut Draft) -> Option<&'a mut $item> {
                draft.$list.get_mut(self.at)
            }
        }
    )*};
}

links! {
    Recipient => sends: Send;
    Goal => goals: GoalDraft;
    Stage => stages: StageDraft;
}

pub(super) fn register(api: &mut Api) {
    api.handle::<Recipient>(Owner::Recipient);
    api.handle::<Goal>(Owner::Goal);
    api.handle::<Stage>(Owner::Stage);
    register_recipient(api);
    register_goal(api);
    register_stage(api);
    register_approvers(api);
    api.seal::<Recipient>(Owner::Recipient);
    api.seal::<Goal>(Owner::Goal);
    api.seal::<Stage>(Owner::Stage);
}

/// A span, written as clock time or made by `working_days` and its like.
pub(super) fn span(value: &Dynamic) -> Raised<Span> {
    if let Some(length) = value.read_lock::<Length>() {
        return Ok(length.0);
    }
    match value.read_lock::<ImmutableString>() {
        Some(text) => vocabulary::span(&text).map_err(raise),
        None => {
            let hint = "write clock time such as `\"PT2H\"`, or `working_days(2)`".to_owned();
            Err(raise(Wrong::new(format!("a span is wanted, not {}", title_of(value))).hint(Some(hint))))
        }
    }
}

const SPAN: &[(&str, Sort)] = &[("span", Sort::Span)];

const fn method(owner: Owner, name: &'static str, gives: &'static str) -> Verb {
    Verb::new(owner, Form::Method, name).gives(gives)
}

/// Registers a verb that takes a span, once for each of the two types that can be one: the engine tries every
/// combination of types before it falls back to any value, which is left to say what is wrong with another.
fn span_verb<L: Link + Variant>(api: &mut Api, verb: Verb, set: fn(&mut L::Item, Span)) {
    let verb = verb.takes(SPAN);
    api.verb(verb, move |link: &mut L, text: ImmutableString| {
        let span = vocabulary::span(&text).map_err(raise)?;
        link.change(0, |item| set(item, span))
    });
    api.verb(verb, move |link: &mut L, length: Length| link.change(0, |item| set(item, length.0)));
    api.verb(verb, move |link: &mut L, other: Dynamic| {
        let span = span(&other)?;
        link.change(0, |item| set(item, span))
    });
}

fn register_recipient(api: &mut Api) {
    const fn verb(name: &'static str) -> Verb {
        method(Owner::Recipient, name, "the same recipient")
    }
    api.verb(
        verb("by").takes(&[("channels", Sort::Channels)]).doc(
            "Through which channels; without it, the inbox.",
            r#"plan.send("department:production").by(["inbox", "group"]);"#,
        ),
        |recipient: &mut Recipient, list: Array| {
            let list = texts(list)?;
            let organisation = recipient.call.organisation();
            let channels: Vec<_> = list
                .iter()
                .map(|text| vocabulary::channel(organisation, text))
                .collect::<Result<_, _>>()
                .map_err(raise)?;
            recipient.change(bytes_of(&list), |send| send.by.extend(channels))
        },
    );
    span_verb::<Recipient>(
        api,
        verb("acknowledge_within").doc(
            "Each person reached confirms having read it.",
            r#"plan.send("department:production").acknowledge_within("PT30M");"#,
        ),
        |send, span| send.acknowledge_within = Some(span),
    );
    span_verb::<Recipient>(
        api,
        verb("answer_within").doc(
            "One of the people reached answers it.",
            r#"plan.send("department:production").answer_within(working_hours(4));"#,
        ),
        |send, span| send.answer_within = Some(span),
    );
    span_verb::<Recipient>(
        api,
        verb("report_every").doc(
            "One of the people reached reports, again and again, until the case is resolved.",
            r#"plan.send("department:production").report_every(working_days(3));"#,
        ),
        |send, span| send.report_every = Some(span),
    );
    span_verb::<Recipient>(
        api,
        verb("remind_before").doc(
            "How long before each of these deadlines whoever has not kept it is reminded.",
            r#"plan.send("department:production").acknowledge_within(working_days(1)).remind_before(working_hours(2));"#,
        ),
        |send, span| send.remind_before = Some(span),
    );
    api.verb(
        verb("ask").takes(&[("what", Sort::Text), ("span", Sort::Span)]).doc(
            "One of the people reached answers this within a span, in a task of its own; as many as are asked.",
            r#"plan.send("role:production/head").ask("which line stands still?", "PT4H");"#,
        ),
        |recipient: &mut Recipient, about: ImmutableString, length: Dynamic| {
            let (about, within) = (vocabulary::words(&about).map_err(raise)?, span(&length)?);
            recipient.change(about.len(), |send| send.asks.push(Question { about, within }))
        },
    );
}

fn register_goal(api: &mut Api) {
    const fn verb(name: &'static str) -> Verb {
        method(Owner::Goal, name, "the same goal")
    }
    api.verb(
        verb("starts").takes(&[("moment", Sort::Moment)]).doc(
            "What starts its clock: `submitted`, `opened`, `resolved`, `closed` or `met:GOAL`; without it, `opened`.",
            r#"plan.goal("review").within("PT24H").starts("resolved");"#,
        ),
        |goal: &mut Goal, text: ImmutableString| {
            let moment = vocabulary::moment(&text).map_err(raise)?;
            goal.change(text.len(), |goal| goal.starts = moment)
        },
    );
    api.verb(
        verb("stops").takes(&[("moment", Sort::Moment)]).doc(
            "What ends it besides its owner's own word.",
            r#"plan.goal("repair").within("PT24H").stops("resolved");"#,
        ),
        |goal: &mut Goal, text: ImmutableString| {
            let moment = vocabulary::moment(&text).map_err(raise)?;
            goal.change(text.len(), |goal| goal.stops = Some(moment))
        },
    );
    span_verb::<Goal>(
        api,
        verb("within").doc("How long it may take.", r#"plan.goal("repair").within("PT24H");"#),
        |goal, span| goal.within = Some(span),
    );
    api.verb(
        verb("owner").takes(&[("target", Sort::Target)]).doc(
            "Whose promise it is; without it, the accountable person's.",
            r#"plan.goal("repair").within("PT24H").owner("role:production/head");"#,
        ),
        |goal: &mut Goal, text: ImmutableString| {
            let target = goal.call.world().target(&text).map_err(raise)?;
            goal.change(text.len(), |goal| goal.owner = Some(target))
        },
    );
    span_verb::<Goal>(
        api,
        verb("warn_before").doc(
            "How long before the deadline its owner is warned.",
            r#"plan.goal("repair").within("PT24H").warn_before("PT2H");"#,
        ),
        |goal, span| goal.warn_before = Some(span),
    );
    api.verb(
        verb("repeats").doc(
            "It starts again when it is met or breached, until what stops it.",
            r#"plan.goal("progress").within(working_days(3)).stops("resolved").repeats();"#,
        ),
        |goal: &mut Goal| goal.change(0, |goal| goal.repeats = true),
    );
}

const fn of_stage(name: &'static str) -> Verb {
    method(Owner::Stage, name, "the same stage")
}

fn register_stage(api: &mut Api) {
    api.verb(
        of_stage("phase").takes(&[("phase", Sort::Phase)]).doc(
            "When its turn comes: `department`, `joint`, `leadership`, `legal` or `channel`, in this order, before the message goes out; `acceptance` once the case is resolved.",
            r#"plan.stage("law").phase("legal").any_of(["role:production/head"]);"#,
        ),
        |stage: &mut Stage, text: ImmutableString| {
            let phase = vocabulary::phase(&text).map_err(raise)?;
            stage.change(0, |stage| stage.phase = phase)
        },
    );
    span_verb::<Stage>(
        api,
        of_stage("within").doc(
            "How long its approvers have.",
            r#"plan.stage("law").any_of(["role:production/head"]).within(working_days(1));"#,
        ),
        |stage, span| stage.within = Some(span),
    );
    api.verb(
        of_stage("at_deadline").takes(&[("then", Sort::AtDeadline)]).doc(
            "What happens when it is late: `escalate`, `approve` or `reject`.",
            r#"plan.stage("law").any_of(["role:production/head"]).within("PT24H").at_deadline("reject");"#,
        ),
        |stage: &mut Stage, text: ImmutableString| {
            let at_deadline = vocabulary::at_deadline(&text).map_err(raise)?;
            stage.change(0, |stage| stage.at_deadline = at_deadline)
        },
    );
    api.verb(
        of_stage("self_approval").doc(
            "The sender may be among those who decide; without it, nobody approves their own message.",
            r#"plan.stage("head").any_of(["role:production/head"]).self_approval();"#,
        ),
        |stage: &mut Stage| stage.change(0, |stage| stage.self_approval = true),
    );
}

fn register_approvers(api: &mut Api) {
    const TARGETS: &[(&str, Sort)] = &[("targets", Sort::Targets)];
    api.verb(
        of_stage("any_of")
            .takes(TARGETS)
            .doc("Any one of the people meant approves.", r#"plan.stage("wording").any_of(["role:production/head"]);"#),
        |stage: &mut Stage, list: Array| approvers(stage, Mode::Any, list),
    );
    api.verb(
        of_stage("all_of").takes(TARGETS).doc(
            "Each of the targets approves, by any one of the people it means.",
            r#"plan.stage("joint").all_of(["role:production/head", "department:sales"]);"#,
        ),
        |stage: &mut Stage, list: Array| approvers(stage, Mode::All, list),
    );
    api.verb(
        of_stage("quorum_of").takes(&[("count", Sort::Number), ("targets", Sort::Targets)]).doc(
            "So many different people of all that are meant approve.",
            r#"plan.stage("board").quorum_of(2, ["role:production/head", "department:sales"]);"#,
        ),
        |stage: &mut Stage, count: i64, list: Array| match u32::try_from(count) {
            Ok(count) if count > 0 => approvers(stage, Mode::Quorum(count), list),
            _ => Err(raise(Wrong::new(format!("a quorum is at least 1, not {count}")))),
        },
    );
    api.verb(
        of_stage("in_order").takes(TARGETS).doc(
            "Each of the targets approves, one after the other.",
            r#"plan.stage("chain").in_order(["role:production/head", "department:sales"]);"#,
        ),
        |stage: &mut Stage, list: Array| approvers(stage, Mode::Sequential, list),
    );
}

fn approvers(stage: &Stage, mode: Mode, list: Array) -> Raised<Stage> {
    let list = texts(list)?;
    if list.is_empty() {
        return Err(raise(Wrong::new("a stage needs somebody to approve it; the list is empty")));
    }
    let world = stage.call.world();
    let targets = list.iter().map(|text| world.target(text)).collect::<Result<_, _>>().map_err(raise)?;
    stage.change(bytes_of(&list), |stage| stage.approvers = Some((mode, targets)))
}

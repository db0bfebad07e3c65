//! The verbs of the three plans. Each hook's plan has a type of its own, so that a verb of another hook is
//! unknown there.

use std::collections::BTreeSet;
use std::sync::Arc;

use ::rhai::{Array, ImmutableString, NativeCallContext};
use herald_core::plan::{Restriction, Send};

use super::api::{Api, Form, Owner, Verb};
use super::call::{Call, Raised, raise, texts};
use super::chain::{Goal, Recipient, Stage};
use super::draft::{Draft, GoalDraft, StageDraft};
use super::place;
use crate::vocabulary::{self, Sort, Wrong};

/// The plan of `route`.
#[derive(Clone)]
pub(super) struct Route(pub(super) Arc<Call>);

/// The plan of `approve`.
#[derive(Clone)]
pub(super) struct Approve(pub(super) Arc<Call>);

/// The plan of `escalate`.
#[derive(Clone)]
pub(super) struct Escalate(pub(super) Arc<Call>);

pub(super) fn register(api: &mut Api) {
    api.handle::<Route>(Owner::RoutePlan);
    api.handle::<Approve>(Owner::ApprovePlan);
    api.handle::<Escalate>(Owner::EscalatePlan);
    register_route(api);
    register_labels_and_keeping(api);
    register_restrictions(api);
    register_approve(api);
    register_escalate(api);
    api.seal::<Route>(Owner::RoutePlan);
    api.seal::<Approve>(Owner::ApprovePlan);
    api.seal::<Escalate>(Owner::EscalatePlan);
}

const fn method(owner: Owner, name: &'static str) -> Verb {
    Verb::new(owner, Form::Method, name)
}

const fn setter(owner: Owner, name: &'static str) -> Verb {
    Verb::new(owner, Form::Setter, name)
}

/// Understands a word, and puts what it means into the plan.
fn set<T>(
    call: &Call,
    word: &str,
    understand: impl FnOnce(&str) -> Result<T, Wrong>,
    change: impl FnOnce(&mut Draft, T),
) -> Raised<()> {
    let value = understand(word).map_err(raise)?;
    call.plan(word.len(), |draft| change(draft, value))
}

fn set_level(call: &Call, number: i64) -> Raised<()> {
    let level = vocabulary::level(number).map_err(raise)?;
    call.plan(0, |draft| draft.level = Some(level))
}

fn assign(call: &Call, target: &str) -> Raised<()> {
    set(call, target, |text| call.world().target(text), |draft, target| draft.assign = Some(target))
}

fn send(call: &Arc<Call>, target: &str) -> Raised<Recipient> {
    let to = call.world().target(target).map_err(raise)?;
    let at = call.plan(target.len(), |draft| {
        draft.sends.push(Send::to(to));
        draft.sends.len() - 1
    })?;
    Ok(Recipient { call: call.clone(), at })
}

fn goal(context: &NativeCallContext<'_>, call: &Arc<Call>, name: &str) -> Raised<Goal> {
    let goal = vocabulary::goal(name).map_err(raise)?;
    let place = place(context.call_position());
    let at = call.plan(name.len(), |draft| {
        draft.goals.push(GoalDraft::new(goal, place));
        draft.goals.len() - 1
    })?;
    Ok(Goal { call: call.clone(), at })
}

fn register_route(api: &mut Api) {
    let owner = Owner::RoutePlan;
    api.verb(
        setter(owner, "level")
            .takes(&[("level", Sort::Level)])
            .doc("How urgent it is: 1 urgent and important, 2 important, 3 general.", "plan.level = 1;"),
        |plan: &mut Route, level: i64| set_level(&plan.0, level),
    );
    api.verb(
        setter(owner, "classification").takes(&[("classification", Sort::Classification)]).doc(
            "How confidential it is; the strictest word of all counts.",
            r#"plan.classification = "confidential";"#,
        ),
        |plan: &mut Route, word: ImmutableString| {
            set(&plan.0, &word, vocabulary::classification, |draft, value| draft.classification = Some(value))
        },
    );
    api.verb(
        setter(owner, "audience")
            .takes(&[("audience", Sort::Audience)])
            .doc("Whom it is meant for, corrected.", r#"plan.audience = "external";"#),
        |plan: &mut Route, word: ImmutableString| {
            set(&plan.0, &word, vocabulary::audience, |draft, value| draft.audience = Some(value))
        },
    );
    api.verb(
        setter(owner, "content_type").takes(&[("content_type", Sort::ContentType)]).doc(
            "What it is for, corrected: `notice`, `collaboration`, `decision` or `feedback`.",
            r#"plan.content_type = "decision";"#,
        ),
        |plan: &mut Route, word: ImmutableString| {
            set(&plan.0, &word, vocabulary::content_type, |draft, value| draft.content_type = Some(value))
        },
    );
    api.verb(
        method(owner, "assign")
            .takes(&[("target", Sort::Target)])
            .doc("Who is accountable for its resolution.", r#"plan.assign("role:production/head");"#),
        |plan: &mut Route, target: ImmutableString| assign(&plan.0, &target),
    );
    api.verb(
        method(owner, "send").takes(&[("target", Sort::Target)]).gives("a recipient").doc(
            "Sends the message to a target, through the inbox unless `by` says otherwise.",
            r#"plan.send("department:production");"#,
        ),
        |plan: &mut Route, target: ImmutableString| send(&plan.0, &target),
    );
    api.verb(
        method(owner, "goal").takes(&[("name", Sort::Goal)]).gives("a goal").doc(
            "Sets a goal of the policy's own.",
            r#"plan.goal("satisfaction").starts("resolved").within(working_days(3));"#,
        ),
        |context: NativeCallContext<'_>, plan: &mut Route, name: ImmutableString| goal(&context, &plan.0, &name),
    );
}

fn register_labels_and_keeping(api: &mut Api) {
    let owner = Owner::RoutePlan;
    api.verb(
        method(owner, "refuse").takes(&[("reason", Sort::Text)]).doc(
            "Refuses the message: it is not sent, and its sender reads why; not in a bundle of a department that only receives it.",
            r#"if "everyone" in message.to { plan.refuse("only administration publishes to everyone"); }"#,
        ),
        |plan: &mut Route, reason: ImmutableString| {
            set(&plan.0, &reason, vocabulary::words, |draft, reason| draft.refuse = Some(reason))
        },
    );
    api.verb(
        method(owner, "label")
            .takes(&[("name", Sort::Text), ("value", Sort::Text)])
            .doc("Adds a label.", r#"plan.label("tier", "strategic");"#),
        |plan: &mut Route, name: ImmutableString, value: ImmutableString| {
            vocabulary::label(&name, &value).map_err(raise)?;
            plan.0.plan(name.len() + value.len(), |draft| {
                draft.labels.insert(name.to_string(), value.to_string());
            })
        },
    );
    api.verb(
        method(owner, "digest").takes(&[("name", Sort::Text)]).doc(
            "Collects it into a digest, unless anything asks for it to be sent at once.",
            r#"plan.digest("weekly");"#,
        ),
        |plan: &mut Route, name: ImmutableString| {
            vocabulary::digest(&name).map_err(raise)?;
            plan.0.plan(name.len(), |draft| draft.digest = Some(name.to_string()))
        },
    );
    api.verb(
        method(owner, "archive").takes(&[("class", Sort::Archive)]).doc(
            "How long it is kept: `standard`, `extended` or `permanent`; the longest counts.",
            r#"plan.archive("permanent");"#,
        ),
        |plan: &mut Route, word: ImmutableString| {
            set(&plan.0, &word, vocabulary::archive, |draft, value| draft.archive = Some(value))
        },
    );
}

fn register_restrictions(api: &mut Api) {
    let owner = Owner::RoutePlan;
    api.verb(
        method(owner, "restrict_recipients").takes(&[("targets", Sort::Targets)]).doc(
            "Cuts every recipient beyond these, of escalations too, and keeps it from being passed on to others; only in a bundle of the organisation.",
            r#"plan.restrict_recipients(["role:production/head"]);"#,
        ),
        |plan: &mut Route, list: Array| {
            let list = texts(list)?;
            let world = plan.0.world();
            let allowed: BTreeSet<_> =
                list.iter().map(|text| world.target(text)).collect::<Result<_, _>>().map_err(raise)?;
            plan.0.plan(bytes_of(&list), |draft| restriction(draft).recipients = Some(allowed))
        },
    );
    api.verb(
        method(owner, "restrict_channels").takes(&[("channels", Sort::Channels)]).doc(
            "Cuts every channel beyond these, of escalations too; only in a bundle of the organisation.",
            r#"plan.restrict_channels(["inbox"]);"#,
        ),
        |plan: &mut Route, list: Array| {
            let list = texts(list)?;
            let organisation = plan.0.organisation();
            let allowed: BTreeSet<_> = list
                .iter()
                .map(|text| vocabulary::channel(organisation, text))
                .collect::<Result<_, _>>()
                .map_err(raise)?;
            plan.0.plan(bytes_of(&list), |draft| restriction(draft).channels = Some(allowed))
        },
    );
}

fn restriction(draft: &mut Draft) -> &mut Restriction {
    draft.restrict.get_or_insert_with(Restriction::default)
}

/// How much text a list has.
pub(super) fn bytes_of(list: &[ImmutableString]) -> usize {
    list.iter().map(|text| text.len()).sum()
}

fn register_approve(api: &mut Api) {
    let owner = Owner::ApprovePlan;
    api.verb(
        method(owner, "stage").takes(&[("name", Sort::Stage)]).gives("a stage").doc(
            "Asks for an approval before the message goes out.",
            r#"plan.stage("legal").phase("legal").all_of(["role:production/head"]);"#,
        ),
        |context: NativeCallContext<'_>, plan: &mut Approve, name: ImmutableString| {
            let stage = vocabulary::stage(&name).map_err(raise)?;
            let place = place(context.call_position());
            let at = plan.0.plan(name.len(), |draft| {
                draft.stages.push(StageDraft::new(stage, place));
                draft.stages.len() - 1
            })?;
            Ok::<_, Box<::rhai::EvalAltResult>>(Stage { call: plan.0.clone(), at })
        },
    );
    api.verb(
        method(owner, "post_hoc").doc(
            "Lets it go out first and be approved afterwards, if its kind is deferrable.",
            r#"if message.urgency == "urgent" { plan.post_hoc(); }"#,
        ),
        |plan: &mut Approve| plan.0.plan(0, |draft| draft.post_hoc = true),
    );
}

fn register_escalate(api: &mut Api) {
    let owner = Owner::EscalatePlan;
    api.verb(
        setter(owner, "level").takes(&[("level", Sort::Level)]).doc("How urgent it is now.", "plan.level = 1;"),
        |plan: &mut Escalate, level: i64| set_level(&plan.0, level),
    );
    api.verb(
        method(owner, "assign")
            .takes(&[("target", Sort::Target)])
            .doc("Who is accountable from now on.", r#"plan.assign("role:production/head");"#),
        |plan: &mut Escalate, target: ImmutableString| assign(&plan.0, &target),
    );
    api.verb(
        method(owner, "notify")
            .takes(&[("target", Sort::Target)])
            .gives("a recipient")
            .doc("Tells a target of the breach.", r#"plan.notify("role:production/head").by(["inbox"]);"#),
        |plan: &mut Escalate, target: ImmutableString| send(&plan.0, &target),
    );
    api.verb(
        method(owner, "goal").takes(&[("name", Sort::Goal)]).gives("a goal").doc(
            "What is promised next, counted from the breached deadline.",
            r#"plan.goal("coordination").within("PT24H").owner("role:production/head");"#,
        ),
        |context: NativeCallContext<'_>, plan: &mut Escalate, name: ImmutableString| goal(&context, &plan.0, &name),
    );
}

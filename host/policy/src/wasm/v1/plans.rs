//! What comes out: the contract's plans, every word of them understood or named as wrong, with the path of its field
//! and the nearest known word.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use herald_core::plan::{
    ApprovePlan, AtDeadline, EscalatePlan, GoalPlan, Mode, Moment, Phase, Question, Restriction, RoutePlan, Send,
    StagePlan,
};
use herald_core::span::{Span, Unit};
use herald_core::target::Target;

use super::bindings::herald::policy::types as contract;
use crate::ledger::Ledger;
use crate::vocabulary::{self, Wrong, unknown};
use crate::wasm::call::{Call, Stop};
use crate::world::World;

/// Reads what a hook returned. The inner error is the guest's own sentence, or says which field of its plan is wrong.
///
/// # Errors
/// [`Stop`], when the plan is larger than it may be.
pub(super) fn read<P, T>(
    call: &mut Call,
    returned: Result<P, String>,
    plan: impl FnOnce(&mut Reader<'_>, P) -> Result<T, Unread>,
) -> wasmtime::Result<Result<T, String>> {
    let returned = match returned {
        Ok(returned) => returned,
        Err(sentence) => return Ok(Err(sentence)),
    };
    let mut reader = Reader { world: &call.evaluation.subject.world, ledger: &mut call.ledger };
    match plan(&mut reader, returned) {
        Ok(plan) => Ok(Ok(plan)),
        Err(Unread::Wrong(path, wrong)) => Ok(Err(format!("{path}: {wrong}"))),
        Err(Unread::Stop(stop)) => Err(stop.into()),
    }
}

/// Why a plan cannot be read.
pub(super) enum Unread {
    /// The field at this path is wrong.
    Wrong(String, Wrong),
    /// It is too large.
    Stop(Stop),
}

/// A part of a plan that was read, or why not.
type Part<T> = Result<T, Unread>;

/// Where in a plan: `sends[2].by[0]`. Written out only for an error.
#[derive(Clone, Copy)]
enum Path<'a> {
    Field(&'a str),
    Of(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
}

impl Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => f.write_str(name),
            Self::Of(parent, name) => write!(f, "{parent}.{name}"),
            Self::Item(list, index) => write!(f, "{list}[{index}]"),
        }
    }
}

impl Path<'_> {
    fn is<T>(&self, outcome: Result<T, Wrong>) -> Part<T> {
        outcome.map_err(|wrong| Unread::Wrong(self.to_string(), wrong))
    }
}

/// Understands the words of one plan, and counts its size.
pub(super) struct Reader<'c> {
    world: &'c World,
    ledger: &'c mut Ledger,
}

impl Reader<'_> {
    pub(super) fn route(&mut self, plan: contract::RoutePlan) -> Part<RoutePlan> {
        let archive = optional(plan.archive, |text| Path::Field("archive").is(vocabulary::archive(&text)))?;
        let restrict = optional(plan.restrict, |restriction| self.restriction(restriction))?;
        Ok(RoutePlan {
            level: self.level(plan.level)?,
            classification: self.word("classification", plan.classification, vocabulary::classification)?,
            audience: self.word("audience", plan.audience, vocabulary::audience)?,
            content_type: self.word("content-type", plan.content_type, vocabulary::content_type)?,
            sends: self.sends("sends", plan.sends)?,
            assign: self.assign(plan.assign)?,
            goals: self.goals(plan.goals)?,
            digest: optional(plan.digest, |name| self.digest(name))?,
            labels: self.labels(plan.labels)?,
            archive,
            restrict,
            refuse: optional(plan.refuse, |reason| self.words(&Path::Field("refuse"), &reason))?.map(Into::into),
        })
    }

    pub(super) fn approve(&mut self, plan: contract::ApprovePlan) -> Part<ApprovePlan> {
        let list = Path::Field("stages");
        let stages = plan.stages.into_iter().enumerate();
        let stages = stages.map(|(index, stage)| self.stage(&Path::Item(&list, index), stage)).collect::<Part<_>>()?;
        Ok(ApprovePlan { stages, post_hoc: plan.post_hoc })
    }

    pub(super) fn escalate(&mut self, plan: contract::EscalatePlan) -> Part<EscalatePlan> {
        Ok(EscalatePlan {
            notify: self.sends("notify", plan.notify)?,
            assign: self.assign(plan.assign)?,
            level: self.level(plan.level)?,
            goals: self.goals(plan.goals)?,
        })
    }

    fn count(&mut self, text_bytes: usize) -> Part<()> {
        self.ledger.plan(text_bytes).map_err(|cause| Unread::Stop(Stop(cause)))
    }

    fn level(&mut self, level: Option<u8>) -> Part<Option<herald_core::message::Level>> {
        optional(level, |number| Path::Field("level").is(vocabulary::level(number.into())))
    }

    fn word<T>(
        &mut self,
        field: &str,
        word: Option<String>,
        understand: fn(&str) -> Result<T, Wrong>,
    ) -> Part<Option<T>> {
        optional(word, |word| Path::Field(field).is(understand(&word)))
    }

    fn assign(&mut self, target: Option<String>) -> Part<Option<Target>> {
        optional(target, |target| self.target(&Path::Field("assign"), &target))
    }

    fn target(&mut self, path: &Path<'_>, text: &str) -> Part<Target> {
        self.count(text.len())?;
        path.is(self.world.target(text))
    }

    fn targets<C: FromIterator<Target>>(&mut self, path: &Path<'_>, list: &[String]) -> Part<C> {
        list.iter().enumerate().map(|(index, text)| self.target(&Path::Item(path, index), text)).collect()
    }

    fn channels<C: FromIterator<herald_core::names::ChannelName>>(
        &mut self,
        path: &Path<'_>,
        list: &[String],
    ) -> Part<C> {
        let channel = |(index, text): (usize, &String)| {
            self.count(text.len())?;
            Path::Item(path, index).is(vocabulary::channel(self.world.organisation(), text))
        };
        list.iter().enumerate().map(channel).collect()
    }

    fn sends(&mut self, field: &str, sends: Vec<contract::Send>) -> Part<Vec<Send>> {
        let list = Path::Field(field);
        let send = |(index, send): (usize, contract::Send)| {
            let path = Path::Item(&list, index);
            Ok(Send {
                to: self.target(&Path::Of(&path, "to"), &send.to)?,
                by: self.channels(&Path::Of(&path, "by"), &send.by)?,
                acknowledge_within: span_if(&Path::Of(&path, "acknowledge-within"), send.acknowledge_within)?,
                answer_within: span_if(&Path::Of(&path, "answer-within"), send.answer_within)?,
                report_every: span_if(&Path::Of(&path, "report-every"), send.report_every)?,
                remind_before: span_if(&Path::Of(&path, "remind-before"), send.remind_before)?,
                asks: self.questions(&Path::Of(&path, "asks"), send.asks)?,
            })
        };
        sends.into_iter().enumerate().map(send).collect()
    }

    fn questions(&mut self, list: &Path<'_>, questions: Vec<contract::Question>) -> Part<Vec<Question>> {
        let question = |(index, question): (usize, contract::Question)| {
            let path = Path::Item(list, index);
            Ok(Question {
                about: self.words(&Path::Of(&path, "about"), &question.about)?,
                within: span(&Path::Of(&path, "within"), question.within)?,
            })
        };
        questions.into_iter().enumerate().map(question).collect()
    }

    fn goals(&mut self, goals: Vec<contract::Goal>) -> Part<Vec<GoalPlan>> {
        let list = Path::Field("goals");
        let goal = |(index, goal): (usize, contract::Goal)| {
            let path = Path::Item(&list, index);
            let moment = |field, text: Option<String>| {
                optional(text, |text| Path::Of(&path, field).is(vocabulary::moment(&text)))
            };
            self.count(goal.name.len())?;
            Ok(GoalPlan {
                name: Path::Of(&path, "name").is(vocabulary::goal(&goal.name))?,
                owner: optional(goal.owner, |owner| self.target(&Path::Of(&path, "owner"), &owner))?,
                starts: moment("starts", goal.starts)?.unwrap_or(Moment::Opened),
                stops: moment("stops", goal.stops)?,
                within: span(&Path::Of(&path, "within"), goal.within)?,
                warn_before: span_if(&Path::Of(&path, "warn-before"), goal.warn_before)?,
                repeats: goal.repeats,
            })
        };
        goals.into_iter().enumerate().map(goal).collect()
    }

    fn words(&mut self, path: &Path<'_>, text: &str) -> Part<String> {
        self.count(text.len())?;
        path.is(vocabulary::words(text))
    }

    fn digest(&mut self, name: String) -> Part<String> {
        self.count(name.len())?;
        Path::Field("digest").is(vocabulary::digest(&name))?;
        Ok(name)
    }

    fn labels(&mut self, labels: Vec<(String, String)>) -> Part<BTreeMap<String, String>> {
        let list = Path::Field("labels");
        let label = |(index, (name, value)): (usize, (String, String))| {
            self.count(name.len() + value.len())?;
            Path::Item(&list, index).is(vocabulary::label(&name, &value))?;
            Ok((name, value))
        };
        labels.into_iter().enumerate().map(label).collect()
    }

    fn restriction(&mut self, restriction: contract::Restriction) -> Part<Restriction> {
        let path = Path::Field("restrict");
        Ok(Restriction {
            recipients: optional(restriction.recipients, |list| self.targets(&Path::Of(&path, "recipients"), &list))?,
            channels: optional(restriction.channels, |list| self.channels(&Path::Of(&path, "channels"), &list))?,
        })
    }

    fn stage(&mut self, path: &Path<'_>, stage: contract::Stage) -> Part<StagePlan> {
        self.count(stage.name.len())?;
        let name = Path::Of(path, "name").is(vocabulary::stage(&stage.name))?;
        let approvers = Path::Of(path, "approvers");
        if stage.approvers.is_empty() {
            return approvers.is(Err(Wrong::new("a stage needs somebody to approve it; the list is empty")));
        }
        Ok(StagePlan {
            name,
            phase: optional(stage.phase, |text| Path::Of(path, "phase").is(vocabulary::phase(&text)))?
                .unwrap_or(Phase::Department),
            mode: optional(stage.mode, |text| Path::Of(path, "mode").is(mode(&text)))?.unwrap_or(Mode::Any),
            approvers: self.targets(&approvers, &stage.approvers)?,
            within: span_if(&Path::Of(path, "within"), stage.within)?,
            at_deadline: optional(stage.at_deadline, |text| {
                Path::Of(path, "at-deadline").is(vocabulary::at_deadline(&text))
            })?
            .unwrap_or(AtDeadline::Escalate),
            self_approval: stage.self_approval,
        })
    }
}

/// What `read` makes of a value, if there is one.
fn optional<A, B, E>(value: Option<A>, read: impl FnOnce(A) -> Result<B, E>) -> Result<Option<B>, E> {
    value.map(read).transpose()
}

fn span_if(path: &Path<'_>, written: Option<contract::Span>) -> Part<Option<Span>> {
    optional(written, |written| span(path, written))
}

fn span(path: &Path<'_>, written: contract::Span) -> Part<Span> {
    path.is(read_span(&written))
}

/// A span of the contract.
pub(super) fn read_span(written: &contract::Span) -> Result<Span, Wrong> {
    let (unit, count) = match written {
        contract::Span::Clock(text) => return vocabulary::span(text),
        contract::Span::WorkingMinutes(count) => (Unit::WorkingMinutes, *count),
        contract::Span::WorkingHours(count) => (Unit::WorkingHours, *count),
        contract::Span::WorkingDays(count) => (Unit::WorkingDays, *count),
    };
    Span::new(unit, count.into()).map_err(Wrong::new)
}

/// How many approvers a stage needs.
fn mode(text: &str) -> Result<Mode, Wrong> {
    match text {
        "any" => Ok(Mode::Any),
        "all" => Ok(Mode::All),
        "sequential" => Ok(Mode::Sequential),
        _ => match text.strip_prefix("quorum:") {
            Some(count) => match count.parse() {
                Ok(count) if count > 0 => Ok(Mode::Quorum(count)),
                _ => {
                    Err(Wrong::new(format!("a quorum is a whole number of at least 1, as in `quorum:2`, not `{text}`")))
                }
            },
            None => Err(unknown("mode", text, ["any", "all", "quorum:2", "sequential"].into_iter())),
        },
    }
}

//! What policies say, in words: what each bundle asked for, and why where it says so.

use std::collections::BTreeSet;

use herald_core::decision::{Contribution, HookOutcome, HookPlan};
use herald_core::names::ChannelName;
use herald_core::plan::{ApprovePlan, EscalatePlan, GoalPlan, Moment, Question, RoutePlan, Send, StagePlan};
use herald_core::target::Target;

use super::names::Names;
use super::words::Phrase;

impl Names {
    /// What a bundle had to say; nothing when it had nothing to add.
    pub(super) fn contribution(&self, contribution: &Contribution) -> Option<String> {
        let mut parts = match &contribution.outcome {
            HookOutcome::Plan(HookPlan::Route(plan)) => self.route(plan),
            HookOutcome::Plan(HookPlan::Approve(plan)) => self.approve(plan),
            HookOutcome::Plan(HookPlan::Escalate(plan)) => self.escalate(plan),
            HookOutcome::Failed { message, .. } => vec![self.language.say(Phrase::Failed, &[("why", message)])],
        };
        if parts.is_empty() {
            return None;
        }
        if !contribution.log.is_empty() {
            let log = contribution.log.lines().collect::<Vec<_>>().join(self.language.word(Phrase::PartSign));
            parts.push(self.language.say(Phrase::Because, &[("log", &log)]));
        }
        let what = parts.join(self.language.word(Phrase::PartSign));
        let policy = self.policy(&contribution.bundle);
        Some(self.language.say(Phrase::PolicySays, &[("policy", &policy), ("what", &what)]))
    }

    fn route(&self, plan: &RoutePlan) -> Vec<String> {
        let mut parts = Vec::new();
        parts.extend(plan.refuse.iter().map(|why| self.language.say(Phrase::Refuses, &[("why", why)])));
        parts.extend(plan.level.map(|level| self.language.say(Phrase::SetsLevel, &[("level", &level.to_string())])));
        parts.extend(self.sends(&plan.sends));
        parts.extend(plan.assign.iter().map(|target| self.answers(target)));
        parts.extend(plan.goals.iter().map(|goal| self.sets(goal)));
        let mark = |(name, value): (&String, &String)| {
            self.language.say(Phrase::Marks, &[("name", name.as_str()), ("value", value.as_str())])
        };
        parts.extend(plan.labels.iter().map(mark));
        parts.extend(plan.restrict.iter().map(|_| self.language.word(Phrase::Restricts).to_owned()));
        parts
    }

    fn approve(&self, plan: &ApprovePlan) -> Vec<String> {
        let stage = |stage: &StagePlan| {
            let approvers = self.list(stage.approvers.iter().map(|target| self.target(target)));
            let span = stage.within.map(|within| self.span(within, None));
            let phrase = if span.is_some() { Phrase::WantsStageWithin } else { Phrase::WantsStage };
            let span = span.unwrap_or_default();
            let holes = [("stage", stage.name.as_str()), ("approvers", &approvers), ("span", &span)];
            self.language.say(phrase, &holes)
        };
        let mut parts: Vec<_> = plan.stages.iter().map(stage).collect();
        if plan.post_hoc {
            parts.push(self.language.word(Phrase::Afterwards).to_owned());
        }
        parts
    }

    fn escalate(&self, plan: &EscalatePlan) -> Vec<String> {
        let mut parts = Vec::new();
        parts.extend(plan.level.map(|level| self.language.say(Phrase::SetsLevel, &[("level", &level.to_string())])));
        parts.extend(self.sends(&plan.notify));
        parts.extend(plan.assign.iter().map(|target| self.answers(target)));
        parts.extend(plan.goals.iter().map(|goal| self.sets(goal)));
        parts
    }

    /// Sends, those with the same wishes together.
    fn sends(&self, sends: &[Send]) -> Vec<String> {
        let mut alike: Vec<(&Send, Vec<&Target>)> = Vec::new();
        for send in sends {
            let same = |other: &Send| Send { to: send.to.clone(), ..other.clone() } == *send;
            match alike.iter_mut().find(|(other, _)| same(other)) {
                Some((_, targets)) => targets.push(&send.to),
                None => alike.push((send, vec![&send.to])),
            }
        }
        alike.into_iter().map(|(send, targets)| self.send(send, &targets)).collect()
    }

    fn send(&self, send: &Send, targets: &[&Target]) -> String {
        let target = self.list(targets.iter().map(|target| self.target(target)));
        let mut parts = vec![match send.by.is_empty() {
            true => self.language.say(Phrase::ToWhom, &[("target", &target)]),
            false => {
                let channels = self.channels(&send.by);
                self.language.say(Phrase::ToWhomBy, &[("target", &target), ("channels", &channels)])
            }
        }];
        for (phrase, within) in [
            (Phrase::MustAcknowledge, send.acknowledge_within),
            (Phrase::MustAnswer, send.answer_within),
            (Phrase::MustReport, send.report_every),
        ] {
            parts.extend(within.map(|span| self.language.say(phrase, &[("span", &self.span(span, None))])));
        }
        for Question { about, within } in &send.asks {
            let holes = [("about", about.as_str()), ("span", &self.span(*within, None))];
            parts.push(self.language.say(Phrase::MustAnswerThis, &holes));
        }
        let before = send.remind_before.map(|span| self.span(span, None));
        parts.extend(before.map(|span| self.language.say(Phrase::RemindsBefore, &[("span", &span)])));
        parts.join(self.language.word(Phrase::CommaSign))
    }

    /// Channels after each other.
    pub(super) fn channels(&self, channels: &BTreeSet<ChannelName>) -> String {
        self.list(channels.iter().map(|channel| self.channel(channel)))
    }

    fn answers(&self, target: &Target) -> String {
        self.language.say(Phrase::Answers, &[("target", &self.target(target))])
    }

    fn sets(&self, goal: &GoalPlan) -> String {
        let anybody = || self.language.word(Phrase::AccountablePerson).to_owned();
        let owner = goal.owner.as_ref().map_or_else(anybody, |owner| self.target(owner));
        let (name, span, moment) = (self.goal(&goal.name), self.span(goal.within, None), self.moment(&goal.starts));
        let holes = [("goal", name.as_str()), ("owner", &owner), ("span", &span), ("moment", &moment)];
        let phrase = if goal.starts == Moment::Opened { Phrase::SetsGoal } else { Phrase::SetsGoalOnce };
        self.language.say(phrase, &holes)
    }
}

//! Bundles that keep failing: how that is counted, and how their department hears of it.
//!
//! What each bundle contributed lies in the journal with every decision, so the count is a function of the journal:
//! it is kept in the order of commits, survives a restart, and a trial evaluation does not touch it.
//!
//! It is counted for each hook of a revision by itself. A bundle whose `approve` always fails would otherwise never
//! fail three times in a row, because its `route` succeeds in between.
//!
//! The notice is a case like any other, with a task for the department's policy authors. No policy has a say in it:
//! its plan is made here, and nobody's `escalate` is asked about it. A policy that fails for every message would
//! otherwise fail for the notice of that, and so on.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::decision::{BundleId, Decision, FailureCause, Hook, HookOutcome, Plan, Promise, Reach};
use crate::ids::CaseId;
use crate::message::{Audience, Classification, ContentType, Level, Message, Urgency};
use crate::names::KindName;
use crate::organisation::{ArchiveClass, Organisation};
use crate::span::Span;
use crate::target::Actor;

/// How many failures of one hook in a row mark a revision as failing (policies.md, "Limits").
pub const FAILURES_LIMIT: u32 = 3;

/// The kind of the notice that a bundle keeps failing. It is Herald's own: no organisation may define it, so that
/// nobody can submit one.
pub const NOTICE_KIND: &str = "policy-failure";

/// How long the authors have to answer a notice, in clock seconds: a day. By the clock, so that the notice needs no
/// calendar, without which it would be refused.
const ANSWER_WITHIN_SECONDS: i64 = 24 * 60 * 60;

/// The labels of a notice that say what it is about.
const BUNDLE_LABEL: &str = "bundle";
const REVISION_LABEL: &str = "revision";

/// Failures of one hook without a success in between.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Streak {
    /// How many, from 1.
    pub failures: u32,
    /// When the first of them was committed.
    pub since: Timestamp,
    /// When the last was.
    pub at: Timestamp,
    /// Why the last one failed.
    pub cause: FailureCause,
    /// The case it was about.
    pub case: CaseId,
}

/// How the hooks of one revision of a bundle fail at the moment. What a policy said when it failed is not kept here:
/// that may quote a message, and lies with the decision, for those who may read it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Failures(BTreeMap<Hook, Streak>);

/// A revision of a bundle that keeps failing: one of its hooks, the last one that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// Which hook.
    pub hook: Hook,
    /// How it fails.
    pub streak: Streak,
}

impl Failures {
    /// Counts one call, committed at `at` with a decision about `case`. Returns whether that changed anything. Where
    /// the bundle was not called at all, such as while it is suspended, nothing is learned.
    pub fn count(&mut self, hook: Hook, outcome: &HookOutcome, case: CaseId, at: Timestamp) -> bool {
        match outcome {
            HookOutcome::Plan(_) => self.0.remove(&hook).is_some(),
            HookOutcome::Failed { cause, .. } if !cause.was_called() => false,
            HookOutcome::Failed { cause, .. } => {
                let streak = self.0.entry(hook).or_insert(Streak { failures: 0, since: at, at, cause: *cause, case });
                streak.failures = streak.failures.saturating_add(1);
                (streak.at, streak.cause, streak.case) = (at, *cause, case);
                true
            }
        }
    }

    /// How often `hook` failed since it last succeeded.
    #[must_use]
    pub fn in_a_row(&self, hook: Hook) -> u32 {
        self.0.get(&hook).map_or(0, |streak| streak.failures)
    }

    /// Whether no hook failed when it was last called.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether, and how, the revision keeps failing: of several hooks that do, the one that failed last.
    #[must_use]
    pub fn failing(&self) -> Option<Failing> {
        let failing = self.0.iter().filter(|(_, streak)| streak.failures >= FAILURES_LIMIT);
        let (hook, streak) = failing.max_by_key(|(_, streak)| streak.at)?;
        Some(Failing { hook: *hook, streak: streak.clone() })
    }
}

impl Failing {
    /// What two partitions say of one revision, together: all its failures, and the latest of them.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let (latest, earlier) = if self.streak.at >= other.streak.at { (self, other) } else { (other, self) };
        let streak = Streak {
            failures: latest.streak.failures.saturating_add(earlier.streak.failures),
            since: latest.streak.since.min(earlier.streak.since),
            ..latest.streak
        };
        Self { streak, ..latest }
    }
}

/// What a notice is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The revision keeps failing.
    Failing {
        /// How.
        failing: Failing,
        /// Whether it is not asked any more.
        suspended: bool,
    },
    /// The revision was published and does not load any more, such as after an upgrade.
    NotLoaded {
        /// Why not.
        reason: String,
    },
}

/// The kind of notices.
#[must_use]
pub fn notice_kind() -> KindName {
    KindName::new(NOTICE_KIND).unwrap_or_else(|_| unreachable!("`{NOTICE_KIND}` is a name"))
}

/// By what a notice about this revision is found again: there is at most one live case of it.
#[must_use]
pub fn notice_key(bundle: &BundleId, revision: u32) -> String {
    format!("policy-failing:{bundle}:{revision}")
}

/// The bundle and the revision that a notice is about, by its labels; `None` for any other message.
#[must_use]
pub fn subject_of_notice(kind: &KindName, labels: &BTreeMap<String, String>) -> Option<(BundleId, u32)> {
    let label = |name| labels.get(name).filter(|_| kind.as_str() == NOTICE_KIND);
    Some((label(BUNDLE_LABEL)?.parse().ok()?, label(REVISION_LABEL)?.parse().ok()?))
}

/// The notice of `trouble` with a revision of a bundle, and what is to be done with it: the policy authors of its
/// department, or whoever stands in for them, are asked for an answer within a day.
#[must_use]
pub fn notice(
    organisation: &Organisation,
    bundle: &BundleId,
    revision: u32,
    trouble: &Trouble,
    now: Timestamp,
) -> (Message, Decision) {
    let labels = BTreeMap::from([
        (BUNDLE_LABEL.to_owned(), bundle.to_string()),
        (REVISION_LABEL.to_owned(), revision.to_string()),
    ]);
    let message = Message {
        kind: notice_kind(),
        subject: format!("policy {bundle} revision {revision} {}", trouble.verb()),
        summary: Some(trouble.summary()),
        body: trouble.body(bundle, revision),
        sender: Actor::Host,
        department: bundle.department.clone(),
        urgency: Urgency::Urgent,
        audience: Audience::Department,
        classification: Classification::Internal,
        content_type: ContentType::Collaboration,
        to: Vec::new(),
        labels: labels.clone(),
        dedup_key: Some(notice_key(bundle, revision)),
        caused_by: trouble.case(),
        submitted_at: now,
    };
    let authors = organisation.policy_authors(&bundle.department);
    let within = Span::clock_seconds(ANSWER_WITHIN_SECONDS).unwrap_or_else(|_| unreachable!("a day is a span"));
    // Named for the record only: nobody is asked about a breach of this promise.
    let answer = Promise { within, set_by: bundle.clone(), remind_before: None, about: None };
    let reach = Reach { answer: [answer].into(), ..Reach::default() };
    let plan = Plan {
        level: Level::of_urgency(message.urgency),
        classification: message.classification,
        audience: message.audience,
        content_type: Some(message.content_type),
        recipients: [(authors.clone(), reach)].into(),
        restrictions: Vec::new(),
        accountable: Some(authors),
        receivers: Vec::new(),
        goals: Vec::new(),
        stages: Vec::new(),
        post_hoc: false,
        digest: None,
        labels,
        archive: ArchiveClass::Standard,
        flags: Default::default(),
        refused: None,
    };
    let configuration = organisation.revision;
    (message, Decision { plan, held: None, contributions: Vec::new(), cuts: Vec::new(), configuration })
}

impl Trouble {
    /// The case that showed it last, if it was a case.
    fn case(&self) -> Option<CaseId> {
        match self {
            Self::Failing { failing, .. } => Some(failing.streak.case),
            Self::NotLoaded { .. } => None,
        }
    }

    fn verb(&self) -> &'static str {
        match self {
            Self::Failing { suspended: true, .. } => "is suspended",
            Self::Failing { suspended: false, .. } => "keeps failing",
            Self::NotLoaded { .. } => "does not load",
        }
    }

    /// In one line, without what the policy itself said: that may quote a message that its authors may not read.
    fn summary(&self) -> String {
        match self {
            Self::Failing { failing: Failing { hook, streak }, .. } => {
                let Streak { failures, cause, case, .. } = streak;
                format!("`{hook}` failed {failures} times in a row; last {}, for message {case}", cause.in_words())
            }
            Self::NotLoaded { .. } => "it cannot be asked: its messages are dealt with as if it had failed".to_owned(),
        }
    }

    fn body(&self, bundle: &BundleId, revision: u32) -> Map<String, Value> {
        let mut body = Map::new();
        let mut say = |name: &str, value: Value| body.insert(name.to_owned(), value);
        say("bundle", json!(bundle));
        say("revision", json!(revision));
        match self {
            Self::Failing { failing: Failing { hook, streak }, suspended } => {
                say("hook", json!(hook));
                say("cause", json!(streak.cause));
                say("failures", json!(streak.failures));
                say("since", json!(streak.since));
                say("last_message", json!(streak.case));
                say("suspended", json!(suspended));
            }
            Self::NotLoaded { reason } => drop(say("reason", json!(reason))),
        }
        say("to_do", json!("publish a corrected revision: this notice is then taken back by itself"));
        body
    }
}

#[cfg(test)]
mod tests;

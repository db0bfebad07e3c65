//! What is carried out in place of a decision that no record can hold.
//!
//! Policies have limits of their own, but several of them together may still decide more than a frame takes. A
//! message must not be lost to that, nor an escalation stop: the message is held for an author of the bundle that
//! said the most, and a breach goes the house's own way.

use herald_core::command::Command;
use herald_core::decision::{Contribution, Decision, Escalation, FailureCause, Hold, HookOutcome, Plan};
use herald_core::encoded::Encoded;

/// Why, as the case tells it.
const REASON: &str = "what the policies decided together is larger than a record may be; let them do less";

/// The command in place of `command`, if what made that too large is what policies decided.
pub(super) fn in_place_of(command: &Command) -> Option<Command> {
    match command {
        Command::Submit { message, decision } => {
            let decision = held(decision)?;
            Some(Command::Submit { message: message.clone(), decision })
        }
        Command::Resubmit { message, decision } => {
            let decision = held(decision)?;
            Some(Command::Resubmit { message: message.clone(), decision })
        }
        Command::Release { decision } => Some(Command::Release { decision: held(decision)? }),
        Command::GoalDue { goals, escalation } => {
            let empty = Escalation { configuration: escalation.configuration, ..Escalation::default() };
            let differs = **escalation != empty;
            differs.then(|| Command::GoalDue { goals: goals.clone(), escalation: Box::new(empty) })
        }
        _ => None,
    }
}

/// A decision that only says that `decision` could not be kept; `None` when no bundle had a part in it.
fn held(decision: &Decision) -> Option<Encoded<Decision>> {
    let largest = decision.contributions.iter().max_by_key(|contribution| size(contribution))?;
    let plan = Plan {
        recipients: Default::default(),
        accountable: None,
        receivers: Vec::new(),
        goals: Vec::new(),
        stages: Vec::new(),
        digest: None,
        labels: Default::default(),
        ..decision.plan.clone()
    };
    let decision = Decision {
        plan,
        held: Some(Hold { bundle: largest.bundle.clone(), reason: REASON.to_owned(), busy: false }),
        contributions: decision.contributions.iter().map(without_content).collect(),
        cuts: Vec::new(),
        configuration: decision.configuration,
    };
    Some(decision.into())
}

fn without_content(contribution: &Contribution) -> Contribution {
    let outcome = HookOutcome::Failed { cause: FailureCause::Size, message: REASON.to_owned() };
    Contribution { outcome, answers: Vec::new(), log: String::new(), ..contribution.clone() }
}

/// Bytes that a contribution takes in a record.
fn size(contribution: &Contribution) -> usize {
    serde_json::to_vec(contribution).map_or(0, |bytes| bytes.len())
}

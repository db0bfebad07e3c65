//! The hostile corpus, run through what decides for real: the check before publication, and a decision.
//!
//! What a case is, and what has to become of it, is data ([`herald_tests::corpus`]). Here is the one judgement that
//! all languages share: contained within the limits, in time, with a reason that names the cause, and with nothing
//! left behind. A language adds a module that makes a bundle out of a case.

mod limits;
mod rhai;
mod wasm;

use std::sync::Arc;

use herald_core::decision::{Contribution, Hook, HookOutcome};
use herald_core::message::Message;
use herald_core::target::Actor;
use herald_engine::Configured;
use herald_policy::{Bundle, BundleFiles, HostLimits, PolicySet, STACK_BYTES, World, computed, held_bytes};
use herald_tests::corpus::{Case, Expect, known_by};
use herald_tests::workload::{self, Files, SENDER, fault_draft};
use jiff::Timestamp;
use serde_json::json;

use limits::CHECK_LIMIT;

/// How often a bundle is asked again at most. What is made at its first use is left behind by one call, or by one in
/// each place where the host runs components; what is never given back, by every call.
const ASKED_AGAIN: usize = 4;

/// The organisation that the cases attack, and a message for them.
struct Target {
    world: Arc<World>,
    message: Arc<Message>,
}

impl Target {
    fn new() -> Self {
        let world = Arc::new(World::new(Arc::new(workload::organisation().unwrap())).unwrap());
        let configured = Configured { world: Arc::clone(&world), policies: PolicySet::default() };
        let sender = Actor::Person(SENDER.parse().unwrap());
        let message = fault_draft(1).unwrap().into_message(&configured, sender, Timestamp::UNIX_EPOCH).unwrap();
        Self { world, message: Arc::new(message) }
    }

    /// What `bundle` contributes to a decision; by its one case, if that is how its hook is called.
    fn ask(&self, bundle: &Arc<Bundle>) -> Contribution {
        if let Some(case) = bundle.run_cases(&self.world).into_iter().next() {
            return case.contribution.unwrap_or_else(|| panic!("{:?}", case.failure));
        }
        let decision = PolicySet::new(vec![Arc::clone(bundle)]).decide(&self.world, &self.message);
        decision.contributions.into_iter().next().expect("the one bundle is asked")
    }

    /// What `bundle` contributes within its limits.
    ///
    /// # Errors
    /// What it took more of than it may.
    fn decide(&self, bundle: &Arc<Bundle>) -> Result<Contribution, String> {
        let before = computed();
        let contribution = self.ask(bundle);
        let took = computed().saturating_sub(before);
        let manifest = bundle.manifest();
        limits::within(&contribution, took, manifest.language, &manifest.limits)?;
        Ok(contribution)
    }

    /// What `bundle` contributes, to the same message again as well: a call that keeps something for the next one,
    /// or finds something that is not the message's, is told by two that differ.
    ///
    /// All of a call happens on this thread, and what is called is there before and after: what the thread holds more
    /// afterwards, the call left behind.
    ///
    /// # Errors
    /// What it took more of than it may, what another call contributes instead, or what every call leaves.
    fn decide_again(&self, bundle: Bundle) -> Result<Contribution, String> {
        let bundle = Arc::new(bundle);
        let first = self.decide(&bundle)?;
        let mut left = 0;
        for _ in 0..ASKED_AGAIN {
            let before = held_bytes();
            let again = self.decide(&bundle)?;
            if !is_same(&first, &again) {
                return Err(format!("the first call is {first:?}, another {again:?}"));
            }
            drop(again);
            left = held_bytes() - before;
            if left <= 0 {
                return Ok(first);
            }
        }
        Err(format!("every call leaves something behind, the last one {left} bytes"))
    }
}

/// Whether two calls came to the same. Which limit a failure reaches first may be a matter of the machine.
fn is_same(one: &Contribution, other: &Contribution) -> bool {
    match (&one.outcome, &other.outcome) {
        (HookOutcome::Failed { .. }, HookOutcome::Failed { .. }) => true,
        (outcome, another) => outcome == another && one.log == other.log,
    }
}

/// What a bundle of the case has besides its program: a manifest, and for a hook that follows upon another what it is
/// given.
fn around(case: &Case, language: &str, limits: &str) -> Files {
    let manifest = case.manifest("production", language, limits);
    let mut files = Files::from([("policy.toml".to_owned(), manifest.into_bytes())]);
    let hook = case.hook;
    if hook != Hook::Route {
        let given = json!({
            "hook": hook,
            "message": {"kind": "note", "body": {"text": "便条"}},
            "route": {},
            "breach": if hook == Hook::Escalate { json!({"goal": "answer"}) } else { json!({}) },
            "expect": {},
        });
        files.insert("cases/hostile.json".to_owned(), given.to_string().into_bytes());
    }
    files
}

/// The cases of a corpus with their bundles, made before anything is measured: to read a text may take more memory than
/// to compile what it says.
fn attempts(cases: Vec<Case>, least: usize, files: impl Fn(&Case) -> Files) -> Vec<(Case, Files)> {
    assert!(cases.len() >= least, "only {} cases were found", cases.len());
    let attempt = |case: Case| {
        let files = files(&case);
        (case, files)
    };
    cases.into_iter().map(attempt).collect()
}

/// Runs `work` on a thread made for evaluations.
fn on_a_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work).unwrap();
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Runs every case of a corpus as the host would, and says what is wrong with all of them. Returns how many bytes more
/// the thread holds afterwards.
fn contained(attempts: &[(Case, Files)]) -> isize {
    let target = Target::new();
    let run = |(case, files): &(Case, Files)| judge(&target, case, files).err();
    // What is made at its first use is made by the first case.
    run(&attempts[0]);
    let before = held_bytes();
    let wrong: Vec<_> = attempts.iter().filter_map(run).collect();
    let left = held_bytes() - before;
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), attempts.len(), wrong.join("\n"));
    left
}

/// Runs one case.
///
/// # Errors
/// Why it is not contained, or not as expected.
fn judge(target: &Target, case: &Case, files: &Files) -> Result<(), String> {
    let Case { name, tries, expect, .. } = case;
    let wrong = |what: String| format!("{name} tries to {tries}; {what}");
    let outcome = attempt(target, files, &HostLimits::default()).map_err(wrong)?;
    let fits = match (expect, &outcome) {
        (Expect::Refused(text), Outcome::Refused(report)) => report.contains(text),
        (Expect::Stopped(causes, text), Outcome::Asked(asked)) => match &asked.outcome {
            HookOutcome::Failed { cause, message } => {
                causes.contains(cause) && message.contains(text.as_deref().unwrap_or(known_by(*cause)))
            }
            HookOutcome::Plan(_) => false,
        },
        (Expect::Plan(text), Outcome::Asked(asked)) => match &asked.outcome {
            HookOutcome::Plan(plan) => {
                asked.log.contains(text) || serde_json::to_string(plan).is_ok_and(|plan| plan.contains(text))
            }
            HookOutcome::Failed { .. } => false,
        },
        _ => false,
    };
    if fits { Ok(()) } else { Err(wrong(format!("expected {expect:?}, found {outcome:?}"))) }
}

/// What became of a case that was contained.
#[derive(Debug)]
enum Outcome {
    Refused(String),
    Asked(Box<Contribution>),
}

/// Checks a bundle, and asks it.
///
/// # Errors
/// Why it is not contained, whatever is expected of it.
fn attempt(target: &Target, files: &Files, host: &HostLimits) -> Result<Outcome, String> {
    let files = match BundleFiles::new(files.clone(), host) {
        Ok(files) => files,
        Err(error) => return Ok(Outcome::Refused(error.to_string())),
    };
    let before = computed();
    let checked = Bundle::check(&files, 1, &target.world, host);
    let took = computed().saturating_sub(before);
    if took > CHECK_LIMIT {
        return Err(format!("its check took {took:?}"));
    }
    match checked {
        Ok(bundle) => Ok(Outcome::Asked(Box::new(target.decide_again(bundle)?))),
        Err(report) => {
            // The host loads what was checked once; should it ever be this, it has to be contained as well.
            if let Ok(bundle) = Bundle::load(&files, 1, host) {
                target.decide(&Arc::new(bundle))?;
            }
            Ok(Outcome::Refused(report.to_string()))
        }
    }
}

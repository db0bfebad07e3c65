//! The hostile corpus, run through what decides for real: the check before publication, and a decision.
//!
//! What a case is, and what has to become of it, is data ([`herald_tests::corpus`]). Here is the one judgement that
//! all languages share: contained within the limits, in time, with a reason that names the cause, and with nothing
//! left behind. A language adds a module that makes a bundle out of a case.

mod rhai;
mod wasm;

use std::sync::Arc;
use std::time::Duration;

use herald_core::decision::{Contribution, Hook, HookOutcome};
use herald_core::message::Message;
use herald_core::target::Actor;
use herald_engine::Configured;
use herald_policy::{Bundle, BundleFiles, HostLimits, PolicySet, STACK_BYTES, World, held_bytes};
use herald_tests::corpus::{Case, Expect, known_by};
use herald_tests::workload::{self, Files, SENDER, fault_draft};
use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;

/// How much longer than its time limit a contained case may keep its thread computing: one native call, in a build
/// without optimisation. A script that nothing stops takes for ever.
const PATIENCE: Duration = Duration::from_secs(8);
/// What may stay behind after a whole corpus: what is made once, at its first use.
const LEFT_BEHIND_LIMIT_BYTES: isize = 256 * 1_024;

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
    fn decide(&self, bundle: &Arc<Bundle>) -> Contribution {
        if let Some(case) = bundle.run_cases(&self.world).into_iter().next() {
            return case.contribution.unwrap_or_else(|| panic!("{:?}", case.failure));
        }
        let decision = PolicySet::new(vec![Arc::clone(bundle)]).decide(&self.world, &self.message);
        decision.contributions.into_iter().next().expect("the one bundle is asked")
    }

    /// What `bundle` contributes, to the same message again as well: a call that keeps something for the next one,
    /// or finds something that is not the message's, is told by two that differ.
    ///
    /// # Errors
    /// What the second call contributes instead.
    fn decide_twice(&self, bundle: Bundle) -> Result<Contribution, String> {
        let bundle = Arc::new(bundle);
        let first = self.decide(&bundle);
        if matches!(first.outcome, HookOutcome::Failed { .. }) {
            return Ok(first);
        }
        let second = self.decide(&bundle);
        if (&first.outcome, &first.log) == (&second.outcome, &second.log) {
            Ok(first)
        } else {
            Err(format!("first {first:?}, then {second:?}"))
        }
    }
}

/// What a bundle of the case has besides its program: a manifest, and for a hook that follows upon another what it is given.
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

/// Runs every case of a corpus as the host would, on a thread made for evaluations, and says what is wrong with all of
/// them.
fn contained(cases: &[Case], least: usize, files: impl Fn(&Case) -> Files + Send) {
    let run = || all_contained(cases, least, files);
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, run).unwrap();
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
}

fn all_contained(cases: &[Case], least: usize, files: impl Fn(&Case) -> Files) {
    assert!(cases.len() >= least, "only {} cases were found", cases.len());
    let target = Target::new();
    let run = |case: &Case| judge(&target, case, &files(case)).err();
    // What is made at its first use is made by the first case.
    run(&cases[0]);
    let before = held_bytes();
    let wrong: Vec<_> = cases.iter().filter_map(run).collect();
    let left = held_bytes() - before - isize::try_from(wrong.iter().map(String::capacity).sum::<usize>()).unwrap();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(left <= LEFT_BEHIND_LIMIT_BYTES, "{left} bytes are left behind");
}

/// Runs one case.
///
/// # Errors
/// Why it is not contained, or not as expected.
fn judge(target: &Target, case: &Case, files: &Files) -> Result<(), String> {
    let Case { name, tries, expect, .. } = case;
    let host = HostLimits::default();
    let before = computed();
    let outcome = attempt(target, files, &host);
    let took = computed().saturating_sub(before);
    if let Outcome::Changing(both) = &outcome {
        return Err(format!("{name} tries to {tries}; the second call differs: {both}"));
    }
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
    if !fits {
        return Err(format!("{name} tries to {tries}; expected {expect:?}, found {outcome:?}"));
    }
    let time_limit = Duration::from_millis(host.most.time_limit_ms.into());
    if took > time_limit + PATIENCE {
        return Err(format!("{name} tries to {tries}; it took {took:?}"));
    }
    Ok(())
}

/// What became of a case.
#[derive(Debug)]
enum Outcome {
    Refused(String),
    Asked(Box<Contribution>),
    Changing(String),
}

fn attempt(target: &Target, files: &Files, host: &HostLimits) -> Outcome {
    let checked = BundleFiles::new(files.clone(), host).map_err(|error| error.to_string()).and_then(|files| {
        let refused = match Bundle::check(&files, 1, &target.world, host) {
            Ok(bundle) => return Ok(bundle),
            Err(report) => report.to_string(),
        };
        // The host loads what was checked once; should it ever be this, it has to be contained as well.
        if let Ok(bundle) = Bundle::load(&files, 1, host) {
            target.decide(&Arc::new(bundle));
        }
        Err(refused)
    });
    let asked = |bundle| match target.decide_twice(bundle) {
        Ok(contribution) => Outcome::Asked(Box::new(contribution)),
        Err(both) => Outcome::Changing(both),
    };
    checked.map_or_else(Outcome::Refused, asked)
}

/// How long this thread has computed.
fn computed() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}

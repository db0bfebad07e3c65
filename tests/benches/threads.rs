//! What threads that evaluate cost each other: two beside one, and one beside a thread that runs the hostile
//! corpus.
//!
//! By the wall clock, two threads show locks that they wait for; by the time that each thread computed, what they
//! cost each other by sharing memory. The second holds on a busy machine, too.

use std::sync::Arc;

use herald_core::decision::Hook;
use herald_core::target::Actor;
use herald_engine::Configured;
use herald_policy::{Bundle, BundleFiles, HostLimits, PolicySet, World};
use herald_tests::Failure;
use herald_tests::beside::{
    Hostile, SecondProcess, SecondThread, beside_hostile, hostile_beside_none, is_second_process, serve,
    two_beside_one, worst_of,
};
use herald_tests::corpus::{self, Case, Expect};
use herald_tests::measure::Job;
use herald_tests::report::{Target, head, note};
use herald_tests::workload::{self, Files, SENDER, fault_draft, files};
use jiff::Timestamp;

/// Rounds of each of two that are compared, taking turns.
const ROUNDS: usize = 11;

fn main() -> Result<(), Failure> {
    let job = job()?;
    if is_second_process() {
        return serve(|| job.decide());
    }
    let hostile = hostile()?;
    let mut process = SecondProcess::start()?;
    let (mut rounds, mut processes, mut beside) = (Vec::new(), Vec::new(), Vec::new());
    std::thread::scope(|scope| {
        let second = SecondThread::start(scope, || job.beside());
        for _ in 0..ROUNDS {
            rounds.push(second.round(|| job.decide())?);
            processes.push(process.round(|| job.decide())?);
            beside.push(beside_hostile(&job, &hostile)?);
        }
        Ok::<_, Failure>(())
    })?;
    head("threads: evaluations a second, a bundle at each of three layers");
    two_beside_one("two threads", &rounds, Target::AtLeast(1.8));
    two_beside_one("two processes", &processes, Target::None);
    hostile_beside_none("beside hostile scripts", &beside, &processes);
    worst_of("beside hostile scripts", &job, &hostile)?;
    note("two processes: they share nothing of Herald, so that they show what the machine has for two");
    note("by what each computed: a thread's evaluations by the processor time that it used itself");
    note("beside hostile scripts: another thread runs the hostile corpus, one script after the other");
    Ok(())
}

fn job() -> Result<Job, Failure> {
    let world = Arc::new(World::new(Arc::new(workload::organisation()?)).map_err(|_| "the sample does not compile")?);
    let configured = Configured { world: Arc::clone(&world), policies: PolicySet::default() };
    let message = fault_draft(1)?.into_message(&configured, Actor::Person(SENDER.parse()?), Timestamp::UNIX_EPOCH);
    let message = Arc::new(message.map_err(|problems| format!("{problems:?}"))?);
    let bundles = workload::bundles()?.into_values().map(bundle).collect::<Result<_, _>>()?;
    Ok(Job { world, message, policies: PolicySet::new(bundles) })
}

fn bundle(files: Files) -> Result<Arc<Bundle>, Failure> {
    let host = HostLimits::default();
    let files = BundleFiles::new(files, &host)?;
    Ok(Arc::new(Bundle::load(&files, 1, &host).map_err(|report| report.to_string())?))
}

/// Each script of the corpus that routes and can be published, in a set of its own.
fn hostile() -> Result<Hostile, Failure> {
    let cases = corpus::read("rhai", "rhai", "//")?;
    let route = cases.iter().filter(|case| case.hook == Hook::Route && !matches!(case.expect, Expect::Refused(_)));
    let load = |case: &Case| {
        let bundle = bundle(files(&case.manifest("production", "rhai", ""), &case.source)).ok()?;
        Some((case.name.clone(), PolicySet::new(vec![bundle])))
    };
    Ok(route.filter_map(load).collect())
}

//! What compiled policies cost: a hook in its limits, and the whole decision, beside bare wasmtime; two threads beside
//! one; and a start with many components.

mod bare;
mod restart;

use std::path::PathBuf;
use std::sync::Arc;

use herald_core::decision::{Hook, HookOutcome};
use herald_core::message::Message;
use herald_policy::{Bundle, BundleFiles, HostLimits, PolicySet, World};
use herald_server::code;
use herald_tests::beside::{
    Hostile, SecondProcess, SecondThread, beside_hostile, hostile_beside_none, is_second_process, serve,
    two_beside_one, worst_of,
};
use herald_tests::corpus::{self, Case, Expect};
use herald_tests::measure::{Job, micros, rounds};
use herald_tests::report::{Target, head, note, row};
use herald_tests::sample::rules;
use herald_tests::workload::Files;
use herald_tests::{Failure, guest};
use serde_json::{Value, json};

use self::bare::Bare;

/// The policy in Rust, and the case whose message it is asked about.
const TRIAGE: (&str, &str) = ("customer-service/complaint-triage", "cases/serious-by-text.json");
/// The policy in JavaScript and in Python, and where its cases are.
const REQUEST: (&str, &str) = ("organisation/collaboration-request", "cases/one-department.json");
/// Calls in a round, of guests that bring no interpreter and of those that do.
const CALLS: (u32, u32) = (1_000, 50);
/// Rounds on one and on two threads, taking turns.
const THREAD_ROUNDS: usize = 11;
/// How many hostile components get as far as being called, at least.
const HOSTILE_LEAST: usize = 20;
/// The largest component: those of JavaScript and Python have their interpreter in them.
const COMPONENT_LIMIT_KIB: u32 = 64 * 1_024;

fn main() -> Result<(), Failure> {
    if let Some(data) = restart::served() {
        return restart::serve(&data);
    }
    let code = code::read(&rules()).map_err(|error| format!("{error:?}"))?;
    let files = |bundle: &str| -> Result<Files, Failure> {
        code.bundles.get(&bundle.parse()?).cloned().ok_or_else(|| format!("there is no {bundle}").into())
    };
    let (triage, request) = (files(TRIAGE.0)?, files(REQUEST.0)?);
    let world = World::new(Arc::new(code.organisation)).map_err(|_| "the sample does not compile")?;
    let world = Arc::new(world);

    let job = job(&world, &triage, message(&triage, TRIAGE.1)?)?;
    if is_second_process() {
        return serve(|| job.decide());
    }
    head("components: median of microseconds a call");
    let bare = route("Rust", &triage, &job, CALLS.0, Target::AtMost(1.3))?;
    for language in ["javascript", "python"] {
        interpreted(language, &world, &request)?;
    }
    note(
        "measured: the hook with its limits, its records, and its plan read; whole: picking the bundle and the merge, too",
    );
    note("bare: wasmtime with the same guest and pool, the message ready as a record; no limits, no records");
    note("checks: what lets a guest be interrupted, compiled into it; bare has none");
    threads(&job, [&bare, &bare.again(&triage, &job.message)?])?;
    restart::restart(&triage)
}

/// A `route` as Herald calls it, beside a bare call of the same guest. Both in a fresh instance.
fn route(name: &str, files: &Files, job: &Job, calls: u32, target: Target) -> Result<Bare, Failure> {
    let mut bundles = job.policies.bundles();
    let (Some(bundle), None) = (bundles.next(), bundles.next()) else { return Err("one bundle is asked".into()) };
    let hook = || bundle.route(&job.world, &job.message);
    if let HookOutcome::Failed { message, .. } = hook().outcome {
        return Err(message.into());
    }
    if job.decide() != 1 {
        return Err("a decision does not ask the bundle".into());
    }
    let settings = Value::Object(bundle.manifest().settings.as_ref().clone()).to_string();
    let bare = Bare::new(files, &job.message, settings.clone(), false)?;
    let checked = Bare::new(files, &job.message, settings, true)?;
    let times = rounds(
        calls,
        &[&|| hook().answers.len(), &|| job.decide(), &|| bare.route().unwrap_or_default(), &|| {
            checked.route().unwrap_or_default()
        }],
    );
    let [hook, whole, bare_time, checked] = *times.as_slice() else { return Err("four are measured".into()) };
    let beside = |time: f64| format!("bare {}", micros(time));
    row(name, &micros(hook), &beside(bare_time), hook / bare_time, "", target);
    row("  beside a guest with checks", &micros(hook), &beside(checked), hook / checked, "", Target::None);
    row("  the whole decision", &micros(whole), &beside(bare_time), whole / bare_time, "", Target::None);
    Ok(bare)
}

/// The policy that there is in three languages, in one that brings an interpreter, if it was built.
fn interpreted(language: &str, world: &Arc<World>, script: &Files) -> Result<(), Failure> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../plugins/collaboration-request").join(language);
    let Ok(component) = std::fs::read(folder.join("policy.wasm")) else {
        note(&format!("{language}: first `herald plugin build plugins/collaboration-request/{language}`;"));
        note("  the README beside it says where its compiler comes from");
        return Ok(());
    };
    let mut manifest: toml::Table = std::fs::read_to_string(folder.join("policy.toml"))?.parse()?;
    // One call is measured; the policy has a say in approvals, too.
    manifest.insert("hooks".to_owned(), vec!["route"].into());
    let files = Files::from([
        ("policy.toml".to_owned(), manifest.to_string().into_bytes()),
        ("policy.wasm".to_owned(), component),
    ]);
    let job = job(world, &files, message(script, REQUEST.1)?)?;
    route(language, &files, &job, CALLS.1, Target::None).map(drop)
}

/// Two threads beside one; the same of two processes, which share nothing; of the bare guest, of which each thread has
/// one of its own, as in Herald; and one thread beside hostile components.
fn threads(job: &Job, [bare, other]: [&Bare; 2]) -> Result<(), Failure> {
    let mut process = SecondProcess::start()?;
    let hostile = hostile()?;
    let (mut ours, mut processes, mut bares, mut beside) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    std::thread::scope(|scope| {
        let second = SecondThread::start(scope, || job.beside());
        let second_bare = SecondThread::start(scope, || || other.route().unwrap_or_default());
        for _ in 0..THREAD_ROUNDS {
            ours.push(second.round(|| job.decide())?);
            processes.push(process.round(|| job.decide())?);
            bares.push(second_bare.round(|| bare.route().unwrap_or_default())?);
            beside.push(beside_hostile(job, &hostile)?);
        }
        Ok::<_, Failure>(())
    })?;
    head("components on threads: evaluations a second");
    two_beside_one("two threads", &ours, Target::AtLeast(1.8));
    two_beside_one("two processes", &processes, Target::None);
    two_beside_one("two threads, bare", &bares, Target::None);
    hostile_beside_none("beside hostile components", &beside, &processes);
    worst_of("beside hostile components", job, &hostile)?;
    note("two processes: they share nothing of Herald, so that they show what the machine has for two");
    note("beside hostile components: another thread runs the hostile corpus, one component after the other");
    Ok(())
}

/// Each component of the hostile corpus that routes and can be published, in a set of its own.
fn hostile() -> Result<Hostile, Failure> {
    let host = HostLimits::default();
    let load = |case: &Case| {
        let manifest = case.manifest("organisation", "wasm", "");
        let component = guest::binary(&case.source)?;
        let files = [("policy.toml", manifest.into_bytes()), ("policy.wasm", component)];
        let files = files.map(|(path, content)| (path.to_owned(), content)).into();
        let loaded = Bundle::load(&BundleFiles::new(files, &host)?, 1, &host);
        Ok::<_, Failure>(loaded.map_err(|report| report.to_string())?)
    };
    let cases = corpus::read("wasm", "wat", ";;")?;
    let route = cases.iter().filter(|case| case.hook == Hook::Route && !matches!(case.expect, Expect::Refused(_)));
    let loaded: Hostile =
        route.filter_map(|case| Some((case.name.clone(), PolicySet::new(vec![Arc::new(load(case).ok()?)])))).collect();
    if loaded.len() < HOSTILE_LEAST {
        return Err(format!("only {} hostile components load", loaded.len()).into());
    }
    Ok(loaded)
}

/// One bundle, and a message for it.
fn job(world: &Arc<World>, files: &Files, message: Message) -> Result<Job, Failure> {
    let host = HostLimits { component_limit_kib: COMPONENT_LIMIT_KIB, ..HostLimits::default() };
    let files = BundleFiles::new(files.clone(), &host)?;
    let bundle = Bundle::load(&files, 1, &host).map_err(|report| report.to_string())?;
    let policies = PolicySet::new(vec![Arc::new(bundle)]);
    Ok(Job { world: Arc::clone(world), message: Arc::new(message), policies })
}

/// The message of a case in `files`, with what it leaves out.
fn message(files: &Files, case: &str) -> Result<Message, Failure> {
    let case: Value = serde_json::from_slice(files.get(case).ok_or_else(|| format!("there is no {case}"))?)?;
    let mut message = json!({
        "subject": "整批尺寸超差", "sender": "anonymous", "department": "customer-service", "urgency": "normal",
        "audience": "department", "classification": "internal", "content_type": "feedback",
        "submitted_at": "2026-01-05T01:00:00Z",
    });
    if let (Some(all), Some(Value::Object(given))) = (message.as_object_mut(), case.get("message")) {
        all.extend(given.clone());
    }
    Ok(serde_json::from_value(message)?)
}

//! What a department whose policy loops costs the messages of others, through the engine's own threads and queues.
//!
//! It takes the whole of a processor for as long as its limits let it, which any other program may as well; so a thread
//! that only computes stands beside it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use herald_core::decision::HookOutcome;
use herald_engine::Draft;
use herald_tests::Failure;
use herald_tests::house::{House, configured_with, draft, hours, organisation, partition, requester};
use herald_tests::measure::per_second;
use herald_tests::report::{Target, head, median, note, row};
use serde_json::json;

const MANIFEST: &str = "name = \"loops\"\ndepartment = \"maintenance\"\nlanguage = \"rhai\"\nhooks = [\"route\"]\n\
    [applies_to]\ndepartments = [\"maintenance\"]\n[limits]\ntime_limit_ms = 1000\noperation_limit = 20_000_000\n";
const SCRIPT: &str = "fn route(message, plan) { loop { } }";

/// How many of its messages wait at once.
const WAITING: usize = 32;
/// How long the others' messages are counted in a round.
const ROUND: Duration = Duration::from_secs(1);
/// Rounds of each of three that are compared, taking turns.
const ROUNDS: usize = 7;

fn main() -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure())
}

async fn measure() -> Result<(), Failure> {
    let house = House::open(partition(), hours(0));
    house.engine.configure(configured_with(organisation(), 1, "", &[(MANIFEST, SCRIPT)]));
    let (mut alone, mut beside_thread, mut beside_department) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(rate(&house).await?);
        beside_thread.push(beside_a_thread(&house).await?);
        beside_department.push(beside_loops(&house).await?);
    }
    head("departments: one's messages a second, one after the other, on two threads");
    let compare = |what: &str, rates: &[f64], beside: &str, others: &[f64], target| {
        let ratio = median(rates.iter().zip(others).map(|(rate, other)| rate / other).collect());
        let other = format!("{beside} {}", per_second(median(others.to_vec())));
        row(what, &per_second(median(rates.to_vec())), &other, ratio, "", target);
    };
    compare("beside a thread that computes", &beside_thread, "alone", &alone, Target::None);
    compare("beside a department that loops", &beside_department, "alone", &alone, Target::AtLeast(0.8));
    compare("the same", &beside_department, "a thread", &beside_thread, Target::AtLeast(0.8));
    note(&format!("{WAITING} messages of a department wait, each of which loops for 1 s or 20 million operations"));
    house.engine.shutdown().await;
    Ok(())
}

/// Messages of production that are decided on in a second.
async fn rate(house: &House) -> Result<f64, Failure> {
    let li = requester("li");
    let (began, mut count) = (Instant::now(), 0_u32);
    while began.elapsed() < ROUND {
        let (_, decision) = house.engine.evaluate(&li, draft(json!({}), &[])).await?;
        if decision.plan.recipients.is_empty() {
            return Err("it goes to nobody".into());
        }
        count += 1;
    }
    Ok(f64::from(count) / began.elapsed().as_secs_f64())
}

async fn beside_a_thread(house: &House) -> Result<f64, Failure> {
    let done = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&done);
    let thread = std::thread::spawn(move || while !seen.load(Ordering::Relaxed) {});
    let rate = rate(house).await;
    done.store(true, Ordering::Relaxed);
    thread.join().map_err(|_| "the thread panicked")?;
    rate
}

/// While [`WAITING`] messages of maintenance wait for their policy, which loops, all the time.
async fn beside_loops(house: &House) -> Result<f64, Failure> {
    let done = Arc::new(AtomicBool::new(false));
    let flood = (0..WAITING).map(|_| {
        let (engine, done) = (house.engine.clone(), Arc::clone(&done));
        tokio::spawn(async move {
            let zhao = requester("zhao");
            let mut failed = true;
            while failed && !done.load(Ordering::Relaxed) {
                let draft = Draft { department: "maintenance".parse()?, ..draft(json!({}), &[]) };
                let (_, decision) = engine.evaluate(&zhao, draft).await?;
                failed = decision.contributions.iter().any(|c| matches!(c.outcome, HookOutcome::Failed { .. }));
            }
            if failed { Ok::<_, Failure>(()) } else { Err("a policy that loops did not fail".into()) }
        })
    });
    let flood: Vec<_> = flood.collect();
    let rate = rate(house).await;
    done.store(true, Ordering::Relaxed);
    for messages in flood {
        messages.await??;
    }
    rate
}

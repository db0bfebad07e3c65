//! A notice to ten thousand people: how long its commit takes, and what one of their acknowledgements costs
//! beside one in a notice to ten.

use std::path::Path;
use std::time::Instant;

use herald_core::access::Requester;
use herald_core::ids::{CaseId, TaskNumber};
use herald_core::names::PersonId;
use herald_core::organisation::{Department, Organisation, Person};
use herald_core::target::Actor;
use herald_engine::{Ask, Draft, Engine};
use herald_tests::Failure;
use herald_tests::report::{Target, head, median, note, row, size};
use herald_tests::serving::host;
use herald_tests::workload::{SENDER, notice_draft};

/// People in a small notice.
const FEW: usize = 10;
/// Acknowledgements that are timed of each.
const ACKNOWLEDGEMENTS: usize = 400;
/// Acknowledgements of each in turn, so that a slow moment of the machine meets both.
const TURN: usize = FEW;
/// Notices to everybody; the median counts.
const NOTICES: usize = 5;

fn main() -> Result<(), Failure> {
    let people = size(10_000);
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measure(folder.path(), people))
}

async fn measure(data: &Path, people: usize) -> Result<(), Failure> {
    let host = host(data)?;
    let engine = &host.app().engine;
    let mut configured = (*engine.configured()).clone();
    let organisation = grown(configured.organisation(), people)?;
    configured.world = std::sync::Arc::new(
        herald_policy::World::new(std::sync::Arc::new(organisation))
            .map_err(|_| "the sample's forms do not compile")?,
    );
    engine.configure(configured);

    let (mut large, mut commits) = (None, Vec::new());
    for _ in 0..NOTICES {
        let began = Instant::now();
        large = Some(submit(engine, notice_draft(&["department:all"])?).await?);
        commits.push(began.elapsed().as_secs_f64());
    }
    let large = large.ok_or("no notice was sent")?;

    let (mut of_many, mut of_few) = (Vec::new(), Vec::new());
    for turn in 0..ACKNOWLEDGEMENTS / TURN {
        let small = submit(engine, notice_draft(&["department:few"])?).await?;
        for person in 0..TURN {
            of_few.push(acknowledge(engine, small, person).await?);
            of_many.push(acknowledge(engine, large, turn * TURN + person).await?);
        }
    }
    engine.shutdown().await;

    head(&format!("a notice to {people} people, each asked to confirm it"));
    let commit = median(commits);
    row("the notice is durable", &format!("{:.0} ms", commit * 1e3), "", commit, " s", Target::AtMost(2.0));
    let (many, few) = (median(of_many), median(of_few));
    let beside = format!("of {FEW} people: {few:.0} us");
    row("an acknowledgement", &format!("{many:.0} us"), &beside, many / few, "", Target::AtMost(1.5));
    note("an acknowledgement includes its own commit and sync, one after the other");
    Ok(())
}

/// The organisation with `people` more, all of them contacts of department `all`, and the first few of `few`.
fn grown(organisation: &Organisation, people: usize) -> Result<Organisation, Failure> {
    let mut organisation = organisation.clone();
    let names = (0..people).map(|number| name(number).parse::<PersonId>()).collect::<Result<Vec<_>, _>>()?;
    let department = |contacts| Department { title: "全体".to_owned(), contacts, ..Department::default() };
    for name in &names {
        let person: Person =
            serde_json::from_value(serde_json::json!({"title": name.as_str(), "departments": ["all"]}))?;
        organisation.people.insert(name.clone(), person);
    }
    organisation.departments.insert("few".parse()?, department(names.iter().take(FEW).cloned().collect()));
    organisation.departments.insert("all".parse()?, department(names));
    Ok(organisation)
}

fn name(number: usize) -> String {
    format!("worker{number:05}")
}

async fn submit(engine: &Engine, draft: Draft) -> Result<CaseId, Failure> {
    Ok(engine.submit(&person(SENDER)?, None, draft).await?.case)
}

/// Confirms as that person, whose task has the number of their name: seconds.
async fn acknowledge(engine: &Engine, case: CaseId, number: usize) -> Result<f64, Failure> {
    let (requester, task) = (person(&name(number))?, TaskNumber(u32::try_from(number + 1)?));
    let began = Instant::now();
    engine.ask(&requester, None, case, None, Ask::Acknowledge(task)).await?;
    Ok(began.elapsed().as_secs_f64() * 1e6)
}

fn person(name: &str) -> Result<Requester, Failure> {
    Ok(Requester::plain(Actor::Person(name.parse()?)))
}

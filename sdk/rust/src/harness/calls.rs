//! The host's functions, answered from the world of the harness that runs on this thread.

use std::cell::RefCell;

use super::World;
use crate::error::Result;
use crate::span::Span;
use crate::table::Value;
use crate::time::Timestamp;

thread_local! {
    static RUNNING: RefCell<Option<Running>> = const { RefCell::new(None) };
}

struct Running {
    world: World,
    log: Vec<String>,
}

/// Runs `hook` with `world` as its host; gives back what it wrote into the log. A hook that panics leaves its world
/// behind, which the next one replaces.
pub(super) fn within<T>(world: &World, hook: impl FnOnce() -> T) -> (T, Vec<String>) {
    RUNNING.set(Some(Running { world: world.clone(), log: Vec::new() }));
    let answer = hook();
    (answer, RUNNING.take().map(|running| running.log).unwrap_or_default())
}

fn ask<T>(question: impl FnOnce(&mut Running) -> Result<T>) -> Result<T> {
    RUNNING.with_borrow_mut(|running| match running {
        Some(running) => question(running),
        None => Err("the host answers within a hook; in a test, run the hook by a `Harness`".into()),
    })
}

pub(crate) fn lookup(table: &str, facts: Vec<(String, Value)>, limit: u32) -> Result<Vec<Vec<(String, Value)>>> {
    ask(|running| match running.world.tables.get(table) {
        Some(Ok(table)) => Ok(table.lookup(&facts, usize::try_from(limit).unwrap_or(usize::MAX))?),
        Some(Err(problem)) => Err(format!("table `{table}`: {problem}").into()),
        None => Err(format!("the harness has no table `{table}`; give it with `Harness::table`").into()),
    })
}

pub(crate) fn resolve(target: &str) -> Result<Vec<String>> {
    ask(|running| match running.world.people.get(target) {
        Some(people) => Ok(people.clone()),
        None => Err(format!("the harness has nobody for `{target}`; give them with `Harness::people`").into()),
    })
}

pub(crate) fn tier(contact: &str) -> Result<String> {
    ask(|running| match running.world.tiers.get(contact) {
        Some(tier) => Ok(tier.clone()),
        None => Err(format!("the harness has no tier of `{contact}`; give it with `Harness::tier`").into()),
    })
}

pub(crate) fn add_working_time(calendar: &str, start: Timestamp, span: Span) -> Result<Timestamp> {
    ask(|running| match running.world.calendars.get(calendar) {
        Some(hours) => Ok(hours.add(start, span)),
        None => Err(format!("the harness has no calendar `{calendar}`; give it with `Harness::calendar`").into()),
    })
}

pub(crate) fn log(text: &str) {
    // Outside of a harness nobody reads a log.
    let _ = ask(|running| {
        running.log.push(text.to_owned());
        Ok(())
    });
}

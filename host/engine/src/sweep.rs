//! Looks for open tasks of people who are not there, so that somebody else gets them.
//!
//! Policies that keep failing are looked after in the same turn, and messages released that wait for nothing but the
//! host itself.
//!
//! It runs on an evaluation thread, after each publication and every few minutes: an absence may begin without
//! anybody publishing anything. Who gets the tasks is core's to say.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use herald_core::command::Command;
use herald_core::ids::{CaseId, TaskNumber};
use herald_core::names::PersonId;
use herald_store::StoreError;

use crate::host::{Host, Lane};
use crate::pool::{Behalf, Full};
use crate::writer::{Input, Origin, Work};
use crate::{failing, held};

/// The most tasks that are read at once; also the most that one command gives again.
const PAGE_LIMIT_TASKS: usize = 256;

/// A sweep under way, until it is dropped, however it ends.
struct UnderWay(Arc<AtomicBool>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// Has the tasks looked for, unless there is no room. `under_way` is set until that is over, and `waiting` then, if
/// held messages wait for the host.
pub(crate) fn start(
    host: Arc<Host>,
    lane: Arc<Lane>,
    under_way: Arc<AtomicBool>,
    waiting: Arc<AtomicBool>,
) -> Result<(), Full> {
    under_way.store(true, Ordering::Release);
    let (shared, under_way) = (Arc::clone(&host), UnderWay(under_way));
    let job = move || {
        let _under_way = under_way;
        if let Err(error) = sweep(&host, &lane, &waiting) {
            tracing::error!(%error, "a sweep could not be made; the next one tries again");
        }
    };
    shared.pool.run(Behalf::Sweep, Box::new(job))
}

fn sweep(host: &Host, lane: &Lane, waiting: &AtomicBool) -> Result<(), StoreError> {
    // Whoever is held from here on sets it again.
    waiting.store(false, Ordering::Release);
    if held::release(host, lane)? {
        waiting.store(true, Ordering::Release);
    }
    let configured = host.configured.get();
    let now = host.clock.now();
    let is_there = |id: &PersonId| configured.organisation().people.get(id).is_some_and(|person| person.is_there(now));
    // Those who hold tasks are asked for, not those who are away: somebody may have left the directory altogether.
    let mut holder = lane.partition.snapshot()?.next_holder(None)?;
    while let Some(person) = holder {
        if host.is_closing() || lane.stopped.get().is_some() {
            return Ok(());
        }
        if !is_there(&person) {
            give_again(lane, &person)?;
        }
        holder = lane.partition.snapshot()?.next_holder(Some(&person))?;
    }
    failing::attend(host)
}

fn give_again(lane: &Lane, person: &PersonId) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = lane.partition.snapshot()?.inbox_tasks(person, after.as_ref(), PAGE_LIMIT_TASKS)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(*last);
        let mut cases: BTreeMap<CaseId, Vec<TaskNumber>> = BTreeMap::new();
        for item in page {
            cases.entry(item.task.case).or_default().push(item.task.number);
        }
        for (case, tasks) in cases {
            let work = Work::of_host(case, Command::Regive { tasks }, Origin::Nobody);
            lane.send(Input::Work(Box::new(work)));
        }
    }
}

//! Messages that are held because the host was not ready to ask a policy about them go on by themselves once it is.
//!
//! Why a message is held lies in its case, so that a restart loses none. A message that would be held for the same
//! reason again stays as it is: a decision that changes nothing is not written down.

use herald_core::case::{Case, Status};
use herald_core::command::Command;
use herald_core::encoded::Encoded;
use herald_store::StoreError;
use herald_store::partition::CaseFilter;

use crate::configured::Configured;
use crate::evaluation::decide;
use crate::host::{Host, Lane};
use crate::writer::{Input, Origin, Work};

/// How many held messages are read at once.
const PAGE_LIMIT_CASES: usize = 256;

/// Releases what can go on, and says whether something has to wait longer.
pub(crate) fn release(host: &Host, lane: &Lane) -> Result<bool, StoreError> {
    let configured = host.configured.get();
    let filter = CaseFilter { status: Some(Status::Held), ..CaseFilter::default() };
    let (mut before, mut waits) = (None, false);
    loop {
        let page = lane.partition.snapshot()?.cases(filter, before, PAGE_LIMIT_CASES)?;
        for case in page.cases {
            if host.is_closing() || lane.stopped.get().is_some() {
                return Ok(false);
            }
            if case.held.as_ref().is_some_and(|hold| hold.busy) && !release_one(host, lane, &configured, &case)? {
                waits = true;
            }
        }
        match page.next {
            Some(next) => before = Some(next),
            None => return Ok(waits),
        }
    }
}

/// Asks the policies again about a held message, unless the one that it waits for is still not ready; says whether
/// they all had their say.
fn release_one(host: &Host, lane: &Lane, configured: &Configured, case: &Case) -> Result<bool, StoreError> {
    let bundle = case.held.as_ref().and_then(|hold| configured.policies.get(&hold.bundle));
    if bundle.is_some_and(|bundle| !bundle.is_ready()) {
        return Ok(false);
    }
    // What is held has its message; without it there is nothing to decide on, now or later.
    let Some(message) = lane.partition.snapshot()?.message(case.id, case.message_version)? else { return Ok(true) };
    let (_, decision) = decide(configured, &host.stats, message);
    if decision.waits_for_the_host() {
        return Ok(false);
    }
    let work = Work::of_host(case.id, Command::Release { decision: Encoded::new(decision) }, Origin::Nobody);
    lane.send(Input::Work(Box::new(Work { expected_version: Some(case.version), ..work })));
    Ok(true)
}

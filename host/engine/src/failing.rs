//! What follows when a bundle keeps failing: it is suspended if it asks for that, and its department's policy
//! authors get a notice.
//!
//! What fails lies in the partitions, each of which counts what it commits; what is done about it is found anew each
//! time from there, so that doing it twice, or after a restart, comes to the same. A bundle that keeps failing in one
//! partition keeps failing. Its notice lies in the partition that its key leads to, so there is one of it, however
//! many partitions there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use herald_core::case::Status;
use herald_core::command::Command;
use herald_core::decision::BundleId;
use herald_core::encoded::Encoded;
use herald_core::failing::{Failing, Trouble, notice, notice_key, notice_kind, subject_of_notice};
use herald_core::ids::CaseId;
use herald_policy::{Bundle, PolicySet, Stopped};
use herald_store::StoreError;
use herald_store::partition::CaseFilter;

use crate::configured::Configured;
use crate::host::{Host, Lane, shard_of};
use crate::pool::{Behalf, Full};
use crate::writer::{Input, Origin, Work};

/// Revisions that keep failing, by bundle and number.
pub(crate) type FailingRevisions = BTreeMap<(BundleId, u32), Failing>;

/// How many notices are read at once.
const PAGE_LIMIT_CASES: usize = 256;

/// Has everything looked after that keeps failing, unless there is no room. The next sweep does it in any case.
pub(crate) fn start(host: &Arc<Host>) -> Result<(), Full> {
    let shared = Arc::clone(host);
    let job = move || {
        if let Err(error) = attend(&shared) {
            tracing::error!(%error, "policies that keep failing could not be looked after; the next sweep tries again");
        }
    };
    host.pool.run(Behalf::Sweep, Box::new(job))
}

/// Suspends what asks for it, gives notice where there is none, and takes back notices of what is no longer in
/// force. A success takes none back: another message that went well does not mend what went wrong with these.
pub(crate) fn attend(host: &Host) -> Result<(), StoreError> {
    let configured = host.configured.get();
    let failing = failing(&configured.policies, &host.lanes)?;
    if suspend(&configured.policies, &failing).is_some() {
        // Somebody may publish meanwhile: what is suspended is the revision that fails, wherever it is in force.
        host.configured.update(|current| Configured {
            world: Arc::clone(&current.world),
            policies: suspend(&current.policies, &failing).unwrap_or_else(|| current.policies.clone()),
        });
    }
    let configured = host.configured.get();
    for bundle in configured.policies.bundles() {
        let failing = failing.get(&(bundle.id().clone(), bundle.revision()));
        if let Some(trouble) = trouble(bundle, failing) {
            give_notice(host, &configured, bundle, &trouble)?;
        }
    }
    host.lanes.iter().try_for_each(|lane| take_back(lane, &configured.policies))
}

/// The bundles of `policies` of which the revision that is in force there keeps failing in any of `lanes`.
pub(crate) fn failing(policies: &PolicySet, lanes: &[Arc<Lane>]) -> Result<FailingRevisions, StoreError> {
    let mut found = FailingRevisions::new();
    for lane in lanes {
        for (id, revision, failures) in lane.partition.snapshot()?.failures()? {
            let is_in_force = policies.get(&id).is_some_and(|bundle| bundle.revision() == revision);
            let Some(failing) = failures.failing().filter(|_| is_in_force) else { continue };
            let together = match found.remove(&(id.clone(), revision)) {
                Some(other) => failing.and(other),
                None => failing,
            };
            found.insert((id, revision), together);
        }
    }
    Ok(found)
}

/// `configured`, with those suspended that ask for it and keep failing. What cannot be read is looked at again by the
/// next sweep.
pub(crate) fn with_suspended(configured: Configured, lanes: &[Arc<Lane>]) -> Configured {
    match failing(&configured.policies, lanes) {
        Ok(failing) => {
            let policies = suspend(&configured.policies, &failing);
            Configured { policies: policies.unwrap_or(configured.policies), world: configured.world }
        }
        Err(error) => {
            tracing::error!(%error, "which policies keep failing could not be read; the next sweep tries again");
            configured
        }
    }
}

/// `policies` with those of `failing` suspended that ask for it; `None` if none is left to be.
fn suspend(policies: &PolicySet, failing: &FailingRevisions) -> Option<PolicySet> {
    failing.keys().fold(None, |changed: Option<PolicySet>, (id, revision)| {
        let current = changed.as_ref().unwrap_or(policies);
        current.suspend(id, *revision).or(changed)
    })
}

/// What a notice about `bundle` would say, if one is due.
fn trouble(bundle: &Bundle, failing: Option<&Failing>) -> Option<Trouble> {
    match bundle.stopped() {
        Some(Stopped::NotLoaded { reason }) => Some(Trouble::NotLoaded { reason: reason.clone() }),
        stopped => failing.map(|failing| Trouble::Failing { failing: failing.clone(), suspended: stopped.is_some() }),
    }
}

fn give_notice(host: &Host, configured: &Configured, bundle: &Bundle, trouble: &Trouble) -> Result<(), StoreError> {
    let (id, kind, now) = (bundle.id(), notice_kind(), host.clock.now());
    let key = notice_key(id, bundle.revision());
    let shard = shard_of(&[kind.as_str(), id.department.as_str(), &key]);
    let case = CaseId::new(now, shard, host.random.number());
    let lane = host.lane(case);
    if lane.partition.snapshot()?.live_case(&kind, &id.department, &key)?.is_some() {
        return Ok(());
    }
    tracing::warn!(bundle = %id, revision = bundle.revision(), %case, "a policy is in trouble; its authors get a notice");
    let (message, decision) = notice(configured.organisation(), id, bundle.revision(), trouble, now);
    let command = Command::Submit { message: Encoded::new(message), decision: Encoded::new(decision) };
    // Somebody else may have given it meanwhile; the writer then finds that there is one.
    lane.send(Input::Work(Box::new(Work::of_host(case, command, Origin::Nobody))));
    Ok(())
}

/// Takes back the notices of a partition that are about a revision that is no longer in force: there is nothing left
/// to do about it.
fn take_back(lane: &Lane, policies: &PolicySet) -> Result<(), StoreError> {
    let kind = notice_kind();
    let filter = CaseFilter { kind: Some(&kind), status: Some(Status::Open), ..CaseFilter::default() };
    let mut before = None;
    loop {
        let page = lane.partition.snapshot()?.cases(filter, before, PAGE_LIMIT_CASES)?;
        for case in page.cases {
            let Some((id, revision)) = subject_of_notice(&case.kind, &case.labels) else { continue };
            let reason = match policies.get(&id).map(|bundle| bundle.revision()) {
                Some(current) if current == revision => continue,
                Some(current) => format!("revision {current} is in force"),
                None => "the policy is no longer in force".to_owned(),
            };
            let command = Command::Withdraw { reason: Some(reason) };
            lane.send(Input::Work(Box::new(Work::of_host(case.id, command, Origin::Nobody))));
        }
        match page.next {
            Some(next) => before = Some(next),
            None => return Ok(()),
        }
    }
}

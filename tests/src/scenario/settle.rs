//! When a host has come to rest: everything that is due has been done, whatever thread does it. A story goes on only then,
//! so that it comes out the same each time.

use std::time::{Duration, Instant};

use herald_core::case::Status;
use herald_core::decision::BundleId;
use herald_core::failing::{notice_key, notice_kind, subject_of_notice};
use herald_store::partition::CaseFilter;
use jiff::{SignedDuration, Timestamp};

use crate::Failure;
use crate::site::Site;

/// After how long, at the latest, the host has seen that somebody is away, and has given their tasks to others.
pub(super) const NOTICED_WITHIN: SignedDuration = SignedDuration::from_mins(5);
/// The most notices of failing policies that are looked at.
const NOTICES_LIMIT: usize = 100;
/// How long to wait, in real time, for something that is bound to happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until everything that is due by now is done.
///
/// # Errors
/// When that does not happen.
pub(super) async fn settle(site: &Site, now: Timestamp) -> Result<(), Failure> {
    let began = Instant::now();
    while !site.turn_to(now).await || someone_away_holds_a_task(site, now)? || !notices_are_given(site)? {
        if began.elapsed() > PATIENCE {
            return Err("tasks of who is away, or notices of policies that fail, are not seen to".into());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

/// Whether the host must have seen by now that somebody is away, and they still hold a task.
fn someone_away_holds_a_task(site: &Site, now: Timestamp) -> Result<bool, Failure> {
    let configured = site.app.configured();
    let noticed = now.saturating_sub(NOTICED_WITHIN)?;
    let mut holder = site.messages().snapshot()?.next_holder(None)?;
    while let Some(person) = holder {
        let is_there = |at| configured.organisation().people.get(&person).is_some_and(|found| found.is_there(at));
        if !is_there(noticed) && !is_there(now) {
            return Ok(true);
        }
        holder = site.messages().snapshot()?.next_holder(Some(&person))?;
    }
    Ok(false)
}

/// Whether there is a notice of every policy that keeps failing, and of no other.
fn notices_are_given(site: &Site) -> Result<bool, Failure> {
    let failing = site.app.engine.failing()?;
    let snapshot = site.messages().snapshot()?;
    let kind = notice_kind();
    for (bundle, revision) in failing.keys() {
        let key = notice_key(bundle, *revision);
        if snapshot.live_case(&kind, &bundle.department, &key)?.is_none() {
            return Ok(false);
        }
    }
    let open = CaseFilter { kind: Some(&kind), status: Some(Status::Open), ..CaseFilter::default() };
    let configured = site.app.configured();
    let is_stale = |(bundle, revision): (BundleId, u32)| {
        configured.policies.get(&bundle).is_none_or(|bundle| bundle.revision() != revision)
    };
    let open = snapshot.cases(open, None, NOTICES_LIMIT)?.cases;
    Ok(!open.iter().filter_map(|case| subject_of_notice(&case.kind, &case.labels)).any(is_stale))
}

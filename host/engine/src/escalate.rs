//! Asks the policies about a breach, on an evaluation thread, and hands their word to the writer.
//!
//! A policy that fails, or a defect while it is asked, gives an empty escalation: the house's own chain then
//! takes over. Where it is the host that was not ready to ask one, the timer fires again instead. A breach is never
//! dropped here.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use herald_core::case::{Case, DeliveryStatus};
use herald_core::decision::{BundleId, Escalation};
use herald_core::target::{Actor, Recipient};
use herald_core::workspace::Rows;
use herald_policy::Breach;
use herald_store::StoreError;
use herald_store::partition::Snapshot;
use jiff::SignedDuration;

use crate::configured::Configured;
use crate::host::{Host, Lane};
use crate::pool::{Behalf, Full};
use crate::writer::{Breached, Input};

/// The most deliveries that are looked through for whom the message has reached: policies want to know whether
/// the head has heard, not ten thousand names.
const REACHED_LIMIT: usize = 256;

/// How long after its deadline a breach still waits for a host that has too much to do.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);
/// For how long after its start a breach waits for policies that the host is still compiling. Two hundred take a minute,
/// large ones half a minute each; but the house's own chain must not wait for a compiler that comes to no end.
const COMPILING: Duration = Duration::from_secs(3_600);

/// Has the policies asked about `breached`; gives it back if there is no room.
pub(crate) fn start(host: Arc<Host>, lane: Arc<Lane>, breached: Breached) -> Result<(), Breached> {
    let shared = Arc::clone(&host);
    let job = {
        let breached = breached.clone();
        move || {
            let asked = catch_unwind(AssertUnwindSafe(|| ask(&host, &lane, &breached)));
            let escalation = asked.unwrap_or_else(|_| {
                host.stats.defects.add(1);
                tracing::error!(case = %breached.case, "asking about a breach panicked; the house's own chain takes over");
                Ok(Some(nothing(&host.configured.get())))
            });
            let escalation = escalation.unwrap_or_else(|error| {
                tracing::error!(case = %breached.case, %error, "a breach could not be read; its timer will fire again");
                None
            });
            let Breached { case, goals } = breached;
            lane.send(Input::Escalated { case, goals, escalation: escalation.map(Box::new) });
        }
    };
    shared.pool.run(Behalf::Host, Box::new(job)).map_err(|Full| breached)
}

/// What the policies say; `None` if one of them could not be asked yet.
fn ask(host: &Host, lane: &Lane, breached: &Breached) -> Result<Option<Escalation>, StoreError> {
    let configured = host.configured.get();
    let snapshot = lane.partition.snapshot()?;
    let nothing = || Ok(Some(nothing(&configured)));
    let Some(case) = snapshot.case(breached.case)? else { return nothing() };
    // Herald's own notices are about policies; none has a say in them.
    if case.sender == Actor::Host {
        return nothing();
    }
    // What was erased has nothing left that policies could judge.
    let Some(message) = snapshot.message(case.id, case.message_version)? else { return nothing() };
    let Some(breach) = breach(host, &snapshot, &case, breached)? else { return nothing() };
    // Looked at before they are asked: they may be ready just after.
    let unready: Vec<_> = configured.policies.bundles().filter(|bundle| !bundle.is_ready()).collect();
    let escalation = configured.policies.escalate(&configured.world, &Arc::new(message), &case, &breach);
    let compiles = |id: &BundleId| unready.iter().any(|bundle| bundle.id() == id);
    let is_new = breach.at.duration_since(breach.due) < PATIENCE;
    let waits = |id: &BundleId| if compiles(id) { host.started.elapsed() < COMPILING } else { is_new };
    if let Some(bundle) = escalation.unasked().find(|id| waits(id)) {
        tracing::info!(case = %case.id, %bundle, "a breach waits for a policy that cannot be asked yet");
        return Ok(None);
    }
    host.stats.hooks.count(&escalation.contributions);
    Ok(Some(escalation))
}

/// What nobody said anything to.
fn nothing(configured: &Configured) -> Escalation {
    Escalation { configuration: configured.organisation().revision, ..Escalation::default() }
}

/// The facts of the breach, by its first goal; the others are alike but for their owners.
fn breach(host: &Host, snapshot: &Snapshot, case: &Case, breached: &Breached) -> Result<Option<Breach>, StoreError> {
    let mut owners = BTreeSet::new();
    let mut first = None;
    for number in &breached.goals {
        if let Some(goal) = snapshot.goal(case.id, *number)? {
            owners.extend(case.awaited(&goal).into_iter().cloned());
            first.get_or_insert(goal);
        }
    }
    let Some(goal) = first else { return Ok(None) };
    let at = host.clock.now();
    Ok(Some(Breach {
        goal: goal.name,
        owners: owners.into_iter().collect(),
        declined: goal.declined,
        due: goal.due.unwrap_or(at),
        at,
        set_by: goal.set_by,
        reached: reached(snapshot, case)?,
    }))
}

/// Whom deliveries have reached, of the latest [`REACHED_LIMIT`].
fn reached(snapshot: &Snapshot, case: &Case) -> Result<Vec<Recipient>, StoreError> {
    let mut reached = BTreeSet::new();
    for number in case.deliveries().rev().take(REACHED_LIMIT) {
        let delivery = snapshot.delivery(case.id, number)?;
        let delivered = delivery.filter(|delivery| delivery.status == DeliveryStatus::Delivered);
        reached.extend(delivered.map(|delivery| delivery.to));
    }
    Ok(reached.into_iter().collect())
}

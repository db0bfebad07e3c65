//! The whole host on disks that fail: a script of clients' requests is played against it, the power fails or a
//! sync does, the host is started again on what is left, and the clients go on with what was not answered.
//!
//! What clients do and what a disk does follow from a seed; only how the writer gathers commands into frames is left
//! to the moment.
//!
//! However that went, what was answered is there and is answered the same again, the end is the same as without
//! any failure, `verify` finds nothing, and every webhook that was sent belongs to a delivery that is there.

#![expect(clippy::print_stdout, reason = "seeds and figures are for who watches the test")]

mod ledger;
mod publication;
mod run;
mod script;

use std::ops::Range;

use herald_store::StoreSettings;
use herald_tests::fault::{Fault, Random};
use herald_tests::sample;

use herald_tests::site::{Disks, Faults, Ground, Site};
use ledger::{Ledger, Played, json, text};
use run::{Failure, Runs, Undisturbed};

/// The most failures in one run of the script; after so many it goes on undisturbed, so that it ends.
const FAILURES_LIMIT: usize = 40;

/// The policies that have a say in what the script sends: two that decide on one message, and a component among them. More
/// of the sample's would only add syncs.
const POLICIES: [&str; 6] = [
    "customer-service/complaint",
    "customer-service/complaint-triage",
    "maintenance/equipment-fault",
    "organisation/notice",
    "organisation/partner-message",
    "production/equipment-fault",
];

async fn ground() -> Ground {
    let mut bundles = sample::bundles();
    bundles.retain(|id, _| POLICIES.contains(&&*id.to_string()));
    Ground::with(bundles).await
}

/// Plays the script once for each of `points` failures, spread evenly over the syncs that it takes.
async fn fail_at_syncs(fault: fn(u64) -> Fault, points: u64) {
    let ground = ground().await;
    let undisturbed = Undisturbed::new(&ground).await;
    let mut runs = Runs::new(&ground, &undisturbed);
    let syncs = undisturbed.syncs;
    for point in 0..points.min(syncs) {
        let sync = 1 + point * syncs / points.min(syncs);
        let fault = fault(sync);
        println!("{fault:?} of {syncs}");
        runs.run(sync, [Failure::Disk(fault)]).await;
    }
    // A run may need a few syncs less than the one that was counted.
    assert!(runs.failures as u64 * 2 > points.min(syncs), "{} failures", runs.failures);
    println!("{}", runs.summary());
}

/// Plays the script to its end from one failure to the next: of the disk at a random sync or write, or of the power
/// between two steps.
async fn fail_again_and_again(seeds: Range<u64>) {
    let ground = ground().await;
    let undisturbed = Undisturbed::new(&ground).await;
    let mut runs = Runs::new(&ground, &undisturbed);
    // Soon enough that several fit into a run.
    let (syncs, writes) = (undisturbed.syncs as usize / 4, undisturbed.writes as usize / 4);
    for seed in seeds {
        let mut random = Random::new(seed);
        let failures: Vec<_> = (0..FAILURES_LIMIT)
            .map(|_| match random.below(4) {
                0 => Failure::Disk(Fault::FailSync(1 + random.below(syncs) as u64)),
                1 => Failure::Disk(Fault::CrashAtSync(1 + random.below(syncs) as u64)),
                2 => Failure::Disk(Fault::CrashAtWrite(1 + random.below(writes) as u64)),
                _ => Failure::Power(random.below(10)),
            })
            .collect();
        println!("seed {seed}");
        runs.run(seed, failures).await;
    }
    println!("{}", runs.summary());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_power_fails_at_some_syncs() {
    fail_at_syncs(Fault::CrashAtSync, 5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn some_syncs_fail() {
    fail_at_syncs(Fault::FailSync, 5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_failure_follows_the_other() {
    fail_again_and_again(0..2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_from_a_failed_disk_is_told_as_such() {
    let cold = StoreSettings { cache_bytes: 0, ..StoreSettings::default() };
    let mut ground = ground().await;
    ground.store = cold;
    let faults = Faults { partition: Some(Fault::FailSync(40)), ..Faults::default() };
    let mut ledger = Ledger::new();
    let mut site = Site::start(&ground, Disks::new(&ground), faults, ledger.now, 0).await.unwrap();
    let played = ledger.play(&mut site, usize::MAX).await;
    assert!(matches!(played, Played::UntilFailure(_)), "{played:?}");
    for answer in ledger.cases(&mut site).await {
        let problem = &json(&answer)["type"];
        assert!(
            answer.status == 200 || (answer.status == 503 && problem == "/problems/not-ready"),
            "{}",
            text(&answer)
        );
    }
    site.end().await;
}

mod slow {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_power_fails_at_every_sync() {
        fail_at_syncs(Fault::CrashAtSync, u64::MAX).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn every_sync_fails() {
        fail_at_syncs(Fault::FailSync, u64::MAX).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn many_failures_follow_each_other() {
        fail_again_and_again(100..130).await;
    }
}

//! The whole host on disks that fail: a script of clients' requests is played against it, the power fails or a
//! sync does, the host is started again on what is left, and the clients go on with what was not answered.
//!
//! However that went, what was answered is there and is answered the same again, the end is the same as without
//! any failure, `verify` finds nothing, and every webhook that was sent belongs to a delivery that is there.

mod ledger;
mod run;
mod script;
mod site;

use herald_tests::fault::{Fault, Random};

use run::{Runs, Undisturbed};
use site::Ground;

/// Plays the script once for each of `points` failures, spread evenly over the syncs that it takes.
async fn fail_at_syncs(fault: fn(u64) -> Fault, points: u64) {
    let ground = Ground::new().await;
    let undisturbed = Undisturbed::new(&ground).await;
    let mut runs = Runs::new(&ground, &undisturbed);
    let syncs = undisturbed.syncs;
    // The first point moves, so that a few points are not always the same half of a commit.
    for point in 0..points.min(syncs) {
        let sync = 1 + point * syncs / points.min(syncs);
        let fault = fault(sync);
        println!("{fault:?} of {syncs}");
        runs.run(sync, [fault]).await;
    }
    println!("{}", runs.summary());
}

/// Plays the script to its end from one failure to the next, each at a random write or sync.
async fn fail_again_and_again(seeds: std::ops::Range<u64>) {
    let ground = Ground::new().await;
    let undisturbed = Undisturbed::new(&ground).await;
    let mut runs = Runs::new(&ground, &undisturbed);
    let (syncs, writes) = (undisturbed.syncs as usize, undisturbed.writes as usize);
    for seed in seeds {
        let mut random = Random::new(seed);
        // Each failure comes after an eighth of the script on average; all the same it ends.
        let faults: Vec<_> = (0..40)
            .map(|_| match random.below(3) {
                0 => Fault::FailSync(1 + random.below(syncs / 4) as u64),
                1 => Fault::CrashAtSync(1 + random.below(syncs / 4) as u64),
                _ => Fault::CrashAtWrite(1 + random.below(writes / 4) as u64),
            })
            .collect();
        println!("seed {seed}: {faults:?}");
        runs.run(seed, faults).await;
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

//! A disk that fails while a frame is committed: nobody is told more than is known, reading goes on, and a retry
//! with the same key settles the outcome.

use herald_engine::{Answer, Ask, Refused};
use herald_tests::fault::{Fault, fault_disk};
use herald_tests::house::{House, draft, hours, identity, partition_on, requester};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_with_the_same_key_settles_an_unknown_outcome() {
    let li = requester("li");
    let plain = || draft(json!({}), &[]);
    // A commit syncs twice. Each disk is looked at as a restarted process and as several power failures find it.
    for failing_sync in [1, 2] {
        let (disk, controller) = fault_disk(Vec::new());
        let house = House::open(partition_on(disk), hours(0));
        let before = house.fault(plain()).await;
        house.settle().await;
        controller.inject(Fault::FailSync(controller.syncs() + failing_sync));
        let doubtful = house.engine.submit(&li, Some(identity("k", "a")), plain()).await;
        assert!(matches!(doubtful, Err(Refused::Unknown)), "{doubtful:?}");
        assert!(!house.engine.is_ready(), "whoever is told of the failure can see it");

        let later = house.engine.submit(&li, Some(identity("k2", "a")), plain()).await;
        assert!(matches!(later, Err(Refused::Stopped)), "{later:?}");
        let later = house.ask("li", before, Ask::Withdraw(None)).await;
        assert!(matches!(later, Err(Refused::Stopped)), "{later:?}");
        assert!(house.engine.status()[0].stopped.as_ref().unwrap().contains("disk"));
        assert_eq!(house.view(before).id, before, "reading goes on");
        house.engine.shutdown().await;
        drop(house);

        let crashes = (0..8).map(|seed| controller.image_after_crash(seed));
        for image in crashes.chain([controller.image_after_restart()]) {
            let (disk, _) = fault_disk(image);
            let house = House::open(partition_on(disk), hours(0));
            house.view(before);
            let settled = house.engine.submit(&li, Some(identity("k", "a")), plain()).await.unwrap();
            let again = house.engine.submit(&li, Some(identity("k", "a")), plain()).await.unwrap();
            assert!(again.repeated);
            assert_eq!(again.case, settled.case);
            let cases = house.engine.partition_of(before).snapshot().unwrap().counts().unwrap().cases;
            assert_eq!(cases, 2, "carried out once, by the first try or by the retry");
            house.engine.shutdown().await;
        }
    }
}

/// Submits under each of `keys` at once, as many clients would; gives back what each was told.
async fn submit_all(house: &House, keys: u64) -> Vec<Result<Answer, Refused>> {
    let submissions: Vec<_> = (0..keys)
        .map(|key| {
            let engine = house.engine.clone();
            let key = identity(&format!("k{key}"), "a");
            tokio::spawn(async move { engine.submit(&requester("li"), Some(key), draft(json!({}), &[])).await })
        })
        .collect();
    let mut told = Vec::new();
    for submission in submissions {
        told.push(submission.await.unwrap());
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_power_failure_what_was_answered_is_there_and_nothing_is_doubled() {
    const KEYS: u64 = 24;
    let mut answered = 0;
    for seed in 0..12 {
        let (disk, controller) = fault_disk(Vec::new());
        let house = House::open(partition_on(disk), hours(0));
        controller.inject(Fault::CrashAtSync(controller.syncs() + 1 + seed % 6));
        let told = submit_all(&house, KEYS).await;
        house.engine.shutdown().await;
        drop(house);

        let (disk, _) = fault_disk(controller.image_after_crash(seed));
        let house = House::open(partition_on(disk), hours(0));
        let settled = submit_all(&house, KEYS).await;
        for (before, after) in told.iter().zip(&settled) {
            let after = after.as_ref().unwrap();
            match before {
                Ok(before) => {
                    assert_eq!((after.case, after.repeated), (before.case, true), "seed {seed}");
                    answered += 1;
                }
                Err(Refused::Unknown | Refused::Stopped) => {}
                Err(other) => panic!("seed {seed}: {other}"),
            }
        }
        let partition = house.engine.partitions().next().unwrap();
        assert_eq!(partition.snapshot().unwrap().counts().unwrap().cases, KEYS, "seed {seed}");
        house.engine.shutdown().await;
    }
    assert!(answered > 0, "no crash came late enough to prove anything");
}

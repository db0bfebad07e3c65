//! Stories of the sample organisation, told in `tests/scenarios/`: each comes out as it says, on a host that is started
//! again after every step too, and none comes out without the policies that it is about.

use std::sync::Arc;

use herald_core::decision::BundleId;
use herald_tests::sample;
use herald_tests::scenario::{Scenario, Scene, Variation, all, check, coverage, format};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Scenarios that are played at once: hosts wait for each other's disks and threads less than they compute.
const AT_ONCE: usize = 8;

/// Plays each scenario in its variation, many at once; says which did not come out as they say, and how.
async fn play(plays: Vec<(Scenario, Variation)>) -> Vec<(String, Variation, String)> {
    let (scene, places) = (Arc::new(Scene::new().await), Arc::new(Semaphore::new(AT_ONCE)));
    let mut all = JoinSet::new();
    for (scenario, variation) in plays {
        let (scene, places) = (Arc::clone(&scene), Arc::clone(&places));
        all.spawn(async move {
            let _place = places.acquire_owned().await.unwrap();
            let played = check(&scene, &scenario, &variation).await;
            played.err().map(|problem| (scenario.name.clone(), variation, problem.to_string()))
        });
    }
    let mut failed: Vec<_> = all.join_all().await.into_iter().flatten().collect();
    failed.sort_by(|left, right| left.0.cmp(&right.0));
    failed
}

/// The scenarios that are asked for, by a part of their names, or all.
fn scenarios() -> Vec<Scenario> {
    let wanted = std::env::var("HERALD_SCENARIO").unwrap_or_default();
    let mut scenarios = all().unwrap();
    scenarios.retain(|scenario| scenario.name.contains(&wanted));
    scenarios
}

async fn all_come_out(variation: Variation) {
    let plays = scenarios().into_iter().map(|scenario| (scenario, variation.clone())).collect();
    let failed = play(plays).await;
    let told: Vec<_> = failed.iter().map(|(_, _, problem)| problem.as_str()).collect();
    assert!(failed.is_empty(), "{} scenarios do not come out as they say:\n\n{}\n", failed.len(), told.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_comes_out_as_it_says() {
    all_come_out(Variation::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_every_scenario_comes_out_the_same_with_a_restart_after_every_step() {
    all_come_out(Variation::restarts()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_no_scenario_comes_out_without_a_bundle_that_it_is_about() {
    let (mut plays, bundles) = (Vec::new(), sample::bundles());
    for scenario in scenarios() {
        assert!(!scenario.about.is_empty(), "{} is about no bundle", scenario.name);
        for bundle in &scenario.about {
            let bundle: BundleId = bundle.parse().unwrap();
            assert!(bundles.contains_key(&bundle), "{} is about `{bundle}`, which is not there", scenario.name);
            plays.push((scenario.clone(), Variation::without(bundle)));
        }
    }
    let mut proved_nothing: Vec<_> =
        plays.iter().map(|(scenario, variation)| (scenario.name.clone(), variation.clone())).collect();
    for (name, variation, why) in play(plays).await {
        assert!(why.starts_with("tests/scenarios/"), "{name} cannot be played: {why}");
        proved_nothing.retain(|other| *other != (name.clone(), variation.clone()));
    }
    let told: Vec<_> = proved_nothing
        .iter()
        .filter_map(|(name, variation)| Some(format!("{name} comes out without {}", variation.without.as_ref()?)))
        .collect();
    assert!(told.is_empty(), "these prove nothing of a bundle that they say they are about:\n{}", told.join("\n"));
}

#[test]
fn every_requirement_and_every_bundle_has_its_scenarios() {
    let scenarios = all().unwrap();
    let (path, expected) = (format::folder().join("README.md"), coverage::table(&scenarios));
    if std::env::var_os("HERALD_REFRESH").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "tests/scenarios/README.md is not what the scenarios say; refresh it: HERALD_REFRESH=1");
    assert_eq!(coverage::gaps(&scenarios, &sample::bundles()), Vec::<String>::new());
}

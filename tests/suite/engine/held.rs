//! Messages that are held because the host was not ready: they go on by themselves.

use std::sync::Arc;
use std::time::Duration;

use herald_core::case::Status;
use herald_core::decision::Hook;
use herald_core::event::Event;
use herald_engine::Configured;
use herald_policy::{Bundle, BundleFiles, HostLimits, PolicySet};
use herald_store::{Partition, StoreSettings};
use herald_tests::house::{House, configured, draft, hours, organisation, partition};
use herald_tests::sample::rules;
use jiff::SignedDuration;
use serde_json::json;

/// What the compilers have to do first, in components.
const BEFORE: u8 = 16;

/// A policy of the house for every fault, to be compiled after many others.
fn slow_to_compile(hook: Hook) -> Arc<Bundle> {
    let component = std::fs::read(rules().join("customer-service/complaint-triage/policy.wasm")).unwrap();
    let manifest = format!(
        "name = \"late\"\ndepartment = \"organisation\"\nlanguage = \"wasm\"\nhooks = [\"{hook}\"]\n\
         [applies_to]\nkinds = [\"fault\"]\n[on_failure]\nroute = \"skip\"\n"
    );
    let host = HostLimits { compiles_beside: true, ..HostLimits::default() };
    let load = |number| {
        // A section that only makes it another component.
        let component = [&component[..], &[0, 3, 1, b'n', number]].concat();
        let files = [("policy.toml", manifest.as_bytes().to_vec()), ("policy.wasm", component)];
        let files = BundleFiles::new(files.map(|(path, bytes)| (path.to_owned(), bytes)).into(), &host).unwrap();
        Bundle::load(&files, 1, &host).unwrap()
    };
    (0..BEFORE).for_each(|number| drop(load(number)));
    Arc::new(load(BEFORE))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_came_before_its_policy_was_compiled_goes_on_by_itself() {
    let house = House::open(partition(), hours(0));
    let late = slow_to_compile(Hook::Route);
    let Configured { world, policies } = configured(organisation());
    house.engine.configure(Configured { world, policies: policies.with(Arc::clone(&late)) });
    let held = house.submit("li", draft(json!({}), &[])).await.unwrap();
    assert_eq!(held.view.unwrap().status, Status::Held, "it is still being compiled");
    while !late.is_ready() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    house.turn_to(hours(0) + SignedDuration::from_secs(3));
    house.until("it is released", |house| house.view(held.case).status == Status::Open).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_breach_waits_until_its_policy_is_compiled() {
    let house = House::open(partition(), hours(0));
    let case = house.fault(draft(json!({}), &[])).await;
    let late = slow_to_compile(Hook::Escalate);
    let Configured { world, policies } = configured(organisation());
    house.engine.configure(Configured { world, policies: policies.with(Arc::clone(&late)) });
    let breached = |event: &Event| matches!(event, Event::GoalsBreached { .. });
    // A host that has too much to do would not be waited for any more.
    let late_by = SignedDuration::from_mins(11);
    house.turn_to(hours(4) + late_by);
    house.settle().await;
    assert_eq!(house.count(case, breached), 0, "it is still being compiled");
    while !late.is_ready() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    house.turn_to(hours(4) + late_by + SignedDuration::from_secs(61));
    let asked = |event: &Event| match event {
        Event::Escalated { escalation } => {
            escalation.unasked().next().is_none() && escalation.contributions.iter().any(|c| c.bundle == *late.id())
        }
        _ => false,
    };
    house.until("the policy was asked", |house| house.count(case, asked) == 1).await;
    assert_eq!(house.count(case, breached), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_waits_for_the_host_does_so_after_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let open = || Partition::open(&data.path().join("p"), &StoreSettings::default()).unwrap();
    let house = House::open(open(), hours(0));
    let Configured { world, .. } = configured(organisation());
    house.engine.configure(Configured { world, policies: PolicySet::new(vec![slow_to_compile(Hook::Route)]) });
    let held = house.submit("li", draft(json!({}), &[])).await.unwrap();
    assert_eq!(held.view.unwrap().status, Status::Held, "it is still being compiled");
    house.engine.shutdown().await;
    drop(house);

    // The policies of this house are ready, and the first sweep finds it.
    let house = House::open(open(), hours(1));
    house.until("it is released", |house| house.view(held.case).status == Status::Open).await;
}

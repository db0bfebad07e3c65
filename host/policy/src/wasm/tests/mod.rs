//! Components on the real engine: one guest for each behaviour.

pub(in crate::wasm) mod guest;
mod limits;
mod upload;

use herald_core::decision::{FailureCause, Hook, Layer};
use serde_json::json;
use wasmtime::component::Component;

use self::guest::{CONTRACT, EMPTY, Guest, outcome};
use super::Linked;
use super::engine::{Allocation, Runtime};
use crate::evaluation::{BreachFacts, Input, RouteFacts};
use crate::testing::{evaluation, subject};

/// BLAKE3 of the contract, by version: of its file as plugins are built from it.
const DIGESTS: [(&str, &str); 1] = [("1.0.0", "9180f03770767ccf4e71c2a58005c6df75acedd3c61cd0af3f34017d6f535b95")];

#[test]
fn a_version_of_the_contract_never_changes() {
    for (version, digest) in DIGESTS {
        assert!(CONTRACT.contains(&format!("package herald:policy@{version};")), "{version}");
        assert_eq!(
            blake3::hash(CONTRACT.as_bytes()).to_hex().as_str(),
            digest,
            "sdk/wit/herald-policy.wit is version {version} and has changed: a plugin that was built for it no longer \
             fits. What adds or changes a record or a function is a new version: keep this file as it is, put the new \
             one beside it, and give it an adapter beside `v1`. Only for words in comments, put the new digest here."
        );
    }
}

#[test]
fn a_component_decides() {
    assert_eq!(EMPTY.outcome(""), Ok(json!({})));
    let level = Guest {
        module: r#"(memory (export "memory") 4) (data (i32.const 1024) "\00\00\00\00\01\02")"#,
        route: "i32.const 1024",
        ..EMPTY
    };
    assert_eq!(level.outcome(""), Ok(json!({"level": 2})));
    let contribution = level.call(json!({}), "");
    assert_eq!((contribution.cost.operations, contribution.cost.memory_bytes), (0, 4 * 65_536));
    assert!(contribution.cost.time_micros > 0);
}

#[test]
fn a_recipient_and_a_refusal_are_read_where_they_lie() {
    let plan = Guest {
        module: r#"(memory (export "memory") 4)
            ;; Its recipients at 44 and why it is refused at 132, both behind the result's tag.
            (data (i32.const 1068) "\00\08\00\00\01\00\00\00")
            (data (i32.const 1156) "\01\00\00\00\08\0c\00\00\02\00\00\00")
            ;; A recipient: to whom, after its four spans the questions at 80.
            (data (i32.const 2048) "\00\0c\00\00\08\00\00\00")
            (data (i32.const 2112) "\01\00\00\00\02\00\00\00\02\00\00\00")
            (data (i32.const 2128) "\00\0a\00\00\02\00\00\00")
            ;; Two questions of 20 bytes each.
            (data (i32.const 2560) "\0a\0c\00\00\04\00\00\00\03\00\00\00\01\00\00\00\00\00\00\00")
            (data (i32.const 2580) "\0e\0c\00\00\03\00\00\00\00\00\00\00\11\0c\00\00\04\00\00\00")
            (data (i32.const 3072) "everyonenowhenwhyPT4H")"#,
        route: "i32.const 1024",
        ..EMPTY
    };
    let expected = json!({
        "sends": [{
            "to": "everyone", "remind_before": {"working_hours": 2},
            "asks": [{"about": "when", "within": {"working_days": 1}}, {"about": "why", "within": "PT4H"}]
        }],
        "refuse": "no"
    });
    assert_eq!(plan.outcome(""), Ok(expected));
}

/// A hook that fails with the text whose address and length lie at `offset` behind its argument.
fn echo(offset: u32) -> String {
    format!(
        "(i32.store8 (i32.const 1024) (i32.const 1))
         (i32.store (i32.const 1028) (i32.load (i32.add (local.get 0) (i32.const {offset}))))
         (i32.store (i32.const 1032) (i32.load (i32.add (local.get 0) (i32.const {}))))
         (i32.const 1024)",
        offset + 4
    )
}

#[test]
fn a_guest_sees_the_message() {
    for (offset, text) in [
        (0, "complaint"),
        (8, "裂纹"),
        (20, "short"),
        (28, r#"{"amount_cents":1000}"#),
        (36, "person:han"),
        (44, "customer-service"),
        (52, "normal"),
        (60, "department"),
        (68, "internal"),
        (76, "feedback"),
        (100, "2026-11-20T08:30:00Z"),
        (108, r#"{"tier":"gold"}"#),
    ] {
        let lines: &'static str = echo(offset).leak();
        let guest = Guest { route: lines, ..EMPTY };
        let contribution = guest.call(json!({"summary": "short"}), "[settings]\ntier = \"gold\"");
        assert_eq!(outcome(contribution), Err((FailureCause::Error, text.to_owned())), "{offset}");
    }
}

#[test]
fn each_hook_is_given_its_facts() {
    // The classification of the merged plan, and the goal of the breach, behind the message's 108 bytes.
    let (approve, escalate) = (echo(112).leak(), echo(108).leak());
    let bundle = Guest { approve, escalate, ..EMPTY }.check("").unwrap();
    let facts: RouteFacts = serde_json::from_value(json!({
        "level": 1, "classification": "restricted", "audience": "external", "content_type": "notice"
    }))
    .unwrap();
    let breach: BreachFacts = serde_json::from_value(json!({
        "goal": "answer", "due": "2026-11-20T08:30:00Z", "at": "2026-11-20T08:30:00Z", "case_status": "open", "level": 1
    }))
    .unwrap();
    for (input, text) in [(Input::Approve(facts.into()), "restricted"), (Input::Escalate(breach.into()), "answer")] {
        let contribution = bundle.ask(&subject(json!({})), input, Layer::Sender);
        assert_eq!(outcome(contribution), Err((FailureCause::Error, text.to_owned())));
    }
    assert_eq!(bundle.manifest().hooks.len(), Hook::ALL.len());
}

#[test]
fn nothing_of_a_call_is_there_at_the_next() {
    let counting = Guest {
        module: r#"(memory (export "memory") 4) (data (i32.const 1024) "\00\00\00\00\01\00")
                   (global $calls (mut i32) (i32.const 0))"#,
        route: "(global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                (i32.store8 (i32.const 1029) (i32.add (i32.load8_u (i32.const 1029)) (global.get $calls)))
                (i32.const 1024)",
        ..EMPTY
    };
    let bundle = counting.check("").unwrap();
    for _ in 0..3 {
        let contribution = bundle.ask(&subject(json!({})), Input::Route, Layer::Sender);
        assert_eq!(outcome(contribution), Ok(json!({"level": 1})));
    }
}

#[test]
fn a_number_that_is_none_is_always_the_same() {
    let guest = Guest {
        module: r#"(memory (export "memory") 4) (data (i32.const 1024) "\00\00\00\00\01\02")
                   (global $zero (mut f32) (f32.const 0))"#,
        route: "(if (i32.eq
                    (i32.reinterpret_f32 (f32.div (global.get $zero) (global.get $zero)))
                    (i32.const 0x7fc00000))
                  (then (i32.store8 (i32.const 1029) (i32.const 1))))
                (i32.const 1024)",
        ..EMPTY
    };
    assert_eq!(guest.outcome(""), Ok(json!({"level": 1})));
}

#[test]
fn what_it_asks_and_logs_is_kept() {
    let guest = Guest {
        module: r#"
            (import "herald:policy/host@1.0.0" "resolve" (func $resolve (param i32 i32 i32)))
            (import "herald:policy/host@1.0.0" "add-working-time"
                (func $add (param i32 i32 i32 i32 i32 i32 i32 i32)))
            (import "herald:policy/host@1.0.0" "lookup" (func $lookup (param i32 i32 i32 i32 i32 i32)))
            (import "herald:policy/host@1.0.0" "log" (func $log (param i32 i32)))
            (memory (export "memory") 4)
            (data (i32.const 2048) "role:sales/headoffice2026-11-20T08:30:00Z")
            (func $say (param $at i32)
                ;; An answer is a text at 4, or a list of texts of which the first is told.
                (call $log (i32.load offset=4 (local.get $at)) (i32.load offset=8 (local.get $at))))"#,
        route: "(call $resolve (i32.const 2048) (i32.const 15) (i32.const 1024))
                (call $log (i32.load (i32.load (i32.const 1028))) (i32.load offset=4 (i32.load (i32.const 1028))))
                (call $add (i32.const 2063) (i32.const 6) (i32.const 2069) (i32.const 20)
                    (i32.const 3) (i32.const 1) (i32.const 0) (i32.const 1024))
                (call $say (i32.const 1024))
                (call $add (i32.const 2063) (i32.const 5) (i32.const 2069) (i32.const 20)
                    (i32.const 3) (i32.const 1) (i32.const 0) (i32.const 1024))
                (call $say (i32.const 1024))
                (call $resolve (i32.const 2048) (i32.const 13) (i32.const 1024))
                (call $say (i32.const 1024))
                (call $lookup (i32.const 2048) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 1024))
                (call $say (i32.const 1024))
                (i32.const 0)",
        ..EMPTY
    };
    let contribution = guest.call(json!({}), "");
    assert_eq!(contribution.cost.host_calls, 5, "those without an answer, and the lookup");
    assert_eq!(
        contribution.log.lines().collect::<Vec<_>>(),
        [
            "person:wang",
            "2026-11-23T10:00:00Z",
            "there is no calendar `offic`; did you mean `office`?",
            "department `sales` has no role `he`; it has `director` or `head`",
            "there is no table `role`",
        ]
    );
    let answers: Vec<_> = contribution.answers.iter().map(|answer| answer.question.as_str()).collect();
    assert_eq!(answers, ["people(role:sales/head)", "calendar(office).add(2026-11-20T08:30:00Z, 1 working day)"]);
    assert_eq!(outcome(contribution), Ok(json!({})));
}

#[test]
fn without_a_pool_a_guest_decides_as_well() {
    let runtime: &'static Runtime = Box::leak(Box::new(Runtime::new(Allocation::OnDemand).unwrap()));
    let growing = Guest { route: "(drop (memory.grow (i32.const 60000))) unreachable", ..EMPTY };
    for (guest, decides) in [(EMPTY, true), (growing, false)] {
        let component = Component::new(&runtime.home.engine, guest.component()).unwrap();
        let linked = Linked::new(runtime, &component).unwrap();
        let (outcome, call) = linked.run(evaluation(), |hooks, instance, store| hooks.call(instance, store, "{}"));
        assert_eq!(outcome.map_err(|failure| failure.cause).err(), (!decides).then_some(FailureCause::Memory));
        assert_eq!(call.memory.most_bytes(), 4 * 65_536);
    }
}

#[test]
fn a_thread_finds_a_lane_of_its_own() {
    let runtime: &'static Runtime = Box::leak(Box::new(Runtime::with_lanes(Allocation::Pooled, 3).unwrap()));
    let component = Component::new(&runtime.home.engine, EMPTY.component()).unwrap();
    let linked = Linked::new(runtime, &component).unwrap();
    let mut taken = Vec::new();
    for lane in [None, Some(0), Some(1)] {
        let brought = linked.others.iter().filter(|place| place.get().is_some()).count();
        assert_eq!(brought, taken.len().saturating_sub(1), "a component comes to a lane when it is called there");
        let (outcome, _) = linked.run(evaluation(), |hooks, instance, store| hooks.call(instance, store, "{}"));
        assert!(outcome.is_ok(), "{lane:?}: {:?}", outcome.err().map(|failure| failure.message));
        taken.push(runtime.take().unwrap());
        assert_eq!(taken.last().map(|ticket| ticket.other), Some(lane));
    }
    // Everywhere somebody is at work: where the fewest are.
    let crowd: Vec<_> = (0..3).map(|_| runtime.take().unwrap()).collect();
    let mut lanes: Vec<_> = crowd.iter().map(|ticket| ticket.other).collect();
    lanes.sort_unstable();
    assert_eq!(lanes, [None, Some(0), Some(1)]);
    drop((crowd, taken));
    let [first, second] = [(); 2].map(|()| runtime.take().unwrap().other);
    assert_eq!(first, second, "a thread stays where it was");
}

#[test]
fn a_component_that_has_no_room_elsewhere_runs_at_home() {
    let runtime: &'static Runtime = Box::leak(Box::new(Runtime::with_lanes(Allocation::Pooled, 2).unwrap()));
    let component = Component::new(&runtime.home.engine, EMPTY.component()).unwrap();
    let linked = Linked::new(runtime, &component).unwrap();
    assert!(linked.others[0].set(None).is_ok());
    let _elsewhere = runtime.take().unwrap();
    let (outcome, _) = linked.run(evaluation(), |hooks, instance, store| hooks.call(instance, store, "{}"));
    assert!(outcome.is_ok());
}

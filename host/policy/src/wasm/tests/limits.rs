//! Hostile and careless guests: contained soon, with the right cause, and nothing left behind for the next one.

use std::time::{Duration, Instant};

use herald_core::decision::FailureCause;
use serde_json::json;

use super::guest::{EMPTY, Guest};

/// How long a contained guest may keep its thread, in this build. The time limit is 50 ms of computing and one second by
/// the wall clock; what comes on top is a tick, and a machine that does other things.
const CONTAINED_WITHIN: Duration = Duration::from_secs(5);

const MEMORY: &str = r#"(memory (export "memory") 4)"#;
const HOST: &str = r#"
    (import "herald:policy/host@1.0.0" "resolve" (func $resolve (param i32 i32 i32)))
    (import "herald:policy/host@1.0.0" "log" (func $log (param i32 i32)))
    (memory (export "memory") 4)
    (data (i32.const 2048) "role:sales/headpanicked at src/lib.rs:3:5: no tier")"#;

fn stopped(guest: &Guest, more: &str) -> (FailureCause, String) {
    let bundle = guest.check(more).unwrap();
    let subject = crate::testing::subject(json!({}));
    let started = Instant::now();
    let contribution = bundle.ask(&subject, crate::evaluation::Input::Route, herald_core::decision::Layer::Sender);
    assert!(started.elapsed() < CONTAINED_WITHIN, "{guest:?}: {:?}", started.elapsed());
    super::outcome(contribution).expect_err(guest.route)
}

#[test]
fn what_takes_too_much_is_stopped_and_told_apart() {
    use FailureCause::{Depth, Error, HostCalls, Memory, Plan, Size, Time};
    for (module, route, cause, says) in [
        (MEMORY, "(loop $l (br $l)) (i32.const 0)", Time, "stopped after 50 ms, its time_limit_ms"),
        (
            r#"(memory (export "memory") 4) (func $f (loop $l (br $l)))"#,
            "(call $f) (i32.const 0)",
            Time,
            "stopped after 50 ms",
        ),
        (
            r#"(memory (export "memory") 4) (func $f (call $f) (call $f))"#,
            "(call $f) (i32.const 0)",
            Depth,
            "functions call each other too deeply",
        ),
        (
            MEMORY,
            "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable",
            Memory,
            "it needed more memory than 32 MiB, its memory_limit_mib",
        ),
        (
            MEMORY,
            "(drop (memory.grow (i32.const 60000))) (i32.load (i32.const 0x7ffffff0))",
            Memory,
            "it needed more memory than 32 MiB",
        ),
        (
            r#"(memory (export "memory") 4) (memory $two 1) (memory $three 1)"#,
            "(loop $l
                (drop (memory.grow $three (i32.const 16)))
                (br_if $l (i32.ne (memory.grow $two (i32.const 16)) (i32.const -1))))
             unreachable",
            Memory,
            "it needed more memory than 32 MiB",
        ),
        (
            r#"(memory (export "memory") 4) (table $t 1 funcref)"#,
            "(loop $l (br_if $l (i32.ne (table.grow $t (ref.null func) (i32.const 1000)) (i32.const -1)))) unreachable",
            Memory,
            "it wanted a table of more than 65536 elements",
        ),
        (
            // What it has declared itself is no limit of the host's.
            r#"(memory (export "memory") 4 8)"#,
            "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable",
            Error,
            "it trapped: it came where it must not come",
        ),
        (
            r#"(memory (export "memory") 4) (table $t 1 8 funcref)"#,
            "(loop $l (br_if $l (i32.ne (table.grow $t (ref.null func) (i32.const 1)) (i32.const -1)))) unreachable",
            Error,
            "it trapped: it came where it must not come",
        ),
        (
            MEMORY,
            "(drop (memory.grow (i32.const 60000))) (i32.div_u (i32.const 1) (i32.load (i32.const 1024)))",
            Error,
            "it trapped: it divided by zero",
        ),
        (MEMORY, "unreachable", Error, "it trapped: it came where it must not come, most often by a panic"),
        (MEMORY, "(i32.load (i32.const 0x7ffffff0))", Error, "it trapped: it reached beyond its memory"),
        (MEMORY, "(i32.div_u (i32.const 1) (i32.load (i32.const 1024)))", Error, "it trapped: it divided by zero"),
        (
            r#"(memory (export "memory") 4) (table 1 funcref) (type $t (func (result i32)))"#,
            "(call_indirect (type $t) (i32.const 0))",
            Error,
            "it trapped: it called a function by a pointer that points to none",
        ),
        (MEMORY, "(i32.const 0x7ffffff0)", Error, "it broke off: "),
        (HOST, "(call $log (i32.const 2063) (i32.const 35)) unreachable", Error, "panicked at src/lib.rs:3:5: no tier"),
        (
            HOST,
            "(loop $l (call $resolve (i32.const 2048) (i32.const 15) (i32.const 1024)) (br $l)) (i32.const 0)",
            HostCalls,
            "it asked the host more than 256 times, its host_call_limit",
        ),
        (
            HOST,
            "(loop $l (call $resolve (i32.const 2048) (i32.const 0x7fffffff) (i32.const 1024)) (br $l)) (i32.const 0)",
            Error,
            "it broke off: ",
        ),
        (
            r#"(memory (export "memory") 4)
               (data (i32.const 1068) "\00\08\00\00\01\00\00\00")
               (data (i32.const 2048) "\00\0c\00\00\08\00\00\00\00\00\01\00\10\27\00\00")
               (data (i32.const 3072) "everyoneinbox")"#,
            "(local $at i32)
             (local.set $at (i32.const 65536))
             (loop $l
                (i32.store (local.get $at) (i32.const 3080))
                (i32.store offset=4 (local.get $at) (i32.const 5))
                (local.set $at (i32.add (local.get $at) (i32.const 8)))
                (br_if $l (i32.lt_u (local.get $at) (i32.const 145536))))
             (i32.const 1024)",
            Plan,
            "the plan is larger than 64 KiB, its plan_limit_kib",
        ),
        (
            // A target of 16 MiB: more than is ever read from a guest at once.
            r#"(memory (export "memory") 300)
               (data (i32.const 1068) "\00\08\00\00\01\00\00\00")
               (data (i32.const 2048) "\00\0c\00\00\00\00\00\01")"#,
            "(i32.const 1024)",
            Size,
            "it handed the host more than 8 MiB of texts and lists; a plan has at most 64 KiB, its plan_limit_kib",
        ),
    ] {
        let (found, message) = stopped(&Guest { module, route, ..EMPTY }, "");
        assert_eq!(found, cause, "{route}: {message}");
        assert!(message.starts_with(says), "{route}: {message}");
    }
    let asking = Guest {
        module: HOST,
        route: "(loop $l (call $resolve (i32.const 2048) (i32.const 15) (i32.const 1024)) (br $l)) (i32.const 0)",
        ..EMPTY
    };
    let (cause, message) = stopped(&asking, "[limits]\nanswer_limit_kib = 1");
    assert_eq!((cause, message.as_str()), (Size, "the host's answers are larger than 1 KiB, its answer_limit_kib"));
}

#[test]
fn a_guest_that_copes_with_less_memory_decides() {
    let coping = Guest { route: "(drop (memory.grow (i32.const 60000))) (i32.const 0)", ..EMPTY };
    assert_eq!(coping.outcome(""), Ok(json!({})));
}

#[test]
fn a_log_is_cut_with_a_mark() {
    let chatty = Guest {
        module: HOST,
        route: "(local $n i32)
                (loop $l
                    (call $log (i32.const 2048) (i32.const 15))
                    (local.set $n (i32.add (local.get $n) (i32.const 1)))
                    (br_if $l (i32.lt_u (local.get $n) (i32.const 10000))))
                (i32.const 0)",
        ..EMPTY
    };
    let contribution = chatty.call(json!({}), "[limits]\ntime_limit_ms = 1000");
    assert!(contribution.log.len() <= 4_096 && contribution.log.len() > 4_000, "{}", contribution.log.len());
    assert!(contribution.log.ends_with("… (the log is full)\n"));
    assert_eq!(super::outcome(contribution), Ok(json!({})));
}

#[test]
fn limits_are_the_manifests() {
    let endless = Guest { route: "(loop $l (br $l)) (i32.const 0)", ..EMPTY };
    let (cause, message) = stopped(&endless, "[limits]\ntime_limit_ms = 5");
    assert_eq!((cause, message.as_str()), (FailureCause::Time, "stopped after 5 ms, its time_limit_ms"));
    let growing = Guest {
        route: "(if (i32.eq (memory.grow (i32.const 600)) (i32.const -1)) (then unreachable)) (i32.const 0)",
        ..EMPTY
    };
    assert!(growing.outcome("").is_err());
    assert_eq!(growing.outcome("[limits]\nmemory_limit_mib = 64"), Ok(json!({})));
}

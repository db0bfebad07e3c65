//! Guests that use WASI, as the libraries of their languages do.

use herald_core::decision::{Contribution, FailureCause, Layer};
use serde_json::{Value, json};

use crate::evaluation::Input;
use crate::testing::subject;
use crate::wasm::tests::guest::{CONTRACT, EMPTY, Guest, check, embed, encode, outcome};

/// A later patch of WASI than the host names, as it comes with newer compilers.
const PACKAGES: &str = "
    package wasi:io@0.2.9 {
        interface error { resource error; }
        interface streams {
            use error.{error};
            variant stream-error { last-operation-failed(error), closed }
            resource input-stream { read: func(len: u64) -> result<list<u8>, stream-error>; }
            resource output-stream {
                check-write: func() -> result<u64, stream-error>;
                blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;
            }
        }
    }
    package wasi:cli@0.2.9 {
        interface stdin { use wasi:io/streams@0.2.9.{input-stream}; get-stdin: func() -> input-stream; }
        interface stdout { use wasi:io/streams@0.2.9.{output-stream}; get-stdout: func() -> output-stream; }
        interface stderr { use wasi:io/streams@0.2.9.{output-stream}; get-stderr: func() -> output-stream; }
        interface environment { get-environment: func() -> list<tuple<string, string>>; }
        interface exit { exit: func(status: result); }
    }
    package wasi:clocks@0.2.9 {
        interface wall-clock { record datetime { seconds: u64, nanoseconds: u32 } now: func() -> datetime; }
    }
    package wasi:random@0.2.9 { interface random { get-random-u64: func() -> u64; } }
    package wasi:filesystem@0.2.9 {
        interface types {
            resource descriptor { sync: func() -> result<_, error-code>; }
            enum error-code { access, io }
        }
        interface preopens {
            use types.{descriptor};
            get-directories: func() -> list<tuple<descriptor, string>>;
        }
    }
";

const IMPORTS: &str = "import host;
    import wasi:cli/stdin@0.2.9; import wasi:cli/stdout@0.2.9; import wasi:cli/stderr@0.2.9;
    import wasi:cli/environment@0.2.9; import wasi:cli/exit@0.2.9; import wasi:clocks/wall-clock@0.2.9;
    import wasi:random/random@0.2.9; import wasi:filesystem/preopens@0.2.9;";

const MODULE: &str = r#"
    (import "wasi:cli/stdin@0.2.9" "get-stdin" (func $stdin (result i32)))
    (import "wasi:io/streams@0.2.9" "[method]input-stream.read" (func $read (param i32 i64 i32)))
    (import "wasi:cli/stdout@0.2.9" "get-stdout" (func $stdout (result i32)))
    (import "wasi:cli/stderr@0.2.9" "get-stderr" (func $stderr (result i32)))
    (import "wasi:io/streams@0.2.9" "[method]output-stream.check-write" (func $check (param i32 i32)))
    (import "wasi:io/streams@0.2.9" "[method]output-stream.blocking-write-and-flush"
        (func $write (param i32 i32 i32 i32)))
    (import "wasi:cli/environment@0.2.9" "get-environment" (func $environment (param i32)))
    (import "wasi:cli/exit@0.2.9" "exit" (func $exit (param i32)))
    (import "wasi:clocks/wall-clock@0.2.9" "now" (func $now (param i32)))
    (import "wasi:random/random@0.2.9" "get-random-u64" (func $random (result i64)))
    (import "wasi:filesystem/types@0.2.9" "[method]descriptor.sync" (func $sync (param i32 i32)))
    (import "wasi:filesystem/preopens@0.2.9" "get-directories" (func $folders (param i32)))
    (memory (export "memory") 4)
    (data (i32.const 1536) "\00\00\00\00\01\01")
    (data (i32.const 2048) "one\ntwothread 'main' panicked at src/lib.rs:3:5:\nno tier\nnote: run again")"#;

fn call(route: &'static str, change: Value) -> Contribution {
    let guest = Guest { module: MODULE, route, ..EMPTY };
    let contract = CONTRACT.replace("import host;", IMPORTS) + PACKAGES;
    let bundle = check(&encode(&embed(&guest.wat(), &contract)), "").unwrap();
    bundle.ask(&subject(change), Input::Route, Layer::Sender)
}

#[test]
fn output_is_the_log() {
    let contribution = call(
        "(call $check (call $stdout) (i32.const 1024))
         (call $write (call $stdout) (i32.const 2048) (i32.const 7) (i32.const 1024))
         (call $write (call $stdout) (i32.const 2048) (i32.const 3) (i32.const 1024))
         (call $write (call $stderr) (i32.const 2055) (i32.const 6) (i32.const 1024))
         (i32.const 0)",
        json!({}),
    );
    assert_eq!(contribution.log, "one\ntwoone\nthread\n");
    assert_eq!(outcome(contribution), Ok(json!({})));
}

#[test]
fn a_panic_is_told_by_its_text_and_place() {
    let contribution =
        call("(call $write (call $stderr) (i32.const 2055) (i32.const 68) (i32.const 1024)) unreachable", json!({}));
    let said = "panicked at src/lib.rs:3:5: no tier".to_owned();
    assert_eq!(outcome(contribution), Err((FailureCause::Error, said)));
}

#[test]
fn an_end_without_a_plan_is_a_failure() {
    for (status, how) in [(0, "success"), (1, "failure")] {
        let route: &'static str = format!("(call $exit (i32.const {status})) (i32.const 0)").leak();
        let said = format!("it ended itself with {how} instead of returning a plan");
        assert_eq!(outcome(call(route, json!({}))), Err((FailureCause::Error, said)));
    }
}

#[test]
fn there_is_no_world_outside() {
    // A list of nothing and a stream at its end: the lengths and the case `closed` are what they should be, else a trap.
    let contribution = call(
        "(call $environment (i32.const 1024))
         (if (i32.load (i32.const 1028)) (then unreachable))
         (call $folders (i32.const 1024))
         (if (i32.load (i32.const 1028)) (then unreachable))
         (call $read (call $stdin) (i64.const 10) (i32.const 1024))
         (if (i32.ne (i32.load8_u (i32.const 1024)) (i32.const 1)) (then unreachable))
         (if (i32.ne (i32.load8_u (i32.const 1028)) (i32.const 1)) (then unreachable))
         (i32.const 0)",
        json!({}),
    );
    assert_eq!(outcome(contribution), Ok(json!({})));
}

#[test]
fn the_clock_stands_at_the_submission() {
    let contribution = call(
        "(call $now (i32.const 1024))
         (if (i64.ne (i64.load (i32.const 1024)) (i64.const 1795163400)) (then unreachable))
         (i32.const 1536)",
        json!({}),
    );
    assert_eq!(outcome(contribution), Ok(json!({"level": 1})));
}

#[test]
fn random_numbers_follow_from_the_message() {
    let route = "(i64.store (i32.const 1024) (call $random))
        (call $write (call $stdout) (i32.const 1024) (i32.const 8) (i32.const 1032)) (i32.const 0)";
    let log = |change| call(route, change).log;
    assert_eq!(log(json!({})), log(json!({"labels": {"tier": "gold"}})));
    assert_ne!(log(json!({})), log(json!({"subject": "another"})));
    assert_ne!(log(json!({})), log(json!({"body": {"amount_cents": 2}})));
}

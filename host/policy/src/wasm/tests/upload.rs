//! What is refused when it is published, and how it is told.

use herald_core::decision::{FailureCause, Layer};
use serde_json::json;

use super::guest::{CONTRACT, EMPTY, Guest, check, embed, encode, files, outcome};
use crate::bundle::Bundle;
use crate::evaluation::Input;
use crate::files::BundleFiles;
use crate::limits::HostLimits;
use crate::testing::{subject, world};
use crate::wasm::ComponentCache;
use crate::wasm::engine::runtime;

fn report(component: &[u8]) -> Vec<String> {
    let report = check(component, "").expect_err("it should be refused").to_string();
    report.lines().map(|line| line.replace("customer-service/plugin/", "")).collect()
}

/// A guest built for a contract that was changed.
fn built_for(contract: &str, wat: &str) -> Vec<u8> {
    encode(&embed(wat, contract))
}

#[test]
fn what_is_no_component_is_refused() {
    let component = EMPTY.component();
    let precompiled = runtime().unwrap().home.engine.precompile_component(&component).unwrap();
    let mut torn = component.clone();
    torn.truncate(component.len() / 2);
    let mut strange = component.clone();
    strange[4] = 0x7f;
    let module = |text: &str| wat::parse_str(text).unwrap();
    for (bytes, says) in [
        (b"".to_vec(), "policy.wasm: no WebAssembly; publish what the build"),
        (b"(module)".to_vec(), "policy.wasm: no WebAssembly; it looks like WebAssembly in text"),
        (precompiled, "policy.wasm: machine code, which is never taken from outside"),
        (b"\x7fELF".to_vec(), "policy.wasm: machine code"),
        (torn, "policy.wasm: not valid at byte"),
        (strange, "policy.wasm: no"),
        (module("(module)"), "policy.wasm: a module that does not say for which contract it was built; build it"),
        (module("(module (memory 1 1 shared))"), "policy.wasm: not valid at byte"),
        (
            module("(module (func (result v128) v128.const i64x2 0 0 v128.const i64x2 0 0 i8x16.relaxed_swizzle))"),
            "policy.wasm: not valid at byte",
        ),
        (
            module("(component)"),
            "policy.wasm: it does not export `herald:policy/hooks@1.0.0`, by which its hooks are called",
        ),
    ] {
        let said = report(&bytes);
        assert!(said.len() == 1 && said[0].starts_with(says), "{says}: {said:?}");
    }
}

#[test]
fn a_module_that_has_the_contract_in_it_is_made_a_component() {
    assert!(check(&EMPTY.module(), "").is_ok());
}

#[test]
fn all_differences_from_the_contract_are_named() {
    let strange = "\npackage evil:net@1.0.0 { interface sockets { connect: func(); } }
        package wasi:sockets@0.2.0 { interface tcp { listen: func(); } }
        package wasi:random@0.3.0 { interface random { get: func() -> u64; } }\n";
    let contract = CONTRACT.replace(
        "import host;",
        "import hosts; import evil:net/sockets@1.0.0; import wasi:sockets/tcp@0.2.0; import wasi:random/random@0.3.0;",
    );
    let contract = contract.replace("interface host {", "interface hosts {").replace("export hooks;", "") + strange;
    let imports = r#"(module
        (import "herald:policy/hosts@1.0.0" "log" (func (param i32 i32)))
        (import "evil:net/sockets@1.0.0" "connect" (func))
        (import "wasi:sockets/tcp@0.2.0" "listen" (func))
        (import "wasi:random/random@0.3.0" "get" (func (result i64)))
        (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable))"#;
    let said = report(&built_for(&contract, imports));
    for part in [
        "it imports `herald:policy/hosts@1.0.0`, which is not granted; did you mean `herald:policy/host`?",
        "it imports `evil:net/sockets@1.0.0`, which is not granted; a policy may import `herald:policy/host`, \
         `herald:policy/types` and the harmless part of WASI",
        "it imports `wasi:sockets/tcp@0.2.0`, which is not granted; a policy has no files, no network",
        "it imports `wasi:random/random@0.3.0`, and only version 0.2 of WASI is there",
        "it does not export `herald:policy/hooks@1.0.0`",
    ] {
        assert!(said.iter().any(|line| line.contains(part)), "{part}: {said:#?}");
    }
    assert_eq!(said.len(), 5, "{said:#?}");

    let newer = |text: &str| text.replace("@1.0.0", "@2.0.0");
    let guest = Guest {
        module: r#"(import "herald:policy/host@1.0.0" "log" (func (param i32 i32))) (memory (export "memory") 4)"#,
        ..EMPTY
    };
    let said = report(&built_for(&newer(CONTRACT), &newer(&guest.wat())));
    assert_eq!(said.len(), 3, "{said:#?}");
    assert!(said.iter().all(|line| line.contains("build it for `herald:policy@1.0.0`")), "{said:#?}");
}

#[test]
fn functions_that_the_contract_has_not_are_named() {
    let contract = CONTRACT.replace("resolve: func", "resolves: func");
    let guest = Guest {
        module: r#"(import "herald:policy/host@1.0.0" "resolves" (func (param i32 i32 i32)))
                   (memory (export "memory") 4)"#,
        ..EMPTY
    };
    assert_eq!(
        report(&built_for(&contract, &guest.wat())),
        ["policy.wasm: it imports `resolves` of `herald:policy/host@1.0.0`, which has none of that name; \
          did you mean `resolve`?"]
    );
    let contract = CONTRACT.replace("approve: func", "approves: func");
    let wat = EMPTY.wat().replace("#approve", "#approves");
    assert_eq!(
        report(&built_for(&contract, &wat)),
        ["policy.wasm: its `herald:policy/hooks@1.0.0` has no function `approve`"]
    );
}

#[test]
fn functions_of_wasi_that_are_not_granted_are_named() {
    let contract = CONTRACT.replace("import host;", "import host; import wasi:cli/environment@0.2.9;")
        + "\npackage wasi:cli@0.2.9 { interface environment { get-arguments: func() -> list<string>; set: func(); } }";
    let guest = Guest {
        module: r#"(import "wasi:cli/environment@0.2.9" "get-arguments" (func (param i32)))
                   (import "wasi:cli/environment@0.2.9" "set" (func)) (memory (export "memory") 4)"#,
        ..EMPTY
    };
    assert_eq!(
        report(&built_for(&contract, &guest.wat())),
        ["policy.wasm: it imports `set` of `wasi:cli/environment@0.2.9`, which is not granted"]
    );
}

#[test]
fn types_that_differ_from_the_contract_are_named() {
    let hint = "; generate its bindings from the host's `herald-policy.wit`";
    let check = |from: &str, to: &str, guest: &Guest, expected: &[&str]| {
        assert!(CONTRACT.contains(from), "{from}");
        let said = report(&built_for(&CONTRACT.replace(from, to), &guest.wat()));
        let expected: Vec<_> = expected.iter().map(|text| format!("policy.wasm: {text}{hint}")).collect();
        assert_eq!(said, expected, "{from}");
    };
    check(
        "result<_, list<string>>",
        "result<_, string>",
        &EMPTY,
        &["its `validate-settings` does not take or return what the contract says: \
           `result.error` is `string` instead of `list`"],
    );
    // What several hooks are given or return is told of each.
    check(
        "    asks: list<question>,\n",
        "    asked: list<question>,\n",
        &EMPTY,
        &[
            "its `route` does not take or return what the contract says: \
             `result.sends[]` has no field `asks`; `result.sends[]` has a field `asked`",
            "its `escalate` does not take or return what the contract says: \
             `result.notify[]` has no field `asks`; `result.notify[]` has a field `asked`",
        ],
    );
    // Names differ by small and capital letters, too.
    check(
        "    declined: option<string>,\n",
        "    DECLINED: option<string>,\n",
        &EMPTY,
        &["its `escalate` does not take or return what the contract says: \
           `breach` has no field `declined`; `breach` has a field `DECLINED`"],
    );
    let pair = report(&built_for(&CONTRACT.replace("tuple<string, string>", "tuple<string>"), &EMPTY.wat()));
    assert!(pair[0].contains("`message.labels[]` has 1 values instead of 2"), "{pair:#?}");
    let stages = "does not take or return what the contract says: `result.stages[].within.clock` is missing; \
        `result.stages[].within.working-minutes` is `u64` instead of `u32`";
    let span = "clock(string),\n    /// Minutes during which the owner's calendar is open.\n    working-minutes(u32),";
    let said = report(&built_for(&CONTRACT.replace(span, "clock,\n    working-minutes(u64),"), &EMPTY.wat()));
    assert!(said.len() == 3 && said[1].contains(&format!("its `approve` {stages}")), "{said:#?}");
    // More places of one function are counted only.
    assert!(said[0].contains("its `route` ") && said[0].contains("; and 6 more"), "{said:#?}");

    let asks = Guest {
        module: r#"(import "herald:policy/host@1.0.0" "resolve" (func (param i32 i32 i32)))
                   (import "herald:policy/host@1.0.0" "log" (func (param i32)))
                   (memory (export "memory") 4)"#,
        ..EMPTY
    };
    let contract = CONTRACT.replace("log: func(text: string);", "log: func(text: char);");
    let contract = contract.replace("-> result<list<string>, string>;", "-> list<string>;");
    let said = report(&built_for(&contract, &asks.wat()));
    let expected = [
        "it imports `resolve` of `herald:policy/host@1.0.0`: `result` is `list` instead of `result`",
        "it imports `log` of `herald:policy/host@1.0.0`: `text` is `char` instead of `string`",
    ];
    assert_eq!(said, expected.map(|text| format!("policy.wasm: {text}{hint}")));
}

#[test]
fn everything_that_a_module_may_not_import_is_named() {
    let module = r#"(import "env" "system" (func (param i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
        (import "herald:policy/hosts@1.0.0" "log" (func (param i32 i32)))
        (memory (export "memory") 4)"#;
    let wat = Guest { module, ..EMPTY }.wat();
    assert_eq!(
        report(&embed(&wat, CONTRACT)),
        [
            "policy.wasm: it imports `env`, which is not granted; \
             a policy may import `herald:policy/host`, `herald:policy/types` and the harmless part of WASI",
            "policy.wasm: it imports `herald:policy/hosts@1.0.0`, which is not granted; did you mean `herald:policy/host`?",
            "policy.wasm: it imports `wasi_snapshot_preview1`, which is not granted; \
             build it for `wasm32-unknown-unknown` or `wasm32-wasip2`",
            "policy.wasm: a module that makes no component: failed to decode world from module: module was not valid: \
             failed to resolve import `env::system`: module requires an import interface named `env`",
        ]
    );
}

#[test]
fn every_function_that_a_module_has_not_as_it_should_is_named() {
    let wat = r#"(module
        (import "herald:policy/host@1.0.0" "logg" (func (param i32 i32)))
        (import "wasi:cli/environment@0.2.9" "set" (func (param i32)))
        (memory (export "memory") 4)
        (func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32) i32.const 0))"#;
    let said = report(&embed(wat, CONTRACT));
    let missing = ["approve", "escalate", "validate-settings"]
        .map(|hook| format!("policy.wasm: its `herald:policy/hooks@1.0.0` has no function `{hook}`"));
    assert_eq!(
        said[..2],
        [
            "policy.wasm: it imports `logg` of `herald:policy/host@1.0.0`, which has none of that name; did you mean `log`?",
            "policy.wasm: it imports `set` of `wasi:cli/environment@0.2.9`, which is not granted",
        ]
    );
    assert!(missing.iter().all(|missing| said[2..].contains(missing)), "{said:#?}");
    assert!(said.len() == 6 && said[5].contains("a module that makes no component"), "{said:#?}");
}

#[test]
fn a_few_of_very_many_differences_are_told() {
    let imports: String = (0..5_000).map(|number| format!(r#"(import "n{number}" "f" (func))"#)).collect();
    let module: &'static str = format!(r#"{imports} (memory (export "memory") 4)"#).leak();
    let said = report(&embed(&Guest { module, ..EMPTY }.wat(), CONTRACT));
    assert_eq!(said.len(), 26, "{said:#?}");
    assert!(said.contains(&"policy.wasm: it differs in more than that; mend these first".to_owned()), "{said:#?}");
}

#[test]
fn what_does_not_start_is_refused() {
    for (module, says) in [
        ("(func $s unreachable) (start $s)", "it does not start: it trapped: it came where it must not come"),
        ("(func $s (loop $l (br $l))) (start $s)", "it does not start: stopped after 50 ms"),
        ("(memory $big 600)", "it does not start: it needed more memory than 32 MiB"),
    ] {
        let module: &'static str = format!("(memory (export \"memory\") 4) {module}").leak();
        let said = report(&Guest { module, ..EMPTY }.component());
        assert!(said.len() == 1 && said[0].contains(says), "{module}: {said:?}");
    }
}

#[test]
fn settings_are_validated_by_the_guest() {
    let module = r#"(memory (export "memory") 4)
        (data (i32.const 1024) "\01\00\00\00\00\08\00\00\02\00\00\00")
        (data (i32.const 2048) "\00\0c\00\00\0e\00\00\00\0e\0c\00\00\0e\00\00\00")
        (data (i32.const 3072) "`tier` is nonenothing is set")"#;
    let said = report(&Guest { module, validate: "i32.const 1024", ..EMPTY }.component());
    assert_eq!(said, ["policy.toml: settings: `tier` is none", "policy.toml: settings: nothing is set"]);
    let said = report(&Guest { validate: "unreachable", ..EMPTY }.component());
    assert!(said[0].starts_with("policy.wasm: it cannot validate its settings: it trapped"), "{said:?}");
}

#[test]
fn a_few_of_very_many_sentences_about_settings_are_told() {
    // A list of 200 texts, each one letter longer than the one before it.
    let sentences: String = (1..=200).map(|length| format!(r"\00\08\00\00\{length:02x}\00\00\00")).collect();
    let module = format!(
        r#"(memory (export "memory") 4)
           (data (i32.const 1024) "\01\00\00\00\00\00\01\00\c8\00\00\00")
           (data (i32.const 2048) "{}")
           (data (i32.const 65536) "{sentences}")"#,
        "x".repeat(200)
    );
    let said = report(&Guest { module: module.leak(), validate: "i32.const 1024", ..EMPTY }.component());
    let told = (1..=24).map(|length| format!("policy.toml: settings: {}", "x".repeat(length)));
    let mut expected: Vec<_> = told.collect();
    expected.push("policy.toml: settings: and 176 more".to_owned());
    assert_eq!(said, expected);
}

#[test]
fn a_component_is_as_large_as_the_host_allows() {
    let component = EMPTY.component();
    let files = files(&component, "").files().clone();
    let host = HostLimits { component_limit_kib: 1, ..HostLimits::default() };
    let error = BundleFiles::new(files, &host).unwrap_err().to_string();
    assert!(error.starts_with("`policy.wasm` has ") && error.ends_with("at most 1 KiB are allowed"), "{error}");
}

#[test]
fn a_bundle_has_the_file_of_its_language() {
    let component = EMPTY.component();
    let mut both = files(&component, "").files().clone();
    both.insert("policy.rhai".to_owned(), b"fn route(message, plan) {}".to_vec());
    let mut neither = files(&component, "").files().clone();
    neither.remove("policy.wasm");
    for (files, says) in [
        (both, "policy.rhai: the manifest names another language, whose file is `policy.wasm`"),
        (neither, "policy.wasm: missing"),
    ] {
        let files = BundleFiles::new(files, &HostLimits::default()).unwrap();
        let report = Bundle::compile(&files, 1, &world(), &HostLimits::default()).unwrap_err().to_string();
        assert!(report.contains(says), "{report}");
    }
}

#[test]
fn what_is_loaded_is_ready_from_the_cache_and_busy_while_it_is_compiled() {
    let temporary = tempfile::tempdir().unwrap();
    let cache = ComponentCache::open(temporary.path(), [7; 32], u64::MAX).unwrap();
    let host = HostLimits { component_cache: Some(cache), compiles_beside: true, ..HostLimits::default() };
    let files = files(&EMPTY.component(), "");
    let load = || Bundle::load(&files, 3, &host).unwrap();
    let ask = |bundle: &Bundle| outcome(bundle.ask(&subject(json!({})), Input::Route, Layer::Sender));

    let cold = load();
    if let Err((cause, message)) = ask(&cold) {
        assert_eq!(
            (cause, message.as_str()),
            (FailureCause::Busy, "the host is still compiling it; it is no fault of the policy")
        );
    }
    while !cold.is_ready() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert_eq!(ask(&cold), Ok(json!({})));
    let warm = load();
    assert!(warm.is_ready());
    assert_eq!(ask(&warm), Ok(json!({})));
}

//! Plugins as their authors have them: made, built and run by `herald plugin`, with the tools that `tests/run` installs.
//!
//! The ones in JavaScript and Python under `plugins/` have a twin in Rhai under `rules/`, which they must agree with.

mod bindings;
mod pins;
mod running;
mod tools;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use herald_tests::sample;
use serde_json::{Value, json};

use tools::{Plugin, herald, refused, succeed};

/// The policy in three languages.
const TWIN: &str = "organisation/collaboration-request";

/// A policy in JavaScript and in Python that asks and refuses, and its cases.
fn asking() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/asking")
}

/// The line that runs a bundle in the sample organisation, as `how` runs it.
fn run<T>(dir: &Path, arguments: &[&str], how: impl FnOnce(&[&str]) -> T) -> T {
    let rules = sample::rules();
    how(&[&["plugin", "run", dir.to_str().unwrap(), "--rules", rules.to_str().unwrap()][..], arguments].concat())
}

/// What each case of a bundle came to, by its file; all passed.
fn outcomes(dir: &Path, arguments: &[&str]) -> Vec<(String, Value)> {
    let cases = run(dir, arguments, herald);
    let outcome = |case: &Value| {
        assert_eq!(case["passed"], true, "{case:#}");
        // How a failure reads is each language's own; the case says what it must contain.
        (case["file"].as_str().unwrap().to_owned(), case["call"]["outcome"]["plan"].clone())
    };
    cases.as_array().unwrap().iter().map(outcome).collect()
}

/// Builds the plugin in `dir`: it asks nothing but `herald:policy` of its host.
fn build(dir: &Path) {
    let built = herald(&["plugin", "build", dir.to_str().unwrap()]);
    let own = |name: &Value| name.as_str().unwrap().starts_with("herald:policy/");
    assert!(built["imports"].as_array().unwrap().iter().all(own), "{built:#}");
    assert!(built["exports"].as_array().unwrap().contains(&json!("herald:policy/hooks@1.0.0")), "{built:#}");
}

/// The plugin of `plugins/` in `language` and the script plan the same for every case of the script.
fn check_twin(language: &str) {
    let script = sample::rules().join(TWIN);
    let plugin = Plugin::copy(&sample::rules().join("../plugins/collaboration-request").join(language));
    build(&plugin.dir());
    let cases = script.join("cases");
    let wasm = outcomes(&plugin.dir(), &["--cases", cases.to_str().unwrap()]);
    assert!(wasm.len() >= 10, "{wasm:?}");
    assert_eq!(wasm, outcomes(&script, &[]));
}

/// A new plugin in `language` builds, passes its own cases, and decides in a running host that it is published to.
fn check_new(language: &str) {
    let plugin = Plugin::new(language);
    build(&plugin.dir());
    assert_eq!(outcomes(&plugin.dir(), &[]).len(), 3);
    running::decides(&plugin);
}

/// The policy in the file `source` says what its cases expect; and what it says when it stumbles over its settings.
fn check_asking(language: &str, source: &str, stumbles: &str) {
    let plugin = Plugin::new(language);
    fs::copy(asking().join(source), plugin.dir().join("source").join(source)).unwrap();
    build(&plugin.dir());
    let cases = asking().join("cases");
    assert_eq!(outcomes(&plugin.dir(), &["--cases", cases.to_str().unwrap()]).len(), 6);

    let manifest = plugin.dir().join("policy.toml");
    let right = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, right.replace("[settings]\n", "[settings]\nlines = [3]\n")).unwrap();
    let said = run(&plugin.dir(), &[], refused);
    assert!(said.contains(&format!("settings: {source}:")) && said.contains(stumbles), "{said}");
}

/// What Rust's own target for WASI makes is a component already, with whatever a program asks of the world.
#[test]
fn slow_a_program_of_rusts_target_for_wasi_decides() {
    const TARGET: &str = "wasm32-wasip2";
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().unwrap().stdout;
    let libraries = Path::new(String::from_utf8(sysroot).unwrap().trim()).join("lib/rustlib").join(TARGET);
    if !libraries.exists() {
        println!("not tried: `rustup target add {TARGET}`");
        return;
    }
    let plugin = Plugin::new("rust");
    build(&plugin.dir()); // Which puts the SDK beside it.
    let source = plugin.dir().join("source");
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/wasip2");
    fs::copy(program.join("lib.rs"), source.join("src/lib.rs")).unwrap();
    let mut cargo = Command::new("cargo");
    succeed(cargo.current_dir(&source).args(["build", "--release", "--target-dir", "target", "--target", TARGET]));
    let component = source.join("target").join(TARGET).join("release/policy.wasm");
    fs::copy(component, plugin.dir().join("policy.wasm")).unwrap();

    let cases = run(&plugin.dir(), &["--cases", program.join("cases").to_str().unwrap()], herald);
    let cases = cases.as_array().unwrap();
    assert!(cases.len() == 2 && cases.iter().all(|case| case["passed"] == true), "{cases:#?}");
    assert_eq!(cases[0]["call"]["log"], "2 letters\n1767574800 s\n", "{cases:#?}");
}

#[test]
fn slow_a_policy_in_javascript_asks_and_refuses() {
    check_asking("javascript", "policy.js", "TypeError: line.trim is not a function");
}

#[test]
fn slow_a_policy_in_python_asks_and_refuses() {
    check_asking("python", "policy.py", "AttributeError: 'int' object has no attribute 'strip'");
}

#[test]
fn slow_a_policy_in_javascript_agrees_with_its_script() {
    check_twin("javascript");
}

#[test]
fn slow_a_policy_in_python_agrees_with_its_script() {
    check_twin("python");
}

#[test]
fn slow_a_new_plugin_in_rust_passes_its_cases_and_decides() {
    check_new("rust");
}

#[test]
fn slow_a_new_plugin_in_javascript_passes_its_cases_and_decides() {
    check_new("javascript");
}

#[test]
fn slow_a_new_plugin_in_python_passes_its_cases_and_decides() {
    check_new("python");
}

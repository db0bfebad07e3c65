//! The hostile scripts.

use herald_tests::corpus::{self, Case};
use herald_tests::workload::Files;

/// How many scripts there are at least.
const LEAST: usize = 100;
/// What may stay behind after all of them: what is made once, at its first use.
const LEFT_BEHIND_LIMIT_BYTES: isize = 256 * 1_024;

/// A bundle of the script. Unless it is about time, the operation limit comes first, as it should: a slow machine, or a
/// build without optimisation, must not change what the reason is.
fn bundle(case: &Case) -> Files {
    let is_about_time = case.limits.iter().any(|limit| limit.contains("time_limit_ms"));
    let mut files = super::around(case, "rhai", if is_about_time { "" } else { "time_limit_ms = 1_000" });
    files.insert("policy.rhai".to_owned(), case.source.clone().into_bytes());
    files
}

#[test]
fn hostile_scripts_are_contained() {
    let attempts = super::attempts(corpus::read("rhai", "rhai", "//").unwrap(), LEAST, bundle);
    let left = super::on_a_thread(|| super::contained(&attempts));
    // A script is checked, called and dropped on one thread, so that the checks have to balance as the calls do.
    assert!(left <= LEFT_BEHIND_LIMIT_BYTES, "{left} bytes are left behind");
}

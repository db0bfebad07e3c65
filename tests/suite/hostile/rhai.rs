//! The hostile scripts.

use herald_tests::corpus::{self, Case};
use herald_tests::workload::{Files, files};

/// How many scripts there are at least.
const LEAST: usize = 40;

/// A bundle of the script. Unless it is about time, the operation limit comes first, as it should: a slow machine, or a
/// build without optimisation, must not change what the reason is.
fn bundle(case: &Case) -> Files {
    let limits = case.limits.join("\n");
    let patience = if limits.contains("time_limit_ms") { "" } else { "time_limit_ms = 1_000\n" };
    let manifest = format!(
        "name = \"hostile\"\ndepartment = \"production\"\nlanguage = \"rhai\"\nhooks = [\"route\"]\n\
         [limits]\n{patience}{limits}\n"
    );
    files(&manifest, &case.source)
}

#[test]
fn hostile_scripts_are_contained() {
    super::contained(&corpus::read("rhai", "rhai", "//").unwrap(), LEAST, bundle);
}

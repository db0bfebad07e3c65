//! Dependencies point one way: `core ← policy, store ← engine ← server` and `core ← delivery ← server`.
//!
//! Read from `cargo tree`, so that a dependency that comes in by way of another crate counts too.

use std::collections::BTreeSet;
use std::process::Command;

/// Every crate that `package` links, by whatever way.
fn linked_by(package: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none", "--no-dedupe"])
        .args(["--package", package])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("names are text");
    text.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// What a crate may not reach, and what shows that the check looks at the right tree: something it does link.
const RULES: &[(&str, &[&str], &str)] = &[
    (
        "herald-core",
        &[
            "tokio",
            "redb",
            "axum",
            "rhai",
            "wasmtime",
            "reqwest",
            "hyper",
            "getrandom",
            "mio",
            "herald-policy",
            "herald-store",
            "herald-engine",
            "herald-delivery",
            "herald",
        ],
        "jiff",
    ),
    (
        "herald-policy",
        &["tokio", "redb", "axum", "reqwest", "herald-store", "herald-engine", "herald-delivery", "herald"],
        "rhai",
    ),
    (
        "herald-store",
        &["tokio", "axum", "rhai", "reqwest", "herald-policy", "herald-engine", "herald-delivery", "herald"],
        "redb",
    ),
    ("herald-engine", &["axum", "reqwest", "herald-delivery", "herald"], "herald-store"),
    (
        "herald-delivery",
        &["redb", "rhai", "axum", "herald-policy", "herald-store", "herald-engine", "herald"],
        "reqwest",
    ),
];

#[test]
fn dependencies_point_one_way() {
    for (package, forbidden, expected) in RULES {
        let linked = linked_by(package);
        assert!(linked.contains(*expected), "{package} links {expected}: is this the right tree? {linked:?}");
        let reached: Vec<_> = forbidden.iter().filter(|name| linked.contains(**name)).collect();
        assert!(reached.is_empty(), "{package} must not reach {reached:?}");
    }
}

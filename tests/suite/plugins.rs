//! The compiled policies of the sample organisation are what their sources say.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use herald_policy::{Bundle, BundleFiles, HostLimits, World};
use herald_server::code;
use herald_tests::program::program;
use herald_tests::sample::rules;
use serde_json::{Value, json};
use wasmparser::{Parser, Payload};

/// A plugin's name, and its bundle.
const PLUGINS: [(&str, &str); 2] =
    [("complaint-triage", "customer-service/complaint-triage"), ("supplier-risk", "procurement/supplier-risk")];
/// How `plugins/build` ends when there is no toolchain for Wasm.
const NO_TOOLCHAIN: i32 = 3;
const COMPONENT: &str = "policy.wasm";

fn build(arguments: &[&str]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/build");
    Command::new(script).args(arguments).env_remove("RUSTUP_TOOLCHAIN").env_remove("RUSTFLAGS").output().unwrap()
}

fn committed(bundle: &str) -> PathBuf {
    rules().join(bundle).join(COMPONENT)
}

/// The digest of its source that a module carries.
fn source_of(module: &[u8]) -> String {
    let sections = Parser::new(0).parse_all(module).filter_map(|payload| match payload.unwrap() {
        Payload::CustomSection(section) if section.name() == "herald:source" => Some(section.data().to_vec()),
        _ => None,
    });
    let found: Vec<_> = sections.collect();
    assert_eq!(found.len(), 1, "one section `herald:source`");
    String::from_utf8(found[0].clone()).unwrap()
}

#[test]
fn the_components_in_the_bundles_are_made_of_the_sources_beside_them() {
    for (plugin, bundle) in PLUGINS {
        let carried = source_of(&fs::read(committed(bundle)).unwrap());
        let output = build(&["--digest", plugin]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let digest = String::from_utf8(output.stdout).unwrap();
        assert_eq!(carried, digest.trim(), "the source of `{plugin}` was changed: run `plugins/build {plugin}`");
    }
}

/// What another compiler makes of the same source has other bytes; it must decide every case the same.
#[test]
fn slow_built_anew_they_decide_the_same() {
    let fresh = tempfile::tempdir().unwrap();
    let output = build(&["--to", fresh.path().to_str().unwrap()]);
    if output.status.code() == Some(NO_TOOLCHAIN) {
        println!("not compared: {}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let code = code::read(&rules()).unwrap();
    let world = Arc::new(World::new(Arc::new(code.organisation)).unwrap());
    for (plugin, bundle) in PLUGINS {
        let module = fs::read(fresh.path().join(plugin).with_extension("wasm")).unwrap();
        assert_eq!(source_of(&module), source_of(&fs::read(committed(bundle)).unwrap()));
        let mut files = code.bundles[&bundle.parse().unwrap()].clone();
        files.insert(COMPONENT.to_owned(), module);
        let limits = HostLimits::default();
        let files = BundleFiles::new(files, &limits).unwrap();
        let fresh = Bundle::compile(&files, 1, &world, &limits);
        let fresh = fresh.unwrap_or_else(|report| panic!("`{plugin}`, built anew: {report}"));
        let files = BundleFiles::new(code.bundles[&bundle.parse().unwrap()].clone(), &limits).unwrap();
        let committed = Bundle::compile(&files, 1, &world, &limits).unwrap();
        let (fresh, committed) = (decided(&fresh, &world), decided(&committed, &world));
        assert!(!committed.is_empty());
        for ((case, fresh), (_, committed)) in fresh.iter().zip(&committed) {
            assert_eq!(fresh, committed, "`{plugin}`, built anew, in {case}");
        }
    }
}

/// What it says in each of its cases, what it asked for that, and what it logged.
fn decided(bundle: &Bundle, world: &Arc<World>) -> Vec<(String, Value)> {
    let said = bundle.run_cases(world).into_iter().map(|case| {
        let said = case.contribution.unwrap_or_else(|| panic!("{}: not asked", case.file));
        (case.file, json!({"outcome": said.outcome, "answers": said.answers, "log": said.log}))
    });
    said.collect()
}

#[test]
fn what_a_run_compiled_is_kept_for_the_next_one() {
    let caches = tempfile::tempdir().unwrap();
    let run = || {
        let bundle = rules().join("procurement/supplier-risk");
        let mut command = Command::new(program());
        let output = command.args(["plugin", "run"]).arg(bundle).env("XDG_CACHE_HOME", caches.path()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
        said
    };
    let (key, components) = (caches.path().join("herald/key"), caches.path().join("herald/components"));
    let kept = || {
        let files: Vec<_> = fs::read_dir(&components).unwrap().map(|entry| entry.unwrap().path()).collect();
        let [file] = files.as_slice() else { panic!("{files:?}") };
        (file.clone(), fs::metadata(file).unwrap().modified().unwrap())
    };
    assert_eq!(run(), "");
    let (file, written) = kept();
    assert_eq!(run(), "");
    assert_eq!(kept(), (file.clone(), written), "it was compiled again");

    fs::write(&file, "machine code of somebody else").unwrap();
    assert_eq!(run(), "");
    assert_ne!(fs::read(&file).unwrap(), b"machine code of somebody else");

    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    let said = run();
    assert!(said.starts_with("what is compiled now is compiled again by the next run: "), "{said}");
}

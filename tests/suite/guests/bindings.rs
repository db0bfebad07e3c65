//! The typed bindings under `sdk/`: made from the interface by the tools, and what plugins are checked against.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::tools::{Plugin, folder, succeed};

fn sdk() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk").canonicalize().unwrap()
}

/// The files in `kept` are those of the same names in `made`.
fn check_same(made: &Path, kept: &Path) {
    for entry in fs::read_dir(kept).unwrap().map(Result::unwrap) {
        let (path, fresh) = (entry.path(), made.join(entry.file_name()));
        if path.is_dir() {
            check_same(&fresh, &path);
        } else {
            let (made, kept) = (fs::read_to_string(&fresh).unwrap(), fs::read_to_string(&path).unwrap());
            assert_eq!(made, kept, "`{}` is not what the tool makes of the interface", path.display());
        }
    }
}

#[test]
fn slow_the_bindings_are_those_of_the_interface() {
    let made = tempfile::tempdir_in(folder()).unwrap();
    let jco = ["types", "wit", "--world-name", "policy", "--quiet", "--out-dir"];
    succeed(Command::new("jco").current_dir(sdk()).args(jco).arg(made.path()));
    check_same(&made.path().join("interfaces"), &sdk().join("javascript/interfaces"));

    let wit = sdk().join("wit/herald-policy.wit");
    let python = made.path().join("python");
    let mut bindings = Command::new("componentize-py");
    succeed(bindings.arg("--wit-path").arg(wit).args(["--world", "policy", "bindings"]).arg(&python));
    check_same(&python.join("wit_world"), &sdk().join("python/wit_world"));
}

#[test]
fn slow_policies_in_javascript_fit_their_types() {
    let template = Plugin::new("javascript");
    let check = |source: &Path| {
        let project = source.join("jsconfig.json");
        succeed(Command::new("tsc").current_dir(source).arg("--project").arg(project));
    };
    let source = template.dir().join("source");
    check(&source);
    // The kit and the project file are the template's.
    let twin = sdk().join("../plugins/collaboration-request/javascript/source/policy.js");
    for policy in [twin, super::asking().join("policy.js")] {
        fs::copy(policy, source.join("policy.js")).unwrap();
        check(&source);
    }
}

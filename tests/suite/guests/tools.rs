//! The tools that make components, where `tests/run` installs them, and the program that calls them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use herald_tests::program::program;
use serde_json::Value;

/// `target/guests`: `node_modules` for JavaScript, `python` for Python.
pub(super) fn folder() -> PathBuf {
    let tools = program().ancestors().nth(2).unwrap().join("guests");
    assert!(tools.join("installed").exists(), "there is no `{}`; `tests/run` makes it", tools.display());
    tools
}

/// The largest component: those of JavaScript and Python have their interpreter in them.
pub(super) const COMPONENT_LIMIT: (&str, &str) = ("HERALD_COMPONENT_LIMIT_BYTES", "67108864");

/// Runs a command with the tools on its PATH.
fn run(command: &mut Command) -> Output {
    let folders = [folder().join("python/bin"), folder().join("node_modules/.bin")].into_iter();
    let path = std::env::var_os("PATH").unwrap();
    let path = std::env::join_paths(folders.chain(std::env::split_paths(&path))).unwrap();
    command.env("PATH", path).env(COMPONENT_LIMIT.0, COMPONENT_LIMIT.1).env("XDG_CACHE_HOME", folder().join("caches"));
    command.output().unwrap()
}

/// What a command printed that succeeds.
pub(super) fn succeed(command: &mut Command) -> Vec<u8> {
    let output = run(command);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}{}", String::from_utf8_lossy(&output.stdout));
    output.stdout
}

/// What `herald` prints as JSON.
pub(super) fn herald(arguments: &[&str]) -> Value {
    serde_json::from_slice(&succeed(Command::new(program()).args(arguments).arg("--json"))).unwrap()
}

/// What `herald` said that refused.
pub(super) fn refused(arguments: &[&str]) -> String {
    let output = run(Command::new(program()).args(arguments));
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).unwrap()
}

/// A plugin in a folder of its own, which is removed with it. It lies among the tools: Node.js looks for packages in the
/// folders above.
pub(super) struct Plugin {
    folder: tempfile::TempDir,
}

impl Plugin {
    /// A new one, of sales.
    pub(super) fn new(language: &str) -> Self {
        let plugin = Self { folder: tempfile::tempdir_in(folder()).unwrap() };
        let dir = plugin.dir();
        let line = ["plugin", "new", "--department", "sales", "--language", language, dir.to_str().unwrap()];
        assert_eq!(herald(&line)["bundle"], "sales/tried");
        plugin
    }

    /// A copy of the one in `from`, to be built.
    pub(super) fn copy(from: &Path) -> Self {
        let plugin = Self { folder: tempfile::tempdir_in(folder()).unwrap() };
        copy(from, &plugin.dir());
        // It is there only where somebody built it.
        let _ = fs::remove_file(plugin.dir().join("policy.wasm"));
        plugin
    }

    pub(super) fn dir(&self) -> PathBuf {
        self.folder.path().join("tried")
    }
}

/// Copies a folder, but for what is hidden, and for what tools keep there.
pub(super) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() && !name.starts_with('.') && name != "node_modules" && name != "target" {
            copy(&entry.path(), &to.join(name));
        } else if entry.path().is_file() {
            fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}

//! Rust: `cargo` for `wasm32-unknown-unknown`, whose modules import nothing but the host.
//!
//! With rustup the target is one command away. Where rustup cannot fetch it, Debian's compiler builds the standard
//! library from its source package. Debian has several, of which some are too old for what a plugin is built from.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::{ask, find, run};
use crate::plugin::PluginError;

const TARGET: &str = "wasm32-unknown-unknown";
/// Debian's compiler, which lies beside rustup's.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
/// The standard library's source, within Debian's compiler.
const LIBRARY_SOURCE: &str = "lib/rustlib/src/rust/library/std/Cargo.toml";
/// What the SDK says of itself; also by which compilers it can be built.
const SDK: &str = include_str!("../../../../../sdk/rust/Cargo.toml");
/// How to get a compiler and a standard library that go together without rustup's target.
const OR_DEBIAN: &str = "or, where rustup cannot fetch it, on Debian `apt-get update && apt-get install rustc-web \
                         cargo-web rust-web-src`; rustup itself comes from rustup.rs";

pub(super) fn compile(source: &Path) -> Result<Vec<u8>, PluginError> {
    let mut command = cargo(source)?;
    command.current_dir(source).args(["build", "--release", "--target", TARGET]);
    command.arg("--message-format=json-render-diagnostics");
    let messages = run("cargo build", &mut command, &[])?;
    let module = artifact(&String::from_utf8_lossy(&messages)).ok_or_else(|| PluginError::Tool {
        tool: "cargo build",
        said: "it made no `.wasm`; write `crate-type = [\"cdylib\"]` under `[lib]` in Cargo.toml".to_owned(),
    })?;
    std::fs::read(&module).map_err(|error| PluginError::file(&module, error))
}

/// A `cargo` that can build for the target.
fn cargo(source: &Path) -> Result<Command, PluginError> {
    let own = Compiler::find("rustc", source);
    let has_target = |own: &Compiler| own.sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir();
    if own.as_ref().is_some_and(|own| !own.is_old() && has_target(own)) {
        return Ok(Command::new("cargo"));
    }
    let has_source = |debian: &Compiler| debian.sysroot.join(LIBRARY_SOURCE).is_file();
    let debian = Compiler::find(DEBIAN_RUSTC, source);
    let debian = debian.filter(|debian| has_source(debian) && Path::new(DEBIAN_CARGO).is_file());
    if let Some(debian) = debian.as_ref().filter(|debian| !debian.is_old()) {
        let own = own.map(|own| own.sysroot.join("lib/rustlib").join(debian.says("host")).join("bin/rust-lld"));
        let linker = own.filter(|linker| linker.is_file()).or_else(|| find("rust-lld")).or_else(|| find("wasm-ld"));
        let linker = linker.ok_or_else(|| PluginError::Missing {
            what: "a linker for WebAssembly",
            get: "run `apt-get install lld`".to_owned(),
        })?;
        let mut command = Command::new(DEBIAN_CARGO);
        // A released compiler builds the standard library only when it is told that it may.
        command.env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1");
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker).arg("-Zbuild-std=std,panic_abort");
        return Ok(command);
    }
    // Of one that is new enough the target is missing, whatever else is there.
    let old = own.or(debian).filter(Compiler::is_old);
    Err(old.map_or_else(missing, |old| old.too_old()))
}

fn missing() -> PluginError {
    PluginError::Missing {
        what: "Rust's standard library for `wasm32-unknown-unknown`",
        get: format!("run `rustup target add {TARGET}`, {OR_DEBIAN}"),
    }
}

/// A compiler that is there.
struct Compiler {
    program: &'static str,
    /// Where its libraries lie.
    sysroot: PathBuf,
    /// What it says of itself, a line each.
    about: String,
}

impl Compiler {
    /// The one that `program` is in the folder `source`, where the toolchain may be another one than elsewhere.
    fn find(program: &'static str, source: &Path) -> Option<Self> {
        let ask = |arguments: &[&str]| ask(Command::new(program).current_dir(source).args(arguments));
        Some(Self { program, sysroot: ask(&["--print", "sysroot"])?.into(), about: ask(&["-vV"])? })
    }

    /// What it says of `what`; nothing, if it says nothing of that.
    fn says(&self, what: &str) -> &str {
        self.about.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(": ")).unwrap_or_default()
    }

    /// Whether it is older than the SDK needs. One that does not say how old it is may try.
    fn is_old(&self) -> bool {
        let release = numbers(self.says("release"));
        !release.is_empty() && release < numbers(needed())
    }

    fn too_old(&self) -> PluginError {
        let (program, release, needed) = (self.program, self.says("release"), needed());
        PluginError::Missing {
            what: "a newer Rust",
            get: format!(
                "`{program}` is {release}, and the SDK needs {needed} or later: run `rustup update` and `rustup target \
                 add {TARGET}`, {OR_DEBIAN}"
            ),
        }
    }
}

/// The oldest release that the SDK can be built by.
fn needed() -> &'static str {
    let version = |line: &'static str| line.strip_prefix("rust-version = \"")?.strip_suffix('"');
    SDK.lines().find_map(version).unwrap_or_default()
}

/// The numbers of a version, up to what is none.
fn numbers(version: &str) -> Vec<u32> {
    version.split(['.', '-']).map_while(|part| part.parse().ok()).collect()
}

/// One line of what `cargo` says in JSON, as far as it matters here.
#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// The module that a build made: the last one, as dependencies come first.
fn artifact(messages: &str) -> Option<PathBuf> {
    let said = messages.lines().filter_map(|line| serde_json::from_str::<Said>(line).ok());
    said.flat_map(|said| said.filenames).rfind(|path| path.extension().is_some_and(|end| end == "wasm"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiler(release: &str) -> Compiler {
        let about = format!("rustc {release} (4b91a6ea7)\nhost: x86_64-unknown-linux-gnu\nrelease: {release}");
        Compiler { program: DEBIAN_RUSTC, sysroot: PathBuf::from("/usr"), about }
    }

    #[test]
    fn a_compiler_is_as_new_as_the_sdk_needs() {
        assert!(!numbers(needed()).is_empty(), "sdk/rust/Cargo.toml says which Rust it needs");
        for (release, is_old) in [
            ("1.63.0", true),
            ("1.9.0", true),
            ("0.999.0", true),
            (needed(), false),
            (&format!("{}.0", needed()), false),
            (&format!("{}.1-nightly", needed()), false),
            ("1.1000.0", false),
            ("2.0.0", false),
            ("unknown", false),
            ("", false),
        ] {
            assert_eq!(compiler(release).is_old(), is_old, "{release}");
        }
    }

    #[test]
    fn of_a_compiler_that_is_too_old_it_is_said_which_one_is_there_and_which_is_needed() {
        let said = compiler("1.63.0").too_old().to_string();
        let needed = needed();
        for part in [
            "building this plugin needs a newer Rust, which was not found; ",
            &format!("`/usr/bin/rustc` is 1.63.0, and the SDK needs {needed} or later: run `rustup update` and "),
            "on Debian `apt-get update && apt-get install rustc-web cargo-web rust-web-src`",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}

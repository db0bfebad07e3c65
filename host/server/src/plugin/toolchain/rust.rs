//! Rust: `cargo` for `wasm32-unknown-unknown`, whose modules import nothing but the host.
//!
//! With rustup the target is one command away. Where rustup cannot fetch it, Debian's compiler builds the standard
//! library from its source package.

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
    // The toolchain may be another one in the plugin's folder.
    let sysroot = Command::new("rustc").current_dir(source).args(["--print", "sysroot"]).output().ok();
    let sysroot = sysroot.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    if let Some(sysroot) = &sysroot
        && sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir()
    {
        return Ok(Command::new("cargo"));
    }
    let debian = ask(DEBIAN_RUSTC, &["--print", "sysroot"]).map(PathBuf::from);
    if debian.is_some_and(|debian| debian.join(LIBRARY_SOURCE).is_file()) && Path::new(DEBIAN_CARGO).is_file() {
        let host = ask(DEBIAN_RUSTC, &["--print", "host-tuple"]).unwrap_or_default();
        let own = sysroot.map(|sysroot| sysroot.join("lib/rustlib").join(host).join("bin/rust-lld"));
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
    Err(PluginError::Missing {
        what: "Rust's standard library for `wasm32-unknown-unknown`",
        get: "run `rustup target add wasm32-unknown-unknown`, or, where rustup cannot fetch it, on Debian `apt-get \
              update && apt-get install rustc-web cargo-web rust-web-src`; rustup itself comes from rustup.rs"
            .to_owned(),
    })
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

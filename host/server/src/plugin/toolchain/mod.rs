//! The compilers: where they are, how they are called, and how to get one that is missing.

mod javascript;
mod python;
mod rust;

use std::env;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Language, PluginError};

/// How much of what a failed compiler said is shown, in bytes: the end has the reason.
const SAID_LIMIT_BYTES: usize = 8 * 1024;

/// Compiles the plugin in the folder `source`, an absolute path: a component, or a core module that becomes one.
pub(super) fn compile(source: &Path, language: Language) -> Result<Vec<u8>, PluginError> {
    match language {
        Language::Rust => rust::compile(source),
        Language::JavaScript => javascript::compile(source),
        Language::Python => python::compile(source),
    }
}

/// The program `name`, where PATH has it.
fn find(name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Runs a compiler with `input` on its standard input, and returns what it printed to its standard output.
fn run(tool: &'static str, command: &mut Command, input: &[u8]) -> Result<Vec<u8>, PluginError> {
    let failed = |said: String| PluginError::Tool { tool, said };
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read it to its end says itself what is wrong.
        drop(stdin.write_all(input));
    }
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let mut from = said.len().saturating_sub(SAID_LIMIT_BYTES);
    while !said.is_char_boundary(from) {
        from += 1;
    }
    let said = said.get(from..).unwrap_or_default().trim();
    Err(failed(if said.is_empty() { output.status.to_string() } else { said.to_owned() }))
}

/// The answer of a program to a question such as `--version`; `None` when it has none.
fn ask(question: &mut Command) -> Option<String> {
    let output = question.stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Reads what a compiler wrote to a file of its own, and removes it.
fn take(path: &Path) -> Result<Vec<u8>, PluginError> {
    let bytes = std::fs::read(path).map_err(|error| PluginError::file(path, error))?;
    std::fs::remove_file(path).map_err(|error| PluginError::file(path, error))?;
    Ok(bytes)
}

//! Puts the sample organisation, the folder `rules/`, into the program, so that `herald demo` runs wherever the program
//! was installed. Writes `rules.rs`: a constant with the path and the content of every file.
//!
//! It reads nothing but that folder, and leaves out what publishing leaves out: hidden files and the sources of
//! components.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

/// From the package, where cargo runs this. No path that is written down names a checkout: a target folder may serve
/// more than one.
const RULES: &str = "../../rules";

fn main() -> io::Result<()> {
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo names no OUT_DIR"))?;
    let mut files = Vec::new();
    list(Path::new(RULES), "", &mut files)?;
    files.sort();
    let mut code = String::from("const FILES: &[(&str, &[u8])] = &[\n");
    for name in files {
        let path = format!("/{RULES}/{name}");
        writeln!(code, "    ({name:?}, include_bytes!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {path:?}))),")
            .map_err(io::Error::other)?;
    }
    code.push_str("];\n");
    fs::write(Path::new(&out).join("rules.rs"), code)?;
    writeln!(io::stdout(), "cargo::rerun-if-changed=build.rs\ncargo::rerun-if-changed={RULES}")
}

/// The files under `folder`, each by its path within the rules.
fn list(folder: &Path, prefix: &str, files: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name =
            entry.file_name().into_string().map_err(|name| io::Error::other(format!("{name:?} is not UTF-8")))?;
        let is_folder = entry.file_type()?.is_dir();
        if name.starts_with('.') || (is_folder && name == "source") {
            continue;
        }
        let within = format!("{prefix}{name}");
        if is_folder {
            list(&entry.path(), &format!("{within}/"), files)?;
        } else {
            files.push(within);
        }
    }
    Ok(())
}

//! Puts the sample organisation, the folder `rules/`, into the program, so that `herald demo` runs wherever the program
//! was installed. Writes `rules.rs`: a constant with the path and the content of every file.
//!
//! It reads nothing but that folder, and leaves out what publishing leaves out: hidden files and the sources of
//! components.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    // Asked when it runs: a target folder may serve more than one checkout.
    let folder = |name: &str| env::var_os(name).ok_or_else(|| io::Error::other(format!("cargo names no {name}")));
    let rules = Path::new(&folder("CARGO_MANIFEST_DIR")?).join("../../rules").canonicalize()?;
    let out = folder("OUT_DIR")?;
    let mut files = Vec::new();
    list(&rules, "", &mut files)?;
    files.sort();
    let mut code = String::from("const FILES: &[(&str, &[u8])] = &[\n");
    for (name, path) in files {
        writeln!(code, "    ({name:?}, include_bytes!({path:?})),").map_err(io::Error::other)?;
    }
    code.push_str("];\n");
    fs::write(Path::new(&out).join("rules.rs"), code)?;
    writeln!(io::stdout(), "cargo::rerun-if-changed=build.rs\ncargo::rerun-if-changed={}", rules.display())
}

/// The files under `folder`: each with its path within the rules, and where it lies.
fn list(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
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
            files.push((within, entry.path()));
        }
    }
    Ok(())
}

//! The program itself, as it was built.

#![allow(clippy::unwrap_used, reason = "a test that does not find what it tests fails")]

use std::path::PathBuf;

/// The `herald` that was built beside this test.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().unwrap().with_file_name("herald");
    assert!(program.exists(), "there is no `{}`; `cargo build --bin herald` makes it", program.display());
    program
}

//! What the command line prints: results to standard output, everything else to standard error, so that a
//! program that reads the one gets results only.
//!
//! A reader that has gone away (`herald config | head`) is no error of the command: what cannot be written is
//! dropped.

use std::io::{Write as _, stderr, stdout};

use serde::Serialize;

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

/// Prints the result of a command: `value` as JSON, or what `text` makes of it.
pub(crate) fn result<T: Serialize>(style: Style, value: &T, text: impl FnOnce(&T) -> String) {
    let written = match style {
        // What commands print are plain structures, which always become JSON.
        Style::Json => serde_json::to_string_pretty(value).unwrap_or_default(),
        Style::Text => text(value),
    };
    drop(writeln!(stdout(), "{}", written.trim_end()));
}

/// Tells how long work goes on, beside the result.
pub(crate) fn progress(text: &str) {
    drop(writeln!(stderr(), "{text}"));
}

/// Says why a command failed.
pub(crate) fn failure(style: Style, error: &dyn std::error::Error) {
    let written = match style {
        Style::Json => serde_json::json!({ "error": error.to_string() }).to_string(),
        Style::Text => format!("herald: {error}"),
    };
    drop(writeln!(stderr(), "{written}"));
}

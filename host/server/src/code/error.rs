//! What is wrong with a file of code, and where.

use std::fmt;

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The character within the line, from 1.
    pub column: usize,
}

/// One thing that is wrong. Shown as `organisation/people.toml:12:3: …`, which editors and terminals can follow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CodeError {
    /// The file or folder within the folder of code, with `/`; empty for that folder itself.
    pub file: String,
    /// The place in it, if it is known.
    pub position: Option<Position>,
    /// What is wrong and what to do, in a lowercase fragment.
    pub message: String,
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, position, message } = self;
        f.write_str(if file.is_empty() { "." } else { file })?;
        if let Some(Position { line, column }) = position {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {message}")
    }
}

/// A folder that is not an organisation as code; everything that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct CodeErrors {
    /// In the order of files and lines; at least one.
    pub errors: Vec<CodeError>,
}

/// Errors while they are collected.
#[derive(Debug, Default)]
pub(super) struct Errors(Vec<CodeError>);

impl Errors {
    pub(super) fn say(&mut self, file: &str, position: Option<Position>, message: impl Into<String>) {
        self.0.push(CodeError { file: file.to_owned(), position, message: message.into() });
    }

    /// How many there are; more than before means that something has failed in between.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    pub(super) fn finish(mut self) -> Result<(), CodeErrors> {
        self.0.sort();
        self.0.dedup();
        if self.0.is_empty() { Ok(()) } else { Err(CodeErrors { errors: self.0 }) }
    }
}

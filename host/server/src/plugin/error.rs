//! Why a plugin was not made or built, or what was compiled of it not kept.

use std::io;
use std::path::{Path, PathBuf};

use crate::data::KeyError;

/// A plugin was not made or built, or what was compiled of it not kept.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// There is something where the plugin would be.
    #[error("`{}` is there already; name a new folder", .0.display())]
    Exists(PathBuf),
    /// The folder's name is no name of a bundle, or the department none of a department.
    #[error("{0}")]
    Name(String),
    /// It cannot be known whose bundle it is to be.
    #[error(
        "whose policy is `{name}`? name the department with `--department`, or the folder as in a rules folder: \
         `rules/DEPARTMENT/{name}`"
    )]
    NoDepartment {
        /// The bundle's name.
        name: String,
    },
    /// There is nothing to build.
    #[error(
        "`{}` has no source of a plugin: `source/Cargo.toml`, `source/policy.js` or `source/policy.py`; begin one \
         with `herald plugin new`",
        dir.display()
    )]
    NoSource {
        /// The bundle's folder.
        dir: PathBuf,
    },
    /// A tool is missing.
    #[error("building this plugin needs {what}, which was not found; {get}")]
    Missing {
        /// The tool.
        what: &'static str,
        /// How to get it: the command to type.
        get: String,
    },
    /// A tool failed.
    #[error("`{tool}` failed:\n{said}")]
    Tool {
        /// The tool.
        tool: &'static str,
        /// The end of what it said.
        said: String,
    },
    /// What was built is no policy.
    #[error("what was built is no policy: {0}")]
    Component(String),
    /// A file cannot be read or written.
    #[error("`{}`: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The key of what is kept cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl PluginError {
    pub(super) fn file(path: &Path, source: io::Error) -> Self {
        Self::File { path: path.to_owned(), source }
    }
}

//! Plugins: policies that are compiled, from a template to the `policy.wasm` of their bundle.
//!
//! ```text
//! <bundle>/
//!   policy.toml, cases/, tables/, README.md    as in every bundle
//!   source/                                    what policy.wasm is made from; never published
//!     policy.js | policy.py | Cargo.toml
//!     .herald/                                 the kit: the interface and its library, written by this program
//!   policy.wasm                                made by `build`
//! ```
//!
//! The kit comes with the program, so that a plugin is always built against the interface of the host it was built
//! for, and needs no package of ours. Compilers are the author's: a missing one is named with the command that gets
//! it. Nothing here fetches, evaluates or publishes anything.

mod cache;
mod component;
mod error;
mod kit;
mod template;
mod toolchain;

use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::Serialize;

use crate::code::SOURCE_FOLDER;
pub use cache::component_cache;
pub use component::Component;
pub use error::PluginError;
pub use template::{Created, create};

/// The component of a bundle.
const COMPONENT: &str = "policy.wasm";

/// What a plugin is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Rust, by `cargo`.
    Rust,
    /// JavaScript, by `componentize-js`.
    #[value(name = "javascript")]
    JavaScript,
    /// Python, by `componentize-py`.
    Python,
}

impl Language {
    const ALL: [Self; 3] = [Self::Rust, Self::JavaScript, Self::Python];

    /// The file in `source/` by which the language is told.
    fn entry(self) -> &'static str {
        match self {
            Self::Rust => "Cargo.toml",
            Self::JavaScript => "policy.js",
            Self::Python => "policy.py",
        }
    }
}

/// A component that was built.
#[derive(Debug, Serialize)]
pub struct Built {
    /// Where it lies.
    pub file: PathBuf,
    /// What its source is written in.
    pub language: Language,
    /// What is in it.
    #[serde(flatten)]
    pub component: Component,
}

/// Builds `policy.wasm` of the bundle in `dir`; on failure the one that is there stays.
///
/// # Errors
/// [`PluginError`]: there is no source, a tool is missing or fails, or what comes out is no policy.
pub fn build(dir: &Path) -> Result<Built, PluginError> {
    let (source, language) = source_of(dir)?;
    kit::write(&source, language)?;
    let bytes = toolchain::compile(&source, language)?;
    let (bytes, component) = Component::read(bytes)?;
    let file = dir.join(COMPONENT);
    // Beside the file itself and hidden, so that the rename is one, and what is left of a failure is not published.
    let fresh = dir.join(format!(".{COMPONENT}"));
    fs::write(&fresh, bytes).map_err(|error| PluginError::file(&fresh, error))?;
    fs::rename(&fresh, &file).map_err(|error| PluginError::file(&file, error))?;
    Ok(Built { file, language, component })
}

/// The source folder of a bundle, as an absolute path, and what it is written in.
fn source_of(dir: &Path) -> Result<(PathBuf, Language), PluginError> {
    let source = dir.join(SOURCE_FOLDER);
    let language = Language::ALL.into_iter().find(|language| source.join(language.entry()).is_file());
    let language = language.ok_or_else(|| PluginError::NoSource { dir: dir.to_owned() })?;
    let source = source.canonicalize().map_err(|error| PluginError::file(&source, error))?;
    Ok((source, language))
}

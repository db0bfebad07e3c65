//! Policy bundles as files: what a bundle may consist of, and what names its content.

use std::collections::BTreeMap;

use herald_core::decision::BundleId;
use herald_core::target::Actor;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The most files in a bundle: its manifest, script, tables, and a case for everything it decides.
pub const BUNDLE_FILES_LIMIT: usize = 1_024;
/// The largest file: the largest component that a host may allow, 64 MiB.
pub const FILE_LIMIT_BYTES: usize = 64 * 1024 * 1024;
/// The longest path of a file within its bundle. With [`BUNDLE_FILES_LIMIT`] a listing stays within one record.
pub const PATH_LIMIT_BYTES: usize = 255;

/// The files of a bundle by path: relative, with `/`, such as `cases/stop.json`.
pub type BundleFiles = BTreeMap<String, Vec<u8>>;

/// A bundle that cannot be kept, whatever it says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleProblem {
    /// There is nothing in it.
    #[error("there is no file in it; a bundle has at least a `policy.toml`")]
    Empty,
    /// More than [`BUNDLE_FILES_LIMIT`] files.
    #[error("it has {files} files, more than {BUNDLE_FILES_LIMIT}; move what belongs together into one")]
    TooManyFiles {
        /// How many.
        files: usize,
    },
    /// A file over [`FILE_LIMIT_BYTES`].
    #[error("file `{path}` has {bytes} bytes, more than {FILE_LIMIT_BYTES}")]
    FileTooLarge {
        /// Which one.
        path: String,
        /// Its size.
        bytes: usize,
    },
    /// A path that leads out of the bundle, or means something else on another system.
    #[error(
        "`{path}` is no path of a file in a bundle; use names separated by `/`, up to {PATH_LIMIT_BYTES} bytes, \
         none hidden, without `\\ : * ? \" < > |` and control characters"
    )]
    Path {
        /// The path.
        path: String,
    },
    /// A path that is the beginning of another.
    #[error("`{path}` is a file and a folder at once; rename one of them")]
    FileAndFolder {
        /// The path.
        path: String,
    },
}

/// Checks what a bundle's files may be: their number, sizes and paths.
///
/// # Errors
/// [`BundleProblem`], the first one.
pub fn check_files(files: &BundleFiles) -> Result<(), BundleProblem> {
    if files.is_empty() {
        return Err(BundleProblem::Empty);
    }
    if files.len() > BUNDLE_FILES_LIMIT {
        return Err(BundleProblem::TooManyFiles { files: files.len() });
    }
    for (path, content) in files {
        let is_forbidden = |c: char| c.is_control() || matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
        // A name that begins with a dot is hidden, or leads somewhere else.
        let is_name = |name: &str| !name.is_empty() && !name.starts_with('.') && !name.contains(is_forbidden);
        if path.len() > PATH_LIMIT_BYTES || !path.split('/').all(is_name) {
            return Err(BundleProblem::Path { path: path.clone() });
        }
        let folder = format!("{path}/");
        if files.range(folder.clone()..).next().is_some_and(|(next, _)| next.starts_with(&folder)) {
            return Err(BundleProblem::FileAndFolder { path: path.clone() });
        }
        if content.len() > FILE_LIMIT_BYTES {
            return Err(BundleProblem::FileTooLarge { path: path.clone(), bytes: content.len() });
        }
    }
    Ok(())
}

/// BLAKE3 of a bundle, in hex: the hash of the listing that `b3sum` prints of its files in the order of their
/// paths. So `b3sum <files> | b3sum`, run in the bundle's folder, gives the same.
#[must_use]
pub fn bundle_digest(files: &BundleFiles) -> String {
    let mut hasher = blake3::Hasher::new();
    for (path, content) in files {
        let digest = blake3::hash(content).to_hex();
        hasher.update(digest.as_bytes()).update(b"  ").update(path.as_bytes()).update(b"\n");
    }
    hasher.finalize().to_string()
}

/// A file of a bundle revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredFile {
    /// Its path within the bundle.
    pub path: String,
    /// BLAKE3 of its content, in hex.
    pub digest: String,
    /// Its size.
    pub bytes: u64,
}

/// A revision of a bundle, without content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleRevision {
    /// The revision, from 1 for each bundle.
    pub revision: u32,
    /// [`bundle_digest`] of its files.
    pub digest: String,
    /// The files, by path.
    pub files: Vec<StoredFile>,
    /// When it was published.
    pub published_at: Timestamp,
    /// By whom.
    pub published_by: Actor,
}

/// A revision of a bundle with its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBundle {
    /// The bundle.
    pub id: BundleId,
    /// The revision, from 1 for each bundle.
    pub revision: u32,
    /// [`bundle_digest`] of its files.
    pub digest: String,
    /// The files.
    pub files: BundleFiles,
    /// When this revision was published.
    pub published_at: Timestamp,
    /// By whom.
    pub published_by: Actor,
}

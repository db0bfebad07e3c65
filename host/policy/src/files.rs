//! The files of one revision of a bundle, within their limits.

use std::collections::BTreeMap;

use herald_core::nearest::did_you_mean;

use crate::diagnostic::Diagnostic;
use crate::limits::{HostLimits, bytes};
use crate::vocabulary::one_of;

/// The manifest of a bundle.
pub(crate) const MANIFEST: &str = "policy.toml";
/// The script of a bundle whose language is Rhai.
pub(crate) const SCRIPT: &str = "policy.rhai";
/// The component of a bundle whose language is Wasm.
pub(crate) const COMPONENT: &str = "policy.wasm";
/// For the department to read.
const README: &str = "README.md";
/// The folder of cases.
pub(crate) const CASES: &str = "cases/";
/// The folder of decision tables. They travel with the revision and are part of its digest.
const TABLES: &str = "tables/";
/// How a decision table's file ends.
const TABLE_END: &str = ".csv";

/// Why a set of files is no bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilesError {
    /// A path that leads out of the bundle, or could mean two things.
    #[error("`{path}` is no path within a bundle; write it relative, with `/`, without `.` and `..`")]
    Path {
        /// The path as given.
        path: String,
    },
    /// More files than the host allows.
    #[error("a bundle may have {limit} files; this one has {count}")]
    TooMany {
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: u32,
    },
    /// A file, or all together, beyond the host's limit.
    #[error("{what} has {size} bytes; at most {limit_kib} KiB are allowed")]
    TooLarge {
        /// Which file, or `the bundle`.
        what: String,
        /// Its size in bytes.
        size: usize,
        /// The limit in KiB.
        limit_kib: u32,
    },
}

/// The files of one revision, by their path within the bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleFiles {
    files: BTreeMap<String, Vec<u8>>,
}

impl BundleFiles {
    /// Takes `files`, by path relative to the bundle's folder.
    ///
    /// # Errors
    /// [`FilesError`] for a path that leads elsewhere, or when a limit of `host` is passed; the first of these.
    pub fn new(files: BTreeMap<String, Vec<u8>>, host: &HostLimits) -> Result<Self, FilesError> {
        if let Some(path) = files.keys().find(|path| !is_plain(path)) {
            return Err(FilesError::Path { path: path.clone() });
        }
        if files.len() > usize::try_from(host.file_limit).unwrap_or(usize::MAX) {
            return Err(FilesError::TooMany { count: files.len(), limit: host.file_limit });
        }
        let size_of = |path| files.get(path).map_or(0, Vec::len);
        let (script, component) = (size_of(SCRIPT), size_of(COMPONENT));
        let all = files.values().map(Vec::len).sum::<usize>() - component;
        for (what, size, limit_kib) in [
            (format!("`{SCRIPT}`"), script, host.script_limit_kib),
            (format!("`{COMPONENT}`"), component, host.component_limit_kib),
            ("the bundle".to_owned(), all, host.bundle_limit_kib),
        ] {
            if size > bytes(limit_kib) {
                return Err(FilesError::TooLarge { what, size, limit_kib });
            }
        }
        Ok(Self { files })
    }

    /// The files, by path.
    #[must_use]
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }

    /// BLAKE3 of the bundle, in hex: what `b3sum <files> | b3sum` prints in its folder, the files in the order of
    /// their paths. Whoever keeps bundles names them by the same digest, so that a decision leads to its files.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut listing = blake3::Hasher::new();
        for (path, content) in &self.files {
            let digest = blake3::hash(content).to_hex();
            listing.update(digest.as_bytes()).update(b"  ").update(path.as_bytes()).update(b"\n");
        }
        listing.finalize().to_hex().to_string()
    }

    /// The text of a file, if it is there.
    pub(crate) fn text(&self, path: &str) -> Option<Result<&str, Diagnostic>> {
        let content = self.files.get(path)?;
        Some(std::str::from_utf8(content).map_err(|error| {
            Diagnostic::about(path, format!("not UTF-8 from byte {} on", error.valid_up_to()))
                .hint(Some("save it as UTF-8".to_owned()))
        }))
    }

    /// The bytes of a file, if it is there.
    pub(crate) fn bytes(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    /// The paths of case files.
    pub(crate) fn cases(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str).filter(|path| is_case(path))
    }

    /// The decision tables: their names and paths.
    pub(crate) fn tables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.keys().filter_map(|path| Some((table_name(path)?, path.as_str())))
    }

    /// Files that nothing would ever look at: a mistyped folder must not silence a bundle's cases.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = Diagnostic> {
        let known = |path: &str| {
            matches!(path, MANIFEST | SCRIPT | COMPONENT | README) || is_case(path) || table_name(path).is_some()
        };
        self.files.keys().filter(move |path| !known(path)).map(|path| {
            let first = path.split_once('/').map_or(path.as_str(), |(folder, _)| folder);
            let names = [MANIFEST, SCRIPT, COMPONENT, README, "cases", "tables"];
            let hint = did_you_mean(first, names).or_else(|| {
                Some(format!(
                    "a bundle has {}",
                    one_of([MANIFEST, SCRIPT, COMPONENT, README, "cases/*.json", "tables/*.csv"])
                ))
            });
            Diagnostic::about(path, "no file of a bundle").hint(hint)
        })
    }
}

fn is_plain(path: &str) -> bool {
    let part_is_plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    !path.contains(['\\', '\0', ':']) && path.split('/').all(part_is_plain)
}

fn is_case(path: &str) -> bool {
    path.strip_prefix(CASES).is_some_and(|name| name.ends_with(".json") && !name.contains('/'))
}

/// The name of the table whose file this is.
fn table_name(path: &str) -> Option<&str> {
    path.strip_prefix(TABLES)?.strip_suffix(TABLE_END).filter(|name| !name.is_empty() && !name.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(files: &[(&str, &str)]) -> Result<BundleFiles, FilesError> {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
        BundleFiles::new(files, &HostLimits { script_limit_kib: 1, ..HostLimits::default() })
    }

    #[test]
    fn the_digest_tells_files_apart() {
        let one = files(&[("policy.rhai", "ab"), ("policy.toml", "c")]).unwrap();
        let two = files(&[("policy.toml", "c"), ("policy.rhai", "ab")]).unwrap();
        assert_eq!(one.digest(), two.digest());
        for other in [
            files(&[("policy.rhai", "a"), ("policy.toml", "bc")]),
            files(&[("policy.rhai", "abc"), ("policy.toml", "")]),
            files(&[("policy.rhai", "ab"), ("policy.tom", "lc")]),
        ] {
            assert_ne!(other.unwrap().digest(), one.digest());
        }
    }

    #[test]
    fn paths_and_sizes_are_limited() {
        for path in ["/policy.toml", "../x", "a//b", "a/./b", "a\\b", "", "c:x"] {
            assert!(matches!(files(&[(path, "")]), Err(FilesError::Path { .. })), "{path}");
        }
        assert!(files(&[("policy.rhai", &"x".repeat(1_024))]).is_ok());
        let error = files(&[("policy.rhai", &"x".repeat(1_025))]).unwrap_err();
        assert_eq!(error.to_string(), "`policy.rhai` has 1025 bytes; at most 1 KiB are allowed");
    }

    #[test]
    fn files_that_nothing_reads_are_named() {
        let files = files(&[
            ("case/a.json", ""),
            ("cases/a.json", ""),
            ("cases/b.jsn", ""),
            ("tables/t.csv", ""),
            ("tables/t.xls", ""),
        ]);
        let said: Vec<_> = files.unwrap().unknown().map(|diagnostic| diagnostic.to_string()).collect();
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(said[0].starts_with("case/a.json: no file of a bundle; did you mean `cases`?"), "{said:?}");
        assert!(said[1].starts_with("cases/b.jsn"), "{said:?}");
        assert!(said[2].starts_with("tables/t.xls"), "{said:?}");
    }
}

//! What `herald plugin run` has compiled, kept for its next run: the interpreters that plugins in JavaScript and Python
//! bring with them occupy the compiler for some twenty seconds.
//!
//! It lies among the user's own caches and never beside the bundle. Machine code can do whatever its user can, and a
//! bundle may have been made by anybody.

use std::env;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use herald_policy::ComponentCache;

use super::PluginError;
use crate::data::load_or_create_key;

/// How much is kept, in bytes: a dozen plugins that bring an interpreter.
const LIMIT_BYTES: u64 = 1_024 * 1_024 * 1_024;

/// The folder `herald` among the user's caches: `key`, for the user alone, and `components/`, sealed with it. It may be
/// deleted at any time. `None` for a user without a home.
///
/// # Errors
/// When the folder cannot be made, or the key cannot be made, read or kept from others.
pub fn component_cache() -> Result<Option<ComponentCache>, PluginError> {
    folder().map(|folder| open(&folder)).transpose()
}

/// `$XDG_CACHE_HOME/herald`, or `~/.cache/herald`. A path that is not absolute is none: a bundle could lie there.
fn folder() -> Option<PathBuf> {
    let absolute = |path: &PathBuf| path.is_absolute();
    let named = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(absolute);
    let caches = named.or_else(|| Some(env::home_dir().filter(absolute)?.join(".cache")))?;
    Some(caches.join("herald"))
}

fn open(folder: &Path) -> Result<ComponentCache, PluginError> {
    let failed = |source| PluginError::file(folder, source);
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    let key = load_or_create_key(&folder.join("key"))?;
    let key = key.derive("herald 2026 cache of plugins that are tried");
    ComponentCache::open(&folder.join("components"), key, LIMIT_BYTES).map_err(failed)
}

//! What `herald plugin run` has compiled, kept for its next run: the interpreters that plugins in JavaScript and Python
//! bring with them occupy the compiler for half a minute.
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

/// `$XDG_CACHE_HOME/herald`, or `~/.cache/herald`: `key`, for the user alone, and `components/`, sealed with it. May be
/// deleted at any time. `None` for a user without a home.
///
/// # Errors
/// When the folder cannot be made, or the key cannot be made, read or kept from others.
pub fn kept() -> Result<Option<ComponentCache>, PluginError> {
    let named = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|named| named.is_absolute());
    let caches = named.or_else(|| Some(env::home_dir()?.join(".cache")));
    caches.map(|caches| open(&caches.join("herald"))).transpose()
}

fn open(folder: &Path) -> Result<ComponentCache, PluginError> {
    let failed = |source| PluginError::file(folder, source);
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    let key = load_or_create_key(&folder.join("key"))?;
    ComponentCache::open(&folder.join("components"), key.derive("herald 2026 cache of plugins that are tried"))
        .map_err(failed)
}

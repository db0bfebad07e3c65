//! Compiled components on disk, so that a restart compiles nothing.
//!
//! Machine code that somebody else wrote would run as the host itself. A file is therefore used only when its first 32
//! bytes are the keyed BLAKE3 of its name and of everything behind them; the key belongs to the host alone. Its name
//! says what it was compiled from and for which engine. Whatever is wrong with a file, the component is compiled anew.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use wasmtime::Engine;
use wasmtime::component::Component;

/// How many files are kept.
const FILE_LIMIT: usize = 1_024;

/// The version of the host.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Where compiled components are kept. Cheap to clone.
#[derive(Clone)]
pub struct ComponentCache {
    folder: Arc<Path>,
    key: [u8; blake3::KEY_LEN],
    limit_bytes: u64,
}

impl std::fmt::Debug for ComponentCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The key is nobody's business.
        f.debug_tuple("ComponentCache").field(&self.folder).finish()
    }
}

impl ComponentCache {
    /// The cache in `folder`, which is made where there is none, for the host's own user only. `key` has to be
    /// random, secret, and the same at every start. Beyond `limit_bytes`, or 1,024 components, those go that were
    /// compiled first.
    ///
    /// # Errors
    /// When the folder cannot be made or taken for the host alone.
    pub fn open(folder: &Path, key: [u8; blake3::KEY_LEN], limit_bytes: u64) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        std::fs::set_permissions(folder, Permissions::from_mode(0o700))?;
        Ok(Self { folder: folder.into(), key, limit_bytes })
    }

    /// What was compiled from `source` for `engine`, if it is there and whole.
    pub(super) fn load(&self, engine: &Engine, source: &[u8]) -> Option<Component> {
        let name = name(engine, source);
        let file = std::fs::read(self.folder.join(&name)).ok()?;
        let (seal, code) = file.split_first_chunk::<{ blake3::OUT_LEN }>()?;
        if self.seal(&name, code) != *seal {
            return None;
        }
        #[expect(
            unsafe_code,
            reason = "these very bytes carry the seal of this host, which only seals what it compiled"
        )]
        let component = unsafe { Component::deserialize(engine, code) };
        component.ok()
    }

    /// Keeps what was compiled from `source`. When that fails, it is compiled again another time.
    pub(super) fn store(&self, engine: &Engine, source: &[u8], component: &Component) {
        let Ok(code) = component.serialize() else { return };
        // Best effort by its nature: nothing depends on the file being there.
        let _ = self.write(&name(engine, source), &code);
        let _ = self.discard_oldest();
    }

    fn write(&self, name: &str, code: &[u8]) -> io::Result<()> {
        static WRITTEN: AtomicU64 = AtomicU64::new(0);
        let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
        let unfinished = self.folder.join(format!("{name}.{}-{number}.new", std::process::id()));
        let write = |mut file: File| {
            file.write_all(self.seal(name, code).as_bytes())?;
            file.write_all(code)
        };
        let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished).and_then(write);
        let finished = written.and_then(|()| std::fs::rename(&unfinished, self.folder.join(name)));
        if finished.is_err() {
            let _ = std::fs::remove_file(&unfinished);
        }
        finished
    }

    fn discard_oldest(&self) -> io::Result<()> {
        let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            files.push((metadata.modified()?, metadata.len(), entry.path()));
        }
        files.sort();
        let (mut count, mut bytes) = (0, 0);
        for (_, length, path) in files.iter().rev() {
            count += 1;
            bytes += length;
            if count > FILE_LIMIT || bytes > self.limit_bytes {
                std::fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    fn seal(&self, name: &str, code: &[u8]) -> blake3::Hash {
        blake3::Hasher::new_keyed(&self.key).update(name.as_bytes()).update(code).finalize()
    }
}

/// The name of what is compiled from `source` for `engine` by this version, which may make another component of a module
/// than the one before; all names have the same length.
fn name(engine: &Engine, source: &[u8]) -> String {
    let mut compatibility = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut compatibility);
    let compatibility = compatibility.finish().to_le_bytes();
    blake3::Hasher::new()
        .update(VERSION.as_bytes())
        .update(&compatibility)
        .update(source)
        .finalize()
        .to_hex()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wasm::engine::runtime;

    #[test]
    fn only_what_the_host_sealed_is_used() {
        let engine = &runtime().unwrap().home.engine;
        let source = wat::parse_str("(component)").unwrap();
        let component = Component::new(engine, &source).unwrap();
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("components");
        let cache = ComponentCache::open(&folder, [7; 32], u64::MAX).unwrap();
        assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(cache.load(engine, &source).is_none());
        cache.store(engine, &source, &component);
        assert!(cache.load(engine, &source).is_some());
        assert!(cache.load(engine, b"another source").is_none());
        assert!(ComponentCache::open(&folder, [8; 32], u64::MAX).unwrap().load(engine, &source).is_none());

        let path = folder.join(name(engine, &source));
        let whole = std::fs::read(&path).unwrap();
        let mut changed = whole.clone();
        *changed.last_mut().unwrap() ^= 1;
        let other = wat::parse_str("(component (core module))").unwrap();
        for (what, bytes) in [("changed", &changed[..]), ("cut", &whole[..whole.len() - 1]), ("no seal", &whole[..20])]
        {
            std::fs::write(&path, bytes).unwrap();
            assert!(cache.load(engine, &source).is_none(), "{what}");
        }
        // What was sealed for one source is nothing for another.
        std::fs::write(folder.join(name(engine, &other)), &whole).unwrap();
        assert!(cache.load(engine, &other).is_none());
        std::fs::write(&path, &whole).unwrap();
        assert!(cache.load(engine, &source).is_some());
    }

    #[test]
    fn what_was_compiled_first_makes_room() {
        let engine = &runtime().unwrap().home.engine;
        let temporary = tempfile::tempdir().unwrap();
        let open = |limit| ComponentCache::open(temporary.path(), [7; 32], limit).unwrap();
        let sources = ["(component)", "(component (core module))", "(component (core module) (core module))"];
        let sources = sources.map(|text| wat::parse_str(text).unwrap());
        let store = |cache: &ComponentCache, source: &Vec<u8>| {
            cache.store(engine, source, &Component::new(engine, source).unwrap());
            std::thread::sleep(std::time::Duration::from_millis(20)); // For files to differ by their time.
        };
        sources.iter().for_each(|source| store(&open(u64::MAX), source));
        let bytes = |source: &Vec<u8>| std::fs::metadata(temporary.path().join(name(engine, source))).unwrap().len();
        let two = open(bytes(&sources[1]) + bytes(&sources[2]));
        store(&two, &sources[2]);
        assert_eq!(sources.map(|source| two.load(engine, &source).is_some()), [false, true, true]);
    }
}

//! The data folder: which files it holds, and that one Herald at a time uses them.
//!
//! | file | what it is |
//! | --- | --- |
//! | `lock` | held by the process that uses the folder |
//! | `organisation.redb` | the configuration, journalled |
//! | `partition-N.redb` | the messages of partition N, journalled; counted from 0 |
//! | `backups` | the backups that a running host made, unless the setting `backups` names another folder |
//! | `partitions` | how many partitions it was made with; written once, so that a lost one is missed |
//! | `cache/components` | compiled components of policies, sealed with a key that follows from `host.key`, up to 16 GiB; may be deleted at any time |
//! | `host.key` | the key that signs the heads of the journals; for the host's own user only |

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use herald_policy::{ComponentCache, HostLimits, Limits};
use herald_store::configuration::{ConfigurationStore, FILE_NAME};
use herald_store::signing::{HostKey, KeyFileError, create_key_file, load_key_file};
use herald_store::{Partition, StoreError, StoreSettings};

use crate::publish::{RandomError, random};
use crate::settings::Settings;

/// The name of the configuration's store, and of its journal.
pub const CONFIGURATION: &str = "organisation";

/// The name of a partition's store, and of its journal; counted from 0.
#[must_use]
pub fn partition_name(number: u64) -> String {
    format!("partition-{number}")
}

/// The file of a store.
#[must_use]
pub fn file_name(store: &str) -> String {
    format!("{store}.redb")
}
/// The file that says how many partitions there are.
pub(crate) const COUNT_FILE_NAME: &str = "partitions";
/// How much is kept of what was compiled, in bytes: two hundred plugins that bring an interpreter.
const COMPONENT_CACHE_LIMIT_BYTES: u64 = 16 * 1_024 * 1_024 * 1_024;

/// The data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The operating system refused.
    #[error("cannot use the data folder `{}`: {source}", path.display())]
    Folder {
        /// The folder or the file in it.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// There is none, and the command would not make one.
    #[error("there is no data folder `{}`; name another with `--data`, or begin with `herald serve`", .0.display())]
    Missing(PathBuf),
    /// Somebody else uses it.
    #[error("another herald is running on this directory (`{}`); stop it, or ask it: `apply`, `backup`, `evaluate` and `token` take `--server URL`", .0.display())]
    InUse(PathBuf),
    /// It was made for another number of partitions.
    #[error("`{}` has {found} partitions and the setting `partitions` says {wanted}; set it to {found}", path.display())]
    Partitions {
        /// The folder.
        path: PathBuf,
        /// How many there are.
        found: u64,
        /// How many the setting wants.
        wanted: u64,
    },
    /// A store that was there before is gone.
    #[error("`{}` is missing; what was in it is nowhere else, so restore it from a backup", .0.display())]
    Lost(PathBuf),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// There is no key to work with.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Its file cannot be used.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// None can be made.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// A data folder in use by this process, until it is dropped.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    /// The lock goes with the file: when the process ends, however it ends, the folder is free.
    _lock: File,
}

impl DataFolder {
    /// Takes the folder that the settings name; `make` makes it where there is none.
    ///
    /// # Errors
    /// [`DataError`]; [`DataError::InUse`] while another process has it.
    pub fn take(path: &Path, make: bool) -> Result<Self, DataError> {
        if make {
            std::fs::create_dir_all(path).map_err(failed(path))?;
        } else if !path.join(FILE_NAME).exists() {
            return Err(DataError::Missing(path.to_owned()));
        }
        let lock_path = path.join("lock");
        let mut options = OpenOptions::new();
        let lock = options.create(true).write(true).truncate(false).open(&lock_path).map_err(failed(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DataError::InUse(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(failed(&lock_path)(source)),
        }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the configuration, and makes it in a folder without messages.
    ///
    /// # Errors
    /// [`DataError::Store`]; [`DataError::Lost`] when there are messages and no configuration.
    pub fn configuration(&self, settings: &Settings) -> Result<ConfigurationStore, DataError> {
        let path = self.path.join(FILE_NAME);
        if !path.exists() && self.count()? != 0 {
            return Err(DataError::Lost(path));
        }
        Ok(ConfigurationStore::open(&path, &store_settings(settings))?)
    }

    /// Where the partitions lie that the folder was made with, in order, whether or not they are there.
    ///
    /// # Errors
    /// [`DataError::Folder`].
    pub fn partition_paths(&self) -> Result<Vec<PathBuf>, DataError> {
        Ok((0..self.count()?).map(|number| self.partition_file(number)).collect())
    }

    /// The files of the partitions that the folder was made with, in order.
    ///
    /// # Errors
    /// [`DataError::Lost`] when one is not there.
    pub fn partition_files(&self) -> Result<Vec<PathBuf>, DataError> {
        let paths = self.partition_paths()?;
        match paths.iter().find(|path| !path.exists()) {
            Some(lost) => Err(DataError::Lost(lost.clone())),
            None => Ok(paths),
        }
    }

    /// Opens all partitions, and makes them on the first start.
    ///
    /// # Errors
    /// [`DataError`]; messages are never spread anew over another number of partitions, and a partition that is
    /// gone is not replaced by an empty one.
    pub fn partitions(&self, settings: &Settings) -> Result<Vec<Partition>, DataError> {
        let (found, wanted) = (self.partition_files()?.len() as u64, settings.partitions);
        if found != 0 && found != wanted {
            return Err(DataError::Partitions { path: self.path.clone(), found, wanted });
        }
        let store_settings = store_settings(settings);
        let open = |number| Partition::open(&self.partition_file(number), &store_settings);
        let partitions = (0..wanted).map(open).collect::<Result<_, _>>()?;
        let count = self.path.join(COUNT_FILE_NAME);
        if !count.exists() {
            write_count(&count, wanted).map_err(failed(&count))?;
        }
        Ok(partitions)
    }

    /// How many partitions the folder was made with; 0 before its first start. Where that is not written down, as in
    /// files that were put together by hand, the last partition tells.
    fn count(&self) -> Result<u64, DataError> {
        let path = self.path.join(COUNT_FILE_NAME);
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let invalid = |error| std::io::Error::new(std::io::ErrorKind::InvalidData, error);
                text.trim().parse().map_err(invalid).map_err(failed(&path))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut count = 0;
                for entry in std::fs::read_dir(&self.path).map_err(failed(&self.path))? {
                    let name = entry.map_err(failed(&self.path))?.file_name();
                    let number = name.to_str().and_then(partition_number);
                    count = count.max(number.map_or(0, |number| number.saturating_add(1)));
                }
                Ok(count)
            }
            Err(error) => Err(failed(&path)(error)),
        }
    }

    /// The key that signs heads; made on first use.
    ///
    /// # Errors
    /// [`DataError::Key`], when there is a file and it holds no key or is open to others.
    pub fn key(&self) -> Result<HostKey, DataError> {
        Ok(load_or_create_key(&self.path.join("host.key"))?)
    }

    /// What bundles are held to, and where in the folder what was compiled of them is kept.
    ///
    /// # Errors
    /// [`DataError::Key`] as for [`Self::key`]; [`DataError::Folder`] when there can be no place for them.
    pub fn host_limits(&self, settings: &Settings) -> Result<HostLimits, DataError> {
        let folder = self.path.join("cache").join("components");
        let key = self.key()?.derive("herald 2026 cache of compiled components");
        let cache = ComponentCache::open(&folder, key, COMPONENT_CACHE_LIMIT_BYTES).map_err(failed(&folder))?;
        Ok(HostLimits { component_cache: Some(cache), ..host_limits(settings) })
    }

    fn partition_file(&self, number: u64) -> PathBuf {
        self.path.join(file_name(&partition_name(number)))
    }
}

/// The number in the name of a partition's file.
fn partition_number(name: &str) -> Option<u64> {
    name.strip_prefix("partition-")?.strip_suffix(".redb")?.parse().ok()
}

/// Writes down how many partitions there are: wholly or not at all, however the machine fares.
pub(crate) fn write_count(path: &Path, count: u64) -> std::io::Result<()> {
    let unfinished = path.with_extension("new");
    let mut file = File::create(&unfinished)?;
    writeln!(file, "{count}")?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> DataError + use<> {
    let path = path.to_owned();
    move |source| DataError::Folder { path, source }
}

/// The key in the file at `path`; made on first use.
///
/// # Errors
/// [`KeyError`], when there is a file and it holds no key or is open to others.
pub fn load_or_create_key(path: &Path) -> Result<HostKey, KeyError> {
    if path.exists() { Ok(load_key_file(path)?) } else { Ok(create_key_file(path, &random()?)?) }
}

/// What bundles are held to.
#[must_use]
pub fn host_limits(settings: &Settings) -> HostLimits {
    let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let limits = HostLimits::default();
    let most = Limits {
        time_limit_ms: small(settings.policy_time_limit_ms),
        operation_limit: settings.policy_operation_limit,
        memory_limit_mib: small(settings.policy_memory_limit_mib),
        ..limits.most
    };
    let default = Limits {
        time_limit_ms: limits.default.time_limit_ms.min(most.time_limit_ms),
        operation_limit: limits.default.operation_limit.min(most.operation_limit),
        memory_limit_mib: limits.default.memory_limit_mib.min(most.memory_limit_mib),
        ..limits.default
    };
    HostLimits { default, most, component_limit_kib: small(settings.component_limit_bytes / 1_024), ..limits }
}

/// How stores are opened.
#[must_use]
pub fn store_settings(settings: &Settings) -> StoreSettings {
    let cache_bytes = usize::try_from(settings.store_cache_bytes).unwrap_or(usize::MAX);
    StoreSettings { cache_bytes, ..StoreSettings::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Sources;

    #[test]
    fn a_folder_is_used_by_one_at_a_time_and_keeps_its_partitions() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("data");
        assert!(matches!(DataFolder::take(&path, false), Err(DataError::Missing(_))));
        let folder = DataFolder::take(&path, true).unwrap();
        assert!(matches!(DataFolder::take(&path, true), Err(DataError::InUse(_))));
        let settings = |partitions: u64| {
            let flags =
                vec![("partitions".into(), partitions.to_string()), ("store_cache_bytes".into(), "1048576".into())];
            Sources { flags, ..Sources::default() }.resolve().unwrap().settings
        };
        folder.configuration(&settings(2)).unwrap();
        assert_eq!(folder.partitions(&settings(2)).unwrap().len(), 2);
        let wrong = folder.partitions(&settings(3)).unwrap_err();
        assert!(wrong.to_string().contains("has 2 partitions"), "{wrong}");
        assert_eq!(folder.key().unwrap().public_key(), folder.key().unwrap().public_key());
        // What is lost is missed, also where nothing says how many there were, and nothing takes its place.
        std::fs::remove_file(path.join("partition-0.redb")).unwrap();
        for _ in 0..2 {
            let lost = folder.partitions(&settings(2)).unwrap_err();
            assert!(lost.to_string().contains("partition-0.redb` is missing"), "{lost}");
            assert!(folder.partition_files().is_err() && folder.partition_paths().unwrap().len() == 2);
            let _ = std::fs::remove_file(path.join(COUNT_FILE_NAME));
        }
        write_count(&path.join(COUNT_FILE_NAME), 1).unwrap();
        std::fs::remove_file(path.join(FILE_NAME)).unwrap();
        assert!(matches!(folder.configuration(&settings(2)), Err(DataError::Lost(_))));
        drop(folder);
        assert!(DataFolder::take(&path, true).is_ok());
    }
}

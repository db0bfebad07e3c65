//! The data folder: which files it holds, and that one Herald at a time uses them.
//!
//! | file | what it is |
//! | --- | --- |
//! | `lock` | held by the process that uses the folder |
//! | `organisation.redb` | the configuration, journalled |
//! | `partition-N.redb` | the messages of partition N, journalled; counted from 0 |
//! | `backups` | the backups that a running host made, unless the setting `backups` names another folder |
//! | `host.key` | the key that signs the heads of the journals; for the host's own user only |

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

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
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key file cannot be used.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// No key can be made.
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
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| DataError::Folder { path, source }
        };
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

    /// Opens the configuration.
    ///
    /// # Errors
    /// [`DataError::Store`].
    pub fn configuration(&self, settings: &Settings) -> Result<ConfigurationStore, DataError> {
        Ok(ConfigurationStore::open(&self.path.join(FILE_NAME), &store_settings(settings))?)
    }

    /// The files of the partitions that there are, in order.
    #[must_use]
    pub fn partition_files(&self) -> Vec<PathBuf> {
        (0..).map(|number| self.partition_file(number)).take_while(|path| path.exists()).collect()
    }

    /// Opens all partitions, and makes them on the first start.
    ///
    /// # Errors
    /// [`DataError`]; messages are never spread anew over another number of partitions.
    pub fn partitions(&self, settings: &Settings) -> Result<Vec<Partition>, DataError> {
        let (found, wanted) = (self.partition_files().len() as u64, settings.partitions);
        if found != 0 && found != wanted {
            return Err(DataError::Partitions { path: self.path.clone(), found, wanted });
        }
        let store_settings = store_settings(settings);
        let open = |number| Partition::open(&self.partition_file(number), &store_settings);
        Ok((0..wanted).map(open).collect::<Result<_, _>>()?)
    }

    /// The key that signs heads; made on first use.
    ///
    /// # Errors
    /// [`DataError::Key`], when there is a file and it holds no key or is open to others.
    pub fn key(&self) -> Result<HostKey, DataError> {
        let path = self.path.join("host.key");
        if path.exists() { Ok(load_key_file(&path)?) } else { Ok(create_key_file(&path, &random()?)?) }
    }

    fn partition_file(&self, number: u64) -> PathBuf {
        self.path.join(file_name(&partition_name(number)))
    }
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
        drop(folder);
        assert!(DataFolder::take(&path, false).is_ok());
    }
}

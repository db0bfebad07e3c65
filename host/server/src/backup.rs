//! Backups: whole copies of all stores, each in a folder of its own, made while the stores are in use.
//!
//! Every store is copied as it is at one moment, the configuration last: whatever a message in the copy names of
//! it had been published before. A backup that a running host makes is built under another name and gets its own
//! when it is whole and durable, so that a folder without the ending `.unfinished` is always good.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, TryLockError};

use herald_store::configuration::ConfigurationStore;
use herald_store::journal::Head;
use herald_store::partition::Progress;
use herald_store::{Partition, StoreError};

use crate::data::{CONFIGURATION, COUNT_FILE_NAME, file_name, partition_name, write_count};

/// The longest name of a backup.
pub const NAME_LIMIT_CHARS: usize = 64;
/// What the name of a folder ends in while its backup is being made. No backup's name has a dot.
const UNFINISHED: &str = "unfinished";

/// A backup was not made.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Its name is none, or leads somewhere else.
    #[error("`{0}` is no name of a backup: 1 to {NAME_LIMIT_CHARS} ASCII letters, digits, `-` and `_` are expected")]
    Name(String),
    /// There is one of this name.
    #[error("there is a backup `{0}` already; choose another name")]
    Exists(String),
    /// One at a time: a copy reads everything there is.
    #[error("another backup is being made; ask again when it is finished")]
    UnderWay,
    /// The operating system refused.
    #[error("`{}`: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// A store cannot be read, or its copy cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One store of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// The store's name, such as `partition-0`.
    pub store: String,
    /// The copy.
    pub path: PathBuf,
    /// Where the journal ends in the copy.
    pub head: Head,
}

/// The folder in which a running host makes its backups.
#[derive(Debug)]
pub struct Backups {
    folder: PathBuf,
    under_way: Mutex<()>,
}

impl Backups {
    /// Backups in `folder`, which is made with the first of them.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, under_way: Mutex::new(()) }
    }

    /// Makes the backup `name`, and returns its folder and what it holds. Waits for the disk until everything is
    /// copied.
    ///
    /// # Errors
    /// [`BackupError`]; there is no backup of this name then, unless there was one before.
    pub fn make<'a>(
        &self,
        name: &str,
        partitions: impl Iterator<Item = &'a Partition>,
        configuration: &ConfigurationStore,
    ) -> Result<(PathBuf, Vec<Copied>), BackupError> {
        if !is_name(name) {
            return Err(BackupError::Name(name.to_owned()));
        }
        let _under_way = match self.under_way.try_lock() {
            Ok(guard) => guard,
            // One that panicked has left nothing but an unfinished folder.
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Err(BackupError::UnderWay),
        };
        let to = self.folder.join(name);
        if to.try_exists().map_err(failed(&to))? {
            return Err(BackupError::Exists(name.to_owned()));
        }
        let unfinished = to.with_added_extension(UNFINISHED);
        // What is there was left by a host that ended in the middle.
        remove(&unfinished)?;
        let copied = copy(&unfinished, partitions, configuration, |_, _| {}).and_then(|copied| {
            fs::rename(&unfinished, &to).map_err(failed(&to))?;
            sync(&self.folder)?;
            Ok(copied)
        });
        let copied = copied.inspect_err(|_| {
            // The reason why it failed says more than that its rest stays.
            let _ = remove(&unfinished);
        })?;
        let copied = copied.into_iter().map(|copied| Copied { path: to.join(file_name(&copied.store)), ..copied });
        Ok((to.clone(), copied.collect()))
    }
}

/// Copies the stores into the folder `to`, which is made if it is not there and must not hold any of them.
/// `progress` is told which store is being copied, and how far that has come.
///
/// # Errors
/// [`BackupError::Folder`], [`BackupError::Store`]; stores that were copied by then stay.
pub fn copy<'a>(
    to: &Path,
    partitions: impl Iterator<Item = &'a Partition>,
    configuration: &ConfigurationStore,
    mut progress: impl FnMut(&str, Progress),
) -> Result<Vec<Copied>, BackupError> {
    fs::create_dir_all(to).map_err(failed(to))?;
    let mut copied = Vec::new();
    for (number, partition) in (0..).zip(partitions) {
        let store = partition_name(number);
        let path = to.join(file_name(&store));
        let head = partition.backup(&path, |done| progress(&store, done))?;
        copied.push(Copied { store, path, head });
    }
    if !copied.is_empty() {
        let count = to.join(COUNT_FILE_NAME);
        write_count(&count, copied.len() as u64).map_err(failed(&count))?;
    }
    let path = to.join(file_name(CONFIGURATION));
    let head = configuration.backup(&path, |done| progress(CONFIGURATION, done))?;
    copied.push(Copied { store: CONFIGURATION.to_owned(), path, head });
    Ok(copied)
}

/// Whether `name` is one folder's name, here and on any other system.
fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=NAME_LIMIT_CHARS).contains(&name.len()) && name.bytes().all(is_plain)
}

fn remove(folder: &Path) -> Result<(), BackupError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(folder)(error)),
        _ => Ok(()),
    }
}

/// Makes the names in a folder durable.
fn sync(folder: &Path) -> Result<(), BackupError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed(folder))
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> BackupError {
    move |source| BackupError::Folder { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use herald_store::StoreSettings;

    use super::*;

    #[test]
    fn a_name_is_one_folder_on_any_system() {
        for (name, good) in [
            ("monday", true),
            ("2026-11-21_1", true),
            (&"x".repeat(NAME_LIMIT_CHARS), true),
            (&"x".repeat(NAME_LIMIT_CHARS + 1), false),
            ("", false),
            (".", false),
            ("a/b", false),
            ("a\\b", false),
            ("monday.unfinished", false),
            ("周一", false),
        ] {
            assert_eq!(is_name(name), good, "{name}");
        }
    }

    #[test]
    fn a_backup_that_is_not_made_leaves_none() {
        let temporary = tempfile::tempdir().unwrap();
        let settings = StoreSettings::default();
        let partition = Partition::open(&temporary.path().join("partition-0.redb"), &settings).unwrap();
        let configuration = ConfigurationStore::open(&temporary.path().join("organisation.redb"), &settings).unwrap();
        let folder = temporary.path().join("backups");
        let backups = Backups::new(folder.clone());
        let make = || backups.make("monday", [&partition].into_iter(), &configuration);

        let held = backups.under_way.lock().unwrap();
        assert!(matches!(make(), Err(BackupError::UnderWay)));
        drop(held);
        fs::write(&folder, "no folder").unwrap();
        assert!(matches!(make(), Err(BackupError::Folder { .. })));
        fs::remove_file(&folder).unwrap();
        // A host that ended in the middle has left this.
        fs::create_dir_all(folder.join("monday.unfinished/left")).unwrap();
        let (to, copied) = make().unwrap();
        assert_eq!((to, copied.len()), (folder.join("monday"), 2));
        assert!(copied.iter().all(|copied| copied.path.exists()));
        assert!(matches!(make(), Err(BackupError::Exists(_))));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }
}

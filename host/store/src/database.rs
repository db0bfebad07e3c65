//! Opens the file of one partition, or of the organisation's configuration, and hands out its
//! transactions. It knows the file's format and how it is written; what the tables mean is not its
//! business, except that every store has a journal.
//!
//! # Why quick-repair and immediate durability, always
//!
//! [`Database::begin_write`] is the only way to a write transaction, so that no caller can forget
//! either. *Immediate durability*: `commit` returns after the disk has said that the change is
//! there; an answer of success may then be given. *Quick-repair*: each commit also stores the
//! allocator's state, so that a start after a crash loads it rather than walking the whole file.
//! It implies redb's two-phase commit: the data and the new root are synced first, then the byte
//! that makes the new root the current one is written and synced.
//!
//! # What is assumed of the disk
//!
//! redb's own assumptions, and no others: a single byte is written wholly or not at all; what was
//! synced successfully stays; a write changes no bytes outside its range, even when power fails in
//! the middle of it. Unsynced writes may arrive in any order, in part, or never. The crash tests
//! run on a backend that does all of that.

use std::fs;
use std::path::Path;

use redb::{ReadableDatabase, TableDefinition, TableHandle};

use crate::error::StoreError;
use crate::files;
use crate::journal;

/// The format of the whole file: which tables there are and how their keys are made. Records and
/// frames carry formats of their own.
pub const STORE_FORMAT: u64 = 1;

/// Page cache of one store unless the settings say otherwise: 64 MiB. redb's own default is 1 GiB,
/// too much for a machine that runs several partitions.
pub const CACHE_DEFAULT_BYTES: usize = 64 * 1024 * 1024;

const META: TableDefinition<&str, u64> = TableDefinition::new("meta");
const META_FORMAT: &str = "format";

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// Memory for pages of the file, in bytes; [`CACHE_DEFAULT_BYTES`] by default.
    pub cache_bytes: usize,
    /// Whether to read the whole file at opening and compare every page with its checksum. Off by
    /// default, because it takes minutes on a large file. Without it a file that something else
    /// has damaged may be noticed late, or stop the program; `herald verify` turns it on.
    pub check_pages: bool,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self { cache_bytes: CACHE_DEFAULT_BYTES, check_pages: false }
    }
}

impl StoreSettings {
    fn builder(&self) -> redb::Builder {
        let mut builder = redb::Builder::new();
        builder.set_cache_size(self.cache_bytes);
        builder.set_check_integrity_on_open(self.check_pages);
        builder
    }
}

/// An open store. While it is open no other process can open the same file.
#[derive(Debug)]
pub struct Database {
    redb: redb::Database,
}

impl Database {
    /// Opens the store at `path`, and makes a new one where there is none.
    ///
    /// A new store is built under another name and appears at `path` only when it is whole: a
    /// crash in between leaves no half-made file that the next start would take for a corrupt one.
    ///
    /// # Errors
    ///
    /// As [`Database::open`], and [`StoreError::File`] when the file cannot be made.
    pub fn create(path: &Path, settings: &StoreSettings) -> Result<Self, StoreError> {
        if !path.try_exists().map_err(files::failed(path))? {
            let unfinished = files::unfinished(path)?;
            Self::create_unfinished(&unfinished, settings)?.redb.close()?;
            files::finish_new(&unfinished, path)?;
        }
        Self::open(path, settings)
    }

    /// Makes a store at `path`, where there is none and a crash may leave half of one: somewhere to build what
    /// gets its name when it is whole.
    pub(crate) fn create_unfinished(path: &Path, settings: &StoreSettings) -> Result<Self, StoreError> {
        Self::prepare(settings.builder().create(path)?)
    }

    /// Opens the store at `path`, which must exist.
    ///
    /// # Errors
    ///
    /// [`StoreError::File`] when there is no such file, [`StoreError::Locked`] when another process
    /// has it open, [`StoreError::NewerFormat`], [`StoreError::Corrupt`] when it is damaged or not
    /// a store, [`StoreError::Disk`].
    pub fn open(path: &Path, settings: &StoreSettings) -> Result<Self, StoreError> {
        fs::metadata(path).map_err(files::failed(path))?;
        Self::prepare(settings.builder().open(path)?)
    }

    /// Opens, or makes, a store on a backend of the caller's: memory, or one that fails on demand.
    ///
    /// # Errors
    ///
    /// As [`Database::open`], without [`StoreError::File`]. A crash while a new store is being made
    /// may leave a backend that is refused as corrupt; nothing has been stored in it yet.
    pub fn open_with_backend(backend: impl redb::StorageBackend, settings: &StoreSettings) -> Result<Self, StoreError> {
        Self::prepare(settings.builder().create_with_backend(backend)?)
    }

    /// Begins a write transaction; waits until the one before has ended. Dropping it without a
    /// commit undoes it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Disk`], also when an earlier commit failed: the store must be opened again.
    pub fn begin_write(&self) -> Result<redb::WriteTransaction, StoreError> {
        let mut transaction = self.redb.begin_write()?;
        transaction.set_durability(redb::Durability::Immediate)?;
        transaction.set_quick_repair(true);
        Ok(transaction)
    }

    /// Begins a read transaction: a snapshot of the last commit. The pages that it can see are not
    /// used again while it lives, so a long scan takes a new one every few MiB.
    ///
    /// # Errors
    ///
    /// [`StoreError::Disk`].
    pub fn begin_read(&self) -> Result<redb::ReadTransaction, StoreError> {
        Ok(self.redb.begin_read()?)
    }

    /// Refuses a file of a newer format or of another program; makes an empty one a store.
    fn prepare(redb: redb::Database) -> Result<Self, StoreError> {
        let database = Self { redb };
        match database.format()? {
            Some(STORE_FORMAT) => Ok(database),
            Some(found) if found > STORE_FORMAT => {
                Err(StoreError::NewerFormat { what: "the store".to_owned(), found, supported: STORE_FORMAT })
            }
            Some(found) => Err(StoreError::Corrupt(format!("there is no format {found}"))),
            None => {
                let transaction = database.begin_write()?;
                transaction.open_table(META)?.insert(META_FORMAT, STORE_FORMAT)?;
                journal::create_tables(&transaction)?;
                transaction.commit()?;
                Ok(database)
            }
        }
    }

    /// The format that the file says it has; `None` for a file without any tables.
    fn format(&self) -> Result<Option<u64>, StoreError> {
        let transaction = self.begin_read()?;
        let mut tables = transaction.list_tables()?.peekable();
        if tables.peek().is_none() {
            return Ok(None);
        }
        if !tables.any(|table| table.name() == META.name()) {
            return Err(StoreError::Corrupt(
                "it has tables but no format version: this is not a file of herald's".to_owned(),
            ));
        }
        match transaction.open_table(META)?.get(META_FORMAT)? {
            Some(format) => Ok(Some(format.value())),
            None => Err(StoreError::Corrupt("its format version is missing".into())),
        }
    }
}

#[cfg(test)]
mod tests;

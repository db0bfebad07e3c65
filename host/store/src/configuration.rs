//! The organisation's configuration: directory, calendars, channels, kinds, house rules, policy bundles and
//! tokens, in one file of its own, journalled like messages.
//!
//! It keeps what it is given and says what changed. Whether an organisation is whole, or a bundle compiles, is
//! decided by the caller before it publishes; what a token may do is decided where it is presented.
//!
//! # Publications
//!
//! A *publication* changes any of it at once: one transaction, numbered from 1. The number is the revision that
//! decisions name. Only differences are written: moving one of 20,000 people is one small record. A publication
//! without a difference writes nothing and takes no number.
//!
//! # Tables
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `configuration` | section, name | the entry: JSON |
//! | `bundle_revisions` | bundle, revision | its files' paths and digests, who published it when: JSON |
//! | `bundles` | bundle | the active revision; no row when it is retired |
//! | `blobs` | BLAKE3 of a file, part | up to 256 KiB of the file |
//! | `tokens` | id | the token, without its secret: JSON |
//! | `publications` | revision | when, by whom, how much: JSON |
//!
//! Every table changes only by applying journal records, and can be made again from them.
//!
//! # Where the content of files lies
//!
//! In the journal, base64 in records before the one that names it, and once more in `blobs` to read from. That
//! costs each file a bit more than twice its size, once: equal content is stored once, however many bundles and
//! revisions have it. In return the chain of hashes covers the very bytes that were published, an exported
//! journal is complete, and a rebuild needs nothing else. [`ConfigurationStore::bundle`] compares content with
//! its digest at each reading, so that no script runs that is not the one that was published.

mod bundle;
mod item;
mod past;
mod publish;
mod reader;
mod record;
mod tables;
mod token;
mod verify;
mod write;

use std::io::Write;
use std::path::Path;

use herald_core::decision::BundleId;
use herald_core::organisation::Organisation;
use herald_core::target::Actor;
use jiff::Timestamp;
use redb::ReadTransaction;

pub use bundle::{
    BUNDLE_FILES_LIMIT, BundleFiles, BundleProblem, BundleRevision, FILE_LIMIT_BYTES, PATH_LIMIT_BYTES, StoredBundle,
    StoredFile, bundle_digest, check_files,
};
pub use item::Section;
pub use publish::{ChangeKind, ConfigChange, Counts, Publication, PublishError, Published};
pub use reader::PublicationRow;
pub use record::ITEM_LIMIT_BYTES;
pub use token::{SECRET_BYTES, Token, TokenError, TokenHash, TokenOwner};
pub use verify::{Finding, Verification};

use crate::database::{Database, StoreSettings};
use crate::error::StoreError;
use crate::journal::{Head, JournalReader};
use crate::upkeep::{self, ExportError, Progress};
use reader::Reader;

/// The usual name of the file within the data directory.
pub const FILE_NAME: &str = "organisation.redb";

/// What a change of the configuration is stamped with. All of it comes from the edge.
#[derive(Debug, Clone, Copy)]
pub struct Stamp<'a> {
    /// When. The journal's time never goes back: before the time of the last change, that time stands.
    pub at: Timestamp,
    /// Who.
    pub by: &'a Actor,
    /// Random bytes, new for each change: the salts of its records are derived from them.
    pub seed: [u8; 32],
}

/// Everything that is in force, at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The organisation, with the revision of the last publication; 0 and empty before the first.
    pub organisation: Organisation,
    /// The active bundles, by id.
    pub bundles: Vec<StoredBundle>,
    /// The tokens, by id; expired ones too.
    pub tokens: Vec<Token>,
}

/// The store of the configuration. Readers see the last publication; one change is written at a time.
#[derive(Debug)]
pub struct ConfigurationStore {
    database: Database,
}

impl ConfigurationStore {
    /// Opens the store at `path`, and makes an empty one where there is none.
    ///
    /// # Errors
    /// As [`Database::create`]; [`StoreError::Corrupt`] also when the file is another kind of store.
    pub fn open(path: &Path, settings: &StoreSettings) -> Result<Self, StoreError> {
        Self::prepare(Database::create(path, settings)?)
    }

    /// Opens, or makes, a store on a backend of the caller's.
    ///
    /// # Errors
    /// As [`Database::open_with_backend`]; [`StoreError::Corrupt`] also when it holds another kind of store.
    pub fn open_with_backend(backend: impl redb::StorageBackend, settings: &StoreSettings) -> Result<Self, StoreError> {
        Self::prepare(Database::open_with_backend(backend, settings)?)
    }

    fn prepare(database: Database) -> Result<Self, StoreError> {
        let snapshot = database.begin_read()?;
        if !tables::exist(&snapshot)? {
            if JournalReader::open(&snapshot)?.head()? != Head::EMPTY {
                let reason = "it has a journal but no entries: it is no organisation's configuration";
                return Err(StoreError::Corrupt(reason.to_owned()));
            }
            let transaction = database.begin_write()?;
            drop(tables::Tables::open(&transaction)?);
            transaction.commit()?;
        }
        Ok(Self { database })
    }

    /// Everything that is in force.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when an entry cannot be read or a file's content is not what was published,
    /// [`StoreError::Disk`].
    pub fn load(&self) -> Result<Loaded, StoreError> {
        let reader = self.reader()?;
        let mut bundles = Vec::new();
        for (id, revision) in reader.active()? {
            let missing = || StoreError::Corrupt(format!("revision {revision} of bundle `{id}` is missing"));
            bundles.push(reader.stored_bundle(&id, revision)?.ok_or_else(missing)?);
        }
        Ok(Loaded { organisation: reader.organisation()?, bundles, tokens: reader.tokens()? })
    }

    /// The number of the last publication; 0 before the first.
    ///
    /// # Errors
    /// [`StoreError`], when the store cannot be read.
    pub fn revision(&self) -> Result<u64, StoreError> {
        self.reader()?.revision()
    }

    /// The last `limit` publications before number `before`, newest first.
    ///
    /// # Errors
    /// [`StoreError`], when the store cannot be read.
    pub fn publications(&self, before: Option<u64>, limit: usize) -> Result<Vec<PublicationRow>, StoreError> {
        self.reader()?.publications(before.unwrap_or(u64::MAX), limit)
    }

    /// Every revision of a bundle, oldest first, without content; none when there is no such bundle.
    ///
    /// # Errors
    /// [`StoreError`], when the store cannot be read.
    pub fn bundle_revisions(&self, id: &BundleId) -> Result<Vec<BundleRevision>, StoreError> {
        self.reader()?.bundle_revisions(id)
    }

    /// A revision of a bundle, active or not, with its content.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when a file's content is not what was published, [`StoreError::Disk`].
    pub fn bundle(&self, id: &BundleId, revision: u32) -> Result<Option<StoredBundle>, StoreError> {
        self.reader()?.stored_bundle(id, revision)
    }

    /// The tokens, by id; expired ones too.
    ///
    /// # Errors
    /// [`StoreError`], when the store cannot be read.
    pub fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        self.reader()?.tokens()
    }

    /// Where the journal ends, to be signed and handed out.
    ///
    /// # Errors
    /// [`StoreError`], when the store cannot be read.
    pub fn head(&self) -> Result<Head, StoreError> {
        self.journal()?.head()
    }

    /// The journal at this moment, to compare with a head that was signed of it.
    ///
    /// # Errors
    /// [`StoreError`], when the store cannot be read.
    pub fn journal(&self) -> Result<JournalReader, StoreError> {
        JournalReader::open(&self.read()?)
    }

    /// Writes the journal out as lines of JSON; see [`Partition::export`](crate::Partition::export).
    ///
    /// # Errors
    /// [`ExportError`]. Whole lines may have been written by then.
    pub fn export(
        &self,
        to: &mut dyn Write,
        from: u64,
        mut progress: impl FnMut(Progress),
    ) -> Result<u64, ExportError> {
        upkeep::export(&self.database, to, from, &mut progress)
    }

    /// Copies the store into a new file at `to`; see [`Partition::backup`](crate::Partition::backup).
    ///
    /// # Errors
    /// [`StoreError::File`] when `to` exists or cannot be made; [`StoreError`], when something cannot be read or
    /// written.
    pub fn backup(&self, to: &Path, mut progress: impl FnMut(Progress)) -> Result<Head, StoreError> {
        upkeep::backup(&self.database, &tables::ALL, to, &mut progress)
    }

    fn read(&self) -> Result<ReadTransaction, StoreError> {
        self.database.begin_read()
    }

    fn reader(&self) -> Result<Reader, StoreError> {
        Reader::open(&self.read()?)
    }
}

#[cfg(test)]
mod tests;

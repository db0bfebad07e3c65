//! Verification and rebuilding: that the tables say what the journal says, and making them say it.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;

use redb::{Key, ReadableTable, StorageError, Value};

use super::ConfigurationStore;
use super::bundle::BundleRevision;
use super::reader::{decode, read_blob};
use super::record::{Change, Record};
use super::tables::Tables;
use crate::error::StoreError;
use crate::journal::{self, VerifyProgress, VerifyReport};

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The journal itself. When it has a mismatch, nothing else was looked at: there is nothing to compare with.
    pub journal: VerifyReport,
    /// Where the rest is not what the journal says.
    pub findings: Vec<Finding>,
}

impl Verification {
    /// Whether all is as it was published.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.journal.mismatch.is_none() && self.findings.is_empty()
    }
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// A table differs from what the journal makes of it: something else has changed it. A rebuild mends it.
    Table {
        /// The table.
        name: &'static str,
    },
    /// A published file has not the content that its digest names, although the chain is whole: it was wrong
    /// when it was published.
    Content {
        /// The bundle and its revision.
        bundle: String,
        /// The file's path.
        path: String,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table { name } => write!(f, "table `{name}` is not what the journal says; rebuild it"),
            Self::Content { bundle, path } => {
                write!(f, "file `{path}` of bundle `{bundle}` has not the content that its digest names")
            }
        }
    }
}

impl ConfigurationStore {
    /// Verifies the chain of hashes, that every table is what the journal says, and that every file of every
    /// revision has the content that was published. Changes nothing; changes by others wait for it.
    ///
    /// # Errors
    /// [`StoreError`], when the store cannot be read, or the journal has a record that this program cannot read.
    pub fn verify(&self, progress: impl FnMut(VerifyProgress)) -> Result<Verification, StoreError> {
        // Never committed: what is made again below is only compared, and undone.
        let transaction = self.database.begin_write()?;
        let head = self.head()?;
        let journal = journal::verify(&self.database, 1..=head.sequence, progress)?;
        if journal.mismatch.is_some() {
            return Ok(Verification { journal, findings: Vec::new() });
        }
        let stored = digests(&Tables::open(&transaction)?)?;
        let mut tables = Tables::open_empty(&transaction)?;
        self.replay(&mut tables, |_| {})?;
        let mut findings: Vec<_> = stored
            .iter()
            .zip(&digests(&tables)?)
            .filter(|(stored, replayed)| stored != replayed)
            .map(|((name, _), _)| Finding::Table { name })
            .collect();
        findings.extend(wrong_content(&tables)?);
        drop(tables);
        transaction.abort()?;
        Ok(Verification { journal, findings })
    }

    /// Makes every table again from the journal, in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the journal is not as it was written; the tables then stay as they are.
    pub fn rebuild(&self, progress: impl FnMut(VerifyProgress)) -> Result<(), StoreError> {
        let transaction = self.database.begin_write()?;
        let mut tables = Tables::open_empty(&transaction)?;
        self.replay(&mut tables, progress)?;
        drop(tables);
        transaction.commit()?;
        Ok(())
    }

    fn replay(&self, tables: &mut Tables<'_>, progress: impl FnMut(VerifyProgress)) -> Result<(), StoreError> {
        let visit = |record: &Record<Change>, at| {
            record.changes.iter().try_for_each(|change| tables.apply(change, at, &record.by))?;
            Ok(ControlFlow::Continue(()))
        };
        self.each_record(visit, progress)
    }
}

/// Each table's name, and a hash over its rows in order.
fn digests(tables: &Tables<'_>) -> Result<Vec<(&'static str, blake3::Hash)>, StorageError> {
    Ok(vec![
        ("configuration", digest(&tables.items)?),
        ("bundle_revisions", digest(&tables.bundle_revisions)?),
        ("bundles", digest(&tables.bundles)?),
        ("blobs", digest(&tables.blobs)?),
        ("tokens", digest(&tables.tokens)?),
        ("publications", digest(&tables.publications)?),
    ])
}

fn digest<K: Key + 'static, V: Value + 'static>(
    table: &impl ReadableTable<K, V>,
) -> Result<blake3::Hash, StorageError> {
    let mut hasher = blake3::Hasher::new();
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
    };
    for row in table.iter()? {
        let (key, value) = row?;
        add(K::as_bytes(&key.value()).as_ref());
        add(V::as_bytes(&value.value()).as_ref());
    }
    Ok(hasher.finalize())
}

/// Files whose content is not what their digest names.
fn wrong_content(tables: &Tables<'_>) -> Result<Vec<Finding>, StoreError> {
    let mut findings = Vec::new();
    // Revisions share most of their files: each content is read once.
    let mut right = BTreeMap::new();
    for row in tables.bundle_revisions.iter()? {
        let (key, row) = row?;
        let (id, revision) = key.value();
        let BundleRevision { files, .. } = decode(row.value(), "a bundle's revision")?;
        for file in files {
            if !right.contains_key(&file.digest) {
                let content = read_blob(&tables.blobs, &file.digest)?;
                let is_right = blake3::hash(&content).to_hex().as_str() == file.digest;
                right.insert(file.digest.clone(), is_right);
            }
            if right.get(&file.digest) != Some(&true) {
                findings.push(Finding::Content { bundle: format!("{id} {revision}"), path: file.path });
            }
        }
    }
    Ok(findings)
}

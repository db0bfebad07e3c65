//! Reading the tables at one moment.

use herald_core::decision::BundleId;
use herald_core::organisation::Organisation;
use herald_core::target::Actor;
use jiff::Timestamp;
use redb::{ReadOnlyTable, ReadTransaction, ReadableTable};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::bundle::{BundleFiles, BundleRevision, StoredBundle};
use super::item;
use super::publish::Counts;
use super::tables::{BLOBS, BUNDLE_REVISIONS, BUNDLES, ITEMS, PUBLICATIONS, TOKENS};
use super::token::Token;
use crate::error::StoreError;

/// A publication in the list of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicationRow {
    /// Its number, from 1.
    pub revision: u64,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
    /// How much it changed.
    pub counts: Counts,
}

/// The tables within a read transaction.
pub(super) struct Reader {
    pub(super) items: ReadOnlyTable<(&'static str, &'static str), &'static [u8]>,
    bundle_revisions: ReadOnlyTable<(&'static str, u32), &'static [u8]>,
    bundles: ReadOnlyTable<&'static str, u32>,
    blobs: ReadOnlyTable<(&'static str, u32), &'static [u8]>,
    tokens: ReadOnlyTable<&'static str, &'static [u8]>,
    publications: ReadOnlyTable<u64, &'static [u8]>,
}

impl Reader {
    pub(super) fn open(transaction: &ReadTransaction) -> Result<Self, StoreError> {
        Ok(Self {
            items: transaction.open_table(ITEMS)?,
            bundle_revisions: transaction.open_table(BUNDLE_REVISIONS)?,
            bundles: transaction.open_table(BUNDLES)?,
            blobs: transaction.open_table(BLOBS)?,
            tokens: transaction.open_table(TOKENS)?,
            publications: transaction.open_table(PUBLICATIONS)?,
        })
    }

    pub(super) fn organisation(&self) -> Result<Organisation, StoreError> {
        let mut organisation = Organisation { revision: self.revision()?, ..Organisation::default() };
        for row in self.items.iter()? {
            let (key, json) = row?;
            let (section, name) = key.value();
            item::put(&mut organisation, section, name, json.value())?;
        }
        Ok(organisation)
    }

    pub(super) fn revision(&self) -> Result<u64, StoreError> {
        Ok(self.publications.last()?.map_or(0, |(revision, _)| revision.value()))
    }

    pub(super) fn publications(&self, before: u64, limit: usize) -> Result<Vec<PublicationRow>, StoreError> {
        let rows = self.publications.range(..before)?.rev().take(limit);
        rows.map(|row| decode(row?.1.value(), "a publication")).collect()
    }

    /// The active bundles and their revisions, by id.
    pub(super) fn active(&self) -> Result<Vec<(BundleId, u32)>, StoreError> {
        let mut active = Vec::new();
        for row in self.bundles.iter()? {
            let (id, revision) = row?;
            let id = id.value().parse().map_err(|error| StoreError::Corrupt(format!("a bundle's id: {error}")))?;
            active.push((id, revision.value()));
        }
        // By department, then by name; the table sorts by the text of both.
        active.sort();
        Ok(active)
    }

    pub(super) fn active_revision(&self, id: &BundleId) -> Result<Option<u32>, StoreError> {
        Ok(self.bundles.get(id.to_string().as_str())?.map(|revision| revision.value()))
    }

    pub(super) fn bundle_revisions(&self, id: &BundleId) -> Result<Vec<BundleRevision>, StoreError> {
        let id = id.to_string();
        let rows = self.bundle_revisions.range((id.as_str(), 0)..=(id.as_str(), u32::MAX))?;
        rows.map(|row| decode(row?.1.value(), "a bundle's revision")).collect()
    }

    pub(super) fn bundle_revision(&self, id: &BundleId, revision: u32) -> Result<Option<BundleRevision>, StoreError> {
        let row = self.bundle_revisions.get((id.to_string().as_str(), revision))?;
        row.map(|row| decode(row.value(), "a bundle's revision")).transpose()
    }

    /// The number of a bundle's last revision, active or not; 0 when there is none.
    pub(super) fn last_revision(&self, id: &BundleId) -> Result<u32, StoreError> {
        let id = id.to_string();
        let last = self.bundle_revisions.range((id.as_str(), 0)..=(id.as_str(), u32::MAX))?.next_back().transpose()?;
        Ok(last.map_or(0, |(key, _)| key.value().1))
    }

    pub(super) fn stored_bundle(&self, id: &BundleId, revision: u32) -> Result<Option<StoredBundle>, StoreError> {
        let Some(row) = self.bundle_revision(id, revision)? else { return Ok(None) };
        let mut files = BundleFiles::new();
        for file in row.files {
            let content = self.blob(&file.digest)?;
            files.insert(file.path, content);
        }
        Ok(Some(StoredBundle {
            id: id.clone(),
            revision,
            digest: row.digest,
            files,
            published_at: row.published_at,
            published_by: row.published_by,
        }))
    }

    /// Whether content of this digest is kept. Nothing is kept of the empty file, which has no parts.
    pub(super) fn has_blob(&self, digest: &str) -> Result<bool, StoreError> {
        Ok(self.blobs.get((digest, 0))?.is_some())
    }

    pub(super) fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        self.tokens.iter()?.map(|row| decode(row?.1.value(), "a token")).collect()
    }

    /// The content of this digest, compared with it.
    fn blob(&self, digest: &str) -> Result<Vec<u8>, StoreError> {
        let content = read_blob(&self.blobs, digest)?;
        if blake3::hash(&content).to_hex().as_str() == digest {
            Ok(content)
        } else {
            Err(StoreError::Corrupt(format!("the content `{digest}` of a bundle's file is not what was published")))
        }
    }
}

/// The parts of a blob, put together; empty when there are none.
pub(super) fn read_blob(
    blobs: &impl ReadableTable<(&'static str, u32), &'static [u8]>,
    digest: &str,
) -> Result<Vec<u8>, StoreError> {
    let mut content = Vec::new();
    for part in blobs.range((digest, 0)..=(digest, u32::MAX))? {
        content.extend_from_slice(part?.1.value());
    }
    Ok(content)
}

pub(super) fn decode<T: DeserializeOwned>(json: &[u8], what: &str) -> Result<T, StoreError> {
    serde_json::from_slice(json).map_err(|error| StoreError::Corrupt(format!("{what}: {error}")))
}

//! The tables, and the one way in which they change: a change of the journal is applied.

use herald_core::target::Actor;
use jiff::Timestamp;
use redb::{ReadTransaction, Table, TableDefinition, TableHandle, WriteTransaction};
use serde::Serialize;

use super::bundle::BundleRevision;
use super::reader::PublicationRow;
use super::record::Change;
use crate::error::StoreError;
use crate::upkeep::AnyTable;

pub(super) const ITEMS: TableDefinition<(&str, &str), &[u8]> = TableDefinition::new("configuration");
pub(super) const BUNDLE_REVISIONS: TableDefinition<(&str, u32), &[u8]> = TableDefinition::new("bundle_revisions");
pub(super) const BUNDLES: TableDefinition<&str, u32> = TableDefinition::new("bundles");
pub(super) const BLOBS: TableDefinition<(&str, u32), &[u8]> = TableDefinition::new("blobs");
pub(super) const TOKENS: TableDefinition<&str, &[u8]> = TableDefinition::new("tokens");
pub(super) const PUBLICATIONS: TableDefinition<u64, &[u8]> = TableDefinition::new("publications");

/// Every table, for copying them.
pub(super) const ALL: [&dyn AnyTable; 6] = [&ITEMS, &BUNDLE_REVISIONS, &BUNDLES, &BLOBS, &TOKENS, &PUBLICATIONS];

/// Whether the tables have been made; they are made together.
pub(super) fn exist(transaction: &ReadTransaction) -> Result<bool, StoreError> {
    Ok(transaction.list_tables()?.any(|table| table.name() == ITEMS.name()))
}

/// The tables within a write transaction. Drop them before it commits.
pub(super) struct Tables<'txn> {
    pub(super) items: Table<'txn, (&'static str, &'static str), &'static [u8]>,
    pub(super) bundle_revisions: Table<'txn, (&'static str, u32), &'static [u8]>,
    pub(super) bundles: Table<'txn, &'static str, u32>,
    pub(super) blobs: Table<'txn, (&'static str, u32), &'static [u8]>,
    pub(super) tokens: Table<'txn, &'static str, &'static [u8]>,
    pub(super) publications: Table<'txn, u64, &'static [u8]>,
}

impl<'txn> Tables<'txn> {
    pub(super) fn open(transaction: &'txn WriteTransaction) -> Result<Self, StoreError> {
        Ok(Self {
            items: transaction.open_table(ITEMS)?,
            bundle_revisions: transaction.open_table(BUNDLE_REVISIONS)?,
            bundles: transaction.open_table(BUNDLES)?,
            blobs: transaction.open_table(BLOBS)?,
            tokens: transaction.open_table(TOKENS)?,
            publications: transaction.open_table(PUBLICATIONS)?,
        })
    }

    /// Empties every table, for a replay from the beginning.
    pub(super) fn open_empty(transaction: &'txn WriteTransaction) -> Result<Self, StoreError> {
        transaction.delete_table(ITEMS)?;
        transaction.delete_table(BUNDLE_REVISIONS)?;
        transaction.delete_table(BUNDLES)?;
        transaction.delete_table(BLOBS)?;
        transaction.delete_table(TOKENS)?;
        transaction.delete_table(PUBLICATIONS)?;
        Self::open(transaction)
    }

    /// Applies one change, made at `at` by `by`. Total: what a change names and is not there is left as it is.
    pub(super) fn apply(&mut self, change: &Change, at: Timestamp, by: &Actor) -> Result<(), StoreError> {
        match change {
            Change::Item { section, name, value } => {
                self.items.insert((section.as_str(), name.as_str()), json(value)?.as_slice())?;
            }
            Change::ItemRemoved { section, name } => {
                self.items.remove((section.as_str(), name.as_str()))?;
            }
            Change::Blob { digest, part, content } => {
                self.blobs.insert((digest.as_str(), *part), content.0.as_slice())?;
            }
            Change::Bundle { id, revision, digest, files } => {
                let row = BundleRevision {
                    revision: *revision,
                    digest: digest.clone(),
                    files: files.clone(),
                    published_at: at,
                    published_by: by.clone(),
                };
                let id = id.to_string();
                self.bundle_revisions.insert((id.as_str(), *revision), json(&row)?.as_slice())?;
                self.bundles.insert(id.as_str(), revision)?;
            }
            Change::BundleActivated { id, revision } => {
                self.bundles.insert(id.to_string().as_str(), revision)?;
            }
            Change::BundleRetired { id } => {
                self.bundles.remove(id.to_string().as_str())?;
            }
            Change::Published { revision, counts } => {
                let row = PublicationRow { revision: *revision, at, by: by.clone(), counts: *counts };
                self.publications.insert(revision, json(&row)?.as_slice())?;
            }
            Change::Token(token) => {
                self.tokens.insert(token.id.as_str(), json(token)?.as_slice())?;
            }
            Change::TokenRevoked { id } => {
                self.tokens.remove(id.as_str())?;
            }
        }
        Ok(())
    }
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value).map_err(|error| StoreError::Corrupt(format!("a row has no JSON form: {error}")))
}

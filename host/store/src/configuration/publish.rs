//! Publishing: what differs from what is stored, found once for a dry run and for the real one.

use std::collections::BTreeSet;

use herald_core::decision::BundleId;
use herald_core::organisation::Organisation;
use jiff::Timestamp;
use redb::ReadableTable;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::bundle::{BundleFiles, BundleProblem, StoredFile, bundle_digest, check_files};
use super::item::{Section, items_of};
use super::reader::{Reader, decode};
use super::record::{Change, Content, ITEM_LIMIT_BYTES, PART_BYTES};
use super::{ConfigurationStore, Stamp};
use crate::error::StoreError;

/// What is to be in force. What is not named stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Publication<'a> {
    /// The whole organisation; its revision is not looked at. The caller has checked it.
    pub organisation: Option<&'a Organisation>,
    /// Bundles with all their files. The caller has compiled them.
    pub bundles: Vec<(&'a BundleId, &'a BundleFiles)>,
    /// Active bundles that are to get a new revision with the same files: what was known about the one before, such
    /// as that it keeps failing, is not known about this one.
    pub renew: Vec<&'a BundleId>,
    /// Revisions that are to be active again: a rollback.
    pub activate: Vec<(&'a BundleId, u32)>,
    /// Bundles that are to be active no more.
    pub retire: Vec<&'a BundleId>,
    /// The revision that the publisher has seen; another one is refused. Without it the last publication wins.
    pub expected_revision: Option<u64>,
}

/// What became of an entry or a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It was not there, or not active.
    Added,
    /// It was there and differs.
    Changed,
    /// It is there no more, or active no more.
    Removed,
}

/// One difference between a publication and what is stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ConfigChange {
    /// Where.
    pub section: Section,
    /// The entry's name; a bundle's id.
    pub name: String,
    /// What becomes of it.
    pub kind: ChangeKind,
}

/// How many entries and bundles a publication changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Added.
    pub added: u64,
    /// Changed.
    pub changed: u64,
    /// Removed.
    pub removed: u64,
}

/// What became of a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The revision that is in force.
    pub revision: u64,
    /// What changed, by section and name; empty when nothing did, and then nothing was written.
    pub changes: Vec<ConfigChange>,
    /// When; `None` when nothing changed.
    pub at: Option<Timestamp>,
}

/// A publication was refused; nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Somebody has published in between.
    #[error("the configuration is at revision {found}, not at {expected}: somebody has published; look again")]
    Stale {
        /// The revision that the publisher saw.
        expected: u64,
        /// The one in force.
        found: u64,
    },
    /// An entry over [`ITEM_LIMIT_BYTES`].
    #[error("`{name}` of `{section}` has {bytes} bytes as JSON, more than {ITEM_LIMIT_BYTES}; make it smaller")]
    ItemTooLarge {
        /// Its section.
        section: Section,
        /// Its name.
        name: String,
        /// Its size.
        bytes: usize,
    },
    /// A bundle's files cannot be kept.
    #[error("bundle `{id}`: {problem}")]
    Bundle {
        /// The bundle.
        id: BundleId,
        /// Why.
        problem: BundleProblem,
    },
    /// A bundle that is to be retired, renewed or activated does not exist.
    #[error("there is no bundle `{id}`")]
    UnknownBundle {
        /// The bundle.
        id: BundleId,
    },
    /// A revision that is to be active again does not exist.
    #[error("bundle `{id}` has no revision {revision}")]
    UnknownRevision {
        /// The bundle.
        id: BundleId,
        /// The revision.
        revision: u32,
    },
    /// A bundle is to become two things at once.
    #[error("bundle `{id}` is named twice; publish, activate or retire it, one at a time")]
    NamedTwice {
        /// The bundle.
        id: BundleId,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ConfigurationStore {
    /// Makes a publication the configuration in force, wholly or not at all. It is durable when this returns.
    ///
    /// # Errors
    /// [`PublishError`]; after a failed disk the outcome is unknown until the store is opened again.
    pub fn publish(&self, publication: &Publication<'_>, stamp: &Stamp<'_>) -> Result<Published, PublishError> {
        let writing = self.begin_change()?;
        let revision = writing.before.revision()?;
        let Difference { listed, mut changes } = Difference::find(&writing.before, publication, revision)?;
        if listed.is_empty() {
            return Ok(Published { revision, changes: listed, at: None });
        }
        let revision = revision + 1;
        changes.push(Change::Published { revision, counts: Counts::of(&listed) });
        let at = writing.commit(changes, stamp)?;
        Ok(Published { revision, changes: listed, at: Some(at) })
    }

    /// What a publication would change, and whether it would be refused. Writes nothing.
    ///
    /// # Errors
    /// As [`ConfigurationStore::publish`].
    pub fn diff(&self, publication: &Publication<'_>) -> Result<Vec<ConfigChange>, PublishError> {
        let reader = self.reader()?;
        Ok(Difference::find(&reader, publication, reader.revision()?)?.listed)
    }
}

impl Counts {
    fn of(changes: &[ConfigChange]) -> Self {
        let count = |kind| changes.iter().filter(|change| change.kind == kind).count() as u64;
        Self {
            added: count(ChangeKind::Added),
            changed: count(ChangeKind::Changed),
            removed: count(ChangeKind::Removed),
        }
    }
}

/// The changes that lead from what is stored to what is to be in force.
#[derive(Default)]
struct Difference {
    /// For people, by section and name.
    listed: Vec<ConfigChange>,
    /// For the journal, in the order in which they are applied.
    changes: Vec<Change>,
}

impl Difference {
    fn find(before: &Reader, publication: &Publication<'_>, found: u64) -> Result<Self, PublishError> {
        if let Some(expected) = publication.expected_revision.filter(|expected| *expected != found) {
            return Err(PublishError::Stale { expected, found });
        }
        each_once(publication)?;
        let mut difference = Self::default();
        if let Some(organisation) = publication.organisation {
            difference.organisation(before, organisation)?;
        }
        let mut blobs = BTreeSet::new();
        for (id, files) in &publication.bundles {
            difference.bundle(before, id, files, &mut blobs)?;
        }
        for id in &publication.renew {
            difference.renewal(before, id)?;
        }
        for (id, revision) in &publication.activate {
            difference.activation(before, id, *revision)?;
        }
        for id in &publication.retire {
            difference.retirement(before, id)?;
        }
        difference.listed.sort();
        Ok(difference)
    }

    fn organisation(&mut self, before: &Reader, organisation: &Organisation) -> Result<(), PublishError> {
        let unwritable = |error| StoreError::Corrupt(format!("an entry has no JSON form: {error}"));
        let mut new = items_of(organisation).map_err(unwritable)?;
        for row in before.items.iter().map_err(StoreError::from)? {
            let (key, stored) = row.map_err(StoreError::from)?;
            let (section, name) = key.value();
            let section: Section = decode(format!("\"{section}\"").as_bytes(), "a section")?;
            let key = (section, name.to_owned());
            match new.remove(&key) {
                None => {
                    self.list(section, &key.1, ChangeKind::Removed);
                    self.changes.push(Change::ItemRemoved { section, name: key.1 });
                }
                Some(value) => {
                    if decode::<Value>(stored.value(), "an entry")? != value {
                        self.item(section, key.1, value, ChangeKind::Changed)?;
                    }
                }
            }
        }
        for ((section, name), value) in new {
            self.item(section, name, value, ChangeKind::Added)?;
        }
        Ok(())
    }

    fn item(&mut self, section: Section, name: String, value: Value, kind: ChangeKind) -> Result<(), PublishError> {
        let bytes = value.to_string().len();
        if bytes > ITEM_LIMIT_BYTES {
            return Err(PublishError::ItemTooLarge { section, name, bytes });
        }
        self.list(section, &name, kind);
        self.changes.push(Change::Item { section, name, value });
        Ok(())
    }

    /// A bundle's new revision, unless the active one has the same files. `blobs` are the digests whose content
    /// is among the changes already.
    fn bundle(
        &mut self,
        before: &Reader,
        id: &BundleId,
        files: &BundleFiles,
        blobs: &mut BTreeSet<String>,
    ) -> Result<(), PublishError> {
        check_files(files).map_err(|problem| PublishError::Bundle { id: id.clone(), problem })?;
        let digest = bundle_digest(files);
        let active = before.active_revision(id)?;
        if let Some(active) = active
            && before.bundle_revision(id, active)?.is_some_and(|row| row.digest == digest)
        {
            return Ok(());
        }
        let mut listing = Vec::with_capacity(files.len());
        for (path, content) in files {
            let digest = blake3::hash(content).to_string();
            if blobs.insert(digest.clone()) && !before.has_blob(&digest)? {
                for (part, content) in (0_u32..).zip(content.chunks(PART_BYTES)) {
                    let content = Content(content.to_vec());
                    self.changes.push(Change::Blob { digest: digest.clone(), part, content });
                }
            }
            listing.push(StoredFile { path: path.clone(), digest, bytes: content.len() as u64 });
        }
        self.list(Section::Bundles, &id.to_string(), added_or_changed(active));
        let revision = before.last_revision(id)? + 1;
        self.changes.push(Change::Bundle { id: id.clone(), revision, digest, files: listing });
        Ok(())
    }

    fn renewal(&mut self, before: &Reader, id: &BundleId) -> Result<(), PublishError> {
        let active =
            before.active_revision(id)?.map(|active| before.bundle_revision(id, active)).transpose()?.flatten();
        let active = active.ok_or_else(|| PublishError::UnknownBundle { id: (*id).clone() })?;
        self.list(Section::Bundles, &id.to_string(), ChangeKind::Changed);
        let revision = before.last_revision(id)? + 1;
        let (digest, files) = (active.digest, active.files);
        self.changes.push(Change::Bundle { id: id.clone(), revision, digest, files });
        Ok(())
    }

    fn activation(&mut self, before: &Reader, id: &BundleId, revision: u32) -> Result<(), PublishError> {
        if before.last_revision(id)? == 0 {
            return Err(PublishError::UnknownBundle { id: id.clone() });
        }
        if before.bundle_revision(id, revision)?.is_none() {
            return Err(PublishError::UnknownRevision { id: id.clone(), revision });
        }
        let active = before.active_revision(id)?;
        if active != Some(revision) {
            self.list(Section::Bundles, &id.to_string(), added_or_changed(active));
            self.changes.push(Change::BundleActivated { id: id.clone(), revision });
        }
        Ok(())
    }

    fn retirement(&mut self, before: &Reader, id: &BundleId) -> Result<(), PublishError> {
        if before.last_revision(id)? == 0 {
            return Err(PublishError::UnknownBundle { id: id.clone() });
        }
        if before.active_revision(id)?.is_some() {
            self.list(Section::Bundles, &id.to_string(), ChangeKind::Removed);
            self.changes.push(Change::BundleRetired { id: id.clone() });
        }
        Ok(())
    }

    fn list(&mut self, section: Section, name: &str, kind: ChangeKind) {
        self.listed.push(ConfigChange { section, name: name.to_owned(), kind });
    }
}

fn added_or_changed(active: Option<u32>) -> ChangeKind {
    if active.is_some() { ChangeKind::Changed } else { ChangeKind::Added }
}

/// Refuses a publication that wants two things of one bundle.
fn each_once(publication: &Publication<'_>) -> Result<(), PublishError> {
    let published = publication.bundles.iter().map(|(id, _)| *id);
    let activated = publication.activate.iter().map(|(id, _)| *id);
    let mut seen = BTreeSet::new();
    let named = publication.renew.iter().chain(&publication.retire).copied();
    for id in published.chain(activated).chain(named) {
        if !seen.insert(id) {
            return Err(PublishError::NamedTwice { id: id.clone() });
        }
    }
    Ok(())
}

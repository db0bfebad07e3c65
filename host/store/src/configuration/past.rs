//! The configuration as it was: the journal, read again from its beginning.

use std::ops::ControlFlow;

use herald_core::organisation::Organisation;
use jiff::Timestamp;

use super::ConfigurationStore;
use super::item::{self, Items};
use super::record::{self, Change, Record};
use crate::error::StoreError;
use crate::journal::{JournalReader, VerifyProgress};

impl ConfigurationStore {
    /// The organisation as publication `revision` left it; `None` when there was no such publication. It takes as long
    /// as reading the journal up to there.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when a record cannot be read, [`StoreError::Disk`].
    pub fn organisation_at(&self, revision: u64) -> Result<Option<Organisation>, StoreError> {
        let reader = self.reader()?;
        if revision == reader.revision()? {
            return reader.organisation().map(Some);
        }
        let (mut items, mut is_found) = (Items::new(), false);
        let visit = |record: &Record<Change>, _| {
            for change in &record.changes {
                match change {
                    Change::Item { section, name, value } => {
                        items.insert((*section, name.clone()), value.clone());
                    }
                    Change::ItemRemoved { section, name } => {
                        items.remove(&(*section, name.clone()));
                    }
                    Change::Published { revision: published, .. } if *published == revision => {
                        is_found = true;
                        return Ok(ControlFlow::Break(()));
                    }
                    _ => {}
                }
            }
            Ok(ControlFlow::Continue(()))
        };
        self.each_record(visit, |_| {})?;
        if !is_found {
            return Ok(None);
        }
        let mut organisation = Organisation { revision, ..Organisation::default() };
        for ((section, name), value) in items {
            item::put(&mut organisation, section.as_str(), &name, value.to_string().as_bytes())?;
        }
        Ok(Some(organisation))
    }

    /// Reads every record of the journal in order, with its time, until `visit` breaks off.
    pub(super) fn each_record(
        &self,
        mut visit: impl FnMut(&Record<Change>, Timestamp) -> Result<ControlFlow<()>, StoreError>,
        mut progress: impl FnMut(VerifyProgress),
    ) -> Result<(), StoreError> {
        let frames_total = self.head()?.sequence;
        let mut next = 1;
        loop {
            // A new snapshot for each stretch, so that a long replay keeps no pages from being used again.
            let frames = JournalReader::open(&self.read()?)?.read(next)?;
            if frames.is_empty() {
                return Ok(());
            }
            for frame in frames {
                for (index, bytes) in frame.records.iter().enumerate() {
                    let place = format!("record {index} of frame {}", frame.head.sequence);
                    let Some(bytes) = bytes else {
                        return Err(StoreError::Corrupt(format!("{place} was erased, and cannot be applied again")));
                    };
                    let record = record::decode(bytes).map_err(|error| error.at(place))?;
                    if visit(&record, frame.at)?.is_break() {
                        return Ok(());
                    }
                }
                next = frame.head.sequence + 1;
            }
            progress(VerifyProgress { frames_done: next - 1, frames_total });
        }
    }
}

//! Makes the projections again from a journal, through the same code as the first time. Policies do not run: what
//! they decided is in the journal. Memory holds one stretch of the journal and one case at a time.

use herald_core::record::Record;
use herald_core::workspace::{ApplyError, Workspace};

use super::projections::Projections;
use super::{Position, codec};
use crate::database::Database;
use crate::error::StoreError;
use crate::journal::{Head, JournalReader, JournalWriter, StoredFrame};
use crate::upkeep::{Part, Progress};

/// A replay stopped.
#[derive(Debug)]
pub(super) enum ReplayError {
    /// A store failed, or the journal is not as it was written.
    Store(StoreError),
    /// A record does not fit what the records before it made. Either other records of its case were erased, or
    /// the program that wrote it had a defect.
    Record { position: Position, reason: String },
}

impl<E: Into<StoreError>> From<E> for ReplayError {
    fn from(error: E) -> Self {
        Self::Store(error.into())
    }
}

impl ReplayError {
    /// The same, with the likeliest reason when `erased` records before it are gone.
    fn after_erasures(self, erased: u64) -> Self {
        match self {
            Self::Record { position, reason } if erased > 0 => {
                let erased = format!("payloads erased before it: {erased}; those of one case must go together");
                Self::Record { position, reason: format!("{reason} ({erased})") }
            }
            other => other,
        }
    }
}

/// Whether a replay copies the journal too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frames {
    /// Frame by frame, byte for byte.
    Copied,
    /// Only the projections are wanted.
    LeftOut,
}

/// Makes the projections of one journal again in another store.
pub(super) struct Replay<'a> {
    target: &'a Database,
    frames: Frames,
    /// The last frame that was applied.
    head: Head,
    /// How many erased records were passed over.
    erased: u64,
}

impl<'a> Replay<'a> {
    /// A replay from the first frame on into `target`, which has the tables of a partition and nothing in them.
    pub(super) fn new(target: &'a Database, frames: Frames) -> Self {
        Self { target, frames, head: Head::EMPTY, erased: 0 }
    }

    /// Applies what `source` has by now, each stretch of it read at a moment of its own.
    pub(super) fn catch_up(&mut self, source: &Database, tell: &mut dyn FnMut(Progress)) -> Result<(), ReplayError> {
        loop {
            let journal = JournalReader::open(&source.begin_read()?)?;
            if !self.step(&journal)? {
                return Ok(());
            }
            tell(Progress { part: Part::Replay, done: self.head.sequence, total: journal.head()?.sequence });
        }
    }

    /// Applies the frames that `journal` returns at once, in one transaction; `false` if there were none.
    pub(super) fn step(&mut self, journal: &JournalReader) -> Result<bool, ReplayError> {
        let frames = journal.read(self.head.sequence + 1)?;
        let Some(last) = frames.last() else { return Ok(false) };
        let transaction = self.target.begin_write()?;
        let mut copy = JournalWriter::open(&transaction)?;
        let projections = Projections::open(&transaction)?;
        for frame in &frames {
            if self.frames == Frames::Copied
                && let Some(raw) = journal.raw(frame.head.sequence)?
            {
                copy.copy(&raw)?;
            }
            self.apply(&projections, frame)?;
        }
        drop((copy, projections));
        transaction.commit()?;
        self.head = last.head;
        Ok(true)
    }

    fn apply(&mut self, projections: &Projections<'_>, frame: &StoredFrame) -> Result<(), ReplayError> {
        for (index, bytes) in (0_u32..).zip(&frame.records) {
            let position = Position { sequence: frame.head.sequence, index };
            match bytes {
                Some(bytes) => apply_record(projections, position, &codec::decode_record(position, bytes)?)
                    .map_err(|error| error.after_erasures(self.erased))?,
                None => self.erased += 1,
            }
        }
        Ok(())
    }
}

fn apply_record(projections: &Projections<'_>, position: Position, record: &Record) -> Result<(), ReplayError> {
    let mut workspace = Workspace::open(projections, record.case)?;
    for event in &record.events {
        workspace.apply(event, record.at, &record.actor).map_err(|error| match error {
            ApplyError::Rows(error) => error.into(),
            error => ReplayError::Record { position, reason: error.to_string() },
        })?;
    }
    Ok(projections.apply(position, record, workspace.changes())?)
}

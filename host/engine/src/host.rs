//! What the parts of an engine share: the host's means, and each partition's lane.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, TrySendError};
use herald_core::ids::{CaseId, SHARDS, Shard};
use herald_core::step::Share;
use herald_store::Partition;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::configured::Current;
use crate::courier::Courier;
use crate::pool::Pool;
use crate::random::Random;
use crate::request::Refused;
use crate::settings::Settings;
use crate::stats::Stats;
use crate::writer::Input;

/// How long anybody sleeps at most before looking at the clock again: a machine that was suspended, or whose
/// clock was set, is noticed within this time.
pub(crate) const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// The host's means. All of it can be used from any thread.
pub(crate) struct Host {
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Random,
    pub(crate) configured: Current,
    pub(crate) courier: Arc<dyn Courier>,
    pub(crate) pool: Pool,
    pub(crate) stats: Arc<Stats>,
    /// The partitions' lanes, in their order; at least one.
    pub(crate) lanes: Vec<Arc<Lane>>,
    /// Set when the engine shuts down: nothing new is taken.
    pub(crate) closing: AtomicBool,
    /// When the engine was started.
    pub(crate) started: Instant,
}

/// One partition and the way to its writer.
pub(crate) struct Lane {
    pub(crate) partition: Partition,
    /// Which partition it is.
    pub(crate) share: Share,
    pub(crate) inbox: Sender<Input>,
    /// Why the writer stopped, once it has. Nothing is written from then on; reading goes on.
    pub(crate) stopped: OnceLock<String>,
    /// The last frame that was committed. Whoever follows the partition waits for it to change.
    pub(crate) committed: watch::Sender<u64>,
    /// Tries of deliveries under way.
    pub(crate) sending: AtomicUsize,
}

impl Host {
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// The lane of the partition that holds a case.
    pub(crate) fn lane(&self, case: CaseId) -> &Arc<Lane> {
        let index = usize::from(case.shard().number()) * self.lanes.len() / usize::from(SHARDS);
        #[expect(
            clippy::indexing_slicing,
            reason = "a shard's number is below SHARDS, so the index is below the length"
        )]
        &self.lanes[index]
    }
}

/// A shard for several texts; lengths are hashed too, so that no two lists of texts are alike.
pub(crate) fn shard_of(texts: &[&str]) -> Shard {
    let mut hasher = blake3::Hasher::new();
    for text in texts {
        hasher.update(&(text.len() as u64).to_be_bytes()).update(text.as_bytes());
    }
    let mut digest = [0; 8];
    hasher.finalize_xof().fill(&mut digest);
    Shard::of_digest(u64::from_be_bytes(digest))
}

impl Lane {
    /// Hands `input` to the writer; waits while its queue is full. Not for asynchronous code.
    pub(crate) fn send(&self, input: Input) {
        if let Err(gone) = self.inbox.send(input) {
            gone.0.refuse(&|| self.gone());
        }
    }

    /// Hands `input` to the writer, unless its queue is full: then it comes back.
    pub(crate) fn offer(&self, input: Input) -> Result<(), Input> {
        match self.inbox.try_send(input) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(input)) => Err(input),
            Err(TrySendError::Disconnected(input)) => {
                input.refuse(&|| self.gone());
                Ok(())
            }
        }
    }

    /// Why there is no writer any more.
    fn gone(&self) -> Refused {
        if self.stopped.get().is_some() { Refused::Stopped } else { Refused::Closing }
    }
}

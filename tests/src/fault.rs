//! A disk in memory that fails as real ones do, for stores under test. It knows nothing of what is
//! stored on it, and everything it does follows from the faults and seeds it is given.
//!
//! Between two successful syncs a real disk may keep any part of what was written, in any order;
//! after a sync that failed nobody knows what has arrived, and a later success says nothing about
//! it, because the system may have dropped the pages. What is *not* done here is what no store
//! could survive: bytes outside a write never change, and what was synced successfully stays.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The block in which disks usually write: half of the torn writes end at its boundaries.
const BLOCK_BYTES: usize = 512;

/// What goes wrong, and when. Syncs and writes are counted from 1 since the disk was made; a change
/// of the length counts as a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// This sync reports an error, and its writes may or may not have arrived. All goes on after.
    FailSync(u64),
    /// The power fails during this sync.
    CrashAtSync(u64),
    /// The power fails during this write.
    CrashAtWrite(u64),
}

/// The side of the disk that the store writes to. All clones are the same disk. It takes no locks:
/// only one store at a time may be open on it.
#[derive(Clone)]
pub struct FaultBackend(Arc<Mutex<Disk>>);

/// The side of the disk that the test holds.
#[derive(Debug, Clone)]
pub struct FaultController(FaultBackend);

/// Makes a disk that holds `image`, durably; an empty image is a new disk.
pub fn fault_disk(image: Vec<u8>) -> (FaultBackend, FaultController) {
    let backend = FaultBackend(Arc::new(Mutex::new(Disk {
        seen: image.clone(),
        durable: image,
        doubtful: Vec::new(),
        unsynced: Vec::new(),
        syncs: 0,
        writes: 0,
        bytes_read: 0,
        fault: None,
        crashed: false,
    })));
    (backend.clone(), FaultController(backend))
}

impl FaultController {
    /// Sets what will go wrong; it replaces what was set before.
    pub fn inject(&self, fault: Fault) {
        self.0.disk().fault = Some(fault);
    }

    /// How many syncs were asked for so far.
    pub fn syncs(&self) -> u64 {
        self.0.disk().syncs
    }

    /// How many writes were asked for so far.
    pub fn writes(&self) -> u64 {
        self.0.disk().writes
    }

    /// How many bytes were read so far.
    pub fn bytes_read(&self) -> u64 {
        self.0.disk().bytes_read
    }

    /// Whether what was injected has happened.
    pub fn fault_happened(&self) -> bool {
        let disk = self.0.disk();
        match disk.fault {
            Some(Fault::FailSync(sync) | Fault::CrashAtSync(sync)) => disk.syncs >= sync,
            Some(Fault::CrashAtWrite(write)) => disk.writes >= write,
            None => false,
        }
    }

    /// What a process that starts again on the same, running machine finds: everything written,
    /// synced or not.
    pub fn image_after_restart(&self) -> Vec<u8> {
        self.0.disk().seen.clone()
    }

    /// What is on the disk if the power fails now: all that was synced, and an arbitrary part of
    /// the rest. Each seed is another possible outcome, always the same one.
    pub fn image_after_crash(&self, seed: u64) -> Vec<u8> {
        let mut random = Random::new(seed);
        let disk = self.0.disk();
        let mut image = disk.durable.clone();
        for batch in &disk.doubtful {
            if batch.arrived {
                for change in &batch.changes {
                    change.apply(&mut image);
                }
            } else {
                apply_some(&batch.changes, &mut image, &mut random);
            }
        }
        apply_some(&disk.unsynced, &mut image, &mut random);
        image
    }
}

/// The state behind both sides.
struct Disk {
    /// What reads return: the operating system's view.
    seen: Vec<u8>,
    /// What is on the disk for certain, up to the first sync that failed.
    durable: Vec<u8>,
    /// The batches from the first failed sync on.
    doubtful: Vec<Batch>,
    /// Changes since the last sync.
    unsynced: Vec<Change>,
    syncs: u64,
    writes: u64,
    bytes_read: u64,
    fault: Option<Fault>,
    crashed: bool,
}

/// What lay between two syncs.
struct Batch {
    changes: Vec<Change>,
    /// Whether the sync at its end succeeded.
    arrived: bool,
}

enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Length(usize),
}

impl Change {
    fn apply(&self, image: &mut Vec<u8>) {
        match self {
            Self::Write { offset, bytes } => overwrite(image, *offset, bytes),
            Self::Length(length) => image.resize(*length, 0),
        }
    }

    /// Applies the change as a power failure may leave it: often whole, else torn, else not at all.
    fn apply_part(&self, image: &mut Vec<u8>, random: &mut Random) {
        let fate = random.below(8);
        match self {
            _ if fate < 2 => {}
            Self::Write { offset, bytes } if fate < 5 => {
                let cut = if random.below(2) == 0 {
                    random.below(bytes.len() / BLOCK_BYTES + 1) * BLOCK_BYTES
                } else {
                    random.below(bytes.len() + 1)
                };
                let (prefix, suffix) = bytes.split_at(cut);
                if random.below(2) == 0 {
                    overwrite(image, *offset, prefix);
                } else {
                    overwrite(image, offset + cut, suffix);
                }
            }
            _ => self.apply(image),
        }
    }
}

/// Applies an arbitrary part of `changes` in an arbitrary order.
fn apply_some(changes: &[Change], image: &mut Vec<u8>, random: &mut Random) {
    let mut rest: VecDeque<&Change> = changes.iter().collect();
    while !rest.is_empty() {
        rest.rotate_left(random.below(rest.len()));
        if let Some(change) = rest.pop_front() {
            change.apply_part(image, random);
        }
    }
}

/// Writes as a file does: it grows when the end lies beyond its length.
fn overwrite(image: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if image.len() < end {
        image.resize(end, 0);
    }
    if let Some(target) = image.get_mut(offset..end) {
        target.copy_from_slice(bytes);
    }
}

impl Disk {
    fn running(&self) -> io::Result<()> {
        if self.crashed { Err(io::Error::other("the power has failed")) } else { Ok(()) }
    }

    fn change(&mut self, change: Change) -> io::Result<()> {
        self.running()?;
        self.writes += 1;
        self.crashed = self.fault == Some(Fault::CrashAtWrite(self.writes));
        change.apply(&mut self.seen);
        self.unsynced.push(change);
        self.running()
    }

    fn sync(&mut self) -> io::Result<()> {
        self.running()?;
        self.syncs += 1;
        self.crashed = self.fault == Some(Fault::CrashAtSync(self.syncs));
        self.running()?;
        let arrived = self.fault != Some(Fault::FailSync(self.syncs));
        let changes = std::mem::take(&mut self.unsynced);
        if arrived && self.doubtful.is_empty() {
            for change in &changes {
                change.apply(&mut self.durable);
            }
        } else {
            self.doubtful.push(Batch { changes, arrived });
        }
        if arrived { Ok(()) } else { Err(io::Error::other("the sync has failed")) }
    }
}

impl FaultBackend {
    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows no contents: they are megabytes.
impl fmt::Debug for FaultBackend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let disk = self.disk();
        formatter
            .debug_struct("FaultBackend")
            .field("syncs", &disk.syncs)
            .field("writes", &disk.writes)
            .field("fault", &disk.fault)
            .field("crashed", &disk.crashed)
            .finish_non_exhaustive()
    }
}

impl redb::StorageBackend for FaultBackend {
    fn len(&self) -> io::Result<u64> {
        let disk = self.disk();
        disk.running()?;
        Ok(disk.seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let mut disk = self.disk();
        disk.running()?;
        disk.bytes_read += out.len() as u64;
        let offset = address(offset)?;
        match disk.seen.get(offset..offset + out.len()) {
            Some(bytes) => {
                out.copy_from_slice(bytes);
                Ok(())
            }
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let length = address(length)?;
        self.disk().change(Change::Length(length))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk().sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let offset = address(offset)?;
        self.disk().change(Change::Write { offset, bytes: data.to_vec() })
    }
}

fn address(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(io::Error::other)
}

/// A small generator of repeatable numbers (SplitMix64, Steele et al. 2014).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Each seed gives another sequence, always the same one.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, from all of them.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// The next number below `bound`; 0 when that is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next_u64() % bound.max(1) as u64) as usize
    }
}

//! The engines that run components, built on first use, with a ticker for their epochs.
//!
//! An instance that is made or ended writes to its engine's pool and counts its references, so that threads of one
//! engine wait for each other's memory: two do half as much again as one does. So whoever finds others running takes
//! another engine, with a pool of its own: a lane. There are as many as threads have run components at once, and no more
//! than processors.
//!
//! Every setting here answers for one of three things: a guest's result is the same on every run, a guest cannot
//! outlive its limits, and a fresh instance costs little. Changing one that the compiler sees makes every compiled
//! component in the cache useless, which is found out and repaired by itself.

use std::cell::Cell;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use wasmtime::component::Linker;
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use super::call::Call;
use super::huge::HugePages;
use super::slots::{Slot, Slots};
use super::{v1, wasi};

/// How often epochs advance: the grain of time limits.
pub(super) const TICK: Duration = Duration::from_millis(5);
/// How often huge pages are asked for anew, in ticks: every ten seconds.
const TICKS_OF_PAGES: u64 = 2_000;
/// The most lanes, however many processors there are. Each reserves 32 GiB of addresses for its memories.
const LANE_LIMIT: usize = 16;
/// How many guests may run at once in a lane. One is the rule; others come when threads outnumber lanes.
const INSTANCE_LIMIT: u32 = 32;
/// How long a call waits for a place. Calls end within their time limits, so that more than this means that the host has
/// more to do than it can.
const WAIT: Duration = Duration::from_secs(2);
/// How long it waits in one lane before it looks at the others again.
const LOOK: Duration = Duration::from_millis(20);
/// How many modules one component may instantiate. Python's interpreter comes as two dozen.
const MODULES_PER_COMPONENT: u32 = 64;
/// How many memories one component may have.
const MEMORIES_PER_COMPONENT: u32 = 4;
/// How many tables one component may have.
const TABLES_PER_COMPONENT: u32 = 16;
/// How many elements a table may have; JavaScript's engine needs about 10,000.
pub(super) const TABLE_ELEMENT_LIMIT: usize = 64 * 1_024;
/// What the host may keep about the modules of one component while it runs, in bytes.
const METADATA_LIMIT_BYTES: usize = 8 * 1_024 * 1_024;
/// How much of a memory stays mapped when its instance ends, in bytes: so much is cleared rather than unmapped.
const KEPT_MEMORY_BYTES: usize = 1_024 * 1_024;
/// The same of a table.
const KEPT_TABLE_BYTES: usize = 64 * 1_024;
/// A guest's own stack, in bytes. It lies on the stack of the evaluating thread, which is larger.
const STACK_LIMIT_BYTES: usize = 512 * 1_024;
/// What each memory of the pool reserves, in bytes: the most that any manifest may ask for.
const MEMORY_RESERVATION_BYTES: usize = 256 * 1_024 * 1_024;
/// What all of them reserve, in bytes; tables have a reservation of their own.
pub(super) const POOL_RESERVATION_BYTES: usize =
    (INSTANCE_LIMIT * MEMORIES_PER_COMPONENT) as usize * MEMORY_RESERVATION_BYTES;
/// Where there is no pool, address space is short: what a memory reserves, in bytes.
const SMALL_RESERVATION_BYTES: u64 = 1_024 * 1_024;

/// What all components share.
pub(super) struct Runtime {
    /// Where components are compiled.
    pub(super) home: Lane,
    /// What of WASI is linked, in every lane.
    pub(super) granted: wasi::Granted,
    /// Where they run besides. `None` where the machine has no room for another.
    others: Box<[OnceLock<Option<Lane>>]>,
    allocation: Allocation,
    /// Why there is no pool, where the machine gives none.
    without_pool: Option<String>,
    /// What the ticker looks after.
    tended: Arc<Mutex<Vec<Tended>>>,
}

/// An engine and its pool.
pub(super) struct Lane {
    pub(super) engine: Engine,
    pub(super) linker: Linker<Call>,
    slots: Slots,
}

/// An engine whose epochs advance, and whose memories lie in huge pages.
struct Tended {
    engine: Engine,
    pages: HugePages,
}

/// A place to run in a lane.
pub(super) struct Ticket<'a> {
    pub(super) lane: &'a Lane,
    /// Which of the others it is; `None` at home.
    pub(super) other: Option<usize>,
    /// Given back when the ticket is dropped.
    _slot: Slot<'a>,
}

/// Where instances come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Allocation {
    /// From memory that is reserved once.
    Pooled,
    /// Each for itself; slower, and in need of no address space beyond its own.
    OnDemand,
}

/// The runtime of this process.
///
/// # Errors
/// When the machine lets no engine be built at all.
pub(super) fn runtime() -> Result<&'static Runtime, &'static wasmtime::Error> {
    static RUNTIME: LazyLock<wasmtime::Result<Runtime>> = LazyLock::new(|| {
        Runtime::new(Allocation::Pooled).or_else(|short_of_space| {
            let runtime = Runtime::new(Allocation::OnDemand)?;
            Ok(Runtime { without_pool: Some(format!("{short_of_space:#}")), ..runtime })
        })
    });
    RUNTIME.as_ref()
}

impl Runtime {
    pub(super) fn new(allocation: Allocation) -> wasmtime::Result<Self> {
        let lanes = match allocation {
            Allocation::Pooled => thread::available_parallelism().map_or(1, usize::from).min(LANE_LIMIT),
            Allocation::OnDemand => 1,
        };
        Self::with_lanes(allocation, lanes)
    }

    /// With up to so many lanes.
    pub(super) fn with_lanes(allocation: Allocation, lanes: usize) -> wasmtime::Result<Self> {
        let tended = Tended::new(allocation)?;
        let (home, granted) = Lane::new(&tended.engine)?;
        let tended = Arc::new(Mutex::new(vec![tended]));
        start_ticker(Arc::downgrade(&tended))?;
        let others = (1..lanes).map(|_| OnceLock::new()).collect();
        Ok(Self { home, granted, others, allocation, without_pool: None, tended })
    }

    /// How many lanes there may be besides home.
    pub(super) fn others(&self) -> usize {
        self.others.len()
    }

    /// A place to run: where this thread was last if nobody else is there, in another lane that is empty, or where most
    /// places are free. `None` when there is none for so long that the host counts as busy.
    pub(super) fn take(&self) -> Option<Ticket<'_>> {
        thread_local! {
            static LAST: Cell<usize> = const { Cell::new(0) };
        }
        let mut tried = std::iter::once(LAST.get()).chain(0..=self.others.len());
        let alone = tried.find_map(|number| {
            let lane = self.lane(number)?;
            Some((number, lane, lane.slots.take_alone()?))
        });
        let (number, lane, slot) = alone.or_else(|| self.take_beside())?;
        LAST.set(number);
        Some(Ticket { lane, other: number.checked_sub(1), _slot: slot })
    }

    /// A place in the lane where most are free, with the lane's number.
    fn take_beside(&self) -> Option<(usize, &Lane, Slot<'_>)> {
        let began = Instant::now();
        while began.elapsed() <= WAIT {
            let lanes = (0..=self.others.len()).filter_map(|number| Some((number, self.lane(number)?)));
            let (number, lane) = lanes.max_by_key(|(_, lane)| lane.slots.free())?;
            if let Some(slot) = lane.slots.take_within(LOOK) {
                return Some((number, lane, slot));
            }
        }
        None
    }

    /// A place at home.
    pub(super) fn take_home(&self) -> Option<Ticket<'_>> {
        let slot = self.home.slots.take_within(WAIT)?;
        Some(Ticket { lane: &self.home, other: None, _slot: slot })
    }

    /// The lane of that number, counted from home; made now if it is the first time that anybody asks.
    fn lane(&self, number: usize) -> Option<&Lane> {
        let Some(other) = number.checked_sub(1) else { return Some(&self.home) };
        self.others.get(other)?.get_or_init(|| self.another()).as_ref()
    }

    fn another(&self) -> Option<Lane> {
        let tended = Tended::new(self.allocation).ok()?;
        let (lane, _) = Lane::new(&tended.engine).ok()?;
        self.tended.lock().unwrap_or_else(PoisonError::into_inner).push(tended);
        Some(lane)
    }
}

impl Tended {
    fn new(allocation: Allocation) -> wasmtime::Result<Self> {
        let (engine, pages) = HugePages::of(POOL_RESERVATION_BYTES, || Engine::new(&config(allocation)));
        Ok(Self { engine: engine?, pages })
    }
}

impl Lane {
    /// A lane, and what of WASI is linked in it.
    fn new(engine: &Engine) -> wasmtime::Result<(Self, wasi::Granted)> {
        let mut linker = Linker::new(engine);
        v1::link(&mut linker)?;
        let granted = wasi::link(&mut linker)?;
        Ok((Self { engine: engine.clone(), linker, slots: Slots::new(INSTANCE_LIMIT) }, granted))
    }
}

/// Why components run without memory that is reserved for them, each call slower than it could be; `None` if they do not.
/// Builds the engine if nobody needed it before.
#[must_use]
pub fn without_component_pool() -> Option<&'static str> {
    runtime().ok()?.without_pool.as_deref()
}

/// The settings of wasmtime that components run with where there is room for a pool, for whoever compares with it.
#[must_use]
pub fn component_config() -> Config {
    config(Allocation::Pooled)
}

fn config(allocation: Allocation) -> Config {
    let mut config = Config::new();
    config
        .wasm_relaxed_simd(false)
        .cranelift_nan_canonicalization(true)
        .concurrency_support(false)
        .epoch_interruption(true)
        .max_wasm_stack(STACK_LIMIT_BYTES)
        .memory_init_cow(true);
    match allocation {
        // Guests check their own bounds. Left to the memory's protection, that would have to be changed twice for each
        // call that grows its memory, and every change halts the threads that run other guests.
        Allocation::Pooled => config
            .signals_based_traps(false)
            .memory_guard_size(0)
            .memory_reservation(MEMORY_RESERVATION_BYTES as u64)
            .memory_may_move(false)
            .allocation_strategy(InstanceAllocationStrategy::Pooling(pool())),
        Allocation::OnDemand => {
            config.memory_reservation(SMALL_RESERVATION_BYTES).memory_reservation_for_growth(SMALL_RESERVATION_BYTES)
        }
    };
    config
}

fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(INSTANCE_LIMIT)
        .total_core_instances(INSTANCE_LIMIT * MODULES_PER_COMPONENT)
        .total_memories(INSTANCE_LIMIT * MEMORIES_PER_COMPONENT)
        .max_memory_size(MEMORY_RESERVATION_BYTES)
        .total_tables(INSTANCE_LIMIT * TABLES_PER_COMPONENT)
        .max_core_instances_per_component(MODULES_PER_COMPONENT)
        .max_memories_per_component(MEMORIES_PER_COMPONENT)
        .max_memories_per_module(MEMORIES_PER_COMPONENT)
        .max_tables_per_component(TABLES_PER_COMPONENT)
        .max_tables_per_module(TABLES_PER_COMPONENT)
        .max_component_instance_size(METADATA_LIMIT_BYTES)
        .max_core_instance_size(METADATA_LIMIT_BYTES)
        .table_elements(TABLE_ELEMENT_LIMIT)
        .linear_memory_keep_resident(KEPT_MEMORY_BYTES)
        .table_keep_resident(KEPT_TABLE_BYTES)
        .max_unused_warm_slots(INSTANCE_LIMIT)
        .pagemap_scan(Enabled::Auto);
    pool
}

/// Tends these engines for as long as there is a runtime.
fn start_ticker(tended: Weak<Mutex<Vec<Tended>>>) -> std::io::Result<()> {
    let tick = move || {
        for tick in 1_u64.. {
            let Some(tended) = tended.upgrade() else { return };
            for Tended { engine, pages } in tended.lock().unwrap_or_else(PoisonError::into_inner).iter() {
                engine.increment_epoch();
                if tick.is_multiple_of(TICKS_OF_PAGES) {
                    pages.ask();
                }
            }
            drop(tended);
            thread::sleep(TICK);
        }
    };
    thread::Builder::new().name("wasm-ticker".to_owned()).spawn(tick).map(drop)
}

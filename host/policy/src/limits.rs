//! How much an evaluation may use, and how large a bundle may be.

use herald_core::decision::FailureCause;

use crate::wasm::ComponentCache;

/// Stack in bytes that a thread needs which evaluates policies, or checks a bundle and so runs its cases. A script may
/// nest 20,000 lists and maps in each other, and the engine measures, copies and drops them by recursion; what is not
/// touched costs nothing.
pub const STACK_BYTES: usize = 16 * 1_024 * 1_024;

/// What one call of a hook may use. Each limit that is reached ends the call with a failure that names it,
/// except for the log, which is cut.
///
/// Memory is what the evaluating thread holds beyond what it held before, counted by [`Counting`] where the program
/// has installed it; the `herald` program has. A script is looked at after every operation, so it holds at most the
/// limit and what one native call makes, which is bounded by the sizes that values may have: some 20 MiB for a text
/// of 256 KiB cut into its letters. Without the counting, those sizes and the time are the bound, and what grows by
/// `map[key] = …` is bounded by the operations alone.
///
/// [`Counting`]: crate::Counting
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time in milliseconds that the evaluating thread computes; by the wall clock it may be twenty times as long,
    /// because a busy machine is no fault of a policy's. A backstop: the operation limit should come first.
    pub time_limit_ms: u32,
    /// Operations of the script engine, callbacks included.
    pub operation_limit: u64,
    /// Memory in MiB that the call holds at once, on top of what its thread held before.
    pub memory_limit_mib: u32,
    /// Size of the plan in KiB: the texts in it, and 64 bytes for each thing it asks for.
    pub plan_limit_kib: u32,
    /// Size of the log in KiB; what is beyond is dropped, and a mark says so.
    pub log_limit_kib: u32,
    /// Questions to the host: `people`, `calendar`. Compiled code asks for rows of a decision table by one, too, as
    /// nothing else counts what that costs; of a script they are operations.
    pub host_call_limit: u32,
    /// Size of those questions and their answers in KiB, as they are recorded with the decision.
    pub answer_limit_kib: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time_limit_ms: 50,
            operation_limit: 1_000_000,
            memory_limit_mib: 32,
            plan_limit_kib: 64,
            log_limit_kib: 4,
            host_call_limit: 256,
            answer_limit_kib: 64,
        }
    }
}

impl Limits {
    /// What to say of a call that `cause` ended.
    pub(crate) fn reached(&self, cause: FailureCause) -> String {
        match cause {
            FailureCause::Operations => {
                format!("stopped after {} operations, its operation_limit", self.operation_limit)
            }
            FailureCause::Time => format!("stopped after {} ms, its time_limit_ms", self.time_limit_ms),
            FailureCause::Memory => {
                format!("it needed more memory than {} MiB, its memory_limit_mib", self.memory_limit_mib)
            }
            FailureCause::Plan => format!("the plan is larger than {} KiB, its plan_limit_kib", self.plan_limit_kib),
            FailureCause::HostCalls => {
                format!("it asked the host more than {} times, its host_call_limit", self.host_call_limit)
            }
            FailureCause::Size => {
                format!("the host's answers are larger than {} KiB, its answer_limit_kib", self.answer_limit_kib)
            }
            other => format!("stopped: {other}"),
        }
    }
}

/// What the host allows to all bundles, and how it prepares them.
#[derive(Debug, Clone)]
pub struct HostLimits {
    /// What a bundle gets that asks for nothing.
    pub default: Limits,
    /// The most that a manifest may ask for.
    pub most: Limits,
    /// Size of a script in KiB.
    pub script_limit_kib: u32,
    /// Size of a component in KiB. One with an interpreter in it, as of Python or JavaScript, has up to 20 MiB;
    /// nobody needs more than 64.
    pub component_limit_kib: u32,
    /// Size of all files of a bundle together in KiB, its component aside.
    pub bundle_limit_kib: u32,
    /// How many files a bundle may have.
    pub file_limit: u32,
    /// How long a component that is to be published may take to compile, in milliseconds.
    pub compile_limit_ms: u64,
    /// Where compiled components are kept; without one they are compiled at each start.
    pub component_cache: Option<ComponentCache>,
    /// Whether a bundle that is loaded may be there before its component is compiled. Its calls fail as busy until
    /// then; nobody waits for the others.
    pub compiles_beside: bool,
}

impl Default for HostLimits {
    fn default() -> Self {
        let most = Limits {
            time_limit_ms: 1_000,
            operation_limit: 20_000_000,
            // A guest that brings an interpreter of its own needs this much.
            memory_limit_mib: 256,
            // A decision is recorded whole, and a record has 512 KiB: what one call leaves in it stays well below.
            plan_limit_kib: 256,
            log_limit_kib: 64,
            host_call_limit: 4_096,
            answer_limit_kib: 128,
        };
        Self {
            default: Limits::default(),
            most,
            script_limit_kib: 256,
            component_limit_kib: 10 * 1_024,
            bundle_limit_kib: 10 * 1_024,
            file_limit: 1_024,
            // Whoever compiles at a terminal, on a slow machine, waits rather than gives up.
            compile_limit_ms: 600_000,
            component_cache: None,
            compiles_beside: false,
        }
    }
}

/// Bytes in so many KiB.
pub(crate) fn bytes(kib: u32) -> usize {
    usize::try_from(kib).unwrap_or(usize::MAX).saturating_mul(1_024)
}

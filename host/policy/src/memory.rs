//! How much memory a thread holds, so that a policy can be stopped before it holds too much.
//!
//! A program counts by installing [`Counting`] as its global allocator. An evaluation runs on one thread from its
//! start to its end, so each thread counts for itself, without a lock: what it allocates is added, what it frees
//! is taken off. What one thread allocates and another frees makes the counts of both drift, also below nothing,
//! and an evaluation therefore looks only at how far its own count rises. Without the allocator nothing is
//! counted, and the sizes that single values may have are the bound.
//!
//! Nothing here allocates, waits or fails: the allocator must not.
#![expect(unsafe_code, reason = "an allocator is unsafe by its trait; each call is handed on as it came")]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;

thread_local! {
    static THREAD: Held = const { Held { now: Cell::new(0), most: Cell::new(0), ceiling: Cell::new(isize::MAX) } };
}

/// Bytes that a thread holds.
struct Held {
    now: Cell<isize>,
    /// The most at once since a [`Watch`] began.
    most: Cell<isize>,
    /// What `most` may come to under that watch.
    ceiling: Cell<isize>,
}

/// An allocator that counts for each thread what it holds, and leaves the rest to another.
///
/// ```
/// use std::alloc::System;
/// use herald_policy::Counting;
///
/// #[global_allocator]
/// static ALLOCATOR: Counting<System> = Counting(System);
///
/// let before = herald_policy::held_bytes();
/// let kept = vec![0_u8; 4_096];
/// assert_eq!(herald_policy::held_bytes() - before, 4_096);
/// drop(kept);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Counting<A>(pub A);

/// Bytes that this thread holds: what it allocated less what it freed, whoever else did the other half. Always 0
/// unless the program counts.
#[must_use]
pub fn held_bytes() -> isize {
    THREAD.with(|held| held.now.get())
}

fn add(bytes: isize) {
    // A constant without a destructor: there from a thread's first moment to its last.
    THREAD.with(|held| {
        let now = held.now.get().wrapping_add(bytes);
        held.now.set(now);
        if now > held.most.get() {
            held.most.set(now);
        }
    });
}

// SAFETY: every call is handed on with the arguments it came with, and its answer handed back; the counting beside
// it neither allocates nor unwinds.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Counting<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size().cast_signed());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size().cast_signed());
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { self.0.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        add(layout.size().cast_signed().wrapping_neg());
        // SAFETY: `pointer` came from the inner allocator, with this layout.
        unsafe { self.0.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        add(size.cast_signed().wrapping_sub(layout.size().cast_signed()));
        // SAFETY: `pointer` came from the inner allocator, with this layout; the caller vouches for `size`.
        unsafe { self.0.realloc(pointer, layout, size) }
    }
}

/// What this thread holds beyond what it held when the watch began, and may hold. One at a time on a thread.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watch {
    before: isize,
}

impl Watch {
    /// Begins to watch; the thread may hold `limit_bytes` more than it holds now.
    pub(crate) fn begin(limit_bytes: usize) -> Self {
        THREAD.with(|held| {
            let before = held.now.get();
            held.most.set(before);
            held.ceiling.set(before.saturating_add_unsigned(limit_bytes));
            Self { before }
        })
    }

    /// The most bytes at once, so far.
    pub(crate) fn most_bytes(self) -> u64 {
        THREAD.with(|held| u64::try_from(held.most.get().wrapping_sub(self.before)).unwrap_or(0))
    }
}

/// Whether this thread held more at once than its last watch allows.
pub(crate) fn is_over_limit() -> bool {
    THREAD.with(|held| held.most.get() > held.ceiling.get())
}

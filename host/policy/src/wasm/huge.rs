//! Huge pages for the memories of guests.
//!
//! A page that a guest reads before it writes to it is mapped twice: at first to the one page of zeros that all processes
//! share. To take that away again, the system halts every thread of the host for a moment, page by page, and a guest that
//! goes through all of its memory so takes half of their time from its neighbours. In huge pages that is a five-hundredth.
//! Where a system leaves them to whoever asks for them, the pool has to ask; there is no setting of wasmtime's for it. What
//! a guest begins with, its image, lies in small pages all the same.

use std::collections::BTreeSet;
use std::ops::Range;
use std::ptr;

use rustix::mm::{Advice, madvise};

/// Asks for huge pages in what `reserve` reserves of addresses, in pieces of `least_bytes` or more. Where there are none
/// to be had, guests run all the same.
pub(super) fn asked_for<T>(least_bytes: usize, reserve: impl FnOnce() -> T) -> T {
    let before = reservations(least_bytes);
    let reserved = reserve();
    for (start, end) in reservations(least_bytes).difference(&before) {
        ask(*start..*end);
    }
    reserved
}

fn ask(addresses: Range<usize>) {
    let start = ptr::with_exposed_provenance_mut(addresses.start);
    #[expect(unsafe_code, reason = "the advice changes how memory is backed, never what is in it, whosever it is")]
    let asked = unsafe { madvise(start, addresses.len(), Advice::LinuxHugepage) };
    // A system that has none says so; there is nothing else to do about it.
    let _ = asked;
}

/// Where this process has reserved so many addresses in one piece.
fn reservations(least_bytes: usize) -> BTreeSet<(usize, usize)> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let reservation = |line: &str| {
        let (start, end) = line.split_once(' ')?.0.split_once('-')?;
        let address = |text| usize::from_str_radix(text, 16).ok();
        Some((address(start)?, address(end)?))
    };
    maps.lines().filter_map(reservation).filter(|(start, end)| end - start >= least_bytes).collect()
}

#[cfg(test)]
mod tests {
    use crate::wasm::engine::{Allocation, POOL_RESERVATION_BYTES, Runtime};

    #[test]
    fn a_pool_asks_for_huge_pages() {
        if !std::path::Path::new("/sys/kernel/mm/transparent_hugepage").exists() {
            return;
        }
        let asking = || {
            let smaps = std::fs::read_to_string("/proc/self/smaps").unwrap();
            let mut kib = 0_usize;
            let sizes = smaps.lines().filter_map(|line| match line.split_once(':')? {
                ("Size", size) => {
                    kib = size.trim().trim_end_matches(" kB").parse().unwrap();
                    None
                }
                ("VmFlags", flags) => flags.contains(" hg").then_some(kib),
                _ => None,
            });
            sizes.sum::<usize>() * 1_024
        };
        let before = asking();
        let _runtime = Runtime::new(Allocation::Pooled).unwrap();
        assert_eq!(asking() - before, POOL_RESERVATION_BYTES, "of the memories, and of nothing else");
    }
}

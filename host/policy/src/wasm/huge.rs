//! Huge pages for the memories of guests.
//!
//! A page that a guest reads before it writes to it is mapped twice: at first to the one page of zeros that all processes
//! share. To take that away again, the system halts every thread of the host for a moment, page by page, and a guest that
//! goes through all of its memory so takes half of their time from its neighbours. In huge pages that is a five-hundredth.
//! Where a system leaves them to whoever asks for them, the pool has to ask; there is no setting of wasmtime's for it. What
//! a guest begins with, its image, lies in small pages all the same.
//!
//! The pool maps the place of a memory anew when another component's image comes to lie there, and what was asked for that
//! place is forgotten. So it is asked again from time to time; what has huge pages keeps them, and nothing is copied.

use std::collections::BTreeSet;
use std::ops::Range;
use std::ptr;

use rustix::mm::{Advice, madvise};

/// Addresses whose memory is to be in huge pages. Where there are none to be had, guests run all the same.
pub(super) struct HugePages(Vec<Range<usize>>);

impl HugePages {
    /// Those that `reserve` reserves in pieces of `least_bytes` or more; asked for at once.
    pub(super) fn of<T>(least_bytes: usize, reserve: impl FnOnce() -> T) -> (T, Self) {
        let before = reservations(least_bytes);
        let reserved = reserve();
        let pages = Self(reservations(least_bytes).difference(&before).map(|(start, end)| *start..*end).collect());
        pages.ask();
        (reserved, pages)
    }

    /// Asks for them where that is forgotten by now.
    pub(super) fn ask(&self) {
        self.0.iter().cloned().for_each(ask);
    }
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
    use wasmtime::component::Component;

    use super::*;
    use crate::testing::evaluation;
    use crate::wasm::Linked;
    use crate::wasm::engine::{Allocation, POOL_RESERVATION_BYTES, Runtime};
    use crate::wasm::tests::guest::{EMPTY, Guest};

    /// Of how many bytes this process asks for huge pages.
    fn asking() -> usize {
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
    }

    #[test]
    fn a_pool_asks_for_huge_pages_and_goes_on_to() {
        if !std::path::Path::new("/sys/kernel/mm/transparent_hugepage").exists() {
            return;
        }
        let before = asking();
        let ((), none) = HugePages::of(POOL_RESERVATION_BYTES, || ());
        assert!(none.0.is_empty());
        let (runtime, pages) = HugePages::of(POOL_RESERVATION_BYTES, || Runtime::new(Allocation::Pooled).unwrap());
        assert_eq!(asking() - before, POOL_RESERVATION_BYTES, "of the memories, and of nothing else");
        let runtime: &'static Runtime = Box::leak(Box::new(runtime));
        // More components than places, each with another image.
        for number in 0..40 {
            let module = format!(r#"(memory (export "memory") 4) (data (i32.const 4096) "{number}")"#).leak();
            let guest = Guest { module, ..EMPTY };
            let component = Component::new(&runtime.home.engine, guest.component()).unwrap();
            let linked = Linked::new(runtime, &component).unwrap();
            let (outcome, _) = linked.run(evaluation(), |hooks, instance, store| hooks.call(instance, store, "{}"));
            assert!(outcome.is_ok());
        }
        assert!(asking() - before < POOL_RESERVATION_BYTES, "the pool forgets nothing any more; nor need this be");
        pages.ask();
        assert_eq!(asking() - before, POOL_RESERVATION_BYTES);
    }
}

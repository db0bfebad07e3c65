//! How many guests run at once: as many as a pool has room for. Whoever comes later waits a little.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Places to run. They lie on cache lines of their own, which processors fetch in pairs: who takes a place does not touch
/// what threads in other lanes read.
#[repr(align(128))]
pub(super) struct Slots {
    count: u32,
    places: Mutex<Places>,
    freed: Condvar,
}

struct Places {
    free: u32,
    /// Calls that wait for one: waking nobody is a call of the system, too.
    waiting: u32,
}

/// A place taken, until it is dropped.
pub(super) struct Slot<'a>(&'a Slots);

impl Slots {
    pub(super) fn new(count: u32) -> Self {
        Self { count, places: Mutex::new(Places { free: count, waiting: 0 }), freed: Condvar::new() }
    }

    /// A place, if all of them are free.
    pub(super) fn take_alone(&self) -> Option<Slot<'_>> {
        let mut places = self.places();
        if places.free < self.count {
            return None;
        }
        places.free = places.free.checked_sub(1)?;
        Some(Slot(self))
    }

    /// How many are free now.
    pub(super) fn free(&self) -> u32 {
        self.places().free
    }

    /// A place; `None` when there is none for so long.
    pub(super) fn take_within(&self, wait: Duration) -> Option<Slot<'_>> {
        let mut places = self.places();
        if places.free == 0 {
            places.waiting += 1;
            let waited = self.freed.wait_timeout_while(places, wait, |places| places.free == 0);
            (places, _) = waited.unwrap_or_else(PoisonError::into_inner);
            places.waiting -= 1;
        }
        places.free = places.free.checked_sub(1)?;
        Some(Slot(self))
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut places = self.0.places();
        places.free += 1;
        if places.waiting > 0 {
            self.0.freed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_given_again_and_missed_when_it_is_not() {
        let slots = Slots::new(2);
        let one = slots.take_alone().unwrap();
        assert!(slots.take_alone().is_none());
        let two = slots.take_within(Duration::ZERO).unwrap();
        assert!(slots.take_within(Duration::from_millis(1)).is_none());
        drop(one);
        let three = slots.take_within(Duration::ZERO).unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| slots.take_within(Duration::from_secs(10)).is_some());
            drop(two);
            assert!(waiting.join().unwrap());
        });
        drop(three);
    }
}

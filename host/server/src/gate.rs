//! A gate through which only so many get at once; the others wait.

use std::sync::{Condvar, Mutex, PoisonError};

/// The gate.
#[derive(Debug)]
pub(crate) struct Gate {
    free: Mutex<usize>,
    left: Condvar,
}

/// A place inside, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place<'a>(&'a Gate);

impl Gate {
    /// A gate for so many at once, at least one.
    pub(crate) fn new(places: usize) -> Self {
        Self { free: Mutex::new(places.max(1)), left: Condvar::new() }
    }

    /// Waits for a place.
    pub(crate) fn enter(&self) -> Place<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.left.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Place(self)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;

    #[test]
    fn only_so_many_get_in_and_who_leaves_makes_room() {
        let gate = Gate::new(2);
        let (one, _two) = (gate.enter(), gate.enter());
        std::thread::scope(|scope| {
            let (entered, third) = channel();
            let gate = &gate;
            scope.spawn(move || {
                let _place = gate.enter();
                entered.send(()).unwrap();
            });
            assert!(third.recv_timeout(Duration::from_millis(50)).is_err());
            drop(one);
            third.recv_timeout(Duration::from_secs(60)).unwrap();
        });
    }
}

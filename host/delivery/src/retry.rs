//! When a failed delivery is tried again: a pure function of the tries made, the time and one random
//! number.
//!
//! The schedule is the example of Standard Webhooks 1.0.0, "Deliverability and reliability". Each
//! delay counts from the failure of the try before, so the ten tries span about three days.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// The delay before each try of the standard schedule, in seconds.
pub const STANDARD_DELAYS_SECONDS: [u32; 10] =
    [0, 5, 5 * 60, 30 * 60, 2 * 3_600, 5 * 3_600, 10 * 3_600, 14 * 3_600, 20 * 3_600, 24 * 3_600];

/// The most tries that a schedule can have: enough for any back-off, and a bound on what one dead
/// endpoint can cost.
pub const MAX_ATTEMPTS: usize = 32;

/// The longest delay in a schedule, in seconds: seven days.
pub const MAX_DELAY_SECONDS: u32 = 7 * 24 * 3_600;

/// How far ahead a receiver's `Retry-After` is followed: longer waits are cut to this, or a receiver
/// could park a delivery for years.
pub const RETRY_AFTER_LIMIT: SignedDuration = SignedDuration::from_hours(24);

/// A delay is lengthened by a random share of itself, up to one part in this many (a tenth), so that
/// what failed together is not tried again together.
pub const JITTER_DIVISOR: u32 = 10;

/// How often and how late a delivery is tried. By default the standard schedule.
///
/// In configuration a list of seconds: `[0, 5, 300]` is three tries.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<u32>")]
pub struct Schedule {
    delays_seconds: Vec<u32>,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { delays_seconds: STANDARD_DELAYS_SECONDS.to_vec() }
    }
}

impl Schedule {
    /// A schedule with one try per delay, in seconds.
    ///
    /// # Errors
    ///
    /// When there are no delays, more than [`MAX_ATTEMPTS`], or one above [`MAX_DELAY_SECONDS`].
    pub fn new(delays_seconds: Vec<u32>) -> Result<Self, ScheduleError> {
        let count = delays_seconds.len();
        if count == 0 || count > MAX_ATTEMPTS {
            return Err(ScheduleError::Count { count });
        }
        match delays_seconds.iter().position(|delay| *delay > MAX_DELAY_SECONDS) {
            Some(index) => Err(ScheduleError::Delay { position: index + 1 }),
            None => Ok(Self { delays_seconds }),
        }
    }

    /// When the next try is due, or `None` when the tries have run out and the delivery becomes a
    /// dead letter.
    ///
    /// `attempts_made` is the number of tries so far, 0 for a delivery that was never tried. `now` is
    /// when the last of them failed. `not_before` is what the receiver asked for
    /// ([`Failure::not_before`](crate::connector::Failure::not_before)); the later of it and the
    /// schedule counts. `jitter` is drawn evenly from all of `u64`: 0 adds nothing, the greatest
    /// almost a tenth of the delay. The result is never before the schedule or `not_before`.
    #[must_use]
    pub fn next_attempt(
        &self,
        attempts_made: u32,
        now: Timestamp,
        not_before: Option<Timestamp>,
        jitter: u64,
    ) -> Option<Timestamp> {
        let index = usize::try_from(attempts_made).ok()?;
        let scheduled = SignedDuration::from_secs(i64::from(*self.delays_seconds.get(index)?));
        let asked = not_before.map_or(SignedDuration::ZERO, |time| now.duration_until(time));
        let delay = scheduled.max(asked);
        let delay = delay.saturating_add(share(delay, jitter));
        // Only spans of calendar units fail here; an elapsed time saturates.
        now.saturating_add(delay).ok()
    }
}

/// The part of `delay` that `jitter` picks, from nothing up to one `JITTER_DIVISOR`th, to the
/// millisecond.
fn share(delay: SignedDuration, jitter: u64) -> SignedDuration {
    let longest = delay.as_millis().unsigned_abs() / u128::from(JITTER_DIVISOR);
    let picked = longest.saturating_mul(u128::from(jitter)) >> u64::BITS;
    SignedDuration::from_millis(i64::try_from(picked).unwrap_or(i64::MAX))
}

impl TryFrom<Vec<u32>> for Schedule {
    type Error = ScheduleError;

    fn try_from(delays_seconds: Vec<u32>) -> Result<Self, ScheduleError> {
        Self::new(delays_seconds)
    }
}

/// Why a list of delays is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// No tries, or too many.
    #[error("a retry schedule has 1 to {MAX_ATTEMPTS} delays, this one has {count}")]
    Count {
        /// How many it has.
        count: usize,
    },
    /// A delay that is too long.
    #[error("delay {position} of the retry schedule is longer than {MAX_DELAY_SECONDS} seconds (7 days)")]
    Delay {
        /// Which one, counted from 1.
        position: usize,
    },
}

#[cfg(test)]
mod tests;

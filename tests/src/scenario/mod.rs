//! Scenarios: stories of the sample organisation, told in `tests/scenarios/*.toml` and played on a whole host.
//!
//! A scenario names people, messages and steps: who does what at which local time, and what has to be true then. It is
//! played over a socket with everybody's own token, on the real engine and store, with the bundles of `rules/` as they
//! would be published, and with a clock that is turned from one due moment to the next, so that nothing waits and
//! nothing fires early.
//!
//! [`check`] is the one way to play it. What is varied is not the story but its circumstances: without a bundle that it
//! is about, it has to fail, or it proves nothing about that bundle; with the host started again after every step, it has
//! to come out the same.
//!
//! An expectation names only what matters to it, and everything that it names has to hold. `tests/scenarios/FORMAT.md`
//! is the reference of the format. Nothing here knows a particular scenario, kind or policy.

pub mod act;
pub mod coverage;
pub mod expect;
pub mod format;
pub mod found;
pub mod lines;
pub mod play;
pub mod scene;
mod settle;
pub mod sight;
pub mod times;

pub use format::{Scenario, all};
pub use play::check;
pub use scene::{Scene, Variation};

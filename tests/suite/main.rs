//! The tests of Herald from outside, in one binary: it links once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails, in its helpers as in itself"
)]

mod crash;
mod demo;
mod engine;
mod guests;
mod hostile;
mod http;
mod journal_faults;
mod kill;
mod layering;
mod plugins;
mod scenarios;

//! What is the same for every store, whatever its tables mean: writing its journal out and copying it while it
//! is in use.
//!
//! # An exported journal
//!
//! It is lines of JSON, for other programs and for people who want to check it without Herald: for each frame a
//! line with its header, exactly as it is stored, and a line for each of its records.
//!
//! ```text
//! {"v":1,"seq":7,"at":"2026-11-23T06:00:00Z","prev":"<hash>","records":[["<digest>",312]]}
//! {"seq":7,"index":0,"salt":"<32 hexadecimal digits>","record":{"format":1,…}}
//! {"seq":7,"index":1,"erased":true}
//! ```
//!
//! The BLAKE3 hash of a header's line, without its line feed, is what the next header names as `prev`; that of
//! salt and record together is the record's digest.
//!
//! # What differs by store
//!
//! Checking tables and making them again depend on what they mean, and are not found here: they are with
//! [`partition`](crate::partition) and [`configuration`](crate::configuration).

mod backup;
mod export;
mod progress;

pub use export::ExportError;
pub use progress::{Part, Progress};

pub(crate) use backup::{AnyTable, backup};
pub(crate) use export::export;
pub(crate) use progress::Counter;

#[cfg(test)]
pub(crate) mod tests;

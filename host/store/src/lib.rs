//! Journals, and what is derived from them: one redb file per partition, and one for the configuration.
//!
//! The history of either is its [`journal`]: a chain of frames, each a list of records that were
//! made durable together. Everything else in the file can be rebuilt from it.
//!
//! - [`database`] opens the file and begins transactions; [`error`] sorts what can go wrong.
//! - [`journal`] appends and reads frames, erases payloads, and verifies the chain.
//! - [`partition`] keeps cases: rows and indexes that follow the journal, and what readers ask of them.
//! - [`configuration`] keeps the organisation, its policies and tokens in a file of its own.
//! - [`upkeep`] exports and copies any of these files while it is in use.
//! - [`signing`] signs the chain's head, so that somebody outside can hold the host to it.
//!
//! This crate never reads a clock or makes random bytes: times, salts and key seeds are arguments.
//! It does not know what a record says to the engine, and it does no network I/O.

pub mod configuration;
pub mod database;
pub mod error;
mod files;
pub mod journal;
pub mod partition;
pub mod signing;
pub mod upkeep;

pub use database::{Database, StoreSettings};
pub use error::StoreError;
pub use partition::Partition;

//! Helpers that the tests and benches share.

pub mod fault;
pub mod floor;
pub mod house;
pub mod load;
pub mod program;
pub mod receiver;
pub mod report;
pub mod sample;
pub mod server;
pub mod serving;
pub mod workload;

/// Why a bench cannot run.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

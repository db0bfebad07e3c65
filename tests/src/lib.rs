//! Helpers that the tests and benches share.

use herald_policy::Counting;
use mimalloc::MiMalloc;

pub mod another;
pub mod beside;
pub mod corpus;
pub mod fault;
pub mod floor;
pub mod guest;
pub mod house;
pub mod load;
pub mod measure;
pub mod mix;
pub mod program;
pub mod receiver;
pub mod report;
pub mod sample;
pub mod scenario;
pub mod server;
pub mod serving;
pub mod site;
pub mod workload;

/// Tests and benches have the allocator that the program has.
#[global_allocator]
static ALLOCATOR: Counting<MiMalloc> = Counting(MiMalloc);

/// Why a bench cannot run.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

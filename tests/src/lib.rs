//! Helpers that the tests and benches share.

use std::alloc::System;

use herald_policy::Counting;

pub mod corpus;
pub mod fault;
pub mod floor;
pub mod house;
pub mod load;
pub mod measure;
pub mod program;
pub mod receiver;
pub mod report;
pub mod sample;
pub mod server;
pub mod serving;
pub mod workload;

/// Tests and benches count memory like the program does.
#[global_allocator]
static ALLOCATOR: Counting<System> = Counting(System);

/// Why a bench cannot run.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

//! The `herald` program.

use std::alloc::System;
use std::process::ExitCode;

use herald_policy::Counting;

/// Policies are stopped by what they hold; see [`Counting`].
#[global_allocator]
static ALLOCATOR: Counting<System> = Counting(System);

fn main() -> ExitCode {
    herald_server::cli::run()
}

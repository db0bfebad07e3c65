//! The `herald` program.

use std::process::ExitCode;
use std::thread::{Builder, JoinHandle};

use herald_policy::{Counting, STACK_BYTES};
use mimalloc::MiMalloc;

/// Policies are stopped by what they hold; see [`Counting`]. A command is made on one thread and freed on another,
/// which this allocator does without a lock.
#[global_allocator]
static ALLOCATOR: Counting<MiMalloc> = Counting(MiMalloc);

fn main() -> ExitCode {
    // Commands that check or try a bundle run its script on the thread that they run on themselves.
    let command = Builder::new().name("herald".to_owned()).stack_size(STACK_BYTES).spawn(herald_server::cli::run);
    match command.map(JoinHandle::join) {
        Ok(Ok(code)) => code,
        // A panic has said what it was.
        Ok(Err(_)) | Err(_) => ExitCode::FAILURE,
    }
}

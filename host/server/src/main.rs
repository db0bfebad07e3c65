//! The `herald` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    herald_server::cli::run()
}

//! The `herald` program.
fn main() {}

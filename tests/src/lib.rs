//! Helpers that the tests and benches share.

pub mod fault;
pub mod house;
pub mod load;
pub mod receiver;
pub mod sample;
pub mod server;

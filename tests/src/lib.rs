//! Helpers that the tests and benches share.

pub mod fault;
pub mod house;
pub mod load;
pub mod server;
pub mod receiver;
pub mod sample;

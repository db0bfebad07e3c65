//! The HTTP API, version 1.

pub mod limits;
pub mod problem;

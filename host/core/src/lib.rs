//! placeholder
pub mod span;

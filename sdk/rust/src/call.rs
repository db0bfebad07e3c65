//! The seam to whoever answers: the host in a component, the harness in a native test.

#[cfg(target_arch = "wasm32")]
pub(crate) use crate::guest::calls::{add_working_time, log, lookup, resolve, tier};
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use crate::harness::calls::{add_working_time, log, lookup, resolve, tier};

//! Helpers that the tests and benches share.

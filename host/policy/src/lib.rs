//! Policies: a message in, a plan out.
//!
//! Departments write bundles ([`BundleFiles`]); a [`Bundle`] is one revision of one, checked and compiled; a
//! [`PolicySet`] is an immutable snapshot of the bundles in force, which picks those that a message concerns
//! and asks them. What a bundle returns, and what it cost, is a `Contribution`; how contributions become one
//! plan is the business of `herald_core::merge`.
//!
//! Nothing here reads or writes a store, a socket or a file, but for the [`ComponentCache`], and nothing here waits for
//! a lock that a policy could hold. A policy sees only what it is handed, inside [`Limits`]; whatever it does, the caller gets a
//! decision. Clocks are read only to measure and to stop an evaluation, never to decide anything.

mod applies;
mod bundle;
mod cases;
mod deadline;
mod diagnostic;
mod evaluation;
mod files;
mod form;
mod index;
mod ledger;
mod limits;
mod manifest;
mod memory;
mod questions;
mod rhai;
mod set;
mod table;
#[cfg(test)]
mod testing;
mod vocabulary;
mod wasm;

mod world;

pub use applies::AppliesTo;
pub use bundle::{Bundle, Stopped};
pub use cases::{CaseOutcome, Difference};
pub use deadline::computed;
pub use diagnostic::{CheckReport, Diagnostic};
pub use files::{BundleFiles, FilesError};
pub use form::{FieldProblem, Form, FormError};
pub use limits::{HostLimits, Limits, STACK_BYTES};
pub use manifest::{Language, Manifest, OnFailure};
pub use memory::{Counting, held_bytes};
pub use rhai::reference;
pub use set::{Breach, PolicySet};
pub use table::{Fact, LookupError, Matches, Row, Table, Tables, Value};
pub use wasm::{ComponentCache, component_config, without_component_pool};
pub use world::{Forms, World};

//! The harmless part of WASI 0.2, so that what a language's own library asks for at its start is there: output goes
//! to the decision's log, clocks stand still at the submission, random numbers follow from the message. There is no
//! file, no socket, no environment, no argument, no input, and nothing that waits.
//!
//! These functions are all there is; a component that imports another is refused when it is published.
//! [`streams`] is the output, [`world`] everything that stands still.

mod streams;
#[cfg(test)]
mod tests;
mod world;

use wasmtime::component::{Linker, ResourceType};

use super::call::Call;
pub(super) use world::{Exit, Surroundings};

/// The version that is offered. A component that asks for another 0.2 gets this one.
const VERSION: &str = "0.2.0";

/// The interfaces that are offered, without their version, for the check of a component's imports.
pub(super) const INTERFACES: [&str; 20] = [
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
];

/// Gives guests the harmless part of WASI.
pub(super) fn link(linker: &mut Linker<Call>) -> wasmtime::Result<()> {
    streams::link(linker)?;
    world::link(linker)
}

/// An interface of WASI to define functions of.
fn interface<'l>(
    linker: &'l mut Linker<Call>,
    name: &str,
) -> wasmtime::Result<wasmtime::component::LinkerInstance<'l, Call>> {
    linker.instance(&format!("wasi:{name}@{VERSION}"))
}

/// A resource that holds nothing to be given back.
fn resource<T: 'static>(
    interface: &mut wasmtime::component::LinkerInstance<'_, Call>,
    name: &str,
) -> wasmtime::Result<()> {
    interface.resource(name, ResourceType::host::<T>(), |_, _| Ok(()))
}

//! The harmless part of WASI 0.2, so that what a language's own library asks for at its start is there: output goes
//! to the decision's log, clocks stand still at the submission or the breach, random numbers follow from the message.
//! There is no file, no socket, no environment, no argument, no input, and nothing that waits.
//!
//! These functions are all there is; a component that imports another is refused when it is published.
//! [`streams`] is the output, [`world`] everything that stands still.

mod streams;
#[cfg(test)]
mod tests;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentNamedList, Lift, Linker, LinkerInstance, Lower, ResourceType, Val};

use super::call::Call;
pub(super) use world::{Exit, Surroundings};

/// The version that is offered. A component that asks for another 0.2 gets this one.
const VERSION: &str = "0.2.0";

/// What is offered: by interface, without its version, its functions.
#[derive(Debug, Default)]
pub(super) struct Granted(BTreeMap<&'static str, BTreeSet<String>>);

impl Granted {
    pub(super) fn interfaces(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.keys().copied()
    }

    /// The functions of the interface of that name, if it is offered.
    pub(super) fn functions(&self, interface: &str) -> Option<&BTreeSet<String>> {
        self.0.get(interface)
    }
}

/// Gives guests the harmless part of WASI.
pub(super) fn link(linker: &mut Linker<Call>) -> wasmtime::Result<Granted> {
    let mut wasi = Wasi { linker, granted: Granted::default() };
    streams::link(&mut wasi)?;
    world::link(&mut wasi)?;
    Ok(wasi.granted)
}

/// Where the functions of WASI are defined, which keeps account of them.
struct Wasi<'l> {
    linker: &'l mut Linker<Call>,
    granted: Granted,
}

impl Wasi<'_> {
    /// An interface to define functions of, `wasi:io/streams`.
    fn interface(&mut self, name: &'static str) -> wasmtime::Result<Interface<'_>> {
        let linker = self.linker.instance(&format!("{name}@{VERSION}"))?;
        Ok(Interface { linker, functions: self.granted.0.entry(name).or_default() })
    }
}

/// An interface of WASI.
struct Interface<'l> {
    linker: LinkerInstance<'l, Call>,
    functions: &'l mut BTreeSet<String>,
}

impl Interface<'_> {
    /// A function that is given and returns what `function` does.
    fn function<F, Parameters, Returned>(&mut self, name: &str, function: F) -> wasmtime::Result<()>
    where
        F: Fn(StoreContextMut<'_, Call>, Parameters) -> wasmtime::Result<Returned> + Send + Sync + 'static,
        Parameters: ComponentNamedList + Lift + 'static,
        Returned: ComponentNamedList + Lower + 'static,
    {
        self.functions.insert(name.to_owned());
        self.linker.func_wrap(name, function)
    }

    /// A function that takes and returns whatever a guest says; it sees only where its results go.
    fn untyped_function(
        &mut self,
        name: &str,
        function: impl Fn(&mut [Val]) -> wasmtime::Result<()> + Send + Sync + 'static,
    ) -> wasmtime::Result<()> {
        self.functions.insert(name.to_owned());
        self.linker.func_new(name, move |_, _, _, results| function(results))
    }

    /// A resource that holds nothing to be given back.
    fn resource<T: 'static>(&mut self, name: &str) -> wasmtime::Result<()> {
        self.linker.resource(name, ResourceType::host::<T>(), |_, _| Ok(()))
    }
}

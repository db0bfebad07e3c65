//! Version 1 of the contract, `herald:policy@1.0.0`: its words and records on one side, the host's on the other.
//!
//! A component that was built for this version runs as long as this module is here; nothing of the version is known
//! outside of it. [`records`] is what goes in, [`plans`] what comes out, [`host`] what a guest may ask.

mod host;
mod plans;
mod records;
#[cfg(test)]
mod tests;

use std::sync::{Arc, LazyLock};

use herald_core::decision::HookPlan;
use wasmtime::Store;
use wasmtime::component::{Component, ComponentExportIndex, HasSelf, Instance, Linker, TypedFunc};

use self::bindings::herald::policy::types::{ApprovePlan, Breach, EscalatePlan, Message, RouteFacts, RoutePlan};
use super::call::Call;
use super::contract::Contract;
use crate::evaluation::Input;

mod bindings {
    //! The types of the contract, generated from it.

    wasmtime::component::bindgen!({
        path: "../../sdk/wit/herald-policy.wit",
        world: "policy",
        imports: { default: trappable },
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

/// The version, as imports and exports name it.
pub(super) const VERSION: &str = "1.0.0";

/// What a component of this version imports and exports.
///
/// # Errors
/// When the host was built with a contract that cannot be read.
pub(super) fn contract() -> Result<&'static Contract, &'static str> {
    static CONTRACT: LazyLock<Result<Contract, String>> =
        LazyLock::new(|| Contract::read(include_str!("../../../../../sdk/wit/herald-policy.wit")));
    CONTRACT.as_ref().map_err(String::as_str)
}

/// What each hook returns.
type Returned<T> = (Result<T, String>,);

/// What the hooks take: the message, what else there is, and the settings.
type RouteArguments<'a> = (&'a Message<'a>, &'a str);
type ApproveArguments<'a> = (&'a Message<'a>, &'a RouteFacts<'a>, &'a str);
type EscalateArguments<'a> = (&'a Message<'a>, &'a Breach<'a>, &'a str);
/// What `validate-settings` returns.
type Validated = (Result<(), Vec<String>>,);

/// Gives guests what `host` offers.
pub(super) fn link(linker: &mut Linker<Call>) -> wasmtime::Result<()> {
    bindings::herald::policy::types::add_to_linker::<_, HasSelf<_>>(linker, |call| call)?;
    bindings::herald::policy::host::add_to_linker::<_, HasSelf<_>>(linker, |call| call)
}

/// Where a component keeps its hooks.
#[derive(Debug, Clone)]
pub(super) struct Hooks {
    route: ComponentExportIndex,
    approve: ComponentExportIndex,
    escalate: ComponentExportIndex,
    validate_settings: ComponentExportIndex,
}

impl Hooks {
    /// Finds them; `None` when one is not there.
    pub(super) fn of(component: &Component) -> Option<Self> {
        let interface = component.get_export_index(None, format!("herald:policy/hooks@{VERSION}"))?;
        let hook = |name| component.get_export_index(Some(&interface), name);
        Some(Self {
            route: hook("route")?,
            approve: hook("approve")?,
            escalate: hook("escalate")?,
            validate_settings: hook("validate-settings")?,
        })
    }

    /// Looks each of them up as a call does, and calls none.
    ///
    /// # Errors
    /// When one does not take or return what the host thinks that the contract says.
    pub(super) fn look_up(&self, instance: &Instance, store: &mut Store<Call>) -> wasmtime::Result<()> {
        self.route(instance, store)?;
        self.approve(instance, store)?;
        self.escalate(instance, store)?;
        self.validate_settings(instance, store)?;
        Ok(())
    }

    /// Calls the hook that the evaluation is for. The inner error is a sentence of the guest's or about its plan.
    pub(super) fn call(
        &self,
        instance: &Instance,
        store: &mut Store<Call>,
        settings: &str,
    ) -> wasmtime::Result<Result<HookPlan, String>> {
        let evaluation = &store.data().evaluation;
        let (subject, input) = (Arc::clone(&evaluation.subject), evaluation.input.clone());
        records::message(&subject.message, |message| match input {
            Input::Route => {
                let (plan,) = self.route(instance, store)?.call(&mut *store, (message, settings))?;
                plans::read(store.data_mut(), plan, |reader, plan| reader.route(plan).map(HookPlan::Route))
            }
            Input::Approve(facts) => records::facts(&facts, |facts| {
                let (plan,) = self.approve(instance, store)?.call(&mut *store, (message, facts, settings))?;
                plans::read(store.data_mut(), plan, |reader, plan| reader.approve(plan).map(HookPlan::Approve))
            }),
            Input::Escalate(breach) => records::breach(&breach, |breach| {
                let (plan,) = self.escalate(instance, store)?.call(&mut *store, (message, breach, settings))?;
                plans::read(store.data_mut(), plan, |reader, plan| reader.escalate(plan).map(HookPlan::Escalate))
            }),
        })
    }

    /// Asks the guest what is wrong with `settings`.
    pub(super) fn validate(
        &self,
        instance: &Instance,
        store: &mut Store<Call>,
        settings: &str,
    ) -> wasmtime::Result<Vec<String>> {
        let (outcome,) = self.validate_settings(instance, store)?.call(store, (settings,))?;
        Ok(outcome.err().unwrap_or_default())
    }

    fn route<'a>(
        &self,
        instance: &Instance,
        store: &mut Store<Call>,
    ) -> wasmtime::Result<TypedFunc<RouteArguments<'a>, Returned<RoutePlan>>> {
        instance.get_typed_func(store, self.route)
    }

    fn approve<'a>(
        &self,
        instance: &Instance,
        store: &mut Store<Call>,
    ) -> wasmtime::Result<TypedFunc<ApproveArguments<'a>, Returned<ApprovePlan>>> {
        instance.get_typed_func(store, self.approve)
    }

    fn escalate<'a>(
        &self,
        instance: &Instance,
        store: &mut Store<Call>,
    ) -> wasmtime::Result<TypedFunc<EscalateArguments<'a>, Returned<EscalatePlan>>> {
        instance.get_typed_func(store, self.escalate)
    }

    fn validate_settings<'a>(
        &self,
        instance: &Instance,
        store: &mut Store<Call>,
    ) -> wasmtime::Result<TypedFunc<(&'a str,), Validated>> {
        instance.get_typed_func(store, self.validate_settings)
    }
}

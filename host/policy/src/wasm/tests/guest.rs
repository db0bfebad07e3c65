//! Guests in a few lines of text: a core module around the lines of a hook, made a component by the contract itself.

use herald_core::decision::{Contribution, FailureCause, HookOutcome, HookPlan, Layer};
use serde_json::{Value, json};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::bundle::Bundle;
use crate::diagnostic::CheckReport;
use crate::evaluation::Input;
use crate::files::BundleFiles;
use crate::limits::HostLimits;
use crate::testing::{subject, world};

/// The contract, as guests are built from it.
pub(in crate::wasm) const CONTRACT: &str = include_str!("../../../../../sdk/wit/herald-policy.wit");

/// A guest: what stands in its module besides the hooks, and the lines of each hook.
///
/// Memory from 1,024 to 4,095 is the guest's own; what the host passes lies behind it. A hook returns the address of
/// its plan; at address 0 lies an empty one. `route` finds the message at `local.get 0`: its body at 28, its time of
/// submission at 100, the settings at 108, each as an address and a length.
#[derive(Debug, Clone, Copy)]
pub(in crate::wasm) struct Guest {
    pub(in crate::wasm) module: &'static str,
    pub(in crate::wasm) route: &'static str,
    pub(in crate::wasm) approve: &'static str,
    pub(in crate::wasm) escalate: &'static str,
    pub(in crate::wasm) validate: &'static str,
}

/// A guest whose hooks return empty plans.
pub(in crate::wasm) const EMPTY: Guest = Guest {
    module: "(memory (export \"memory\") 4)",
    route: "i32.const 0",
    approve: "i32.const 0",
    escalate: "i32.const 0",
    validate: "i32.const 0",
};

impl Guest {
    pub(in crate::wasm) fn wat(&self) -> String {
        let Self { module, route, approve, escalate, validate } = self;
        let hook = |name, parameters, lines| {
            format!("(func (export \"herald:policy/hooks@1.0.0#{name}\") (param {parameters}) (result i32) {lines})")
        };
        format!(
            r#"(module
                {module}
                (global $next (mut i32) (i32.const 4096))
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                    (local $at i32)
                    (local.set $at (i32.and
                        (i32.add (global.get $next) (i32.sub (local.get 2) (i32.const 1)))
                        (i32.sub (i32.const 0) (local.get 2))))
                    (global.set $next (i32.add (local.get $at) (local.get 3)))
                    (local.get $at))
                {}
                {}
                {}
                {})"#,
            hook("route", "i32", route),
            hook("approve", "i32", approve),
            hook("escalate", "i32", escalate),
            hook("validate-settings", "i32 i32", validate),
        )
    }

    /// The core module, with the contract in it.
    pub(in crate::wasm) fn module(&self) -> Vec<u8> {
        embed(&self.wat(), CONTRACT)
    }

    pub(in crate::wasm) fn component(&self) -> Vec<u8> {
        encode(&self.module())
    }

    /// The guest as a bundle of customer service, checked.
    pub(in crate::wasm) fn check(&self, more: &str) -> Result<Bundle, CheckReport> {
        check(&self.component(), more)
    }

    /// What comes of `route`.
    pub(in crate::wasm) fn call(&self, change: Value, more: &str) -> Contribution {
        let bundle = self.check(more).unwrap();
        bundle.ask(&subject(change), Input::Route, Layer::Sender)
    }

    /// The plan that `route` returns, or why there is none.
    pub(in crate::wasm) fn outcome(&self, more: &str) -> Result<Value, (FailureCause, String)> {
        outcome(self.call(json!({}), more))
    }
}

pub(in crate::wasm) fn outcome(contribution: Contribution) -> Result<Value, (FailureCause, String)> {
    match contribution.outcome {
        HookOutcome::Plan(HookPlan::Route(plan)) => Ok(json!(plan)),
        HookOutcome::Plan(HookPlan::Approve(plan)) => Ok(json!(plan)),
        HookOutcome::Plan(HookPlan::Escalate(plan)) => Ok(json!(plan)),
        HookOutcome::Failed { cause, message } => {
            let message = message.strip_prefix("customer-service/plugin revision 3: ").unwrap_or(&message).to_owned();
            Err((cause, message))
        }
    }
}

/// A module from its text, with the world `policy` of `contract` in it.
pub(in crate::wasm) fn embed(wat: &str, contract: &str) -> Vec<u8> {
    let mut module = wat::parse_str(wat).unwrap();
    let mut resolve = Resolve::default();
    let package = resolve.push_str("contract.wit", contract).unwrap();
    let world = resolve.select_world(&[package], Some("policy")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    module
}

pub(in crate::wasm) fn encode(module: &[u8]) -> Vec<u8> {
    ComponentEncoder::default().module(module).unwrap().validate(true).encode().unwrap()
}

/// The files of a bundle with this component and all hooks.
pub(in crate::wasm) fn files(component: &[u8], more: &str) -> BundleFiles {
    let manifest = format!(
        "name = \"plugin\"\ndepartment = \"customer-service\"\nlanguage = \"wasm\"\n\
         hooks = [\"route\", \"approve\", \"escalate\"]\n{more}\n"
    );
    let files = [("policy.toml", manifest.into_bytes()), ("policy.wasm", component.to_vec())];
    let files = files.into_iter().map(|(path, content)| (path.to_owned(), content)).collect();
    BundleFiles::new(files, &HostLimits::default()).unwrap()
}

pub(in crate::wasm) fn check(component: &[u8], more: &str) -> Result<Bundle, CheckReport> {
    Bundle::compile(&files(component, more), 3, &world(), &HostLimits::default())
}

//! What a plugin is.

use serde::de::DeserializeOwned;

use crate::error::{Error, Result, without_place};
use crate::message::{Breach, Message, RouteFacts};
use crate::plan::{ApprovePlan, EscalatePlan, RoutePlan};

/// A policy. Its fields are the `[settings]` of the bundle's manifest; a policy without settings is
/// `#[derive(Deserialize)] struct Notices {}`, with its braces.
///
/// Herald calls the hooks that the manifest lists under `hooks`, each in a fresh component. One that is listed and not
/// written fails, so that an approval which somebody forgot to write holds a message instead of letting it pass.
pub trait Policy: DeserializeOwned {
    /// Who gets `message`, and what is asked of them.
    ///
    /// # Errors
    /// A sentence that says why there is no plan.
    fn route(&self, message: &Message, plan: &mut RoutePlan) -> Result {
        let _ = (message, plan);
        Err(not_written("route"))
    }

    /// Who must approve `message` before it goes where `route`, the merged plan of all policies, sends it.
    ///
    /// # Errors
    /// A sentence that says why there is no plan.
    fn approve(&self, message: &Message, route: &RouteFacts, plan: &mut ApprovePlan) -> Result {
        let _ = (message, route, plan);
        Err(not_written("approve"))
    }

    /// What happens now that a goal is breached.
    ///
    /// # Errors
    /// A sentence that says why there is no plan.
    fn escalate(&self, message: &Message, breach: &Breach, plan: &mut EscalatePlan) -> Result {
        let _ = (message, breach, plan);
        Err(not_written("escalate"))
    }

    /// Everything that is wrong with the settings, a sentence each; called when the bundle is checked. Settings that are
    /// missing or of the wrong type are found before.
    ///
    /// ```
    /// use herald_policy_sdk::prelude::*;
    ///
    /// #[derive(Deserialize)]
    /// #[serde(deny_unknown_fields)]
    /// struct Refunds {
    ///     from_cents: i64,
    /// }
    ///
    /// impl Policy for Refunds {
    ///     fn validate_settings(&self) -> Vec<String> {
    ///         let negative = self.from_cents < 0;
    ///         negative.then(|| format!("`from_cents` is {}: a sum is not negative", self.from_cents)).into_iter().collect()
    ///     }
    /// }
    ///
    /// let problems = |settings| Harness::<Refunds>::new().settings(settings).validate_settings();
    /// assert!(problems(json!({"from_cents": 5})).is_empty());
    /// assert_eq!(problems(json!({"from_cents": -5})), ["`from_cents` is -5: a sum is not negative"]);
    /// assert_eq!(problems(json!({})), ["in the settings: missing field `from_cents`"]);
    /// ```
    fn validate_settings(&self) -> Vec<String> {
        Vec::new()
    }
}

fn not_written(hook: &str) -> Error {
    format!("the policy has no hook `{hook}`, although its manifest lists it").into()
}

/// The policy that `settings`, a JSON object, make.
pub(crate) fn with_settings<P: Policy>(settings: &str) -> Result<P> {
    serde_json::from_str(settings).map_err(|error| format!("in the settings: {}", without_place(&error)).into())
}

/// Makes a component of a [`Policy`]: exports its hooks, and lets a panic say its text and its place in the decision's
/// log before it ends the call.
///
/// Once in a plugin, at the top of its `src/lib.rs`; in a native build it only checks the type.
#[macro_export]
macro_rules! export {
    ($policy:ty) => {
        #[doc(hidden)]
        #[allow(unsafe_code, missing_docs, reason = "what a component exports is called by its caller's layout")]
        mod herald_policy_exported {
            #[allow(unused_imports, reason = "the type may be given by its path")]
            use super::*;

            pub type Exported = $crate::guest::Exported<$policy>;

            const _: fn() = $crate::guest::is_exportable::<Exported>;

            #[cfg(target_arch = "wasm32")]
            $crate::bindings::export_hooks!(Exported with_types_in $crate::bindings);
        }
    };
}

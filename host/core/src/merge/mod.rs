//! How the plans of several bundles become one: the merge table, field by field.
//!
//! Layers weigh: the organisation's word, then the sending department's, then the receivers'. Inside a layer the
//! order of bundles makes no difference, so every rule here is a union, a maximum or a minimum. A department
//! never loosens what the organisation set. What a bundle asked for and did not get is a [`Cut`], so that the
//! decision can explain itself.

mod approve;
mod bounds;
mod escalation;
mod rights;
mod route;
#[cfg(test)]
mod tests;

pub use approve::{approve, approve_afterwards, is_deferrable};
pub use escalation::escalation;
pub use route::{receivers, route};

use crate::decision::{BundleId, Contribution, Cut, HookOutcome, HookPlan, Layer};
use crate::plan::{ApprovePlan, EscalatePlan, RoutePlan};

/// A contribution that succeeded, seen as one hook's plan.
struct Voice<'a, P> {
    bundle: &'a BundleId,
    layer: Layer,
    plan: &'a P,
}

fn voices<'a, P>(contributions: &'a [Contribution], pick: impl Fn(&'a HookPlan) -> Option<&'a P>) -> Vec<Voice<'a, P>> {
    let mut voices: Vec<_> = contributions
        .iter()
        .filter_map(|contribution| match &contribution.outcome {
            HookOutcome::Plan(plan) => {
                Some(Voice { bundle: &contribution.bundle, layer: contribution.layer, plan: pick(plan)? })
            }
            HookOutcome::Failed { .. } => None,
        })
        .collect();
    // One order whatever the bundles' was; a stable sort keeps two plans of one bundle apart.
    voices.sort_by_key(|voice| (voice.layer, voice.bundle));
    voices
}

fn route_voices(contributions: &[Contribution]) -> Vec<Voice<'_, RoutePlan>> {
    voices(contributions, |plan| if let HookPlan::Route(plan) = plan { Some(plan) } else { None })
}

fn approve_voices(contributions: &[Contribution]) -> Vec<Voice<'_, ApprovePlan>> {
    voices(contributions, |plan| if let HookPlan::Approve(plan) = plan { Some(plan) } else { None })
}

fn escalate_voices(contributions: &[Contribution]) -> Vec<Voice<'_, EscalatePlan>> {
    voices(contributions, |plan| if let HookPlan::Escalate(plan) = plan { Some(plan) } else { None })
}

/// The word of the first layer that says anything; inside a layer the smallest.
fn weightiest<'a, P, T: Ord>(voices: &'a [Voice<'_, P>], word: impl Fn(&'a P) -> Option<T>) -> Option<T> {
    Layer::ALL.iter().find_map(|layer| {
        let of_layer = voices.iter().filter(|voice| voice.layer == *layer);
        of_layer.filter_map(|voice| word(voice.plan)).min()
    })
}

fn cut(bundle: &BundleId, what: impl Into<String>, why: impl Into<String>) -> Cut {
    Cut { bundle: bundle.clone(), what: what.into(), why: why.into() }
}

//! The index that picks the bundles for a message without looking at the others.
//!
//! The bundles of one owner stand on one [`Shelf`], filed under the most telling combination of what they ask
//! for: a kind, a sending department, one label with its value; nothing where they do not ask. A message looks
//! up the few combinations that its own values make. What is found is checked against all conditions, so a
//! coarser filing costs time and never changes the outcome.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use herald_core::decision::Hook;
use herald_core::names::{BundleName, DepartmentId, KindName};

use crate::applies::{AppliesTo, Facts};
use crate::bundle::Bundle;

/// Under how many combinations one bundle is filed before a condition is left to the check.
const FILINGS_LIMIT: usize = 256;

type Slot = (Option<KindName>, Option<DepartmentId>, Option<(String, String)>);

/// Which parts of a slot are filled in: kind, department, label.
type Shape = (bool, bool, bool);

/// The bundles of one owner, by name and by conditions.
#[derive(Default)]
pub(crate) struct Shelf {
    bundles: BTreeMap<BundleName, Arc<Bundle>>,
    slots: HashMap<Slot, Vec<Arc<Bundle>>>,
    /// The shapes and the names of labels that any slot has: nothing is looked up under others. Most shelves
    /// have one shape and no label.
    shapes: BTreeSet<Shape>,
    labels: BTreeSet<String>,
    hooks: BTreeSet<Hook>,
}

impl Shelf {
    pub(crate) fn new(bundles: BTreeMap<BundleName, Arc<Bundle>>) -> Self {
        let mut filed: HashMap<Slot, Vec<Arc<Bundle>>> = HashMap::new();
        for bundle in bundles.values() {
            for slot in slots(&bundle.manifest().applies_to) {
                filed.entry(slot).or_default().push(bundle.clone());
            }
        }
        let shape = |(kind, department, label): &Slot| (kind.is_some(), department.is_some(), label.is_some());
        let shapes = filed.keys().map(shape).collect();
        let labels = filed.keys().filter_map(|(_, _, label)| label.as_ref().map(|(name, _)| name.clone())).collect();
        let hooks = bundles.values().flat_map(|bundle| bundle.manifest().hooks.iter().copied()).collect();
        Self { bundles, slots: filed, shapes, labels, hooks }
    }

    /// Whether any bundle offers `hook`.
    pub(crate) fn offers(&self, hook: Hook) -> bool {
        self.hooks.contains(&hook)
    }

    pub(crate) fn bundles(&self) -> &BTreeMap<BundleName, Arc<Bundle>> {
        &self.bundles
    }

    /// The bundles that offer `hook` and whose conditions hold, in the order of their names.
    pub(crate) fn select(&self, hook: Hook, facts: &Facts<'_>) -> Vec<&Arc<Bundle>> {
        if !self.offers(hook) {
            return Vec::new();
        }
        let labels = facts.labels.iter().filter(|(name, _)| self.labels.contains(*name));
        let labels = labels.map(|(name, value)| Some((name.clone(), value.clone())));
        let mut found = Vec::new();
        for label in std::iter::once(None).chain(labels) {
            for &(kind, department, _) in self.shapes.iter().filter(|(_, _, labelled)| *labelled == label.is_some()) {
                let kind = kind.then(|| facts.kind.clone());
                let department = department.then(|| facts.department.clone());
                let bundles = self.slots.get(&(kind, department, label.clone())).into_iter().flatten();
                found.extend(bundles.filter(|bundle| {
                    bundle.manifest().hooks.contains(&hook) && bundle.manifest().applies_to.holds(facts)
                }));
            }
        }
        found.sort_by_key(|bundle| bundle.id());
        found
    }
}

/// Where a bundle is filed. No message finds it under two of these: it has one kind and one department, and a
/// label has one value.
fn slots(applies: &AppliesTo) -> Vec<Slot> {
    fn any<T: Clone>(values: impl IntoIterator<Item = T>) -> Vec<Option<T>> {
        let values: Vec<_> = values.into_iter().map(Some).collect();
        if values.is_empty() { vec![None] } else { values }
    }
    let label = applies.labels.iter().min_by_key(|(_, values)| values.len());
    let mut labels = any(label.into_iter().flat_map(|(name, values)| values.iter().map(|v| (name.clone(), v.clone()))));
    let mut departments = any(applies.departments.iter().cloned());
    let mut kinds = any(applies.kinds.iter().cloned());
    for dropped in 0.. {
        if labels.len() * departments.len() * kinds.len() <= FILINGS_LIMIT {
            break;
        }
        match dropped {
            0 => departments = vec![None],
            1 => kinds = vec![None],
            _ => labels = vec![None],
        }
    }
    let mut slots = Vec::new();
    for kind in &kinds {
        for department in &departments {
            slots.extend(labels.iter().map(|label| (kind.clone(), department.clone(), label.clone())));
        }
    }
    slots
}

#[cfg(test)]
mod tests;

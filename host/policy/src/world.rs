//! What policies are judged and evaluated against: one snapshot of the organisation, with its forms compiled.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

use herald_core::names::KindName;
use herald_core::organisation::Organisation;
use herald_core::target::Target;

use crate::form::{Form, FormError};
use crate::vocabulary::{self, Wrong};

/// The compiled forms of all kinds, in the order of their names.
#[derive(Debug, Default)]
pub struct Forms(Vec<(KindName, Form)>);

impl Forms {
    /// Compiles the form of every kind.
    ///
    /// # Errors
    /// Every kind whose form is no valid JSON Schema.
    pub fn compile(organisation: &Arc<Organisation>) -> Result<Self, Vec<FormError>> {
        let mut forms = Vec::new();
        let mut errors = Vec::new();
        for (name, kind) in &organisation.kinds {
            match Form::compile(name, &kind.form, organisation) {
                Ok(form) => forms.push((name.clone(), form)),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(Self(forms)) } else { Err(errors) }
    }

    /// The form of a kind.
    #[must_use]
    pub fn get(&self, kind: &KindName) -> Option<&Form> {
        self.at(self.place(kind)?)
    }

    /// Where the form of a kind is.
    pub(crate) fn place(&self, kind: &KindName) -> Option<usize> {
        self.0.binary_search_by(|(name, _)| name.cmp(kind)).ok()
    }

    /// The form that is there.
    pub(crate) fn at(&self, place: usize) -> Option<&Form> {
        self.0.get(place).map(|(_, form)| form)
    }
}

/// One revision of the organisation, and what was compiled from it. Immutable, shared by every evaluation that
/// began on it.
#[derive(Debug)]
pub struct World {
    organisation: Arc<Organisation>,
    forms: Forms,
    /// Every target that can be meant, by its text: policies name little else.
    targets: HashMap<Box<str>, Target>,
}

impl World {
    /// The world of an organisation.
    ///
    /// # Errors
    /// As [`Forms::compile`].
    pub fn new(organisation: Arc<Organisation>) -> Result<Self, Vec<FormError>> {
        let forms = Forms::compile(&organisation)?;
        let targets = targets(&organisation).map(|target| (target.to_string().into(), target)).collect();
        Ok(Self { organisation, forms, targets })
    }

    /// The organisation.
    #[must_use]
    pub fn organisation(&self) -> &Arc<Organisation> {
        &self.organisation
    }

    /// The target that `text` names.
    ///
    /// # Errors
    /// What is wrong with it, and what could have been meant.
    pub(crate) fn target(&self, text: &str) -> Result<Target, Wrong> {
        match self.targets.get(text) {
            Some(target) => Ok(target.clone()),
            None => vocabulary::target(&self.organisation, text),
        }
    }

    /// Its forms.
    #[must_use]
    pub fn forms(&self) -> &Forms {
        &self.forms
    }
}

/// A world, for the thread that it is near to: that thread alone counts references to this. With one count for all of
/// them, each decision would make them wait for each other.
pub(crate) struct Near(Arc<World>);

impl Near {
    /// `world` for this thread, which keeps that of its latest decision.
    pub(crate) fn to(world: &Arc<World>) -> Arc<Self> {
        thread_local! {
            static LATEST: RefCell<Option<Arc<Near>>> = const { RefCell::new(None) };
        }
        LATEST.with_borrow_mut(|latest| match latest {
            Some(near) if Arc::ptr_eq(&near.0, world) => Arc::clone(near),
            _ => Arc::clone(latest.insert(Arc::new(Self(Arc::clone(world))))),
        })
    }
}

impl Deref for Near {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0
    }
}

fn targets(organisation: &Organisation) -> impl Iterator<Item = Target> {
    let departments = organisation.departments.iter().flat_map(|(id, department)| {
        let roles = department.roles.keys().map(|role| Target::Role(id.clone(), role.clone()));
        let leader = department.leader.is_some().then(|| Target::Leader(id.clone()));
        [Target::Department(id.clone()), Target::Members(id.clone())].into_iter().chain(leader).chain(roles)
    });
    let people = organisation.people.keys().cloned().map(Target::Person);
    let contacts = organisation.contacts.keys().cloned().map(Target::Contact);
    std::iter::once(Target::Everyone).chain(departments).chain(people).chain(contacts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_keeps_the_world_of_its_latest_decision_and_no_other() {
        let worlds =
            [(); 2].map(|()| Arc::new(World::new(Arc::clone(crate::testing::world().organisation())).unwrap()));
        let near = Near::to(&worlds[0]);
        assert!(Arc::ptr_eq(&near, &Near::to(&worlds[0])));
        assert!(!Arc::ptr_eq(&near, &std::thread::scope(|scope| scope.spawn(|| Near::to(&worlds[0])).join().unwrap())));
        drop(near);
        assert!(Arc::ptr_eq(&Near::to(&worlds[1]).0, &worlds[1]));
        assert_eq!(worlds.map(|world| Arc::strong_count(&world)), [1, 2]);
    }
}

//! What policies are judged and evaluated against: one snapshot of the organisation, with its forms compiled.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use herald_core::names::KindName;
use herald_core::organisation::Organisation;
use herald_core::target::Target;

use crate::form::{Form, FormError};
use crate::vocabulary::{self, Wrong};

/// The compiled forms of all kinds.
#[derive(Debug, Clone, Default)]
pub struct Forms(BTreeMap<KindName, Arc<Form>>);

impl Forms {
    /// Compiles the form of every kind.
    ///
    /// # Errors
    /// Every kind whose form is no valid JSON Schema.
    pub fn compile(organisation: &Arc<Organisation>) -> Result<Self, Vec<FormError>> {
        let mut forms = BTreeMap::new();
        let mut errors = Vec::new();
        for (name, kind) in &organisation.kinds {
            match Form::compile(name, &kind.form, organisation) {
                Ok(form) => {
                    forms.insert(name.clone(), Arc::new(form));
                }
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(Self(forms)) } else { Err(errors) }
    }

    /// The form of a kind.
    #[must_use]
    pub fn get(&self, kind: &KindName) -> Option<&Arc<Form>> {
        self.0.get(kind)
    }
}

/// One revision of the organisation, and what was compiled from it. Immutable, shared by every evaluation that
/// began on it.
#[derive(Debug, Clone)]
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

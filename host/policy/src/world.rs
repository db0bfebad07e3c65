//! What policies are judged and evaluated against: one snapshot of the organisation, with its forms compiled.

use std::collections::BTreeMap;
use std::sync::Arc;

use herald_core::names::KindName;
use herald_core::organisation::Organisation;

use crate::form::{Form, FormError};

/// The compiled forms of all kinds.
#[derive(Debug, Clone, Default)]
pub struct Forms(BTreeMap<KindName, Arc<Form>>);

impl Forms {
    /// Compiles the form of every kind.
    ///
    /// # Errors
    /// Every kind whose form is no valid JSON Schema.
    pub fn compile(organisation: &Organisation) -> Result<Self, Vec<FormError>> {
        let mut forms = BTreeMap::new();
        let mut errors = Vec::new();
        for (name, kind) in &organisation.kinds {
            match Form::compile(name, &kind.form) {
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
}

impl World {
    /// The world of an organisation.
    ///
    /// # Errors
    /// As [`Forms::compile`].
    pub fn new(organisation: Arc<Organisation>) -> Result<Self, Vec<FormError>> {
        let forms = Forms::compile(&organisation)?;
        Ok(Self { organisation, forms })
    }

    /// The organisation.
    #[must_use]
    pub fn organisation(&self) -> &Arc<Organisation> {
        &self.organisation
    }

    /// Its forms.
    #[must_use]
    pub fn forms(&self) -> &Forms {
        &self.forms
    }
}

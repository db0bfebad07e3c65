//! The manifest of a bundle, `policy.toml`: what it is, which messages it is for, what it may use.
//!
//! ```toml
//! name = "complaint"
//! department = "customer-service"
//! language = "rhai"            # or "wasm"
//! hooks = ["route", "approve", "escalate"]
//!
//! [applies_to]                 # each condition holds if it is left out
//! kinds = ["complaint"]
//! urgency = ["urgent"]
//! audience = ["external"]      # for `approve`, audience, classification and labels
//! classification = ["public"]  # are those of the merged route plan
//! departments = ["sales"]      # for which the message is sent
//! labels = { tier = ["strategic", "key"], line = "2" }
//!
//! [settings]                   # `setting("threshold_cents")`
//! threshold_cents = 10_000_000
//!
//! [limits]
//! time_limit_ms = 20
//!
//! [on_failure]
//! route = "hold"               # or "skip"
//! approve = "hold"
//! after_three = "suspend"      # or "keep-trying"
//! ```

mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use herald_core::decision::{BundleId, Hook};
use herald_core::organisation::{ORGANISATION, Organisation};
use serde_json::{Map, Value};

use crate::applies::AppliesTo;
use crate::diagnostic::Diagnostic;
use crate::files::{COMPONENT, SCRIPT};
use crate::limits::{HostLimits, Limits};

/// What a bundle is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// A Rhai script, `policy.rhai`.
    Rhai,
    /// A WebAssembly component, `policy.wasm`, built from whichever language.
    Wasm,
}

impl Language {
    /// Every language, by the word that a manifest names it by.
    pub(crate) const ALL: [(&'static str, Self); 2] =
        [(Self::Rhai.as_str(), Self::Rhai), (Self::Wasm.as_str(), Self::Wasm)];

    /// The word that a manifest names it by.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rhai => "rhai",
            Self::Wasm => "wasm",
        }
    }

    /// The file that a bundle of this language has its hooks in.
    #[must_use]
    pub fn file(self) -> &'static str {
        match self {
            Self::Rhai => SCRIPT,
            Self::Wasm => COMPONENT,
        }
    }
}

/// What becomes of a message when a hook fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// The message goes on without this bundle, flagged.
    Skip,
    /// The message is held until somebody releases it. A failed `approve` of an urgent message of a deferrable
    /// kind does not hold it: it opens, and its sender's head approves afterwards.
    Hold,
}

/// A manifest, read and valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// Whose bundle it is, and its name there.
    pub id: BundleId,
    /// What it is written in.
    pub language: Language,
    /// The functions it offers; never empty.
    pub hooks: BTreeSet<Hook>,
    /// Which messages it is for.
    pub applies_to: AppliesTo,
    /// Its settings, as JSON.
    pub settings: Arc<Map<String, Value>>,
    /// What one call may use.
    pub limits: Limits,
    /// Whether it is no longer asked once a hook has failed three times in a row.
    pub suspends: bool,
    on_route_failure: Option<OnFailure>,
    on_approve_failure: Option<OnFailure>,
}

impl Manifest {
    /// Reads a manifest. Names are checked against `organisation`, if it is given; otherwise it was published before.
    ///
    /// # Errors
    /// Everything that is wrong with it, with line and column; and its id, if that much could be read.
    pub(crate) fn read(
        text: &str,
        organisation: Option<&Organisation>,
        host: &HostLimits,
    ) -> Result<Self, (Option<BundleId>, Vec<Diagnostic>)> {
        read::manifest(text, organisation, host)
    }

    /// What is taken for the manifest of a bundle whose own cannot be read: it offers every hook for every message.
    pub(crate) fn of_everything(id: BundleId, host: &HostLimits) -> Self {
        Self {
            id,
            language: Language::Rhai,
            hooks: Hook::ALL.iter().copied().collect(),
            applies_to: AppliesTo::default(),
            settings: Arc::default(),
            limits: host.default,
            suspends: false,
            on_route_failure: None,
            on_approve_failure: None,
        }
    }

    /// Whether it belongs to the organisation as a whole.
    #[must_use]
    pub fn is_of_organisation(&self) -> bool {
        self.id.department.as_str() == ORGANISATION
    }

    /// What becomes of a message when `hook` fails: what the manifest says, else a department's failed `route` is
    /// skipped, the organisation's holds (it may have restricted or classified), and a failed `approve` holds.
    /// A failed `escalate` never holds anything: the host's own chain takes over.
    #[must_use]
    pub fn on_failure(&self, hook: Hook) -> OnFailure {
        match hook {
            Hook::Route if self.is_of_organisation() => self.on_route_failure.unwrap_or(OnFailure::Hold),
            Hook::Route => self.on_route_failure.unwrap_or(OnFailure::Skip),
            Hook::Approve => self.on_approve_failure.unwrap_or(OnFailure::Hold),
            Hook::Escalate => OnFailure::Skip,
        }
    }
}

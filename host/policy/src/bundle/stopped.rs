//! Stand-ins for revisions that are in force and not called: one that kept failing and asks to be suspended then,
//! and one that does not load.
//!
//! A stand-in has the manifest of what it stands for, so that it is found for the same messages, and fails for each
//! of them: what follows is what follows a failure, and a gate that the revision was to keep stays shut. Nothing on
//! the way to a decision asks whether a bundle is stopped.

use std::sync::Arc;

use herald_core::decision::{BundleId, Cost, FailureCause};
use thread_local::ThreadLocal;

use super::Bundle;
use crate::evaluation::{Evaluated, Evaluation, Failure, Program};
use crate::limits::HostLimits;
use crate::manifest::Manifest;

/// Why a revision in force is not called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// It kept failing, and its manifest asks to be suspended then.
    Suspended,
    /// It does not load.
    NotLoaded {
        /// Everything that is wrong with it.
        reason: String,
    },
}

impl Stopped {
    fn failure(&self) -> Failure {
        let (cause, message) = match self {
            Self::Suspended => (
                FailureCause::Suspended,
                "it is suspended, because it kept failing; resume it, or publish another revision".to_owned(),
            ),
            Self::NotLoaded { reason } => (FailureCause::NotLoaded, format!("it does not load: {reason}")),
        };
        Failure { cause, message, place: None }
    }
}

impl Program for Stopped {
    fn evaluate(&self, _: Evaluation) -> Evaluated {
        Evaluated { outcome: Err(self.failure()), answers: Vec::new(), log: String::new(), cost: Cost::default() }
    }
}

impl Bundle {
    /// The stand-in for this revision while it is suspended.
    #[must_use]
    pub fn suspended(&self) -> Self {
        Self::stopped_by(Stopped::Suspended, self.manifest.clone(), self.revision, self.digest.clone())
    }

    /// The stand-in for a published revision of `id` that does not load, for this `reason`. With a `manifest` that
    /// can be read it is found for the same messages as the revision would be; otherwise for every message, so that
    /// nothing slips by what it was to keep.
    #[must_use]
    pub fn not_loaded(
        id: &BundleId,
        revision: u32,
        digest: String,
        manifest: Option<&str>,
        host: &HostLimits,
        reason: String,
    ) -> Self {
        let manifest = manifest.and_then(|text| Manifest::read(text, None, host).ok()).filter(|read| read.id == *id);
        let manifest = manifest.unwrap_or_else(|| Manifest::of_everything(id.clone(), host));
        Self::stopped_by(Stopped::NotLoaded { reason }, manifest, revision, digest.into())
    }

    /// Why it is not called, if it is not.
    #[must_use]
    pub fn stopped(&self) -> Option<&Stopped> {
        self.stopped.as_ref()
    }

    fn stopped_by(stopped: Stopped, manifest: Manifest, revision: u32, digest: Arc<str>) -> Self {
        let program = Box::new(stopped.clone());
        Self {
            revision,
            digest,
            manifest,
            program,
            cases: Vec::new(),
            stopped: Some(stopped),
            threads: ThreadLocal::new(),
            tables: Arc::default(),
            warnings: Vec::new(),
        }
    }
}

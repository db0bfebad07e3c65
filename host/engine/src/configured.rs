//! What an engine judges by: one publication of the organisation, with everything compiled from it.

use std::sync::Arc;

use arc_swap::ArcSwap;
use herald_core::organisation::Organisation;
use herald_policy::{Forms, PolicySet};

/// One publication. What began on it ends on it; a later one changes nothing under way.
#[derive(Clone)]
pub struct Configured {
    /// Directory, channels, kinds, calendars and rules.
    pub organisation: Arc<Organisation>,
    /// The bundles in force, compiled.
    pub policies: Arc<PolicySet>,
    /// The kinds' forms, compiled.
    pub forms: Arc<Forms>,
}

/// The publication in force. Reading it never waits.
pub(crate) struct Current(ArcSwap<Configured>);

impl Current {
    pub(crate) fn new(configured: Configured) -> Self {
        Self(ArcSwap::from_pointee(configured))
    }

    pub(crate) fn get(&self) -> Arc<Configured> {
        self.0.load_full()
    }

    pub(crate) fn set(&self, configured: Configured) {
        self.0.store(Arc::new(configured));
    }
}

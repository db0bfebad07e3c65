//! What an engine judges by: one publication of the organisation, with everything compiled from it.

use std::sync::Arc;

use arc_swap::ArcSwap;
use herald_core::organisation::Organisation;
use herald_policy::{PolicySet, World};

/// One publication. What began on it ends on it; a later one changes nothing under way. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Configured {
    /// The organisation, with its kinds' forms compiled.
    pub world: Arc<World>,
    /// The bundles in force, compiled.
    pub policies: PolicySet,
}

impl Configured {
    /// Directory, channels, kinds, calendars and rules.
    #[must_use]
    pub fn organisation(&self) -> &Arc<Organisation> {
        self.world.organisation()
    }
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

    /// Puts in force what `change` makes of what is in force, even if that changes meanwhile.
    pub(crate) fn update(&self, change: impl Fn(&Configured) -> Configured) {
        self.0.rcu(|current| Arc::new(change(current)));
    }

    pub(crate) fn set(&self, configured: Configured) {
        self.0.store(Arc::new(configured));
    }
}

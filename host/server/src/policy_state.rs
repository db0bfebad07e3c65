//! Which policies in force are in trouble: those that keep failing, are suspended, or do not load. One answer for the
//! API and the metrics.

use std::collections::BTreeMap;

use herald_core::decision::BundleId;
use herald_core::failing::Failing;
use herald_engine::Engine;
use herald_policy::Stopped;
use herald_store::StoreError;

/// What is wrong with a revision in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PolicyStatus {
    /// A hook failed three times in a row. It is asked all the same.
    Failing,
    /// The same, and it is not asked any more.
    Suspended,
    /// It cannot be asked.
    NotLoaded,
}

impl PolicyStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Suspended => "suspended",
            Self::NotLoaded => "not-loaded",
        }
    }
}

/// How a revision in force stands that is in trouble.
#[derive(Debug, Clone)]
pub(crate) struct PolicyState {
    pub(crate) status: PolicyStatus,
    /// How it fails; `None` when it cannot be asked.
    pub(crate) failing: Option<Failing>,
    /// Why it does not load.
    pub(crate) reason: Option<String>,
}

/// The bundles in force that are in trouble; all others are well.
pub(crate) fn policy_states(engine: &Engine) -> Result<BTreeMap<BundleId, PolicyState>, StoreError> {
    let mut failing = engine.failing()?;
    let mut states = BTreeMap::new();
    for bundle in engine.configured().policies.bundles() {
        let failing = failing.remove(&(bundle.id().clone(), bundle.revision()));
        let state = match (bundle.stopped(), failing) {
            (Some(Stopped::NotLoaded { reason }), _) => {
                PolicyState { status: PolicyStatus::NotLoaded, failing: None, reason: Some(reason.clone()) }
            }
            (Some(Stopped::Suspended), failing) => {
                PolicyState { status: PolicyStatus::Suspended, failing, reason: None }
            }
            (None, Some(failing)) => {
                PolicyState { status: PolicyStatus::Failing, failing: Some(failing), reason: None }
            }
            (None, None) => continue,
        };
        states.insert(bundle.id().clone(), state);
    }
    Ok(states)
}

//! What scenarios are played on: the sample organisation as it would be published, with what a scenario changes about it.
//! Nothing is played here.

use herald_core::decision::BundleId;
use herald_core::names::PersonId;
use herald_core::organisation::{Absence, Organisation};
use herald_core::target::Actor;
use herald_server::token_request::TokenRequest;
use herald_store::configuration::{ConfigurationStore, Publication, Stamp, Token};
use jiff::Timestamp;

use super::act;
use super::format::Scenario;
use super::times::Times;
use crate::Failure;
use crate::fault::fault_disk;
use crate::sample::{self, Bundles};
use crate::site::{Disks, Ground};

/// What all scenarios are played on: the sample organisation, published.
pub struct Scene {
    pub(super) ground: Ground,
    pub(super) organisation: Organisation,
    pub(super) bundles: Bundles,
}

/// How a scenario is played.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variation {
    /// With this bundle not in force.
    pub without: Option<BundleId>,
    /// With the host ended and started again after every step.
    pub restarts: bool,
}

impl Variation {
    /// With `bundle` not in force.
    #[must_use]
    pub fn without(bundle: BundleId) -> Self {
        Self { without: Some(bundle), restarts: false }
    }

    /// With restarts.
    #[must_use]
    pub fn restarts() -> Self {
        Self { without: None, restarts: true }
    }
}

impl Scene {
    /// Publishes the sample organisation. Call it within a runtime that lasts as long.
    pub async fn new() -> Self {
        let bundles = sample::bundles();
        let ground = Ground::new().await;
        Self { organisation: sample::organisation(&ground.receiver), ground, bundles }
    }

    /// The disks that a scenario begins with.
    ///
    /// # Errors
    /// Names in the scenario that the organisation does not know.
    pub(super) fn disks(&self, scenario: &Scenario, times: &Times, variation: &Variation) -> Result<Disks, Failure> {
        let (disk, controller) = fault_disk(self.ground.configuration.clone());
        let store = ConfigurationStore::open_with_backend(disk, &self.ground.store)?;
        let mut number = 0;
        let mut stamp = || {
            number += 1;
            Stamp { at: Timestamp::UNIX_EPOCH, by: &Actor::Host, seed: [number; 32] }
        };
        let mut organisation = self.organisation.clone();
        for away in &scenario.away {
            let person: PersonId = away.who.parse()?;
            let found = organisation.people.get_mut(&person).ok_or_else(|| format!("there is no `{person}`"))?;
            found.absences.push(Absence { from: times.read(&away.from)?, until: times.read(&away.until)? });
        }
        let publication = Publication {
            organisation: (!scenario.away.is_empty()).then_some(&organisation),
            retire: variation.without.iter().collect(),
            ..Publication::default()
        };
        store.publish(&publication, &stamp())?;
        for token in tokens(scenario)? {
            store.add_token(&token, &stamp())?;
        }
        drop(store);
        Ok(Disks { configuration: controller.image_after_restart(), partition: self.ground.partition.clone() })
    }
}

/// The tokens of a scenario besides those of all people.
fn tokens(scenario: &Scenario) -> Result<Vec<Token>, Failure> {
    let services = scenario.services.iter().map(|(name, departments)| {
        let owner = format!("service:{name}");
        let departments = departments.iter().cloned().collect();
        (owner.clone(), TokenRequest { owner, departments, ..TokenRequest::default() })
    });
    let authors = scenario.authors.iter().map(|(name, departments)| {
        let author_of = departments.iter().cloned().collect();
        (act::author(name), TokenRequest { owner: format!("person:{name}"), author_of, ..TokenRequest::default() })
    });
    let made =
        |(secret, request): (String, TokenRequest)| request.token(&sample::token(&secret), Timestamp::UNIX_EPOCH);
    Ok(services.chain(authors).map(made).collect::<Result<_, _>>()?)
}

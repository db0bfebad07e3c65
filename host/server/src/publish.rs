//! Publishing: from files that somebody proposes to a configuration in force.
//!
//! A proposal is checked as a whole (the organisation, its forms, every bundle with its cases, those too that stay
//! in force in another organisation) before anything
//! is written, becomes durable in one transaction, and is then swapped in atomically. With an error anywhere,
//! nothing changes. The same code serves `POST /v1/apply` and `herald apply` on a data folder.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use herald_core::access::Requester;
use herald_core::decision::BundleId;
use herald_core::organisation::Organisation;
use herald_engine::Configured;
use herald_policy::{Bundle, BundleFiles, Diagnostic, HostLimits, PolicySet, Stopped, World};
use herald_store::StoreError;
use herald_store::configuration::{
    ConfigurationStore, Loaded, Publication, PublishError, Published, Stamp, StoredBundle, Token, TokenError,
};
use jiff::Timestamp;

use crate::code::MANIFEST;
use crate::difference::{self, Difference};
use crate::gate::Gate;
use crate::http::problem::FieldError;
use crate::tokens::TokenTable;

/// What somebody wants to be in force.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Proposal {
    /// The whole organisation; `None` leaves it as it is.
    pub organisation: Option<Organisation>,
    /// Bundles with all their files.
    pub bundles: BTreeMap<BundleId, BTreeMap<String, Vec<u8>>>,
    /// Whether active bundles that the proposal does not name are retired.
    pub prune: bool,
    /// The revision that the proposal was made against; another one is refused.
    pub expected_revision: Option<u64>,
}

/// What became of a proposal.
#[derive(Debug)]
pub struct Outcome {
    /// What was published, or would be.
    pub published: Published,
    /// What is likely to be a mistake in a bundle, and keeps nothing from being published.
    pub warnings: Vec<FieldError>,
    /// What would change, in words; of a dry run only.
    pub differences: Vec<Difference>,
}

/// Why a proposal was not published; but for [`ApplyError::NotInForce`], nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// It has errors.
    #[error("{} errors; nothing was published:\n{}", .0.len(), list(.0))]
    Wrong(Vec<FieldError>),
    /// Who proposes it may not.
    #[error("{0}")]
    Forbidden(String),
    /// The store refused or failed.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// What is stored cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// It is durable, and this host goes on with what was in force before.
    #[error("revision {revision} was published, and is in force only once the host has been started again: {why}")]
    NotInForce {
        /// The revision.
        revision: u64,
        /// Why it is not in force.
        why: LoadError,
    },
    /// No random bytes are to be had.
    #[error(transparent)]
    Random(#[from] RandomError),
}

fn list(errors: &[FieldError]) -> String {
    errors.iter().map(|error| format!("  {}: {}", error.pointer, error.message)).collect::<Vec<_>>().join("\n")
}

/// What is stored cannot be put in force.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Published forms are wrong by the rules of this program, such as after an upgrade.
    #[error("what was published cannot be loaded; publish a corrected version with `herald apply`:\n{}", .0.join("\n"))]
    Wrong(Vec<String>),
}

/// What was in force once cannot be put together again.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something of it is not there any more, or is nothing that this program can load.
    #[error("{0}")]
    Gone(String),
}

/// The configuration store, what of it is in force, and who may publish.
#[derive(Debug)]
pub struct Publisher {
    store: ConfigurationStore,
    tokens: TokenTable,
    limits: HostLimits,
    /// Held from the moment when it is known what a proposal was checked against until it is in force, so that two
    /// cannot overtake each other.
    publishing: Mutex<()>,
    checks: Gate,
}

/// How often a proposal is checked while others may publish.
const FREE_CHECKS: usize = 3;
/// How many proposals are checked at once: each holds all bundles, and occupies a processor with its cases.
const CHECKS_AT_ONCE: usize = 2;

/// A proposal in which nothing is wrong.
struct Checked {
    /// What was in force when it was checked.
    revision: u64,
    /// What it retires.
    retired: Vec<BundleId>,
    warnings: Vec<FieldError>,
}

impl Publisher {
    /// The publisher of `store`; bundles are held to `limits`.
    #[must_use]
    pub fn new(store: ConfigurationStore, limits: HostLimits) -> Self {
        Self {
            store,
            tokens: TokenTable::default(),
            limits,
            publishing: Mutex::new(()),
            checks: Gate::new(CHECKS_AT_ONCE),
        }
    }

    /// The store, to read.
    #[must_use]
    pub fn store(&self) -> &ConfigurationStore {
        &self.store
    }

    /// The tokens in force.
    #[must_use]
    pub fn tokens(&self) -> &TokenTable {
        &self.tokens
    }

    /// Loads what was published last, and puts its tokens in force.
    ///
    /// # Errors
    /// [`LoadError`]. A bundle that does not load is none: a stand-in takes its place, which fails for its messages,
    /// so that one department's bundle neither stops the others nor lets its messages pass.
    pub fn load(&self) -> Result<Configured, LoadError> {
        let loaded = self.store.load()?;
        self.tokens.replace(&loaded.tokens);
        self.configured(loaded, &PolicySet::default())
    }

    /// What was in force at publication `revision`, as far as `bundles` by id and number are concerned. What `now` still
    /// has is taken from there.
    ///
    /// # Errors
    /// [`PastError`].
    pub fn past(
        &self,
        revision: u64,
        bundles: &BTreeSet<(BundleId, u32)>,
        now: &Configured,
    ) -> Result<Configured, PastError> {
        let gone = PastError::Gone;
        let world = if now.organisation().revision == revision {
            Arc::clone(&now.world)
        } else {
            let organisation = self.store.organisation_at(revision)?;
            let organisation = organisation.ok_or_else(|| gone(format!("there is no publication {revision}")))?;
            let world = World::new(Arc::new(organisation));
            Arc::new(
                world.map_err(|errors| gone(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))?,
            )
        };
        let mut loaded = Vec::with_capacity(bundles.len());
        for (id, revision) in bundles {
            let same =
                now.policies.get(id).filter(|bundle| bundle.revision() == *revision && bundle.stopped().is_none());
            if let Some(same) = same {
                loaded.push(Arc::clone(same));
                continue;
            }
            let stored = self.store.bundle(id, *revision)?;
            let stored = stored.ok_or_else(|| gone(format!("there is no revision {revision} of `{id}`")))?;
            let bundle = self.try_load(stored).map_err(|why| gone(format!("{id} revision {revision}: {why}")))?;
            loaded.push(Arc::new(bundle));
        }
        Ok(Configured { world, policies: PolicySet::new(loaded) })
    }

    /// What a publication comes to; bundles that `before` has already are taken from there.
    fn configured(&self, loaded: Loaded, before: &PolicySet) -> Result<Configured, LoadError> {
        let world = World::new(Arc::new(loaded.organisation))
            .map_err(|errors| LoadError::Wrong(errors.iter().map(ToString::to_string).collect()))?;
        let bundles = loaded.bundles.into_iter().map(|stored| {
            let same = before.get(&stored.id).filter(|bundle| bundle.revision() == stored.revision);
            // What did not load may now, such as once a compiler's cache is there again.
            let same = same.filter(|bundle| !matches!(bundle.stopped(), Some(Stopped::NotLoaded { .. })));
            same.cloned().unwrap_or_else(|| Arc::new(self.load_bundle(stored)))
        });
        Ok(Configured { world: Arc::new(world), policies: PolicySet::new(bundles.collect()) })
    }

    /// A published bundle, or its stand-in when it does not load.
    fn load_bundle(&self, stored: StoredBundle) -> Bundle {
        let (id, revision, digest) = (stored.id.clone(), stored.revision, stored.digest.clone());
        let manifest = stored.files.get(MANIFEST).and_then(|content| String::from_utf8(content.clone()).ok());
        self.try_load(stored).unwrap_or_else(|reason| {
            tracing::error!(bundle = %id, revision, reason, "a bundle does not load; its messages are handled as its failure");
            Bundle::not_loaded(&id, revision, digest, manifest.as_deref(), &self.limits, reason)
        })
    }

    fn try_load(&self, stored: StoredBundle) -> Result<Bundle, String> {
        let files = BundleFiles::new(stored.files, &self.limits).map_err(|error| error.to_string())?;
        Bundle::load(&files, stored.revision, &self.limits).map_err(|report| report.to_string())
    }

    /// Publishes `proposal` on behalf of `requester`, and hands what is in force from now on to `in_force`. A dry
    /// run checks the same and says what would change. `before` is what is in force, where a host runs; bundles
    /// that stay as they are are taken from there.
    ///
    /// Waits for the disk, and for policies' cases to run.
    ///
    /// # Errors
    /// [`ApplyError`]; nothing was published, but for [`ApplyError::NotInForce`].
    pub fn apply(
        &self,
        proposal: &Proposal,
        requester: &Requester,
        now: Timestamp,
        dry_run: bool,
        in_force: impl FnOnce(Configured),
        before: Option<&Configured>,
    ) -> Result<Outcome, ApplyError> {
        allowed(proposal, requester)?;
        let (publishing, Checked { retired, warnings, .. }) = self.checked(proposal)?;
        let publication = Publication {
            organisation: proposal.organisation.as_ref(),
            bundles: proposal.bundles.iter().collect(),
            renew: Vec::new(),
            activate: Vec::new(),
            retire: retired.iter().collect(),
            expected_revision: proposal.expected_revision,
        };
        if dry_run {
            let changes = self.store.diff(&publication)?;
            let stored = self.store.load().map_err(LoadError::Store)?;
            // Comparing lines takes its time, and nobody who publishes has to wait for that.
            drop(publishing);
            let unwritable = |error| StoreError::Corrupt(format!("an entry has no JSON form: {error}"));
            let differences = difference::find(&changes, &stored, proposal);
            let differences = differences.map_err(|error| PublishError::Store(unwritable(error)))?;
            let revision = stored.organisation.revision;
            return Ok(Outcome { published: Published { revision, changes, at: None }, warnings, differences });
        }
        let stamp = Stamp { at: now, by: &requester.actor, seed: random()? };
        let published = self.put_in_force(&publication, &stamp, in_force, before)?;
        Ok(Outcome { published, warnings, differences: Vec::new() })
    }

    /// Has the bundle `id` asked again that was suspended, or forgets that it keeps failing: its files become a new
    /// revision, which has not failed yet. They are not checked again; they were when they were published first.
    /// `in_force` and `before` are as for [`apply`](Self::apply).
    ///
    /// # Errors
    /// [`ApplyError`]; nothing was published, but for [`ApplyError::NotInForce`].
    pub fn resume(
        &self,
        id: &BundleId,
        requester: &Requester,
        now: Timestamp,
        in_force: impl FnOnce(Configured),
        before: Option<&Configured>,
    ) -> Result<Published, ApplyError> {
        allowed_for(id, requester)?;
        let _publishing = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let publication = Publication { renew: vec![id], ..Publication::default() };
        let stamp = Stamp { at: now, by: &requester.actor, seed: random()? };
        self.put_in_force(&publication, &stamp, in_force, before)
    }

    /// Makes `publication` durable, and hands what is in force from now on to `in_force`.
    fn put_in_force(
        &self,
        publication: &Publication<'_>,
        stamp: &Stamp<'_>,
        in_force: impl FnOnce(Configured),
        before: Option<&Configured>,
    ) -> Result<Published, ApplyError> {
        let published = self.store.publish(publication, stamp)?;
        if !published.changes.is_empty() {
            let policies = before.map(|before| before.policies.clone()).unwrap_or_default();
            let loaded = self.store.load().map_err(LoadError::Store);
            let configured = loaded.and_then(|loaded| self.configured(loaded, &policies));
            in_force(configured.map_err(|why| ApplyError::NotInForce { revision: published.revision, why })?);
        }
        Ok(published)
    }

    /// Checks a proposal, and keeps what it was checked against in force.
    ///
    /// To compile and to run cases takes its time, and nobody else who publishes has to wait for that, nor has a token
    /// that is revoked: who finds that somebody has published meanwhile checks once more. Only where that happens again
    /// and again does the last check keep the others waiting.
    fn checked(&self, proposal: &Proposal) -> Result<(MutexGuard<'_, ()>, Checked), ApplyError> {
        let publish = || self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let _place = self.checks.enter();
        for _ in 0..FREE_CHECKS {
            let checked = self.check_now(proposal)?;
            let publishing = publish();
            if self.store.revision().map_err(LoadError::Store)? == checked.revision {
                return Ok((publishing, checked));
            }
        }
        let publishing = publish();
        Ok((publishing, self.check_now(proposal)?))
    }

    /// Checks a proposal against what is in force at this moment.
    fn check_now(&self, proposal: &Proposal) -> Result<Checked, ApplyError> {
        let Loaded { organisation: stored, bundles, .. } = self.store.load().map_err(LoadError::Store)?;
        let revision = stored.revision;
        let unnamed: Vec<_> = bundles.into_iter().filter(|bundle| !proposal.bundles.contains_key(&bundle.id)).collect();
        let (retired, staying) = if proposal.prune { (unnamed, Vec::new()) } else { (Vec::new(), unnamed) };
        let warnings = match &proposal.organisation {
            Some(organisation) => self.check(proposal, organisation.clone(), &staying)?,
            // In the organisation as it is, they are as they were.
            None => self.check(proposal, stored, &[])?,
        };
        Ok(Checked { revision, retired: retired.into_iter().map(|bundle| bundle.id).collect(), warnings })
    }

    /// Everything that is wrong with a proposal, and with the bundles `staying` in force beside it, in the
    /// `organisation` that they would have; without that, what is likely to be wrong.
    fn check(
        &self,
        proposal: &Proposal,
        organisation: Organisation,
        staying: &[StoredBundle],
    ) -> Result<Vec<FieldError>, ApplyError> {
        let (mut errors, mut warnings) = (Vec::new(), Vec::new());
        if let Err(error) = organisation.check() {
            errors.extend(
                error.problems.into_iter().map(|problem| FieldError::new(problem.field.to_string(), problem.message)),
            );
        }
        let world = World::new(Arc::new(organisation)).map(Arc::new).map_err(|wrong| {
            errors.extend(wrong.iter().map(|error| FieldError::new(format!("kinds.{}.form", error.kind), error)));
        });
        if let Ok(world) = world {
            let staying = staying.iter().map(|bundle| (&bundle.id, &bundle.files));
            for (id, files) in proposal.bundles.iter().chain(staying) {
                match self.check_bundle(id, files, &world) {
                    Ok(doubts) => warnings.extend(doubts),
                    Err(wrong) => errors.extend(wrong),
                }
            }
        }
        if errors.is_empty() { Ok(warnings) } else { Err(ApplyError::Wrong(errors)) }
    }

    /// The warnings of a bundle, or its errors.
    fn check_bundle(
        &self,
        id: &BundleId,
        files: &BTreeMap<String, Vec<u8>>,
        world: &Arc<World>,
    ) -> Result<Vec<FieldError>, Vec<FieldError>> {
        let at = |message: &dyn std::fmt::Display| vec![FieldError::new(id.to_string(), message)];
        let files = BundleFiles::new(files.clone(), &self.limits).map_err(|error| at(&error))?;
        // The revision is given when it is published; a check has none.
        match Bundle::compile(&files, 0, world, &self.limits) {
            Ok(bundle) if bundle.id() == id => Ok(diagnostics(id, bundle.warnings())),
            Ok(bundle) => Err(at(&format!("its manifest says that it is `{}`", bundle.id()))),
            Err(report) => Err(diagnostics(id, &report.diagnostics)),
        }
    }

    /// Adds a token and puts it in force.
    ///
    /// # Errors
    /// [`TokenError`]; nothing was added.
    pub fn add_token(&self, token: &Token, stamp: &Stamp<'_>) -> Result<(), TokenError> {
        let _publishing = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        self.store.add_token(token, stamp)?;
        self.tokens.replace(&self.store.tokens()?);
        Ok(())
    }

    /// Revokes a token: from the return on it is worth nothing. Says whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn revoke_token(&self, id: &str, stamp: &Stamp<'_>) -> Result<bool, StoreError> {
        let _publishing = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let revoked = self.store.revoke_token(id, stamp)?;
        self.tokens.replace(&self.store.tokens()?);
        Ok(revoked)
    }
}

/// Who may publish: an administrator everything, an author the bundles of their departments.
fn allowed(proposal: &Proposal, requester: &Requester) -> Result<(), ApplyError> {
    if requester.admin {
        return Ok(());
    }
    if proposal.organisation.is_some() || proposal.prune {
        return Err(ApplyError::Forbidden(
            "the organisation is published, and bundles are retired, by administrators".into(),
        ));
    }
    proposal.bundles.keys().try_for_each(|id| allowed_for(id, requester))
}

/// Who may publish revisions of a bundle.
pub(crate) fn allowed_for(id: &BundleId, requester: &Requester) -> Result<(), ApplyError> {
    if requester.admin || requester.author_of.contains(&id.department) {
        Ok(())
    } else {
        Err(ApplyError::Forbidden(format!("`{id}` is published by policy authors of `{}`", id.department)))
    }
}

fn diagnostics(id: &BundleId, diagnostics: &[Diagnostic]) -> Vec<FieldError> {
    let place = |diagnostic: &Diagnostic| {
        let numbers = [diagnostic.line, diagnostic.column].into_iter().flatten();
        let numbers: String = numbers.map(|number| format!(":{number}")).collect();
        format!("{id}/{}{numbers}", diagnostic.file)
    };
    let message = |diagnostic: &Diagnostic| match &diagnostic.hint {
        Some(hint) => format!("{}; {hint}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    diagnostics.iter().map(|diagnostic| FieldError::new(place(diagnostic), message(diagnostic))).collect()
}

/// The operating system has no random bytes to give.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no random bytes: {0}")]
pub struct RandomError(String);

/// Random bytes of the operating system.
///
/// # Errors
/// [`RandomError`].
pub fn random<const N: usize>() -> Result<[u8; N], RandomError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| RandomError(error.to_string()))?;
    Ok(bytes)
}

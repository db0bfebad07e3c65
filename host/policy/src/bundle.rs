//! One revision of a bundle, checked, compiled and ready to be asked.

mod stopped;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use herald_core::decision::{BundleId, Contribution, Cost, FailureCause, HookOutcome, Layer};
use herald_core::message::Message;
use thread_local::ThreadLocal;

use crate::cases::{CaseFile, CaseOutcome};
use crate::diagnostic::{CheckReport, Diagnostic};
use crate::evaluation::{Evaluated, Evaluation, Failure, Given, Input, Program, Subject};
use crate::files::{BundleFiles, COMPONENT, MANIFEST, SCRIPT};
use crate::limits::HostLimits;
use crate::manifest::{Language, Manifest};
use crate::rhai::Script;
use crate::table::{Against, Reading, Tables};
use crate::vocabulary::harmless;
use crate::wasm::Plugin;
use crate::world::World;
pub use stopped::Stopped;

/// One revision of a bundle. Immutable; calls that began on it finish on it.
pub struct Bundle {
    revision: u32,
    digest: Arc<str>,
    manifest: Manifest,
    program: Box<dyn Program>,
    tables: Arc<Tables>,
    threads: ThreadLocal<PerThread>,
    cases: Vec<CaseFile>,
    stopped: Option<Stopped>,
    warnings: Vec<Diagnostic>,
}

/// What calls point to, once for each thread: who counts references to one thing with every call writes to the memory
/// of all who do the same.
struct PerThread {
    given: Arc<Given>,
    digest: Arc<str>,
}

impl Bundle {
    /// Compiles a revision that was checked before it was published. What it names is not looked up again: a
    /// department must not lose all its policies because one channel was renamed.
    ///
    /// # Errors
    /// Everything that is wrong with the manifest or the script in themselves.
    pub fn load(files: &BundleFiles, revision: u32, host: &HostLimits) -> Result<Self, CheckReport> {
        Self::build(files, revision, None, host)
    }

    /// The check that stands before every publication. The manifest is valid, the script compiles, its hooks
    /// are those that the manifest lists, every function, target, channel and other word that can be read off
    /// the text is known, its decision tables make sense, and all cases pass.
    ///
    /// # Errors
    /// Everything that is wrong, at once, with line, column and the nearest known name. Cases are run when
    /// nothing else is wrong.
    pub fn compile(
        files: &BundleFiles,
        revision: u32,
        world: &Arc<World>,
        host: &HostLimits,
    ) -> Result<Self, CheckReport> {
        let bundle = Self::check(files, revision, world, host)?;
        let failed = bundle.run_cases(world).into_iter().filter(|outcome| !outcome.passed());
        let diagnostics: Vec<_> = failed.map(|outcome| Diagnostic::about(&outcome.file, outcome.to_string())).collect();
        if diagnostics.is_empty() { Ok(bundle) } else { Err(CheckReport::new(Some(bundle.id()), diagnostics)) }
    }

    /// As [`Bundle::compile`] without running the cases, for an author who wants to see what each of them comes to.
    ///
    /// # Errors
    /// Everything that is wrong, but for cases that fail.
    pub fn check(
        files: &BundleFiles,
        revision: u32,
        world: &Arc<World>,
        host: &HostLimits,
    ) -> Result<Self, CheckReport> {
        Self::build(files, revision, Some(world), host)
    }

    fn build(
        files: &BundleFiles,
        revision: u32,
        world: Option<&Arc<World>>,
        host: &HostLimits,
    ) -> Result<Self, CheckReport> {
        let mut diagnostics = Vec::new();
        let manifest = match required(files, MANIFEST) {
            Ok(text) => Some(text),
            Err(diagnostic) => {
                diagnostics.push(diagnostic);
                None
            }
        };
        let organisation = world.map(|world| world.organisation().as_ref());
        let (id, manifest) = match manifest.map(|text| Manifest::read(text, organisation, host)) {
            Some(Ok(manifest)) => (Some(manifest.id.clone()), Some(manifest)),
            Some(Err((id, problems))) => {
                diagnostics.extend(problems);
                (id, None)
            }
            None => (None, None),
        };
        let kinds = manifest.as_ref().map(|manifest| manifest.applies_to.kinds.clone()).unwrap_or_default();
        let against = world.map(|world| Against { world, kinds: &kinds });
        let Reading { tables, errors, mut warnings } = Tables::read(files, against);
        // With a table missing, the script would be told that it is not there.
        let known = errors.is_empty().then_some(&tables);
        diagnostics.extend(errors);
        let program = match compile_program(files, manifest.as_ref(), world, known, host) {
            Ok(program) => program,
            Err(problems) => {
                diagnostics.extend(problems);
                None
            }
        };
        let mut cases = Vec::new();
        if world.is_some() {
            diagnostics.extend(files.unknown());
            for path in files.cases() {
                match files.text(path).transpose().and_then(|text| CaseFile::read(path, text)) {
                    Ok(case) => cases.push(case),
                    Err(diagnostic) => diagnostics.push(diagnostic),
                }
            }
        }
        match (manifest, program) {
            (Some(manifest), Some(program)) if diagnostics.is_empty() => {
                warnings.iter_mut().for_each(|warning| warning.bundle = Some(Box::new(manifest.id.clone())));
                let (digest, tables) = (files.digest().into(), Arc::new(tables));
                Ok(Self {
                    revision,
                    digest,
                    manifest,
                    program,
                    tables,
                    threads: ThreadLocal::new(),
                    cases,
                    stopped: None,
                    warnings,
                })
            }
            _ => Err(CheckReport::new(id.as_ref(), diagnostics)),
        }
    }

    /// Its department and name.
    #[must_use]
    pub fn id(&self) -> &BundleId {
        &self.manifest.id
    }

    /// Which revision it is.
    #[must_use]
    pub fn revision(&self) -> u32 {
        self.revision
    }

    /// [`BundleFiles::digest`] of the files it was compiled from.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Whether it can be asked. One that is still being compiled answers every call with a failure of cause `busy`.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.program.is_ready()
    }

    /// Its manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What is likely to be a mistake, and keeps nothing from working: found by the check, not when it is loaded.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// Runs its cases, in the order of their files. A loaded bundle has none; a checked one has.
    #[must_use]
    pub fn run_cases(&self, world: &Arc<World>) -> Vec<CaseOutcome> {
        self.cases.iter().map(|case| case.run(self, world)).collect()
    }

    /// Calls its `route` by itself: nothing is chosen before and merged after, not even whether it is for the message.
    #[must_use]
    pub fn route(&self, world: &Arc<World>, message: &Arc<Message>) -> Contribution {
        self.ask_alone(world, Arc::clone(message), Input::Route)
    }

    /// Calls a hook by itself, in the layer of those who own it.
    pub(crate) fn ask_alone(&self, world: &Arc<World>, message: Arc<Message>, input: Input) -> Contribution {
        let layer = if self.manifest.is_of_organisation() { Layer::Organisation } else { Layer::Sender };
        self.ask(&Subject::new(world, message), input, layer)
    }

    /// Calls a hook. Whatever the policy does, this returns: a panic of the host on its behalf is a failure of
    /// cause `host`.
    pub(crate) fn ask(&self, subject: &Arc<Subject>, input: Input, layer: Layer) -> Contribution {
        let hook = input.hook();
        let per_thread = self.threads.get_or(|| self.per_thread());
        let evaluation = Evaluation {
            subject: Arc::clone(subject),
            input,
            limits: self.manifest.limits,
            given: Arc::clone(&per_thread.given),
        };
        // Nothing of a call is shared with the next one, so a torn evaluation leaves nothing torn behind.
        let evaluated = catch_unwind(AssertUnwindSafe(|| self.program.evaluate(evaluation)));
        let Evaluated { outcome, answers, log, cost } = evaluated.unwrap_or_else(|panic| Evaluated {
            outcome: Err(Failure {
                cause: FailureCause::Host,
                message: format!("the host failed while evaluating it: {}", panic_text(panic.as_ref())),
                place: None,
            }),
            answers: Vec::new(),
            log: String::new(),
            cost: Cost::default(),
        });
        let outcome = match outcome {
            Ok(plan) => HookOutcome::Plan(plan),
            Err(failure) => HookOutcome::Failed { cause: failure.cause, message: self.explain(&failure) },
        };
        Contribution {
            bundle: self.id().clone(),
            revision: self.revision,
            digest: per_thread.digest.clone(),
            layer,
            hook,
            outcome,
            answers,
            log,
            cost,
        }
    }

    fn per_thread(&self) -> PerThread {
        let (settings, tables) = (Arc::clone(&self.manifest.settings), Arc::clone(&self.tables));
        PerThread { given: Arc::new(Given { settings, tables }), digest: self.digest.as_ref().into() }
    }

    fn explain(&self, failure: &Failure) -> String {
        let (id, revision, message) = (self.id(), self.revision, harmless(&failure.message));
        match failure.place {
            Some(place) => {
                let file = self.manifest.language.file();
                format!("{id} revision {revision}, {file}:{}:{}: {message}", place.line, place.column)
            }
            None => format!("{id} revision {revision}: {message}"),
        }
    }
}

impl std::fmt::Debug for Bundle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} revision {}", self.id(), self.revision)
    }
}

/// Compiles what the hooks are written in. With a broken manifest the language cannot be known; a script is then
/// compiled all the same, so that its own errors come out together with the manifest's.
fn compile_program(
    files: &BundleFiles,
    manifest: Option<&Manifest>,
    world: Option<&Arc<World>>,
    tables: Option<&Tables>,
    host: &HostLimits,
) -> Result<Option<Box<dyn Program>>, Vec<Diagnostic>> {
    let Some(manifest) = manifest else {
        if files.bytes(COMPONENT).is_none() {
            let text = required(files, SCRIPT).map_err(|diagnostic| vec![diagnostic])?;
            Script::compile(text, None, world, tables)?;
        }
        return Ok(None);
    };
    let other = Language::ALL.into_iter().map(|(_, language)| language).filter(|other| *other != manifest.language);
    if let Some(strange) = other.map(Language::file).find(|file| files.bytes(file).is_some()) {
        let message = format!("the manifest names another language, whose file is `{}`", manifest.language.file());
        return Err(vec![Diagnostic::about(strange, message)]);
    }
    match manifest.language {
        Language::Rhai => {
            let text = required(files, SCRIPT).map_err(|diagnostic| vec![diagnostic])?;
            let script = Script::compile(text, Some(manifest), world, tables)?;
            Ok(Some(Box::new(script)))
        }
        Language::Wasm => {
            let bytes = files.bytes(COMPONENT).ok_or_else(|| vec![missing(COMPONENT)])?;
            let plugin = match world {
                Some(world) => Plugin::compile(bytes, manifest, world, host)?,
                None => Plugin::load(bytes, manifest, host)?,
            };
            Ok(Some(Box::new(plugin)))
        }
    }
}

/// The text of a file that has to be there.
fn required<'f>(files: &'f BundleFiles, path: &str) -> Result<&'f str, Diagnostic> {
    files.text(path).unwrap_or_else(|| Err(missing(path)))
}

fn missing(path: &str) -> Diagnostic {
    Diagnostic::about(path, "missing: every bundle has one")
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given")
}

#[cfg(test)]
mod tests;

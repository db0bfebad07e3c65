//! Policies as compiled components.
//!
//! A component goes through three stages, each a type of its own: bytes that were checked against the contract
//! ([`check`]), machine code with its imports linked ([`Linked`]), and a fresh instance for each call, which ends with
//! the call. No state of a guest outlives a call, and what a guest may use is what [`call`] puts in force.
//!
//! * [`binary`], [`mod@check`] and [`contract`] read a component before it is compiled, and tell in what it differs from the
//!   contract.
//! * [`engine`] is how components are compiled and where they run, [`slots`] how many at once, [`huge`] in what memory.
//! * [`v1`] is the contract in its first version; a later one is a module beside it.
//! * [`wasi`] is what languages expect around a program, harmless and the same on every run.
//! * [`compiler`] compiles beside everything else, [`cache`] keeps what it made.
//! * [`failure`] and [`words`] say in an author's words what went wrong.

mod binary;
mod cache;
mod call;
mod check;
mod compiler;
mod contract;
mod engine;
mod failure;
mod huge;
mod slots;
#[cfg(test)]
mod tests;
mod v1;
mod wasi;
mod words;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use herald_core::decision::{Cost, FailureCause};
use wasmtime::Store;
use wasmtime::component::{Component, Instance, InstancePre};

pub use self::cache::ComponentCache;
use self::call::Call;
use self::compiler::CompileError;
use self::engine::{Lane, Runtime, Ticket, runtime};
pub use self::engine::{component_config, without_component_pool};
use crate::cases;
use crate::diagnostic::Diagnostic;
use crate::evaluation::{Evaluated, Evaluation, Failure, Given, Input, Program, Subject};
use crate::files::{COMPONENT, MANIFEST};
use crate::limits::HostLimits;
use crate::manifest::Manifest;
use crate::vocabulary::Wrong;
use crate::world::World;

/// A bundle's component.
pub(crate) struct Plugin {
    /// Empty until it is compiled.
    linked: Arc<OnceLock<Result<Linked, String>>>,
    /// The manifest's settings as JSON.
    settings: String,
}

impl Plugin {
    /// Checks and compiles a component that is to be published: it is whole, asks for nothing that is not granted,
    /// offers its hooks, starts, and finds nothing wrong with its settings.
    ///
    /// # Errors
    /// Everything that is wrong, as far as it can be looked at.
    pub(crate) fn compile(
        bytes: &[u8],
        manifest: &Manifest,
        world: &Arc<World>,
        host: &HostLimits,
    ) -> Result<Self, Vec<Diagnostic>> {
        let runtime = runtime().map_err(no_engine)?;
        let source = Source::of(runtime, bytes)?;
        let types = binary::read(&runtime.home.engine, &source.component).map_err(about)?;
        let differences = check::differences(&source.component, &types, &runtime.granted);
        if !differences.is_empty() {
            return Err(differences.into_iter().flat_map(about).collect());
        }
        // A bundle is often published again with other cases or settings.
        let linked = cached(runtime, bytes, host).unwrap_or_else(|| prepare(runtime, source, host))?;
        linked.try_out(manifest, world)?;
        Ok(Self { linked: Arc::new(OnceLock::from(Ok(linked))), settings: settings(manifest) })
    }

    /// Takes a component that was checked before it was published from the cache, or compiles it; beside the rest,
    /// if `host` says so.
    ///
    /// # Errors
    /// When it cannot be compiled any more, as by another version of the host.
    pub(crate) fn load(bytes: &[u8], manifest: &Manifest, host: &HostLimits) -> Result<Self, Vec<Diagnostic>> {
        let runtime = runtime().map_err(no_engine)?;
        let settings = settings(manifest);
        if let Some(linked) = cached(runtime, bytes, host) {
            return Ok(Self { linked: Arc::new(OnceLock::from(Ok(linked?))), settings });
        }
        let source = Source::of(runtime, bytes)?;
        if !host.compiles_beside {
            let linked = prepare(runtime, source, host)?;
            return Ok(Self { linked: Arc::new(OnceLock::from(Ok(linked))), settings });
        }
        let linked = Arc::new(OnceLock::new());
        let place = Arc::clone(&linked);
        let keep = source.keep(runtime, host);
        let done = move |compiled: Result<Component, CompileError>| {
            let compiled = compiled.inspect(keep).map_err(|error| about(Wrong::new(error)));
            let outcome = compiled.and_then(|component| Linked::new(runtime, &component));
            let say = |wrong: Vec<Diagnostic>| wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            // Nobody else fills this place.
            let _ = place.set(outcome.map_err(say));
        };
        let begun = compiler::compile_beside(&runtime.home.engine, source.component, done);
        begun.map_err(|error| about(Wrong::new(error)))?;
        Ok(Self { linked, settings })
    }
}

/// The component that was `published` as these bytes, if it was compiled before.
fn cached(runtime: &'static Runtime, published: &[u8], host: &HostLimits) -> Option<Result<Linked, Vec<Diagnostic>>> {
    let component = host.component_cache.as_ref()?.load(&runtime.home.engine, published)?;
    Some(Linked::new(runtime, &component))
}

/// What is compiled, and the bytes as which it was published; the same ones, unless they are a module.
struct Source {
    published: Arc<[u8]>,
    component: Arc<[u8]>,
}

impl Source {
    fn of(runtime: &Runtime, published: &[u8]) -> Result<Self, Vec<Diagnostic>> {
        let all = |wrong: Vec<Wrong>| wrong.into_iter().flat_map(about).collect::<Vec<_>>();
        let component = match binary::component(&runtime.home.engine, &runtime.granted, published).map_err(all)? {
            Cow::Borrowed(_) => None,
            Cow::Owned(made) => Some(Arc::from(made)),
        };
        let published: Arc<[u8]> = published.into();
        Ok(Self { component: component.unwrap_or_else(|| Arc::clone(&published)), published })
    }

    /// What keeps the compiled component, under the bytes as which it was published.
    fn keep(&self, runtime: &'static Runtime, host: &HostLimits) -> impl FnOnce(&Component) + Send + use<> {
        let (cache, published) = (host.component_cache.clone(), Arc::clone(&self.published));
        move |component| {
            if let Some(cache) = cache {
                cache.store(&runtime.home.engine, &published, component);
            }
        }
    }
}

/// Compiles a component, and keeps it for the next time.
fn prepare(runtime: &'static Runtime, source: Source, host: &HostLimits) -> Result<Linked, Vec<Diagnostic>> {
    let limit = Duration::from_millis(host.compile_limit_ms);
    let keep = source.keep(runtime, host);
    let component = compiler::compile(&runtime.home.engine, source.component, limit, keep);
    Linked::new(runtime, &component.map_err(|error| about(Wrong::new(error)))?)
}

/// The manifest's settings as JSON.
fn settings(manifest: &Manifest) -> String {
    serde_json::Value::Object(manifest.settings.as_ref().clone()).to_string()
}

fn no_engine(error: &wasmtime::Error) -> Vec<Diagnostic> {
    about(Wrong::new(format!("this machine lets the host build no engine for components: {error:#}")))
}

impl Program for Plugin {
    fn evaluate(&self, evaluation: Evaluation) -> Evaluated {
        let linked = match self.linked.get() {
            Some(Ok(linked)) => linked,
            not_linked => {
                let failure = match not_linked {
                    Some(Err(why)) => failed(FailureCause::Error, why.clone()),
                    _ => failed(FailureCause::Busy, failure::NOT_READY.to_owned()),
                };
                let (answers, log, cost) = (Vec::new(), String::new(), Cost::default());
                return Evaluated { outcome: Err(failure), answers, log, cost };
            }
        };
        let (outcome, mut call) =
            linked.run(evaluation, |hooks, instance, store| hooks.call(instance, store, &self.settings));
        let cost = Cost {
            time_micros: call.elapsed_micros(),
            memory_bytes: call.memory.most_bytes(),
            host_calls: call.ledger.host_calls(),
            ..Cost::default()
        };
        let (answers, log) = call.ledger.close();
        Evaluated { outcome, answers, log, cost }
    }

    fn is_ready(&self) -> bool {
        self.linked.get().is_some()
    }
}

/// What is wrong with the component.
fn about(wrong: Wrong) -> Vec<Diagnostic> {
    vec![Diagnostic::about(COMPONENT, wrong.message).hint(wrong.hint)]
}

/// A component, compiled, with its imports linked.
struct Linked {
    runtime: &'static Runtime,
    home: Guest,
    /// For each of the runtime's other lanes; empty until the component is first called there, `None` where there was no
    /// room for it.
    others: Box<[OnceLock<Option<Guest>>]>,
}

/// A component in a lane.
struct Guest {
    pre: InstancePre<Call>,
    hooks: v1::Hooks,
}

impl Guest {
    fn new(lane: &Lane, component: &Component) -> Result<Self, Wrong> {
        let pre = lane.linker.instantiate_pre(component).map_err(|error| Wrong::new(format!("{error:#}")))?;
        let hooks = v1::Hooks::of(component).ok_or_else(|| Wrong::new("it does not export its hooks"))?;
        Ok(Self { pre, hooks })
    }

    /// The same in another lane. Its machine code is copied, not made again.
    fn brought_to(&self, lane: &Lane) -> Option<Self> {
        let code = self.pre.component().serialize().ok()?;
        #[expect(unsafe_code, reason = "the compiler of this process made these bytes, and nobody else has seen them")]
        let component = unsafe { Component::deserialize(&lane.engine, &code) };
        Self::new(lane, &component.ok()?).ok()
    }
}

impl Linked {
    fn new(runtime: &'static Runtime, component: &Component) -> Result<Self, Vec<Diagnostic>> {
        let home = Guest::new(&runtime.home, component).map_err(about)?;
        Ok(Self { runtime, home, others: (0..runtime.others()).map(|_| OnceLock::new()).collect() })
    }

    /// A place to run and the component there; at home where there was no room for it in the other lane.
    fn take(&self) -> Option<(Ticket<'_>, &Guest)> {
        let ticket = self.runtime.take()?;
        let Some(place) = ticket.other.and_then(|other| self.others.get(other)) else {
            return Some((ticket, &self.home));
        };
        if let Some(guest) = place.get_or_init(|| self.home.brought_to(ticket.lane)) {
            return Some((ticket, guest));
        }
        drop(ticket);
        self.runtime.take_home().map(|ticket| (ticket, &self.home))
    }

    /// Instantiates it once, and lets it look at its settings.
    fn try_out(&self, manifest: &Manifest, world: &Arc<World>) -> Result<(), Vec<Diagnostic>> {
        let evaluation = Evaluation {
            subject: Subject::new(world, Arc::new(cases::no_message(&manifest.id.department))),
            input: Input::Route,
            limits: manifest.limits,
            given: Arc::new(Given { settings: Arc::clone(&manifest.settings), ..Given::default() }),
        };
        let refused = |what: &str, failure: Failure| about(Wrong::new(format!("{what}: {}", failure.message)));
        let (started, _) =
            self.run(evaluation.clone(), |hooks, instance, store| hooks.look_up(instance, store).map(Ok));
        started.map_err(|failure| refused("it does not start", failure))?;
        let settings = settings(manifest);
        let (validated, _) =
            self.run(evaluation, |hooks, instance, store| hooks.validate(instance, store, &settings).map(Ok));
        let sentences = validated.map_err(|failure| refused("it cannot validate its settings", failure))?;
        // A component may have a hundred thousand.
        let more = sentences.len().saturating_sub(check::SHOWN);
        let wrong = sentences.iter().take(check::SHOWN).map(|sentence| words::shown(sentence));
        let wrong = wrong.chain((more > 0).then(|| format!("and {more} more")));
        let wrong: Vec<_> = wrong.map(|wrong| Diagnostic::about(MANIFEST, format!("settings: {wrong}"))).collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    /// Runs `body` in a fresh instance, in the limits of the evaluation.
    fn run<T>(
        &self,
        evaluation: Evaluation,
        body: impl FnOnce(&v1::Hooks, &Instance, &mut Store<Call>) -> wasmtime::Result<Result<T, String>>,
    ) -> (Result<T, Failure>, Call) {
        let Some((ticket, Guest { pre, hooks })) = self.take() else {
            return (Err(failed(FailureCause::Busy, failure::BUSY.to_owned())), Call::new(evaluation));
        };
        let mut store = Store::new(&ticket.lane.engine, Call::new(evaluation));
        call::limit(&mut store);
        let outcome = pre.instantiate(&mut store).and_then(|instance| body(hooks, &instance, &mut store));
        let mut call = store.into_data();
        call.finish_output();
        let outcome = match outcome {
            Ok(outcome) => outcome.map_err(|sentence| failed(FailureCause::Error, words::shown(&sentence))),
            Err(error) => {
                let (cause, message) = failure::explain(&error, &call);
                Err(failed(cause, message))
            }
        };
        (outcome, call)
    }
}

/// A failure; compiled code has no lines and columns to tell.
fn failed(cause: FailureCause, message: String) -> Failure {
    Failure { cause, message, place: None }
}

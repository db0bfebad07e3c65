//! Compiles components beside everything else: on threads of their own, two at a time, however many wait, and only as
//! fast as messages leave them room.
//!
//! Nothing can interrupt the compiler. Whoever waits for it waits so long and no longer; what it was given by then, it
//! finishes all the same, and only then takes the next.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::setpriority_process;
use rustix::thread::gettid;
use wasmtime::Engine;
use wasmtime::component::Component;

/// How many components are compiled at once.
const THREADS: usize = 2;
/// The stack of each, in bytes: how deep the compiler goes is up to what it is given.
const STACK_BYTES: usize = 16 * 1_024 * 1_024;
/// How nice their threads are to the host's others, from 0 to 19: a quarter of a processor that both want, so that
/// whoever publishes on a busy host still sees the end of it.
const NICENESS: i32 = 5;

/// Something to compile, and what to do with it then.
struct Job {
    engine: Engine,
    bytes: Arc<[u8]>,
    done: Box<dyn FnOnce(Result<Component, CompileError>) + Send>,
}

/// Why there is no component.
#[derive(Debug, thiserror::Error)]
pub(super) enum CompileError {
    /// The compiler refused it.
    #[error("it cannot be compiled: {0}")]
    Refused(String),
    /// The compiler has a defect.
    #[error("the compiler broke off; leave out what was changed last, and report it")]
    BrokenOff,
    /// It takes too long, or others before it do.
    #[error(
        "it was not compiled within {} s, the host's limit; make it smaller, or try again when the host compiles less",
        .0.as_secs()
    )]
    Late(Duration),
    /// There is no thread to compile on.
    #[error("the host cannot compile: its machine gives it no thread")]
    NoThread,
}

/// Compiles `bytes`, and waits for it.
///
/// # Errors
/// [`CompileError`]; [`CompileError::Late`] after `limit`, counted from now.
pub(super) fn compile(engine: &Engine, bytes: Arc<[u8]>, limit: Duration) -> Result<Component, CompileError> {
    let (sender, receiver) = channel();
    let done = move |outcome| {
        // Whoever asked may have gone.
        let _ = sender.send(outcome);
    };
    compile_beside(engine, bytes, done)?;
    match receiver.recv_timeout(limit) {
        Ok(outcome) => outcome,
        Err(RecvTimeoutError::Timeout) => Err(CompileError::Late(limit)),
        Err(RecvTimeoutError::Disconnected) => Err(CompileError::BrokenOff),
    }
}

/// Compiles `bytes` when a thread is free for it, and hands the component to `done` there.
///
/// # Errors
/// [`CompileError::NoThread`].
pub(super) fn compile_beside(
    engine: &Engine,
    bytes: Arc<[u8]>,
    done: impl FnOnce(Result<Component, CompileError>) + Send + 'static,
) -> Result<(), CompileError> {
    static JOBS: LazyLock<Option<Sender<Job>>> = LazyLock::new(start);
    let job = Job { engine: engine.clone(), bytes, done: Box::new(done) };
    let jobs = JOBS.as_ref().ok_or(CompileError::NoThread)?;
    jobs.send(job).map_err(|_| CompileError::NoThread)
}

fn start() -> Option<Sender<Job>> {
    let (sender, receiver) = channel();
    let receiver = Arc::new(Mutex::new(receiver));
    let threads = (0..THREADS).filter_map(|number| {
        let receiver = Arc::clone(&receiver);
        let name = format!("wasm-compiler-{number}");
        thread::Builder::new().name(name).stack_size(STACK_BYTES).spawn(move || work(&receiver)).ok()
    });
    (threads.count() > 0).then_some(sender)
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    // On Linux a thread has a niceness of its own. Where a sandbox forbids it, the component is compiled all the same.
    let _ = setpriority_process(Some(gettid()), NICENESS);
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { engine, bytes, done }) = job else { return };
        let compiled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| Component::new(&engine, &bytes)));
        let refused = |error: wasmtime::Error| CompileError::Refused(format!("{error:#}"));
        done(compiled.map_or(Err(CompileError::BrokenOff), |compiled| compiled.map_err(refused)));
    }
}

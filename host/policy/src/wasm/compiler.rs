//! Compiles components beside everything else: on threads of their own, two at a time, however many wait, and only as
//! fast as messages leave them room. Somebody who waits for a component comes before all that nobody waits for.
//!
//! Nothing can interrupt the compiler. Whoever waits for it waits so long and no longer; what it was given by then, it
//! finishes all the same, and only then takes the next.

use std::collections::VecDeque;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, LazyLock, Mutex, PoisonError};
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

/// What there is to compile.
#[derive(Default)]
struct Queue {
    jobs: Mutex<Jobs>,
    added: Condvar,
}

#[derive(Default)]
struct Jobs {
    /// Somebody waits for these.
    urgent: VecDeque<Job>,
    others: VecDeque<Job>,
}

impl Queue {
    fn add(&self, job: Job, is_urgent: bool) {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = if is_urgent { &mut jobs.urgent } else { &mut jobs.others };
        queue.push_back(job);
        self.added.notify_one();
    }

    fn take(&self) -> Job {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let Jobs { urgent, others } = &mut *jobs;
            if let Some(job) = urgent.pop_front().or_else(|| others.pop_front()) {
                return job;
            }
            jobs = self.added.wait(jobs).unwrap_or_else(PoisonError::into_inner);
        }
    }
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
        "it was not compiled within {} s, the host's limit; make it smaller, or publish it again in a while: a running \
        host finishes and keeps what its compiler was given",
        .0.as_secs()
    )]
    Late(Duration),
    /// There is no thread to compile on.
    #[error("the host cannot compile: its machine gives it no thread")]
    NoThread,
}

/// Compiles `bytes`, hands what comes of it to `keep`, and waits so long. `keep` has it even if nobody waits any more.
///
/// # Errors
/// [`CompileError`]; [`CompileError::Late`] after `limit`, counted from now.
pub(super) fn compile(
    engine: &Engine,
    bytes: Arc<[u8]>,
    limit: Duration,
    keep: impl FnOnce(&Component) + Send + 'static,
) -> Result<Component, CompileError> {
    let (sender, receiver) = channel();
    let done = move |outcome: Result<Component, CompileError>| {
        if let Ok(component) = &outcome {
            keep(component);
        }
        // Whoever asked may have gone.
        let _ = sender.send(outcome);
    };
    add(Job { engine: engine.clone(), bytes, done: Box::new(done) }, true)?;
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
    add(Job { engine: engine.clone(), bytes, done: Box::new(done) }, false)
}

fn add(job: Job, is_urgent: bool) -> Result<(), CompileError> {
    static QUEUE: LazyLock<Option<Arc<Queue>>> = LazyLock::new(start);
    QUEUE.as_ref().ok_or(CompileError::NoThread)?.add(job, is_urgent);
    Ok(())
}

fn start() -> Option<Arc<Queue>> {
    let queue = Arc::new(Queue::default());
    let threads = (0..THREADS).filter_map(|number| {
        let queue = Arc::clone(&queue);
        let name = format!("wasm-compiler-{number}");
        thread::Builder::new().name(name).stack_size(STACK_BYTES).spawn(move || work(&queue)).ok()
    });
    (threads.count() > 0).then_some(queue)
}

fn work(queue: &Queue) -> ! {
    // On Linux a thread has a niceness of its own. Where a sandbox forbids it, the component is compiled all the same.
    let _ = setpriority_process(Some(gettid()), NICENESS);
    loop {
        let Job { engine, bytes, done } = queue.take();
        let compiled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| Component::new(&engine, &bytes)));
        let refused = |error: wasmtime::Error| CompileError::Refused(format!("{error:#}"));
        let outcome = compiled.map_or(Err(CompileError::BrokenOff), |compiled| compiled.map_err(refused));
        // Whatever is done with it, the next one is waiting.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| done(outcome)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wasm::engine::runtime;

    #[test]
    fn who_gives_up_finds_it_kept_later() {
        let engine = &runtime().unwrap().home.engine;
        let bytes: Arc<[u8]> = wat::parse_str("(component)").unwrap().into();
        let ((sender, kept), (go_on, gone_on)) = (channel(), channel());
        let keep = move |component: &Component| {
            gone_on.recv().unwrap();
            sender.send(component.clone()).unwrap();
        };
        let late = compile(engine, bytes, Duration::from_millis(10), keep).err().unwrap();
        assert!(late.to_string().contains("publish it again in a while"), "{late}");
        go_on.send(()).unwrap();
        kept.recv_timeout(Duration::from_secs(60)).unwrap();
    }

    #[test]
    fn what_somebody_waits_for_is_compiled_first() {
        let engine = &runtime().unwrap().home.engine;
        let queue = Queue::default();
        for (name, is_urgent) in [("one", false), ("two", false), ("three", true), ("four", true)] {
            let (engine, bytes) = (engine.clone(), Arc::from(name.as_bytes()));
            queue.add(Job { engine, bytes, done: Box::new(|_| ()) }, is_urgent);
        }
        let order = [queue.take(), queue.take(), queue.take(), queue.take()].map(|job| job.bytes);
        assert_eq!(order.each_ref().map(|name| &**name), [&b"three"[..], b"four", b"one", b"two"]);
    }
}

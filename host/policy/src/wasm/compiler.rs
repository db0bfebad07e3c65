//! Compiles components beside everything else: on threads of their own, two at a time, however many wait, and only as
//! fast as messages leave them room. Somebody who waits for a component comes before all that nobody waits for.
//!
//! Nothing can interrupt the compiler. Whoever waits for it waits so long and no longer; what it was given by then, it
//! finishes all the same, and only then takes the next. Who comes back for it meanwhile waits for the same.

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

/// What becomes of a component once it is compiled.
type Done = Box<dyn FnOnce(Result<Component, CompileError>) + Send>;

/// Something to compile, and everybody who wants it.
struct Job {
    engine: Engine,
    digest: blake3::Hash,
    /// Until a thread takes them: they are where it is compiled, and nowhere longer than that takes.
    bytes: Option<Arc<[u8]>>,
    /// Whether somebody waits for it.
    is_urgent: bool,
    done: Vec<Done>,
}

impl Job {
    fn new(engine: &Engine, bytes: Arc<[u8]>, is_urgent: bool, done: Done) -> Self {
        let digest = blake3::hash(&bytes);
        Self { engine: engine.clone(), digest, bytes: Some(bytes), is_urgent, done: vec![done] }
    }

    fn is_of(&self, engine: &Engine, digest: blake3::Hash) -> bool {
        Engine::same(&self.engine, engine) && self.digest == digest
    }
}

/// What there is to compile, and what is being compiled.
#[derive(Default)]
struct Queue {
    jobs: Mutex<Vec<Job>>,
    added: Condvar,
}

impl Queue {
    /// Adds a job; what is there already is not compiled twice, and comes sooner if somebody waits for it now.
    fn add(&self, mut job: Job) {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let place = jobs.iter().position(|same| same.is_of(&job.engine, job.digest));
        let since = place.and_then(|place| jobs.get_mut(place..)).unwrap_or_default();
        let Some(same) = since.first_mut() else {
            jobs.push(job);
            self.added.notify_one();
            return;
        };
        same.done.append(&mut job.done);
        if job.is_urgent && !same.is_urgent {
            same.is_urgent = true;
            // Those that were urgent before it come before it.
            since.rotate_left(1);
        }
    }

    /// The next to compile, with its digest, until [`Queue::wanted`] says that nobody wants it.
    fn take(&self) -> (Engine, Arc<[u8]>, blake3::Hash) {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let waiting = jobs.iter_mut().filter(|job| job.bytes.is_some());
            if let Some(job) = waiting.min_by_key(|job| !job.is_urgent)
                && let Some(bytes) = job.bytes.take()
            {
                return (job.engine.clone(), bytes, job.digest);
            }
            jobs = self.added.wait(jobs).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Who wants what was compiled; when nobody does any more, it is off the list.
    fn wanted(&self, engine: &Engine, digest: blake3::Hash) -> Vec<Done> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let job = jobs.iter_mut().find(|job| job.is_of(engine, digest));
        let done = job.map(|job| std::mem::take(&mut job.done)).unwrap_or_default();
        if done.is_empty() {
            jobs.retain(|job| !job.is_of(engine, digest));
        }
        done
    }
}

/// Why there is no component.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum CompileError {
    /// The compiler refused it.
    #[error("it cannot be compiled: {0}")]
    Refused(String),
    /// The compiler has a defect.
    #[error("the compiler broke off; leave out what was changed last, and report it")]
    BrokenOff,
    /// It takes too long, or others before it do.
    #[error(
        "it was not compiled within {0:?}, the host's limit; make it smaller, or publish it again in a while: a running \
        host finishes and keeps what its compiler was given"
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
    add(Job::new(engine, bytes, true, Box::new(done)))?;
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
    add(Job::new(engine, bytes, false, Box::new(done)))
}

fn add(job: Job) -> Result<(), CompileError> {
    static QUEUE: LazyLock<Option<Arc<Queue>>> = LazyLock::new(start);
    QUEUE.as_ref().ok_or(CompileError::NoThread)?.add(job);
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
        let (engine, bytes, digest) = queue.take();
        let compiled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| Component::new(&engine, &bytes)));
        let refused = |error: wasmtime::Error| CompileError::Refused(format!("{error:#}"));
        let outcome = compiled.map_or(Err(CompileError::BrokenOff), |compiled| compiled.map_err(refused));
        drop(bytes);
        // Who comes while the others get it, gets it as well.
        let mut wanted = queue.wanted(&engine, digest);
        while !wanted.is_empty() {
            for done in wanted {
                let outcome = outcome.clone();
                // Whatever is done with it, the others are waiting.
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| done(outcome)));
            }
            wanted = queue.wanted(&engine, digest);
        }
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

    fn job(name: &str, is_urgent: bool) -> Job {
        Job::new(&runtime().unwrap().home.engine, Arc::from(name.as_bytes()), is_urgent, Box::new(|_| ()))
    }

    #[test]
    fn what_somebody_waits_for_is_compiled_first() {
        let queue = Queue::default();
        for (name, is_urgent) in [("one", false), ("two", false), ("three", true), ("four", true), ("two", true)] {
            queue.add(job(name, is_urgent));
        }
        let order = [queue.take(), queue.take(), queue.take(), queue.take()].map(|(_, bytes, _)| bytes);
        assert_eq!(order.each_ref().map(|name| &**name), [&b"three"[..], b"four", b"two", b"one"]);
    }

    #[test]
    fn what_several_want_is_compiled_once() {
        let queue = Queue::default();
        queue.add(job("one", true));
        queue.add(job("one", true));
        let (engine, _, one) = queue.take();
        queue.add(job("two", false));
        queue.add(job("one", true)); // While it is compiled.
        assert_eq!(queue.wanted(&engine, one).len(), 3);
        queue.add(job("one", true)); // While the others get it.
        assert_eq!([queue.wanted(&engine, one).len(), queue.wanted(&engine, one).len()], [1, 0]);
        let (_, bytes, two) = queue.take();
        assert_eq!((&*bytes, queue.wanted(&engine, two).len()), (&b"two"[..], 1));
    }
}

//! What a guest finds around itself: clocks that stand still, random numbers that follow from the message, and no
//! environment, terminal or file.

use std::fmt;

use herald_core::message::Message;
use jiff::Timestamp;
use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Lift, Lower, Resource, Val};

use super::Wasi;
use super::streams::{Line, ONLY, Pollable};
use crate::wasm::call::Call;

/// How many random bytes a guest may ask for at a time. A hash map takes 16.
const RANDOM_LIMIT_BYTES: u64 = 64 * 1_024;

/// What the functions of WASI keep during one call.
#[derive(Default)]
pub(in crate::wasm) struct Surroundings {
    pub(super) stdout: Line,
    pub(super) stderr: Line,
    random: Option<blake3::OutputReader>,
}

/// The guest ended itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::wasm) struct Exit {
    is_success: bool,
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.is_success { "with success" } else { "with failure" };
        write!(f, "it ended itself {how} instead of returning a plan")
    }
}

impl std::error::Error for Exit {}

impl Call {
    /// Logs what was written without an end of its line.
    pub(in crate::wasm) fn finish_output(&mut self) {
        let Self { ledger, surroundings, .. } = self;
        surroundings.stdout.finish(|line| ledger.log(line));
        surroundings.stderr.finish(|line| ledger.log(line));
    }

    /// Fills `bytes` with random numbers, the same in every evaluation of a message.
    fn random(&mut self, bytes: &mut [u8]) {
        let message = &self.evaluation.subject.message;
        self.surroundings.random.get_or_insert_with(|| seeded(message)).fill(bytes);
    }

    fn random_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.random(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}

fn seeded(message: &Message) -> blake3::OutputReader {
    let mut hasher = blake3::Hasher::new_derive_key("herald 2026 random numbers of a policy");
    let body = serde_json::to_vec(&message.body).unwrap_or_default();
    let (sender, submitted_at) = (message.sender.to_string(), message.submitted_at.to_string());
    for part in [message.kind.as_str(), &sender, &submitted_at, &message.subject] {
        hasher.update(&part.len().to_le_bytes()).update(part.as_bytes());
    }
    hasher.update(&body).finalize_xof()
}

#[derive(ComponentType, Lift, Lower)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

impl Datetime {
    fn of(time: Timestamp) -> Self {
        // No message was submitted before 1970.
        let seconds = u64::try_from(time.as_second()).unwrap_or(0);
        Self { seconds, nanoseconds: u32::try_from(time.subsec_nanosecond()).unwrap_or(0) }
    }
}

/// A terminal; there is never one.
struct Terminal<const IS_INPUT: bool>;
/// A file or folder; there is never one.
struct Descriptor;
/// A folder while it is read; there is never one.
struct DirectoryStream;

pub(super) fn link(wasi: &mut Wasi<'_>) -> wasmtime::Result<()> {
    link_clocks(wasi)?;
    link_random(wasi)?;
    link_process(wasi)?;
    link_terminals(wasi)?;
    link_files(wasi)
}

fn link_clocks(wasi: &mut Wasi<'_>) -> wasmtime::Result<()> {
    let mut monotonic = wasi.interface("wasi:clocks/monotonic-clock")?;
    monotonic.function("now", |_: StoreContextMut<'_, Call>, ()| Ok((0_u64,)))?;
    monotonic.function("resolution", |_: StoreContextMut<'_, Call>, ()| Ok((1_u64,)))?;
    for name in ["subscribe-instant", "subscribe-duration"] {
        let ready = |_: StoreContextMut<'_, Call>, (_,): (u64,)| Ok((Resource::<Pollable>::new_own(ONLY),));
        monotonic.function(name, ready)?;
    }
    let mut wall = wasi.interface("wasi:clocks/wall-clock")?;
    wall.function("now", |context: StoreContextMut<'_, Call>, ()| {
        Ok((Datetime::of(context.data().evaluation.now()),))
    })?;
    wall.function("resolution", |_: StoreContextMut<'_, Call>, ()| Ok((Datetime { seconds: 1, nanoseconds: 0 },)))
}

fn link_random(wasi: &mut Wasi<'_>) -> wasmtime::Result<()> {
    for (name, bytes, number) in [
        ("wasi:random/random", "get-random-bytes", "get-random-u64"),
        ("wasi:random/insecure", "get-insecure-random-bytes", "get-insecure-random-u64"),
    ] {
        let mut random = wasi.interface(name)?;
        random.function(bytes, |mut context: StoreContextMut<'_, Call>, (count,): (u64,)| {
            if count > RANDOM_LIMIT_BYTES {
                return Err(wasmtime::format_err!("it asked for {count} random bytes; at most {RANDOM_LIMIT_BYTES}"));
            }
            let mut bytes = vec![0; usize::try_from(count).unwrap_or_default()];
            context.data_mut().random(&mut bytes);
            Ok((bytes,))
        })?;
        random.function(number, |mut context: StoreContextMut<'_, Call>, ()| Ok((context.data_mut().random_u64(),)))?;
    }
    let seed = |mut context: StoreContextMut<'_, Call>, ()| {
        let call = context.data_mut();
        Ok(((call.random_u64(), call.random_u64()),))
    };
    wasi.interface("wasi:random/insecure-seed")?.function("insecure-seed", seed)
}

fn link_process(wasi: &mut Wasi<'_>) -> wasmtime::Result<()> {
    let mut environment = wasi.interface("wasi:cli/environment")?;
    let nothing = |_: StoreContextMut<'_, Call>, ()| Ok((Vec::<(String, String)>::new(),));
    environment.function("get-environment", nothing)?;
    environment.function("get-arguments", |_: StoreContextMut<'_, Call>, ()| Ok((Vec::<String>::new(),)))?;
    environment.function("initial-cwd", |_: StoreContextMut<'_, Call>, ()| Ok((None::<String>,)))?;
    let mut exit = wasi.interface("wasi:cli/exit")?;
    exit.function("exit", |_: StoreContextMut<'_, Call>, (status,): (Result<(), ()>,)| -> wasmtime::Result<()> {
        Err(Exit { is_success: status.is_ok() }.into())
    })?;
    exit.function("exit-with-code", |_: StoreContextMut<'_, Call>, (code,): (u8,)| -> wasmtime::Result<()> {
        Err(Exit { is_success: code == 0 }.into())
    })
}

fn link_terminals(wasi: &mut Wasi<'_>) -> wasmtime::Result<()> {
    wasi.interface("wasi:cli/terminal-input")?.resource::<Terminal<true>>("terminal-input")?;
    wasi.interface("wasi:cli/terminal-output")?.resource::<Terminal<false>>("terminal-output")?;
    let none = |_: StoreContextMut<'_, Call>, ()| Ok((None::<Resource<Terminal<true>>>,));
    wasi.interface("wasi:cli/terminal-stdin")?.function("get-terminal-stdin", none)?;
    for (name, function) in
        [("wasi:cli/terminal-stdout", "get-terminal-stdout"), ("wasi:cli/terminal-stderr", "get-terminal-stderr")]
    {
        let none = |_: StoreContextMut<'_, Call>, ()| Ok((None::<Resource<Terminal<false>>>,));
        wasi.interface(name)?.function(function, none)?;
    }
    Ok(())
}

/// Languages import all of this to open a file, should they be asked to. Without a folder to begin from, nothing of
/// it can be called but what says so.
fn link_files(wasi: &mut Wasi<'_>) -> wasmtime::Result<()> {
    let none = |_: StoreContextMut<'_, Call>, ()| Ok((Vec::<(Resource<Descriptor>, String)>::new(),));
    wasi.interface("wasi:filesystem/preopens")?.function("get-directories", none)?;
    let mut types = wasi.interface("wasi:filesystem/types")?;
    types.resource::<Descriptor>("descriptor")?;
    types.resource::<DirectoryStream>("directory-entry-stream")?;
    for name in [
        "descriptor.read-via-stream",
        "descriptor.write-via-stream",
        "descriptor.append-via-stream",
        "descriptor.advise",
        "descriptor.sync-data",
        "descriptor.get-flags",
        "descriptor.get-type",
        "descriptor.set-size",
        "descriptor.set-times",
        "descriptor.read",
        "descriptor.write",
        "descriptor.read-directory",
        "descriptor.sync",
        "descriptor.create-directory-at",
        "descriptor.stat",
        "descriptor.stat-at",
        "descriptor.set-times-at",
        "descriptor.link-at",
        "descriptor.open-at",
        "descriptor.readlink-at",
        "descriptor.remove-directory-at",
        "descriptor.rename-at",
        "descriptor.symlink-at",
        "descriptor.unlink-file-at",
        "descriptor.is-same-object",
        "descriptor.metadata-hash",
        "descriptor.metadata-hash-at",
        "directory-entry-stream.read-directory-entry",
    ] {
        types.untyped_function(&format!("[method]{name}"), |_| Err(wasmtime::format_err!("there are no files")))?;
    }
    types.untyped_function("filesystem-error-code", |results| {
        if let Some(result) = results.first_mut() {
            *result = Val::Option(None);
        }
        Ok(())
    })
}

//! Standard output and error, whose lines are the decision's log; standard input, which has ended; and polling, which
//! never waits, because everything is ready at once.

use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Lift, Lower, Resource};

use super::Wasi;
use crate::wasm::call::Call;

/// How much a guest may write at a time, in bytes.
const WRITE_LIMIT_BYTES: u64 = 64 * 1_024;
/// The longest line that is kept until its end comes, in bytes.
const LINE_LIMIT_BYTES: usize = 4 * 1_024;

/// A stream that a guest writes to: [`STDOUT`] or [`STDERR`].
pub(super) struct Output;
/// A stream that a guest reads from, always at its end.
pub(super) struct Input;
/// Something to wait for, always ready.
pub(super) struct Pollable;
/// Why a stream failed; there is never one.
pub(super) struct Error;

const STDOUT: u32 = 1;
const STDERR: u32 = 2;
/// The only input, and the only thing to wait for.
pub(super) const ONLY: u32 = 0;

#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    LastOperationFailed(Resource<Error>),
    #[component(name = "closed")]
    Closed,
}

type Written<T> = wasmtime::Result<(Result<T, StreamError>,)>;

/// A line that is not yet at its end.
#[derive(Default)]
pub(super) struct Line(Vec<u8>);

impl Line {
    /// Hands every line that `bytes` end to `done`.
    fn write(&mut self, bytes: &[u8], mut done: impl FnMut(&str)) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.0.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.0.len() > LINE_LIMIT_BYTES {
                self.finish(&mut done);
            }
        }
    }

    /// Hands over what there is.
    pub(super) fn finish(&mut self, mut done: impl FnMut(&str)) {
        if !self.0.is_empty() {
            done(String::from_utf8_lossy(&self.0).trim_end_matches(['\r', '\n']));
            self.0.clear();
        }
    }
}

fn write(call: &mut Call, stream: &Resource<Output>, bytes: &[u8]) {
    let Call { ledger, words, surroundings, .. } = call;
    if stream.rep() == STDERR {
        words.stderr(&String::from_utf8_lossy(bytes));
        surroundings.stderr.write(bytes, |line| ledger.log(line));
    } else {
        surroundings.stdout.write(bytes, |line| ledger.log(line));
    }
}

pub(super) fn link(wasi: &mut Wasi<'_>) -> wasmtime::Result<()> {
    link_output(wasi)?;
    link_input(wasi)?;
    link_poll(wasi)?;
    let mut error = wasi.interface("wasi:io/error")?;
    error.resource::<Error>("error")?;
    error.function("[method]error.to-debug-string", |_: StoreContextMut<'_, Call>, (_,): (Resource<Error>,)| {
        Ok((String::new(),))
    })?;
    for (name, function, stream) in
        [("wasi:cli/stdout", "get-stdout", STDOUT), ("wasi:cli/stderr", "get-stderr", STDERR)]
    {
        let get = move |_: StoreContextMut<'_, Call>, ()| Ok((Resource::<Output>::new_own(stream),));
        wasi.interface(name)?.function(function, get)?;
    }
    let get = |_: StoreContextMut<'_, Call>, ()| Ok((Resource::<Input>::new_own(ONLY),));
    wasi.interface("wasi:cli/stdin")?.function("get-stdin", get)
}

fn link_output(wasi: &mut Wasi<'_>) -> wasmtime::Result<()> {
    type Of = (Resource<Output>,);
    type Bytes = (Resource<Output>, Vec<u8>);
    type Count = (Resource<Output>, u64);
    type Splice = (Resource<Output>, Resource<Input>, u64);

    let mut streams = wasi.interface("wasi:io/streams")?;
    streams.resource::<Output>("output-stream")?;
    streams
        .function("[method]output-stream.check-write", |_: StoreContextMut<'_, Call>, (_,): Of| -> Written<u64> {
            Ok((Ok(WRITE_LIMIT_BYTES),))
        })?;
    for name in ["write", "blocking-write-and-flush"] {
        let put = |mut context: StoreContextMut<'_, Call>, (stream, bytes): Bytes| -> Written<()> {
            write(context.data_mut(), &stream, &bytes);
            Ok((Ok(()),))
        };
        streams.function(&format!("[method]output-stream.{name}"), put)?;
    }
    for name in ["write-zeroes", "blocking-write-zeroes-and-flush"] {
        let refuse = |_: StoreContextMut<'_, Call>, (_, _): Count| -> Written<()> { Ok((Err(StreamError::Closed),)) };
        streams.function(&format!("[method]output-stream.{name}"), refuse)?;
    }
    for name in ["flush", "blocking-flush"] {
        let flush = |_: StoreContextMut<'_, Call>, (_,): Of| -> Written<()> { Ok((Ok(()),)) };
        streams.function(&format!("[method]output-stream.{name}"), flush)?;
    }
    for name in ["splice", "blocking-splice"] {
        let ended =
            |_: StoreContextMut<'_, Call>, (_, _, _): Splice| -> Written<u64> { Ok((Err(StreamError::Closed),)) };
        streams.function(&format!("[method]output-stream.{name}"), ended)?;
    }
    streams.function("[method]output-stream.subscribe", |_: StoreContextMut<'_, Call>, (_,): Of| {
        Ok((Resource::<Pollable>::new_own(ONLY),))
    })
}

fn link_input(wasi: &mut Wasi<'_>) -> wasmtime::Result<()> {
    let mut streams = wasi.interface("wasi:io/streams")?;
    streams.resource::<Input>("input-stream")?;
    for name in ["read", "blocking-read"] {
        let ended = |_: StoreContextMut<'_, Call>, (_, _): (Resource<Input>, u64)| -> Written<Vec<u8>> {
            Ok((Err(StreamError::Closed),))
        };
        streams.function(&format!("[method]input-stream.{name}"), ended)?;
    }
    for name in ["skip", "blocking-skip"] {
        let ended = |_: StoreContextMut<'_, Call>, (_, _): (Resource<Input>, u64)| -> Written<u64> {
            Ok((Err(StreamError::Closed),))
        };
        streams.function(&format!("[method]input-stream.{name}"), ended)?;
    }
    streams.function("[method]input-stream.subscribe", |_: StoreContextMut<'_, Call>, (_,): (Resource<Input>,)| {
        Ok((Resource::<Pollable>::new_own(ONLY),))
    })
}

fn link_poll(wasi: &mut Wasi<'_>) -> wasmtime::Result<()> {
    type Of = (Resource<Pollable>,);
    let mut poll = wasi.interface("wasi:io/poll")?;
    poll.resource::<Pollable>("pollable")?;
    poll.function("[method]pollable.ready", |_: StoreContextMut<'_, Call>, (_,): Of| Ok((true,)))?;
    poll.function("[method]pollable.block", |_: StoreContextMut<'_, Call>, (_,): Of| Ok(()))?;
    poll.function("poll", |_: StoreContextMut<'_, Call>, (list,): (Vec<Resource<Pollable>>,)| {
        let ready: Vec<u32> = (0u32..).zip(&list).map(|(index, _)| index).collect();
        Ok((ready,))
    })
}

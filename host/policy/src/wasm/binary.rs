//! The bytes of a component before anything is compiled: read whole, and made a component when they are a module
//! that has the contract in it.

use std::borrow::Cow;

use wasmparser::types::Types;
use wasmparser::{Parser, Payload, Validator};
use wasmtime::Engine;
use wit_component::ComponentEncoder;

use crate::vocabulary::Wrong;

/// The section of a module in which tools leave the contract that it was built for.
const METADATA_SECTION: &str = "component-type";
/// What the names of the older WASI begin with, which has files and no place here.
const OLD_WASI: &str = "wasi_snapshot_preview1";

/// The bytes of the component in `bytes`.
///
/// # Errors
/// What they are instead, and what to do about it.
pub(super) fn component<'b>(engine: &Engine, bytes: &'b [u8]) -> Result<Cow<'b, [u8]>, Wrong> {
    if Engine::detect_precompiled(bytes).is_some() || bytes.starts_with(b"\x7fELF") {
        return Err(Wrong::new("machine code, which is never taken from outside")
            .hint(Some("publish the component itself; the host compiles it".to_owned())));
    }
    if Parser::is_component(bytes) {
        return Ok(Cow::Borrowed(bytes));
    }
    if Parser::is_core_wasm(bytes) {
        return encode(engine, bytes).map(Cow::Owned);
    }
    let hint = if bytes.trim_ascii_start().starts_with(b"(") {
        "it looks like WebAssembly in text; translate it first, as with `wasm-tools parse`"
    } else {
        "publish what the build of the plugin left as `.wasm`"
    };
    Err(Wrong::new("no WebAssembly").hint(Some(hint.to_owned())))
}

/// Makes a component of a module.
fn encode(engine: &Engine, module: &[u8]) -> Result<Vec<u8>, Wrong> {
    read(engine, module)?;
    if !has_metadata(module) {
        let hint = "build it with the SDK or another binding generator, or say `wasm-tools component embed \
            herald-policy.wit --world policy`";
        return Err(
            Wrong::new("a module that does not say for which contract it was built").hint(Some(hint.to_owned()))
        );
    }
    let encoded = ComponentEncoder::default().module(module).and_then(|encoder| encoder.validate(true).encode());
    encoded.map_err(|error| {
        let error = format!("{error:#}");
        let hint =
            error.contains(OLD_WASI).then(|| "build it for `wasm32-unknown-unknown` or `wasm32-wasip2`".to_owned());
        Wrong::new(format!("a module that makes no component: {error}")).hint(hint)
    })
}

/// Reads all of it with the features that the engine has.
///
/// # Errors
/// The first thing that is no WebAssembly, or one that is not allowed here, and the byte at which it begins.
pub(super) fn read(engine: &Engine, bytes: &[u8]) -> Result<Types, Wrong> {
    Validator::new_with_features(engine.get_wasm_features())
        .validate_all(bytes)
        .map_err(|error| Wrong::new(format!("not valid at byte {}: {}", error.offset(), error.message())))
}

fn has_metadata(module: &[u8]) -> bool {
    Parser::new(0).parse_all(module).flatten().any(|payload| match payload {
        Payload::CustomSection(section) => section.name().starts_with(METADATA_SECTION),
        _ => false,
    })
}

/// The names of what a component imports and exports, in order.
pub(super) fn names(component: &[u8]) -> (Vec<String>, Vec<String>) {
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(component).flatten() {
        match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                imports.extend(section.into_iter().flatten().map(|import| import.name.name.to_owned()));
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                exports.extend(section.into_iter().flatten().map(|export| export.name.name.to_owned()));
            }
            _ => {}
        }
    }
    (imports, exports)
}

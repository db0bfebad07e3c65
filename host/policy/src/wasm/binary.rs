//! The bytes of a component before anything is compiled: read whole, and made a component when they are a module
//! that has the contract in it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::panic::catch_unwind;

use wasmparser::types::Types;
use wasmparser::{Parser, Payload, Validator};
use wasmtime::Engine;
use wit_component::ComponentEncoder;

use super::check;
use super::wasi::Granted;
use crate::vocabulary::Wrong;

/// The section of a module in which tools leave the contract that it was built for.
const METADATA_SECTION: &str = "component-type";

/// The bytes of the component in `bytes`.
///
/// # Errors
/// What they are instead, and what to do about it; of a module that asks for what is not `granted`, each thing.
pub(super) fn component<'b>(engine: &Engine, granted: &Granted, bytes: &'b [u8]) -> Result<Cow<'b, [u8]>, Vec<Wrong>> {
    if Engine::detect_precompiled(bytes).is_some() || bytes.starts_with(b"\x7fELF") {
        return Err(vec![
            Wrong::new("machine code, which is never taken from outside")
                .hint(Some("publish the component itself; the host compiles it".to_owned())),
        ]);
    }
    if Parser::is_component(bytes) {
        return Ok(Cow::Borrowed(bytes));
    }
    if Parser::is_core_wasm(bytes) {
        return encode(engine, granted, bytes).map(Cow::Owned);
    }
    let hint = if bytes.trim_ascii_start().starts_with(b"(") {
        "it looks like WebAssembly in text; translate it first, as with `wasm-tools parse`"
    } else {
        "publish what the build of the plugin left as `.wasm`"
    };
    Err(vec![Wrong::new("no WebAssembly").hint(Some(hint.to_owned()))])
}

/// Makes a component of a module.
fn encode(engine: &Engine, granted: &Granted, module: &[u8]) -> Result<Vec<u8>, Vec<Wrong>> {
    read(engine, module).map_err(|wrong| vec![wrong])?;
    if !has_metadata(module) {
        let hint = "build it with the SDK or another binding generator, or say `wasm-tools component embed \
            herald-policy.wit --world policy`";
        let wrong = Wrong::new("a module that does not say for which contract it was built");
        return Err(vec![wrong.hint(Some(hint.to_owned()))]);
    }
    // The encoder was written for the output of compilers; what else one may hand it is not its first concern.
    let encode = || ComponentEncoder::default().module(module).and_then(|encoder| encoder.validate(true).encode());
    let encoded = catch_unwind(encode).map_err(|_| vec![Wrong::new("a module that makes no component")])?;
    encoded.map_err(|error| {
        // The encoder tells one reason of several.
        let mut wrong = check::differences_of_module(&imported(module), &exported(module), granted);
        wrong.push(Wrong::new(format!("a module that makes no component: {error:#}")));
        wrong
    })
}

/// What a module imports, by interface and name.
fn imported(module: &[u8]) -> BTreeSet<(&str, &str)> {
    let sections = Parser::new(0).parse_all(module).flatten().filter_map(|payload| match payload {
        Payload::ImportSection(section) => Some(section),
        _ => None,
    });
    let imports = sections.flat_map(|section| section.into_imports().flatten());
    imports.map(|import| (import.module, import.name)).collect()
}

/// What a module exports, by name.
fn exported(module: &[u8]) -> BTreeSet<&str> {
    let sections = Parser::new(0).parse_all(module).flatten().filter_map(|payload| match payload {
        Payload::ExportSection(section) => Some(section),
        _ => None,
    });
    sections.flatten().flatten().map(|export| export.name).collect()
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

//! Guests in the text format of WebAssembly, made what the host takes as a component.
//!
//! A text is either a whole `(component …)`; or `(module binary …)`, bytes that go in as they are; or the fields of a
//! core module. What these leave out of a guest is added, and the contract, so that the host makes a component of them.
//! At address 0 of a guest's memory lies an empty plan; from 1,024 to 4,095 the memory is its own.

use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::Failure;

const CONTRACT: &str = include_str!("../../sdk/wit/herald-policy.wit");
/// The part of WASI that hostile guests use.
const WASI: &str = "
    package wasi:cli@0.2.9 {
        interface environment { get-environment: func() -> list<tuple<string, string>>; }
        interface exit { exit: func(status: result); }
    }
    package wasi:clocks@0.2.9 {
        interface wall-clock { record datetime { seconds: u64, nanoseconds: u32 } now: func() -> datetime; }
    }
    package wasi:random@0.2.9 {
        interface random { get-random-u64: func() -> u64; get-random-bytes: func(len: u64) -> list<u8>; }
    }
";
const WASI_IMPORTS: &str = "import host; import wasi:cli/environment@0.2.9; import wasi:cli/exit@0.2.9; \
    import wasi:clocks/wall-clock@0.2.9; import wasi:random/random@0.2.9;";
/// What a guest needs, by the name of its export.
const FIELDS: [(&str, &str); 6] = [
    ("memory", r#"(memory (export "memory") 4)"#),
    (
        "cabi_realloc",
        r#"(global $next (mut i32) (i32.const 4096))
           (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
               (local $at i32)
               (local.set $at (i32.and
                   (i32.add (global.get $next) (i32.sub (local.get 2) (i32.const 1)))
                   (i32.sub (i32.const 0) (local.get 2))))
               (global.set $next (i32.add (local.get $at) (local.get 3)))
               (local.get $at))"#,
    ),
    (
        "herald:policy/hooks@1.0.0#route",
        r#"(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32) (i32.const 0))"#,
    ),
    (
        "herald:policy/hooks@1.0.0#approve",
        r#"(func (export "herald:policy/hooks@1.0.0#approve") (param i32) (result i32) (i32.const 0))"#,
    ),
    (
        "herald:policy/hooks@1.0.0#escalate",
        r#"(func (export "herald:policy/hooks@1.0.0#escalate") (param i32) (result i32) (i32.const 0))"#,
    ),
    (
        "herald:policy/hooks@1.0.0#validate-settings",
        r#"(func (export "herald:policy/hooks@1.0.0#validate-settings") (param i32 i32) (result i32) (i32.const 0))"#,
    ),
];

/// The bytes of the guest that `source` describes. Lines that begin with `;;` are comments.
///
/// # Errors
/// What is wrong with the text.
pub fn binary(source: &str) -> Result<Vec<u8>, Failure> {
    let begins =
        |with: &str| source.lines().find(|line| !line.starts_with(";;")).is_some_and(|it| it.starts_with(with));
    if begins("(component") || begins("(module binary") {
        Ok(wat::parse_str(source)?)
    } else {
        module(wat::parse_str(whole(source))?)
    }
}

/// A module of `fields` and those that they leave out.
fn whole(fields: &str) -> String {
    let is_missing = |(name, _): &&(&str, &str)| !fields.contains(&format!("(export \"{name}\""));
    let added: String = FIELDS.iter().filter(is_missing).map(|(_, text)| *text).collect();
    format!("(module {fields}\n{added})")
}

/// The module with the contract in it, and as much of WASI as it asks for.
fn module(mut module: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let mut resolve = Resolve::default();
    let contract = CONTRACT.replace("import host;", WASI_IMPORTS) + WASI;
    let package = resolve.push_str("herald-policy.wit", &contract)?;
    let world = resolve.select_world(&[package], Some("policy"))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    Ok(module)
}

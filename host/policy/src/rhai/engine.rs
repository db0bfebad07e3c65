//! The engine that runs all scripts: what the language has, and how far it goes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use ::rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicFnPackage, BasicIteratorPackage, BasicMapPackage, BasicMathPackage,
    BasicStringPackage, LogicPackage, MoreStringPackage, Package,
};
use ::rhai::{Engine, Module, OptimizationLevel};

use super::api::{Api, Verb};
use super::{chain, compare, contain, host, message, meter, plan, table, time};

/// How deep functions may call each other.
const CALL_DEPTH_LIMIT: usize = 32;
/// How deep expressions may nest.
const EXPRESSION_DEPTH_LIMIT: usize = 64;
/// Bytes of a text, and of all texts in a list or map together.
pub(super) const TEXT_LIMIT_BYTES: usize = 256 * 1_024;
/// Elements of a list, those of lists within it included.
pub(super) const LIST_LIMIT: usize = 10_000;
/// Entries of a map, those of maps within it included.
///
/// The engine does not compare an entry put in by `map[key] = …`, or what is put into a part of a list or map,
/// before the whole is next used: until then the operations, the time and the memory limit bound it.
pub(super) const MAP_LIMIT: usize = 10_000;
/// How deep lists and maps may lie in each other when they are written out or compared.
pub(super) const VALUE_DEPTH_LIMIT: usize = 64;
/// Variables in sight at once.
const VARIABLE_LIMIT: usize = 256;
/// Functions of a script.
const FUNCTION_LIMIT: usize = 256;

/// Words of the language that policies do without: they reach beyond the call, or write where nobody reads.
pub(super) const DISABLED: [&str; 8] = ["eval", "import", "export", "print", "debug", "Fn", "is_def_fn", "is_def_var"];

/// The engine, and what it offers.
pub(super) struct Runtime {
    pub(super) engine: Engine,
    /// What Herald added, described.
    pub(super) verbs: Vec<Verb>,
    /// Every function by name, with the numbers of arguments it takes, what stands before the dot included.
    pub(super) functions: BTreeMap<String, BTreeSet<usize>>,
}

thread_local! {
    /// What a thread runs scripts with. The engine counts references to a function for each of its calls, and threads
    /// that shared one would write to the same counters.
    pub(super) static ENGINE: Engine = build().engine;
}

/// What the program checks and compiles scripts with.
pub(super) fn runtime() -> &'static Runtime {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(build);
    &RUNTIME
}

fn build() -> Runtime {
    let mut engine = Engine::new_raw();
    // Neither the core package (`sleep`, `exit`) nor the times, blobs and bit fields of the standard one. As one
    // module: the engine looks a function up in one after the other.
    let mut library = Module::new();
    for package in [
        ArithmeticPackage::new().as_shared_module(),
        LogicPackage::new().as_shared_module(),
        BasicMathPackage::new().as_shared_module(),
        BasicStringPackage::new().as_shared_module(),
        MoreStringPackage::new().as_shared_module(),
        BasicArrayPackage::new().as_shared_module(),
        BasicMapPackage::new().as_shared_module(),
        BasicIteratorPackage::new().as_shared_module(),
        BasicFnPackage::new().as_shared_module(),
    ] {
        library.combine(Module::clone(&package));
    }
    engine.register_global_module(library.into());
    limit(&mut engine);
    contain::register(&mut engine);
    compare::register(&mut engine);
    let mut api = Api { engine, verbs: Vec::new() };
    message::register(&mut api);
    plan::register(&mut api);
    chain::register(&mut api);
    time::register(&mut api);
    host::register(&mut api);
    table::register(&mut api);
    let Api { engine, verbs } = api;
    let functions = functions(&engine);
    Runtime { engine, verbs, functions }
}

fn limit(engine: &mut Engine) {
    engine
        .set_strict_variables(true)
        .set_fail_on_invalid_map_property(true)
        // The check looks at the script as written; what runs is optimised afterwards.
        .set_optimization_level(OptimizationLevel::None)
        .set_max_call_levels(CALL_DEPTH_LIMIT)
        .set_max_expr_depths(EXPRESSION_DEPTH_LIMIT, EXPRESSION_DEPTH_LIMIT)
        .set_max_string_size(TEXT_LIMIT_BYTES)
        .set_max_array_size(LIST_LIMIT)
        .set_max_map_size(MAP_LIMIT)
        .set_max_variables(VARIABLE_LIMIT)
        .set_max_functions(FUNCTION_LIMIT)
        .set_max_modules(0)
        // Its lock is shared by all evaluations, and waiting for it sleeps.
        .set_max_strings_interned(0)
        // Operations are counted by the meter, which does not begin again inside callbacks.
        .on_progress(|_| meter::tick());
    for word in DISABLED {
        engine.disable_symbol(word);
    }
}

/// The functions of the engine, from its own metadata.
fn functions(engine: &Engine) -> BTreeMap<String, BTreeSet<usize>> {
    #[derive(serde::Deserialize)]
    struct Metadata {
        functions: Vec<Function>,
    }
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Function {
        name: String,
        num_params: usize,
    }
    let metadata = engine.gen_fn_metadata_to_json(true).unwrap_or_default();
    let metadata = serde_json::from_str(&metadata).unwrap_or(Metadata { functions: Vec::new() });
    let mut functions: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for Function { name, num_params } in metadata.functions {
        functions.entry(name).or_default().insert(num_params);
    }
    functions.remove("pad");
    functions
}

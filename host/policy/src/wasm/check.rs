//! Compares a component with the contract: what it imports with what is granted, what it exports with what is
//! called, by name and by type. Everything that differs is named, not only the first.

use std::collections::BTreeSet;

use herald_core::nearest::did_you_mean;
use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::Types;

use super::binary::names;
use super::contract::{Contract, Functions, functions, short};
use super::v1;
use super::wasi::Granted;
use crate::vocabulary::{Wrong, one_of, unknown};

/// The package of the contract.
const PACKAGE: &str = "herald:policy";
/// How many differences are told; and how many sentences, where a component says itself what is wrong.
pub(super) const SHOWN: usize = 24;
/// How many of a component's exports are told when the wanted one is not among them.
const EXPORTS_SHOWN: usize = 8;
/// The versions of the contract that this host knows.
const VERSIONS: [&str; 1] = [v1::VERSION];
/// The version of WASI of which a part is granted; of its patches, any.
const WASI_VERSION: &str = "0.2.";
/// What a program for the WASI before that imports.
const OLD_WASI: &str = "wasi_snapshot_preview1";
/// What to do about a function of the contract that is not as it is there.
const GENERATE: &str = "generate its bindings from the host's `herald-policy.wit`";

/// Everything in which the component in `bytes`, of these `types`, differs from the contract and from what of WASI is
/// `granted`.
pub(super) fn differences(bytes: &[u8], types: &Types, granted: &Granted) -> Vec<Wrong> {
    let contract = match v1::contract() {
        Ok(contract) => contract,
        Err(why) => return vec![Wrong::new(why)],
    };
    let (imports, exports) = names(bytes);
    let check = Check { contract, types, granted };
    let imported = imports.iter().flat_map(|name| check.import(name));
    few(imported.chain(check.exported(&exports)))
}

/// The first of them; a component may have a million.
fn few(wrong: impl Iterator<Item = Wrong>) -> Vec<Wrong> {
    let mut wrong: Vec<_> = wrong.take(SHOWN + 1).collect();
    if wrong.len() > SHOWN {
        wrong.truncate(SHOWN);
        wrong.push(Wrong::new("it differs in more than that; mend these first"));
    }
    wrong
}

/// Everything that a module `imports`, by interface and function, and no component may; and every hook that is not among
/// its `exports`. Their types are compared once there is a component.
pub(super) fn differences_of_module(
    imports: &BTreeSet<(&str, &str)>,
    exports: &BTreeSet<&str>,
    granted: &Granted,
) -> Vec<Wrong> {
    let Ok(contract) = v1::contract() else { return Vec::new() };
    let known = known(contract, granted);
    // Of names that an encoder makes up itself, as of a resource's destructor, its own error tells.
    let own = |name: &str| !name.starts_with(['$', '[']) && !name.contains('|');
    let interfaces: BTreeSet<_> = imports.iter().map(|(interface, _)| *interface).collect();
    let foreign = interfaces.into_iter().filter(|name| own(name) && !known.contains(&without_version(name)));
    let foreign = foreign.map(|name| not_granted(name, &known));
    let strange = imports.iter().filter(|(_, function)| own(function) || function.starts_with("[method]"));
    let strange = strange.filter_map(|(interface, function)| match granted.functions(without_version(interface)) {
        Some(granted) => (!granted.contains(*function)).then(|| function_not_granted(interface, function, granted)),
        None => {
            let ours = contract.functions(interface);
            let is_strange = !ours.is_empty() && !ours.iter().any(|(known, _)| known == function);
            is_strange.then(|| no_function(interface, function, &ours))
        }
    });
    // By another convention the names are others, of which the encoder's own error tells.
    let names_hooks = !exports.iter().any(|name| name.contains('|'));
    let wanted = contract.exports().filter(|_| names_hooks);
    let hooks = wanted.flat_map(|wanted| contract.functions(wanted).into_iter().map(move |(hook, _)| (wanted, hook)));
    let missing = hooks.filter(|(wanted, hook)| !exports.contains(format!("{wanted}#{hook}").as_str()));
    few(foreign.chain(strange).chain(missing.map(|(wanted, hook)| no_hook(wanted, hook))))
}

/// What a component is compared with, and its own types.
struct Check<'c> {
    contract: &'c Contract,
    types: &'c Types,
    granted: &'c Granted,
}

impl Check<'_> {
    fn import(&self, name: &str) -> Vec<Wrong> {
        let interface = without_version(name);
        let wrong = if let Some(granted) = self.granted.functions(interface) {
            self.import_of_wasi(name, granted)
        } else if self.contract.imports().any(|known| without_version(known) == interface) {
            self.import_of_contract(name)
        } else {
            Err(not_granted(name, &known(self.contract, self.granted)))
        };
        wrong.unwrap_or_else(|wrong| vec![wrong])
    }

    fn import_of_wasi(&self, name: &str, granted: &BTreeSet<String>) -> Result<Vec<Wrong>, Wrong> {
        if !version(name).starts_with(WASI_VERSION) {
            return Err(Wrong::new(format!("it imports `{name}`, and only version 0.2 of WASI is there")));
        }
        let theirs = self.imported(name)?;
        let strange = theirs.iter().filter(|(function, _)| !granted.contains(*function));
        let wrong = |(function, _): &(&str, _)| function_not_granted(name, function, granted);
        Ok(strange.take(SHOWN + 1).map(wrong).collect())
    }

    fn import_of_contract(&self, name: &str) -> Result<Vec<Wrong>, Wrong> {
        if !VERSIONS.contains(&version(name)) {
            return Err(unsupported(name));
        }
        let theirs = self.imported(name)?;
        let ours = self.contract.functions(name);
        let wrong = theirs.iter().filter_map(|(function, theirs)| {
            let Some((_, ours)) = ours.iter().find(|(known, _)| known == function) else {
                return Some(no_function(name, function, &ours));
            };
            let difference = self.contract.difference(ours, theirs, self.types)?;
            Some(differs(&format!("it imports `{function}` of `{name}`"), &difference))
        });
        Ok(wrong.take(SHOWN + 1).collect())
    }

    /// The functions of an interface that it imports.
    fn imported(&self, name: &str) -> Result<Functions<'_>, Wrong> {
        match self.types.component_item_for_import(name).map(|item| item.ty) {
            Some(item @ ComponentEntityType::Instance(_)) => Ok(functions(item, self.types)),
            _ => Err(Wrong::new(format!("it imports `{name}` as something other than an interface"))),
        }
    }

    fn exported(&self, exports: &[String]) -> Vec<Wrong> {
        let wanted: Vec<&str> = self.contract.exports().collect();
        wanted.into_iter().flat_map(|wanted| self.export(wanted, exports)).collect()
    }

    fn export(&self, wanted: &str, exports: &[String]) -> Vec<Wrong> {
        let same = |name: &&String| without_version(name) == without_version(wanted);
        if !exports.iter().any(|name| name == wanted) {
            let others: Vec<_> = exports.iter().filter(same).map(|name| unsupported(name)).collect();
            if !others.is_empty() {
                return others;
            }
            let few = exports
                .iter()
                .take(EXPORTS_SHOWN)
                .map(|name| format!("`{}`", short(name)))
                .collect::<Vec<_>>()
                .join(", ");
            let hint = (!few.is_empty()).then(|| format!("it exports {few}"));
            return vec![
                Wrong::new(format!("it does not export `{wanted}`, by which its hooks are called")).hint(hint),
            ];
        }
        let item = self.types.component_item_for_export(wanted).map(|item| item.ty);
        let theirs = item.map(|item| functions(item, self.types)).unwrap_or_default();
        let wrong = self.contract.functions(wanted).into_iter().filter_map(|(hook, ours)| {
            let Some((_, theirs)) = theirs.iter().find(|(function, _)| *function == hook) else {
                return Some(no_hook(wanted, hook));
            };
            let difference = self.contract.difference(ours, theirs, self.types)?;
            Some(differs(&format!("its `{hook}` does not take or return what the contract says"), &difference))
        });
        wrong.collect()
    }
}

/// The interfaces that a component may import, in order.
fn known<'a>(contract: &'a Contract, granted: &'a Granted) -> Vec<&'a str> {
    let mut known: Vec<_> = contract.imports().map(without_version).chain(granted.interfaces()).collect();
    known.sort_unstable();
    known
}

fn without_version(name: &str) -> &str {
    name.split_once('@').map_or(name, |(interface, _)| interface)
}

fn version(name: &str) -> &str {
    name.split_once('@').map_or("", |(_, version)| version)
}

fn not_granted(name: &str, known: &[&str]) -> Wrong {
    let interface = without_version(name);
    let hint = did_you_mean(short(interface), known.iter().copied()).unwrap_or_else(|| {
        if interface == OLD_WASI {
            return "build it for `wasm32-unknown-unknown` or `wasm32-wasip2`".to_owned();
        }
        if interface.starts_with("wasi:") {
            return "a policy has no files, no network, no environment; leave out what needs them".to_owned();
        }
        let own: Vec<_> =
            known.iter().filter(|name| name.starts_with(PACKAGE)).map(|name| format!("`{name}`")).collect();
        format!("a policy may import {} and the harmless part of WASI", own.join(", "))
    });
    Wrong::new(format!("it imports `{}`, which is not granted", short(name))).hint(Some(hint))
}

fn function_not_granted(interface: &str, function: &str, granted: &BTreeSet<String>) -> Wrong {
    Wrong::new(format!("it imports `{}` of `{}`, which is not granted", short(function), short(interface)))
        .hint(did_you_mean(short(function), granted.iter().map(String::as_str)))
}

fn no_function(interface: &str, function: &str, ours: &Functions<'_>) -> Wrong {
    let mut wrong = unknown("function", short(function), ours.iter().map(|(known, _)| *known));
    wrong.message = format!("it imports `{}` of `{interface}`, which has none of that name", short(function));
    wrong
}

fn no_hook(wanted: &str, hook: &str) -> Wrong {
    Wrong::new(format!("its `{wanted}` has no function `{hook}`"))
}

fn unsupported(name: &str) -> Wrong {
    let versions = VERSIONS.map(|version| format!("{PACKAGE}@{version}"));
    Wrong::new(format!("it is built for `{name}`, a version of the contract that this host does not know"))
        .hint(Some(format!("build it for {}", one_of(versions.iter().map(String::as_str)))))
}

fn differs(what: &str, difference: &str) -> Wrong {
    Wrong::new(format!("{what}: {difference}")).hint(Some(GENERATE.to_owned()))
}

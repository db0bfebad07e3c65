//! Compares a component with the contract: what it imports with what is granted, what it exports with what is
//! called. Everything that differs is named, not only the first.

use herald_core::nearest::did_you_mean;
use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::Types;

use super::binary::names;
use super::{v1, wasi};
use crate::vocabulary::{Wrong, one_of, unknown};

/// The package of the contract.
const PACKAGE: &str = "herald:policy";
/// The interfaces of the contract that a guest may import, and their functions.
const IMPORTS: [(&str, &[&str]); 2] =
    [("herald:policy/host", &["add-working-time", "log", "lookup", "resolve", "tier"]), ("herald:policy/types", &[])];
/// The interface that a guest exports, and its functions.
const EXPORT: (&str, &[&str]) = ("herald:policy/hooks", &["approve", "escalate", "route", "validate-settings"]);
/// How many of a component's exports are told when the wanted one is not among them.
const EXPORTS_SHOWN: usize = 8;
/// The versions of the contract that this host knows.
const VERSIONS: [&str; 1] = [v1::VERSION];
/// The version of WASI of which a part is granted; of its patches, any.
const WASI_VERSION: &str = "0.2.";

/// Everything in which the component in `bytes`, of these `types`, differs from the contract.
pub(super) fn differences(bytes: &[u8], types: &Types) -> Vec<Wrong> {
    let (imports, exports) = names(bytes);
    let mut wrong: Vec<Wrong> = imports.iter().flat_map(|name| import(name, types)).collect();
    wrong.extend(exported(&exports, types));
    wrong
}

fn import(name: &str, types: &Types) -> Vec<Wrong> {
    let (interface, version) = name.split_once('@').unwrap_or((name, ""));
    let is_wasi = interface.starts_with("wasi:");
    if let Some((_, functions)) = IMPORTS.iter().find(|(known, _)| *known == interface) {
        if !VERSIONS.contains(&version) {
            return vec![unsupported(name)];
        }
        let item = types.component_item_for_import(name).map(|item| item.ty);
        if !matches!(item, Some(ComponentEntityType::Instance(_))) {
            return vec![Wrong::new(format!("it imports `{name}` as something other than an interface"))];
        }
        let found = item.map(|item| functions_of(item, types)).unwrap_or_default();
        let strange = found.into_iter().filter(|function| !functions.contains(&function.as_str()));
        return strange
            .map(|function| {
                let mut wrong = unknown("function", &function, functions.iter().copied());
                wrong.message = format!("it imports `{function}` of `{name}`, which has none of that name");
                wrong
            })
            .collect();
    }
    if wasi::INTERFACES.contains(&interface) {
        return if version.starts_with(WASI_VERSION) {
            Vec::new()
        } else {
            vec![Wrong::new(format!("it imports `{name}`, and only version 0.2 of WASI is there"))]
        };
    }
    let known = IMPORTS.iter().map(|(name, _)| *name).chain(wasi::INTERFACES);
    let hint = did_you_mean(interface, known.clone()).or_else(|| {
        Some(if is_wasi {
            "a policy has no files, no network, no environment; leave out what needs them".to_owned()
        } else {
            format!(
                "a policy may import `{}` and the harmless part of WASI",
                IMPORTS.map(|(name, _)| name).join("`, `")
            )
        })
    });
    vec![Wrong::new(format!("it imports `{name}`, which is not granted")).hint(hint)]
}

fn exported(exports: &[String], types: &Types) -> Vec<Wrong> {
    let (interface, hooks) = EXPORT;
    let is_of = |name: &&String| name.split_once('@').unwrap_or((name, "")).0 == interface;
    let is_supported = |name: &&String| VERSIONS.iter().any(|version| name.ends_with(&format!("@{version}")));
    let of_interface: Vec<_> = exports.iter().filter(is_of).collect();
    let Some(name) = of_interface.iter().copied().find(|name| is_supported(name)) else {
        if !of_interface.is_empty() {
            return of_interface.into_iter().map(|name| unsupported(name)).collect();
        }
        let wanted = format!("{interface}@{}", v1::VERSION);
        let few = exports.iter().take(EXPORTS_SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let hint = (!few.is_empty()).then(|| format!("it exports {few}"));
        return vec![Wrong::new(format!("it does not export `{wanted}`, by which its hooks are called")).hint(hint)];
    };
    let item = types.component_item_for_export(name).map(|item| item.ty);
    let found = item.map(|item| functions_of(item, types)).unwrap_or_default();
    let missing = hooks.iter().filter(|hook| !found.iter().any(|function| function == *hook));
    missing.map(|hook| Wrong::new(format!("its `{name}` has no function `{hook}`"))).collect()
}

fn unsupported(name: &str) -> Wrong {
    let versions = VERSIONS.map(|version| format!("{PACKAGE}@{version}"));
    Wrong::new(format!("it is built for `{name}`, a version of the contract that this host does not know"))
        .hint(Some(format!("build it for {}", one_of(versions.iter().map(String::as_str)))))
}

fn functions_of(item: ComponentEntityType, types: &Types) -> Vec<String> {
    let ComponentEntityType::Instance(instance) = item else { return Vec::new() };
    let exports = types.as_ref().get(instance).map(|instance| &instance.exports);
    let functions = exports.into_iter().flatten().filter(|(_, item)| matches!(item.ty, ComponentEntityType::Func(_)));
    functions.map(|(name, _)| name.clone()).collect()
}

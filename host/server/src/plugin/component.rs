//! What a compiler made, as a component, and what is in it.

use serde::Serialize;
use wit_component::{ComponentEncoder, DecodedWasm};

use super::PluginError;

/// The interface that a policy exports; its version follows.
const HOOKS: &str = "herald:policy/hooks@";

/// What is in a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Component {
    /// Its size in bytes.
    pub bytes: usize,
    /// The interfaces that it asks of the host, sorted.
    pub imports: Vec<String>,
    /// The interfaces that it offers, sorted.
    pub exports: Vec<String>,
}

impl Component {
    /// Reads what a compiler made: a component, or a core module with component metadata, which is made one.
    /// Returns the component with what is in it. Whether the host grants its imports is seen when it is checked.
    pub(super) fn read(bytes: Vec<u8>) -> Result<(Vec<u8>, Self), PluginError> {
        let wrong = |error: &dyn std::fmt::Display| PluginError::Component(error.to_string());
        let bytes = if wasmparser::Parser::is_component(&bytes) { bytes } else { encode(&bytes)? };
        let DecodedWasm::Component(resolve, world) = wit_component::decode(&bytes).map_err(|error| wrong(&error))?
        else {
            return Err(wrong(&"it is a package of interfaces; build a component"));
        };
        let world = resolve.worlds.get(world).ok_or_else(|| wrong(&"it has no world"))?;
        let names = |keys: &mut dyn Iterator<Item = String>| {
            let mut names: Vec<_> = keys.collect();
            names.sort();
            names
        };
        let imports = names(&mut world.imports.keys().map(|key| resolve.name_world_key(key)));
        let exports = names(&mut world.exports.keys().map(|key| resolve.name_world_key(key)));
        if !exports.iter().any(|export| export.starts_with(HOOKS)) {
            return Err(wrong(&format!("it does not export `{HOOKS}…`, but `{}`", exports.join("`, `"))));
        }
        let size = bytes.len();
        Ok((bytes, Self { bytes: size, imports, exports }))
    }
}

fn encode(module: &[u8]) -> Result<Vec<u8>, PluginError> {
    let encoded = ComponentEncoder::default().validate(true).module(module).and_then(|mut encoder| encoder.encode());
    encoded.map_err(|error| PluginError::Component(format!("{error:#}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], said: &str) {
        let error = Component::read(bytes.to_vec()).unwrap_err().to_string();
        assert!(error.starts_with("what was built is no policy: ") && error.contains(said), "{error}");
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        check(b"", "");
        // The smallest core module, which says nothing of an interface, and the smallest component.
        check(b"\0asm\x01\0\0\0", "");
        check(b"\0asm\x0d\0\x01\0", "does not export `herald:policy/hooks@");
    }
}

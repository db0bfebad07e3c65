//! The contract as types, and in what a function of a component differs from its own there.

use wasmparser::collections::IndexMap;
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentEntityType, ComponentFuncType, ComponentType, ComponentValType,
};
use wasmparser::names::KebabString;
use wasmparser::types::{Types, TypesRef};
use wasmparser::{Validator, WasmFeatures};
use wit_parser::Resolve;

/// How many differences of one function are told.
const SHOWN: usize = 8;
/// How much of a name is told, in bytes: a component's own may have 100,000.
const NAME_SHOWN_BYTES: usize = 100;

/// A version of the contract, read from its file.
pub(super) struct Contract {
    types: Types,
    world: ComponentType,
}

impl Contract {
    /// Reads the world `policy` of the contract in `wit`.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub(super) fn read(wit: &str) -> Result<Self, String> {
        let said = |error: &dyn std::fmt::Display| format!("the contract cannot be read: {error:#}");
        let mut resolve = Resolve::default();
        let package = resolve.push_str("herald-policy.wit", wit).map_err(|error| said(&error))?;
        let encoded = wit_component::encode(&resolve, package).map_err(|error| said(&error))?;
        let types = Validator::new_with_features(WasmFeatures::all()).validate_all(&encoded);
        let types = types.map_err(|error| said(&error))?;
        let world = world(&types).ok_or("the contract cannot be read: it has no world `policy`")?.clone();
        Ok(Self { types, world })
    }

    /// The names of the interfaces that a component may import.
    pub(super) fn imports(&self) -> impl Iterator<Item = &str> {
        self.world.imports.keys().map(String::as_str)
    }

    /// The names of the interfaces that it exports.
    pub(super) fn exports(&self) -> impl Iterator<Item = &str> {
        self.world.exports.keys().map(String::as_str)
    }

    /// The functions of an interface of the contract, by name.
    pub(super) fn functions(&self, interface: &str) -> Functions<'_> {
        let item = self.world.imports.get(interface).or_else(|| self.world.exports.get(interface));
        item.map(|item| functions(item.ty, &self.types)).unwrap_or_default()
    }

    /// In what `theirs`, of a component of these `types`, differs from `ours`, in a few words; `None` if in nothing.
    pub(super) fn difference(
        &self,
        ours: &ComponentFuncType,
        theirs: &ComponentFuncType,
        types: &Types,
    ) -> Option<String> {
        let mut comparison =
            Comparison { ours: self.types.as_ref(), theirs: types.as_ref(), count: 0, shown: Vec::new() };
        comparison.functions(ours, theirs);
        comparison.told()
    }
}

/// The world, which a package in binary keeps as a component in a component.
fn world(types: &Types) -> Option<&ComponentType> {
    let ComponentEntityType::Type { referenced: ComponentAnyTypeId::Component(outer), .. } =
        types.component_item_for_export("policy")?.ty
    else {
        return None;
    };
    let (_, inner) = types.as_ref().get(outer)?.exports.iter().next()?;
    let ComponentEntityType::Component(inner) = inner.ty else { return None };
    types.as_ref().get(inner)
}

/// Functions of an interface, by name.
pub(super) type Functions<'t> = Vec<(&'t str, &'t ComponentFuncType)>;

/// The functions of the interface `item`.
pub(super) fn functions(item: ComponentEntityType, types: &Types) -> Functions<'_> {
    let ComponentEntityType::Instance(instance) = item else { return Vec::new() };
    let exports = types.as_ref().get(instance).map(|instance| &instance.exports);
    let functions = exports.into_iter().flatten().filter_map(|(name, item)| match item.ty {
        ComponentEntityType::Func(function) => Some((name.as_str(), types.as_ref().get(function)?)),
        _ => None,
    });
    functions.collect()
}

/// Our types beside theirs. It goes no deeper than ours do, whatever theirs are.
struct Comparison<'t> {
    ours: TypesRef<'t>,
    theirs: TypesRef<'t>,
    /// How many differences there are.
    count: usize,
    /// The first of them: a place in the function, and what is otherwise there.
    shown: Vec<String>,
}

/// A type with what it is made of.
enum Shape<'t> {
    Plain(String),
    Compound(&'t ComponentDefinedType),
}

impl<'t> Shape<'t> {
    fn of(value: ComponentValType, types: TypesRef<'t>) -> Self {
        match value {
            ComponentValType::Primitive(primitive) => Self::Plain(primitive.to_string()),
            ComponentValType::Type(id) => match types.get(id) {
                Some(ComponentDefinedType::Primitive(primitive)) => Self::Plain(primitive.to_string()),
                Some(defined) => Self::Compound(defined),
                None => Self::Plain("type that nobody declared".to_owned()),
            },
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Plain(name) => name,
            Self::Compound(defined) => match defined {
                ComponentDefinedType::Primitive(_) => "plain value",
                ComponentDefinedType::Record(_) => "record",
                ComponentDefinedType::Variant(_) => "variant",
                ComponentDefinedType::List { .. } => "list",
                ComponentDefinedType::Map { .. } => "map",
                ComponentDefinedType::FixedLengthList { .. } => "list of fixed length",
                ComponentDefinedType::Tuple(_) => "tuple",
                ComponentDefinedType::Flags(_) => "set of flags",
                ComponentDefinedType::Enum(_) => "enum",
                ComponentDefinedType::Option { .. } => "option",
                ComponentDefinedType::Result { .. } => "result",
                ComponentDefinedType::Own(_) | ComponentDefinedType::Borrow(_) => "resource",
                ComponentDefinedType::Future { .. } => "future",
                ComponentDefinedType::Stream { .. } => "stream",
            },
        }
    }
}

impl Comparison<'_> {
    fn note(&mut self, difference: impl FnOnce() -> String) {
        self.count += 1;
        if self.shown.len() < SHOWN {
            self.shown.push(difference());
        }
    }

    fn told(&self) -> Option<String> {
        let shown = self.shown.join("; ");
        match self.count.saturating_sub(self.shown.len()) {
            0 => (self.count > 0).then_some(shown),
            more => Some(format!("{shown}; and {more} more")),
        }
    }

    fn functions(&mut self, ours: &ComponentFuncType, theirs: &ComponentFuncType) {
        if theirs.async_ != ours.async_ {
            self.note(|| "it is `async`".to_owned());
        }
        if theirs.params.len() != ours.params.len() {
            self.note(|| format!("it takes {} values instead of {}", theirs.params.len(), ours.params.len()));
        }
        for ((name, ours), (_, theirs)) in ours.params.iter().zip(&theirs.params) {
            self.values(name.as_str(), *ours, *theirs);
        }
        self.optional("result", ours.result, theirs.result);
    }

    fn optional(&mut self, at: &str, ours: Option<ComponentValType>, theirs: Option<ComponentValType>) {
        match (ours, theirs) {
            (Some(ours), Some(theirs)) => self.values(at, ours, theirs),
            (Some(_), None) => self.note(|| format!("`{at}` is missing")),
            (None, Some(_)) => self.note(|| format!("`{at}` is too much")),
            (None, None) => {}
        }
    }

    fn values(&mut self, at: &str, ours: ComponentValType, theirs: ComponentValType) {
        let (our_shape, their_shape) = (Shape::of(ours, self.ours), Shape::of(theirs, self.theirs));
        if let (Shape::Compound(ours), Shape::Compound(theirs)) = (&our_shape, &their_shape)
            && self.compounds(at, ours, theirs)
        {
            return;
        }
        let (ours, theirs) = (our_shape.name(), their_shape.name());
        let is_same = matches!((&our_shape, &their_shape), (Shape::Plain(_), Shape::Plain(_))) && ours == theirs;
        if !is_same {
            self.note(|| format!("`{at}` is `{theirs}` instead of `{ours}`"));
        }
    }

    /// Compares what two compound types are made of; `false` if they are not of one kind.
    fn compounds(&mut self, at: &str, ours: &ComponentDefinedType, theirs: &ComponentDefinedType) -> bool {
        use ComponentDefinedType::{Enum, Flags, List, Option, Record, Result, Tuple, Variant};
        match (ours, theirs) {
            (Record(ours), Record(theirs)) => {
                self.names(at, "field", &names(ours.fields.keys()), &names(theirs.fields.keys()));
                for (name, ours) in &ours.fields {
                    if let Some(theirs) = named(&theirs.fields, name) {
                        self.values(&format!("{at}.{name}"), *ours, *theirs);
                    }
                }
            }
            (Variant(ours), Variant(theirs)) => {
                self.names(at, "case", &names(ours.cases.keys()), &names(theirs.cases.keys()));
                for (name, ours) in &ours.cases {
                    if let Some(theirs) = named(&theirs.cases, name) {
                        self.optional(&format!("{at}.{name}"), ours.ty, theirs.ty);
                    }
                }
            }
            (Enum(ours), Enum(theirs)) | (Flags(ours), Flags(theirs)) => {
                self.names(at, "case", &names(ours.iter()), &names(theirs.iter()));
            }
            (List { element: ours, .. }, List { element: theirs, .. }) => {
                self.values(&format!("{at}[]"), *ours, *theirs);
            }
            (Option { ty: ours, .. }, Option { ty: theirs, .. }) => self.values(at, *ours, *theirs),
            (Tuple(ours), Tuple(theirs)) => {
                let (our_count, their_count) = (ours.types.len(), theirs.types.len());
                if our_count != their_count {
                    self.note(|| format!("`{at}` has {their_count} values instead of {our_count}"));
                }
                for (number, (ours, theirs)) in ours.types.iter().zip(&theirs.types).enumerate() {
                    self.values(&format!("{at}.{number}"), *ours, *theirs);
                }
            }
            (Result { ok: our_ok, err: our_err, .. }, Result { ok, err, .. }) => {
                self.optional(at, *our_ok, *ok);
                self.optional(&format!("{at}.error"), *our_err, *err);
            }
            _ => return false,
        }
        true
    }

    /// Notes what is missing of our names, what is strange among theirs, and another order.
    fn names(&mut self, at: &str, what: &str, ours: &[&str], theirs: &[&str]) {
        let before = self.count;
        for name in ours.iter().filter(|name| !theirs.contains(name)) {
            self.note(|| format!("`{at}` has no {what} `{name}`"));
        }
        for name in theirs.iter().filter(|name| !ours.contains(name)) {
            self.note(|| format!("`{at}` has a {what} `{}`", short(name)));
        }
        if self.count == before && ours != theirs {
            self.note(|| format!("`{at}` has its {what}s in another order"));
        }
    }
}

fn names<'n>(names: impl Iterator<Item = &'n KebabString>) -> Vec<&'n str> {
    names.map(KebabString::as_str).collect()
}

/// What is there of that very name. Kebab names are equal whatever their letters' case is; those of a record are not.
fn named<'n, T>(all: &'n IndexMap<KebabString, T>, name: &KebabString) -> Option<&'n T> {
    all.iter().find(|(other, _)| other.as_str() == name.as_str()).map(|(_, named)| named)
}

/// As much of a name of a component's own as a reader needs.
pub(super) fn short(name: &str) -> &str {
    name.get(..name.floor_char_boundary(NAME_SHOWN_BYTES)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::wasm::v1;

    #[test]
    fn the_contract_does_not_differ_from_itself() {
        let contract = v1::contract().unwrap();
        let interfaces: Vec<_> = contract.imports().chain(contract.exports()).collect();
        let functions = interfaces.iter().flat_map(|interface| contract.functions(interface));
        let differences = functions.map(|(name, it)| (name, contract.difference(it, it, &contract.types)));
        let differences: Vec<_> = differences.collect();
        assert!(differences.len() >= 9 && differences.iter().all(|(_, none)| none.is_none()), "{differences:?}");
    }
}

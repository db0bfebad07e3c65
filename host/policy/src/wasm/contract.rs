//! The contract as types, and in what a function of a component differs from its own there.

use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentEntityType, ComponentFuncType, ComponentType, ComponentValType,
};
use wasmparser::types::{Types, TypesRef};
use wasmparser::{Validator, WasmFeatures};
use wit_parser::Resolve;

/// How many differences of one function are told.
const SHOWN: usize = 8;

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
    fn note(&mut self, difference: String) {
        self.count += 1;
        if self.shown.len() < SHOWN {
            self.shown.push(difference);
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
            self.note("it is `async`".to_owned());
        }
        if theirs.params.len() != ours.params.len() {
            self.note(format!("it takes {} values instead of {}", theirs.params.len(), ours.params.len()));
        }
        for ((name, ours), (_, theirs)) in ours.params.iter().zip(&theirs.params) {
            self.values(name.as_str(), *ours, *theirs);
        }
        self.optional("result", ours.result, theirs.result);
    }

    fn optional(&mut self, at: &str, ours: Option<ComponentValType>, theirs: Option<ComponentValType>) {
        match (ours, theirs) {
            (Some(ours), Some(theirs)) => self.values(at, ours, theirs),
            (Some(_), None) => self.note(format!("`{at}` is missing")),
            (None, Some(_)) => self.note(format!("`{at}` is too much")),
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
            let article = |name: &str| if name.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
            self.note(format!("`{at}` is {} {theirs} instead of {} {ours}", article(theirs), article(ours)));
        }
    }

    /// Compares what two compound types are made of; `false` if they are not of one kind.
    fn compounds(&mut self, at: &str, ours: &ComponentDefinedType, theirs: &ComponentDefinedType) -> bool {
        use ComponentDefinedType::{List, Option, Record, Result, Tuple, Variant};
        match (ours, theirs) {
            (Record(ours), Record(theirs)) => {
                self.names(at, "field", ours.fields.keys(), theirs.fields.keys());
                for (name, ours) in &ours.fields {
                    if let Some(theirs) = theirs.fields.get(name) {
                        self.values(&format!("{at}.{name}"), *ours, *theirs);
                    }
                }
            }
            (Variant(ours), Variant(theirs)) => {
                self.names(at, "case", ours.cases.keys(), theirs.cases.keys());
                for (name, ours) in &ours.cases {
                    if let Some(theirs) = theirs.cases.get(name) {
                        self.optional(&format!("{at}.{name}"), ours.ty, theirs.ty);
                    }
                }
            }
            (List { element: ours, .. }, List { element: theirs, .. }) => {
                self.values(&format!("{at}[]"), *ours, *theirs);
            }
            (Option { ty: ours, .. }, Option { ty: theirs, .. }) => self.values(at, *ours, *theirs),
            (Tuple(ours), Tuple(theirs)) if ours.types.len() == theirs.types.len() => {
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
    fn names<N: PartialEq + std::fmt::Display>(
        &mut self,
        at: &str,
        what: &str,
        ours: impl Iterator<Item = N>,
        theirs: impl Iterator<Item = N>,
    ) {
        let (ours, theirs): (Vec<N>, Vec<N>) = (ours.collect(), theirs.collect());
        let before = self.count;
        for name in ours.iter().filter(|name| !theirs.contains(name)) {
            self.note(format!("`{at}` has no {what} `{name}`"));
        }
        for name in theirs.iter().filter(|name| !ours.contains(name)) {
            self.note(format!("`{at}` has a {what} `{name}`"));
        }
        if self.count == before && ours != theirs {
            self.note(format!("`{at}` has its {what}s in another order"));
        }
    }
}

//! The fields that a form declares, as a graph that policies can walk without looking at the schema again.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// An object of the form; a list stands for its elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Node(usize);

impl Node {
    /// The body.
    pub(crate) const ROOT: Self = Self(0);
    /// An object of which the form says nothing: every name may be asked for.
    pub(crate) const OPEN: Self = Self(usize::MAX);
}

/// What a form says about a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    /// It is there, and this is what is below it.
    Declared(Node),
    /// It is not mentioned, and not excluded either.
    Open,
    /// There is no such field.
    Unknown,
}

/// How many objects of a form are told apart; what is beyond counts as open.
const NODE_LIMIT: usize = 4_096;

#[derive(Debug, Default)]
struct Object {
    fields: BTreeMap<String, Node>,
    open: bool,
}

#[derive(Debug)]
pub(super) struct Shape {
    objects: Vec<Object>,
}

impl Shape {
    pub(super) fn of(schema: &Value) -> Self {
        let mut builder = Builder { root: schema, objects: Vec::new(), known: BTreeMap::new() };
        builder.node(vec![schema]);
        Self { objects: builder.objects }
    }

    pub(super) fn field(&self, node: Node, name: &str) -> Field {
        match self.objects.get(node.0) {
            None => Field::Open,
            Some(object) => match object.fields.get(name) {
                Some(node) => Field::Declared(*node),
                None if object.open => Field::Open,
                None => Field::Unknown,
            },
        }
    }

    pub(super) fn fields(&self, node: Node) -> impl Iterator<Item = &str> {
        self.objects.get(node.0).into_iter().flat_map(|object| object.fields.keys().map(String::as_str))
    }
}

struct Builder<'a> {
    root: &'a Value,
    objects: Vec<Object>,
    /// Objects by the places in the schema that describe them together: what ends a form that contains itself.
    known: BTreeMap<BTreeSet<*const Value>, Node>,
}

impl<'a> Builder<'a> {
    /// The object that all of `schemas` describe together.
    fn node(&mut self, schemas: Vec<&'a Value>) -> Node {
        let mut facets = Vec::new();
        for schema in schemas {
            self.gather(schema, &mut facets);
        }
        let key: BTreeSet<_> = facets.iter().map(|facet| std::ptr::from_ref(*facet)).collect();
        if let Some(node) = self.known.get(&key) {
            return *node;
        }
        if self.objects.len() >= NODE_LIMIT {
            return Node::OPEN;
        }
        let node = Node(self.objects.len());
        self.known.insert(key, node);
        self.objects.push(Object::default());

        let mut fields: BTreeMap<&'a str, Vec<&'a Value>> = BTreeMap::new();
        for properties in facets.iter().filter_map(|facet| facet.get("properties")?.as_object()) {
            for (name, schema) in properties {
                fields.entry(name).or_default().push(schema);
            }
        }
        let says_others = |facet: &&Value| {
            let allows = |key| facet.get(key).is_some_and(|others| *others != Value::Bool(false));
            allows("additionalProperties")
                || allows("unevaluatedProperties")
                || facet.get("patternProperties").is_some()
        };
        let open = fields.is_empty() || facets.iter().any(says_others);
        let fields = fields.into_iter().map(|(name, schemas)| (name.to_owned(), self.node(schemas))).collect();
        if let Some(object) = self.objects.get_mut(node.0) {
            *object = Object { fields, open };
        }
        node
    }

    /// `schema` and everything else that describes the same value, or its elements if it is a list.
    fn gather(&self, schema: &'a Value, facets: &mut Vec<&'a Value>) {
        if facets.iter().any(|facet| std::ptr::eq(*facet, schema)) {
            return;
        }
        facets.push(schema);
        let Some(keywords) = schema.as_object() else { return };
        for (keyword, value) in keywords {
            match keyword.as_str() {
                "$ref" | "$dynamicRef" => {
                    let pointer = value.as_str().and_then(|reference| reference.strip_prefix('#'));
                    if let Some(target) = pointer.and_then(|pointer| self.root.pointer(pointer)) {
                        self.gather(target, facets);
                    }
                }
                "then" | "else" | "items" => self.gather(value, facets),
                "allOf" | "anyOf" | "oneOf" | "prefixItems" => {
                    value.as_array().into_iter().flatten().for_each(|part| self.gather(part, facets));
                }
                "dependentSchemas" => {
                    value.as_object().into_iter().flatten().for_each(|(_, part)| self.gather(part, facets));
                }
                _ => {}
            }
        }
    }
}

//! Forms: the JSON Schema of a kind's body, for checking submissions and for telling policies which fields
//! there are.
//!
//! Nothing is fetched: a `$ref` that leads out of the form is an error of the form. Formats (`date-time`,
//! `email`) are asserted, and patterns run in linear time. Three formats are Herald's own: a text of format `person`,
//! `department` or `contact` is the id of one that the directory has.
//!
//! # Which fields a form declares
//!
//! A name under `properties`, directly or through `$ref`, `allOf`, `anyOf`, `oneOf`, `then`, `else` and
//! `dependentSchemas`, is declared. An object that declares no property at all, or says with
//! `additionalProperties`, `patternProperties` or `unevaluatedProperties` that it may have others, is *open*:
//! any name may be asked for. Any other object is closed to policies, even though a JSON Schema that does not
//! mention `additionalProperties` lets them pass: what a department did not put into its form, its policies
//! cannot mean.

mod shape;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use herald_core::names::KindName;
use herald_core::organisation::Organisation;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, ValidationError, ValidationOptions, Validator};
use serde_json::{Map, Value};

use crate::vocabulary;
pub(crate) use shape::{Field, Node};

/// The most problems that are told of one body: nobody mends a thousand at once.
const PROBLEMS_LIMIT: usize = 100;
/// The most ids of which it is guessed whom they may mean: each is compared with the whole directory.
const GUESSES_LIMIT: usize = 8;
/// The formats of ids in the directory; each is the prefix of a target too.
const DIRECTORY_FORMATS: [&str; 3] = ["person", "department", "contact"];

/// A form that is no valid JSON Schema 2020-12, or that leads out of itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the form of kind `{kind}` is wrong{}: {message}", at(.pointer))]
pub struct FormError {
    /// The kind.
    pub kind: KindName,
    /// The part of the form, as a JSON pointer; empty for the form as a whole.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
}

fn at(pointer: &str) -> String {
    if pointer.is_empty() { String::new() } else { format!(" at `{pointer}`") }
}

/// One thing that is wrong with a filled-in form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldProblem {
    /// The field, as a JSON pointer into the body; empty for the body as a whole.
    pub pointer: String,
    /// What is wrong, in the words of the standard, or of the directory.
    pub message: String,
}

/// A kind's form, compiled.
#[derive(Debug)]
pub struct Form {
    kind: KindName,
    organisation: Arc<Organisation>,
    validator: Validator,
    shape: shape::Shape,
}

impl Form {
    /// Compiles the form of `kind`, a JSON Schema 2020-12, for `organisation`, whose directory it may speak of.
    ///
    /// # Errors
    /// [`FormError`] for the first thing that is wrong.
    pub fn compile(kind: &KindName, schema: &Value, organisation: &Arc<Organisation>) -> Result<Self, FormError> {
        let validator = options_for(organisation).build(schema).map_err(|error| FormError {
            kind: kind.clone(),
            pointer: error.instance_path().to_string(),
            message: error.to_string(),
        })?;
        let (organisation, shape) = (Arc::clone(organisation), shape::Shape::of(schema));
        Ok(Self { kind: kind.clone(), organisation, validator, shape })
    }

    /// The kind whose form it is.
    #[must_use]
    pub fn kind(&self) -> &KindName {
        &self.kind
    }

    /// What is wrong with `body`, up to a hundred problems, sorted by field; empty when it is as the form wants it.
    #[must_use]
    pub fn validate(&self, body: &Map<String, Value>) -> Vec<FieldProblem> {
        // The validator reads values; a body is kept as its map, whose clone is small beside the checking.
        let body = Value::Object(body.clone());
        let mut guesses = 0..GUESSES_LIMIT;
        let mut problems: Vec<_> = self
            .validator
            .iter_errors(&body)
            .take(PROBLEMS_LIMIT)
            .map(|error| {
                let unknown = unknown_id(&error).filter(|_| guesses.next().is_some());
                let wrong = unknown.and_then(|target| vocabulary::target(&self.organisation, &target).err());
                let message = wrong.map_or_else(|| error.to_string(), |wrong| wrong.to_string());
                FieldProblem { pointer: error.instance_path().to_string(), message }
            })
            .collect();
        problems.sort();
        problems
    }

    /// Whether a policy may read the field that `path` leads to: names of fields, through lists as if they
    /// were their elements.
    #[must_use]
    pub fn declares(&self, path: &[&str]) -> bool {
        let mut node = Node::ROOT;
        path.iter().all(|name| match self.field(node, name) {
            Field::Declared(next) => {
                node = next;
                true
            }
            Field::Open => {
                node = Node::OPEN;
                true
            }
            Field::Unknown => false,
        })
    }

    /// What `schema`, a form, asks of the values of the field `name` of the body, if it declares one by itself.
    pub(crate) fn rule_of_field(schema: &Value, name: &str) -> Option<Validator> {
        schema.get("properties")?.get(name)?;
        let place = format!("#/properties/{}", name.replace('~', "~0").replace('/', "~1"));
        // The rest of the form speaks of the whole body; what the field refers to has to stay where it is.
        let kept = ["$schema", "$id", "$defs", "definitions", "properties"];
        let part = |keyword: &str| Some((keyword.to_owned(), schema.get(keyword)?.clone()));
        let mut rule: Map<String, Value> = kept.into_iter().filter_map(part).collect();
        rule.insert("allOf".to_owned(), serde_json::json!([{"$ref": place}]));
        options().build(&Value::Object(rule)).ok()
    }

    /// What the form says about the field `name` of the object at `node`.
    pub(crate) fn field(&self, node: Node, name: &str) -> Field {
        self.shape.field(node, name)
    }

    /// The names that the object at `node` declares.
    pub(crate) fn fields(&self, node: Node) -> impl Iterator<Item = &str> {
        self.shape.fields(node)
    }
}

fn options() -> ValidationOptions<'static> {
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .offline()
        .should_validate_formats(true)
        .with_pattern_options(PatternOptions::regex())
}

fn options_for(organisation: &Arc<Organisation>) -> ValidationOptions<'static> {
    DIRECTORY_FORMATS.into_iter().fold(options(), |options, format| {
        let organisation = Arc::clone(organisation);
        options.with_format(format, move |id| match format {
            "person" => organisation.people.contains_key(id),
            "department" => organisation.departments.contains_key(id),
            _ => organisation.contacts.contains_key(id),
        })
    })
}

/// The id that the directory does not have, as a target, if that is the error.
fn unknown_id(error: &ValidationError<'_>) -> Option<String> {
    match error.kind() {
        ValidationErrorKind::Format { format } if DIRECTORY_FORMATS.contains(&format.as_str()) => {
            error.instance().as_str().map(|id| format!("{format}:{id}"))
        }
        _ => None,
    }
}

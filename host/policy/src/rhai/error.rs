//! What went wrong in a script, in its author's words: no types of the host, the signature that was wanted, the
//! name that was probably meant.

use ::rhai::{Dynamic, EvalAltResult, LexError, ParseError, ParseErrorType, Position};
use herald_core::decision::FailureCause;
use herald_core::nearest::did_you_mean;

use super::api::{Form, Owner, Verb};
use super::call::Stop;
use super::engine::{DISABLED, Runtime, runtime};
use super::place;
use crate::diagnostic::Place;
use crate::evaluation::Failure;
use crate::limits::Limits;
use crate::vocabulary::{Wrong, one_of};

/// A script that does not compile: what is wrong, and where.
pub(super) fn syntax(error: &ParseError) -> (String, Option<Place>) {
    let message = match error.err_type() {
        ParseErrorType::VariableUndefined(name) => format!("there is no variable `{name}`"),
        ParseErrorType::Reserved(word) if DISABLED.contains(&word.as_str()) => {
            format!("`{word}` is not available to policies")
        }
        ParseErrorType::Reserved(word) => {
            format!("`{word}` is a word of the language itself; choose another name")
        }
        ParseErrorType::BadInput(LexError::ImproperSymbol(word, explained)) if explained.contains("disabled") => {
            format!("`{word}` is not available to policies")
        }
        ParseErrorType::FnDuplicatedDefinition(name, _) => format!("the function `{name}` is defined twice"),
        ParseErrorType::ExprTooDeep => "this is nested too deeply; use variables or functions in between".to_owned(),
        ParseErrorType::TooManyFunctions => "the script has too many functions".to_owned(),
        other => lowercase(&other.to_string()),
    };
    (message, place(error.position()))
}

/// A script that failed while it ran.
pub(super) fn failure(error: &EvalAltResult, limits: &Limits) -> Failure {
    let (inner, position) = innermost(error);
    let (cause, message) = explain(inner, limits);
    Failure { cause, message, place: place(position) }
}

/// The error inside the calls that it came through, and the nearest known place.
fn innermost(error: &EvalAltResult) -> (&EvalAltResult, Position) {
    match error {
        EvalAltResult::ErrorInFunctionCall(_, _, inner, outer) => {
            let (error, position) = innermost(inner);
            (error, if position.is_none() { *outer } else { position })
        }
        other => (other, other.position()),
    }
}

fn explain(error: &EvalAltResult, limits: &Limits) -> (FailureCause, String) {
    use EvalAltResult as E;
    let message = match error {
        E::ErrorTerminated(token, _) => {
            let cause = token.read_lock::<Stop>().map_or(FailureCause::Host, |stop| stop.0);
            return (cause, limits.reached(cause));
        }
        E::ErrorStackOverflow(_) => return (FailureCause::Depth, "functions call each other too deeply".to_owned()),
        E::ErrorDataTooLarge(what, _) => {
            return (FailureCause::Size, format!("a value grew too large: {}", lowercase(what)));
        }
        E::ErrorTooManyVariables(_) => return (FailureCause::Size, "there are too many variables".to_owned()),
        E::ErrorFunctionNotFound(signature, _) => unknown_function(runtime(), signature).to_string(),
        E::ErrorRuntime(thrown, _) => thrown_text(thrown),
        E::ErrorPropertyNotFound(name, _) => format!("the map has no `{name}`; ask `\"{name}\" in …` first"),
        E::ErrorDotExpr(message, _) => match message.split('\'').collect::<Vec<_>>().as_slice() {
            [start, name, _, owner, ..] if start.starts_with("No writable") => {
                format!("`{name}` of {} cannot be set", title_of_type(owner))
            }
            [_, name, _, owner, ..] => format!("{} has no property `{name}`", title_of_type(owner)),
            _ => lowercase(message),
        },
        E::ErrorIndexingType(types, _) => {
            let what = types.split(" [").next().unwrap_or(types);
            format!("{} has no elements to index", title_of_type(what))
        }
        E::ErrorFor(_) => "`for` goes through a list, a range or the characters of a text".to_owned(),
        E::ErrorMismatchDataType(wanted, found, _) | E::ErrorMismatchOutputType(wanted, found, _) => {
            format!("{} is wanted here, not {}", title_of_type(wanted), title_of_type(found))
        }
        E::ErrorArrayBounds(length, index, _) => format!("there is no element {index}: the list has {length}"),
        E::ErrorStringBounds(length, index, _) => format!("there is no character {index}: the text has {length}"),
        E::ErrorVariableNotFound(name, _) => format!("there is no variable `{name}`"),
        E::ErrorAssignmentToConstant(name, _) => format!("`{name}` is constant"),
        E::ErrorArithmetic(message, _) => lowercase(message),
        other => {
            let text = other.to_string();
            lowercase(text.rsplit_once(" (line ").map_or(text.as_str(), |(message, _)| message))
        }
    };
    (FailureCause::Error, message)
}

fn thrown_text(thrown: &Dynamic) -> String {
    match thrown.read_lock::<::rhai::ImmutableString>() {
        Some(text) => text.to_string(),
        None if thrown.is_int() || thrown.is_map() || thrown.is_array() || thrown.is_bool() => thrown.to_string(),
        None => format!("it threw {}", title_of(thrown)),
    }
}

/// A call that nothing answers to, from the engine's own `name (types)`.
fn unknown_function(runtime: &Runtime, signature: &str) -> Wrong {
    let (name, types) = signature.split_once(" (").unwrap_or((signature, ""));
    let types = types.trim_end_matches(')');
    let types: Vec<&str> = if types.is_empty() { Vec::new() } else { types.split(", ").collect() };
    let owner = types.first().and_then(|first| Owner::ALL.into_iter().find(|owner| owner.title() == *first));
    let given = |types: &[&str]| match types {
        [] => "nothing".to_owned(),
        types => types.iter().map(|name| title_of_type(name)).collect::<Vec<_>>().join(" and "),
    };

    let wanted = |verb: &Verb, given: String| {
        Wrong::new(format!("`{name}` was given {given}")).hint(Some(format!(
            "write `{}`, as in `{}`",
            verb.signature(),
            verb.example
        )))
    };
    let called = |verb: &&Verb| verb.name == name && matches!(verb.form, Form::Method | Form::Function);
    let of_owner = runtime.verbs.iter().find(|verb| Some(verb.owner) == owner && called(verb));
    if let Some(verb) = of_owner {
        return wanted(verb, given(types.get(1..).unwrap_or_default()));
    }
    if !name.chars().all(|letter| letter.is_alphanumeric() || letter == '_') {
        return Wrong::new(format!("`{name}` does not work with {}", given(&types)));
    }
    if let Some(owner) = owner.filter(|owner| *owner != Owner::Nothing) {
        let of_owner = runtime.verbs.iter().filter(|verb| verb.owner == owner);
        let verbs: Vec<&str> = of_owner.filter(|verb| verb.form == Form::Method).map(|verb| verb.name).collect();
        let elsewhere = runtime.verbs.iter().find(|verb| verb.owner != Owner::Nothing && called(verb));
        let hint = did_you_mean(name, verbs.iter().copied())
            .or_else(|| elsewhere.map(|verb| format!("`{name}` belongs to {}", verb.owner.title())))
            .or_else(|| (!verbs.is_empty()).then(|| format!("it has {}", one_of(verbs))));
        return Wrong::new(format!("{} has no verb `{name}`", owner.title())).hint(hint);
    }
    match runtime.verbs.iter().find(called) {
        Some(verb) if verb.owner == Owner::Nothing => wanted(verb, given(&types)),
        Some(verb) => {
            let first = types.first().map_or("nothing", |first| title_of_type(first));
            Wrong::new(format!("`{name}` is a verb of {}, not of {first}", verb.owner.title()))
                .hint(Some(format!("write `{}`", verb.example)))
        }
        None => {
            let hint = did_you_mean(name, runtime.functions.keys().map(String::as_str));
            Wrong::new(format!("there is no function `{name}` for {}", given(&types))).hint(hint)
        }
    }
}

/// What a value is, in words.
pub(super) fn title_of(value: &Dynamic) -> &'static str {
    let name = runtime().engine.map_type_name(value.type_name());
    Owner::ALL
        .into_iter()
        .map(Owner::title)
        .find(|title| *title == name)
        .unwrap_or_else(|| title_of_type(value.type_name()))
}

/// What a type is, in words, from the engine's name for it.
fn title_of_type(name: &str) -> &'static str {
    match name {
        "i64" => "a whole number",
        "f64" => "a number",
        "decimal" => "a decimal",
        "bool" => "true or false",
        "()" => "nothing",
        "char" => "a character",
        "array" => "a list",
        "map" => "a map",
        "Fn" => "a function",
        "range" | "range=" => "a range",
        _ if name.contains("tring") || name.contains("&str") => "a text",
        _ if name.contains("Decimal") => "a decimal",
        _ => Owner::ALL.into_iter().map(Owner::title).find(|title| *title == name).unwrap_or("something else"),
    }
}

fn lowercase(message: &str) -> String {
    let mut letters = message.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

//! Reading fields of a JSON object by name, with errors that say which field of what.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::{Result, without_place};

/// The field `name` of `object`, which an error calls `what`.
pub(crate) fn field<'a, T: Deserialize<'a>>(object: &'a Map<String, Value>, what: &str, name: &str) -> Result<T> {
    optional(object, what, name)?.ok_or_else(|| format!("{what} has no `{name}`").into())
}

/// The same, if it is there and not null.
pub(crate) fn optional<'a, T: Deserialize<'a>>(
    object: &'a Map<String, Value>,
    what: &str,
    name: &str,
) -> Result<Option<T>> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match T::deserialize(value) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(format!("`{name}` of {what}: {}", without_place(&error)).into()),
        },
    }
}

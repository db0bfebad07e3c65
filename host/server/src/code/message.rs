//! The deserialiser's messages in the words of whoever writes the files: fields and tables, no types.

use herald_core::nearest::guess;

/// What a message about a field that does not exist begins with.
pub(super) const NO_FIELD: &str = "there is no field ";

/// A message about a field in plain words, with the nearest known name. A form that is not known stays.
pub(super) fn plain(message: &str) -> String {
    let message = message.replace('\n', ", ");
    if let Some((name, known)) = unknown(&message, "unknown field ") {
        return format!("{NO_FIELD}`{name}`{}", instead(name, &known));
    }
    if let Some((word, known)) = unknown(&message, "unknown variant ") {
        return format!("`{word}` cannot be here{}", instead(word, &known));
    }
    if let Some(name) = message.strip_prefix("missing field ") {
        return format!("{name} is missing");
    }
    without_types(&message)
}

/// What to write in the place of `written`: the nearest of what is known, else any of it.
fn instead(written: &str, known: &[&str]) -> String {
    let guess = guess(written, known.iter().copied());
    if !guess.is_empty() || known.is_empty() {
        return guess;
    }
    format!("; write one of `{}`", known.join("`, `"))
}

/// The name that is not known, and those that are: of ``unknown field `x`, expected one of `a`, `b` ``.
fn unknown<'m>(message: &'m str, prefix: &str) -> Option<(&'m str, Vec<&'m str>)> {
    let (name, rest) = message.strip_prefix(prefix)?.strip_prefix('`')?.split_once('`')?;
    let known = rest.split('`').skip(1).step_by(2).collect();
    Some((name, known))
}

/// `expected struct Person` says what a program calls it; whoever reads it writes a table.
fn without_types(message: &str) -> String {
    let Some((before, expected)) = message.split_once("expected ") else { return message.to_owned() };
    let is_type = ["struct ", "internally tagged enum ", "tuple struct ", "a map"];
    if is_type.iter().any(|word| expected.starts_with(word)) {
        format!("{before}expected a table")
    } else if expected.starts_with("enum ") {
        format!("{before}expected a word")
    } else if expected.starts_with("a sequence") {
        format!("{before}expected a list")
    } else {
        message.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn messages_speak_of_fields() {
        for (message, expected) in [
            (
                "unknown field `titel`, expected one of `title`, `roles`",
                "there is no field `titel`; did you mean `title`?",
            ),
            ("unknown field `x`, expected `title` or `roles`", "there is no field `x`; write one of `title`, `roles`"),
            ("unknown field `x`, there are no fields", "there is no field `x`"),
            (
                "unknown variant `webhok`, expected `inbox` or `webhook`",
                "`webhok` cannot be here; did you mean `webhook`?",
            ),
            ("missing field `title`", "`title` is missing"),
            ("invalid type: string \"x\", expected struct Person", "invalid type: string \"x\", expected a table"),
            ("invalid type: integer `3`, expected a string", "invalid type: integer `3`, expected a string"),
            ("invalid type: string \"x\", expected a sequence", "invalid type: string \"x\", expected a list"),
        ] {
            assert_eq!(plain(message), expected);
        }
    }
}

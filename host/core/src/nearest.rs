//! Which known name a mistaken one was probably meant to be. A guess, shown to people; nothing acts on it.

/// The longest text that a guess is made for, in characters: no name is longer.
const GUESS_LIMIT_CHARS: usize = crate::names::NAME_LIMIT_CHARS;
/// How many letters of three may be wrong: one.
const CHARS_PER_MISTAKE: usize = 3;
/// The most mistakes in a long name. Guesses further away are worse than none.
const MISTAKES_LIMIT: usize = 3;

/// The one of `known` that is written most like `written`, if one is written much alike. A letter too many, too
/// few, wrong or swapped with its neighbour is a mistake; one in three letters may be one, up to three.
#[must_use]
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let chars = written.chars().count();
    if chars > GUESS_LIMIT_CHARS {
        return None;
    }
    let limit = (chars / CHARS_PER_MISTAKE).clamp(1, MISTAKES_LIMIT);
    known
        .into_iter()
        // A letter has at least one byte and at most four, so that most names need no closer look.
        .filter(|name| name.len().abs_diff(written.len()) <= limit * 4)
        .map(|name| (strsim::osa_distance(name, written), name))
        .filter(|(mistakes, name)| *mistakes <= limit && *mistakes < name.chars().count())
        .min_by_key(|(mistakes, _)| *mistakes)
        .map(|(_, name)| name)
}

/// `did you mean …?` with the nearest of `known`, if one is near: a hint beside a message about `written`.
#[must_use]
pub fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(written, known).map(|name| format!("did you mean `{name}`?"))
}

/// [`did_you_mean`] behind a semicolon, or nothing: the end of a message about `written`.
#[must_use]
pub fn guess<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    did_you_mean(written, known).map(|question| format!("; {question}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guess_is_near_or_not_made() {
        let known = ["sales", "production", "销售部", "生产部", "hr"];
        for (written, expected) in [
            ("sale", Some("sales")),
            ("slaes", Some("sales")),
            ("prodction", Some("production")),
            ("prduction-", Some("production")),
            ("销售", Some("销售部")),
            ("生产步", Some("生产部")),
            ("hq", Some("hr")),
            ("x", None),
            ("finance", None),
            ("", None),
            (&"s".repeat(GUESS_LIMIT_CHARS + 1), None),
        ] {
            assert_eq!(nearest(written, known), expected, "{written}");
            let end = expected.map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
            assert_eq!(guess(written, known), end, "{written}");
        }
    }
}

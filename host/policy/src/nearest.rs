//! The known word that a mistyped one probably means.

/// The candidate nearest to `word`, if one is near enough to be worth naming: a third of its letters may
/// differ, and at least one.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// As [`nearest`], as a question to put behind a message.
pub(crate) fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

/// `` `a`, `b` or `c` ``.
pub(crate) fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<_> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let words = ["group", "inbox", "phone"];
        for (typed, meant) in [("grup", Some("group")), ("inbxo", Some("inbox")), ("bulletin", None), ("x", None)] {
            assert_eq!(nearest(typed, words), meant, "{typed}");
        }
        assert_eq!(one_of(words), "`group`, `inbox` or `phone`");
        assert_eq!(one_of(["a"]), "`a`");
    }
}

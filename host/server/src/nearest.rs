//! The nearest known name, for somebody who mistyped one.

/// How alike two names must be to be worth a hint, from 0 to 1: one wrong letter in five.
const LIKENESS: f64 = 0.75;

/// The one of `known` that `name` was most likely meant to be.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known.into_iter().map(|other| (strsim::jaro_winkler(name, other), other));
    let best = scored.max_by(|(left, _), (right, _)| left.total_cmp(right));
    best.filter(|(likeness, _)| *likeness >= LIKENESS).map(|(_, other)| other)
}

/// The hint to append to a message: `; did you mean `x`?`, or nothing.
pub(crate) fn hint<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

//! What is right: rules asked one after the other in plain Rust.

use crate::workload::{Facts, Outcome, Rule};

/// What follows from the first of `rules` whose conditions hold, if there is one.
pub(crate) fn first<'a>(rules: &'a [Rule], facts: &Facts) -> Option<&'a Outcome> {
    rules.iter().find(|rule| holds(rule, facts)).map(|rule| &rule.outcome)
}

fn holds(rule: &Rule, facts: &Facts) -> bool {
    rule.texts.iter().zip(&facts.texts).all(|(wanted, text)| wanted.as_ref().is_none_or(|wanted| wanted == text))
        && rule.amount.as_ref().is_none_or(|range| range.contains(&facts.amount))
}

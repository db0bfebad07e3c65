//! Rules and messages, the same for every system and every run.
//!
//! A rule names three of six conditions and leaves the other three empty; no two rules have the same conditions. They
//! stand in the order in which people keep such lists: the most telling first, the most general last.
//!
//! Nine messages in ten are made to fit a rule that is drawn with equal chances, so that the first match lies anywhere
//! in the list; what the rule leaves open is drawn at random. The tenth comes from a kind, department, region and tier
//! that no rule knows, and matches nothing: a system that asks one rule after the other asks all of them for it.

use std::collections::HashSet;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::random::Random;

/// What the messages of a run are drawn from.
const SEED: u64 = 20_261_122;
/// Messages of a run.
pub(crate) const MESSAGES: usize = 10_000;
/// Of how many messages one matches no rule.
const STRANGERS: usize = 10;

/// The conditions on texts, in the order of [`Rule::texts`] and [`Facts::texts`].
pub(crate) const TEXT_FIELDS: [&str; 5] = ["kind", "department", "urgency", "region", "tier"];
/// How many values each of them has. Urgency is `urgent` or `normal`.
const VALUES: [usize; 5] = [40, 60, 2, 200, 5];
/// Departments.
pub(crate) const DEPARTMENTS: usize = 60;
/// Kinds of messages.
pub(crate) const KINDS: usize = 40;
/// What comes after a field's name in the value that no rule names.
const STRANGER: &str = "other";
/// Amounts are below this.
const AMOUNTS: i64 = 1_000_000;
/// Amounts in rules are multiples of this, and a range is at most [`RANGE_STEPS`] of it wide.
const AMOUNT_STEP: i64 = 1_000;
const RANGE_STEPS: usize = 20;
/// Conditions that a rule names.
const NAMED: usize = 3;

/// Conditions that must all hold, and what follows.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    /// The values of [`TEXT_FIELDS`] that are asked for; `None` is any.
    pub(crate) texts: [Option<String>; 5],
    /// From where to below where the amount lies; `None` is anywhere.
    pub(crate) amount: Option<Range<i64>>,
    /// What follows.
    pub(crate) outcome: Outcome,
}

/// Who gets a message, and how urgent it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Outcome {
    /// A target: `role:department-07/head`.
    pub(crate) to: String,
    /// 1, 2 or 3.
    pub(crate) level: u8,
}

/// A message, as far as rules look at it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Facts {
    /// The values of [`TEXT_FIELDS`].
    pub(crate) texts: [String; 5],
    /// The amount.
    pub(crate) amount: i64,
}

impl Facts {
    /// The texts by the names of their fields.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&'static str, &str)> {
        TEXT_FIELDS.into_iter().zip(self.texts.iter().map(String::as_str))
    }
}

impl Rule {
    /// The texts that are asked for, by the names of their fields.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&'static str, &str)> {
        TEXT_FIELDS.into_iter().zip(&self.texts).filter_map(|(name, text)| Some((name, text.as_deref()?)))
    }

    /// The share of messages, drawn at random, that it holds for.
    fn share(&self) -> f64 {
        let texts = VALUES.iter().zip(&self.texts).filter(|(_, text)| text.is_some());
        let texts: f64 = texts.map(|(values, _)| 1.0 / real(*values)).product();
        let amount = self.amount.as_ref().map_or(1.0, |range| {
            let width = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
            real(width) / real(usize::try_from(AMOUNTS).unwrap_or(usize::MAX))
        });
        texts * amount
    }
}

/// So many rules, in the order in which they are asked.
pub(crate) fn rules(count: usize) -> Vec<Rule> {
    let mut random = Random::new(SEED ^ u64::try_from(count).unwrap_or_default());
    let mut seen = HashSet::new();
    let mut rules = Vec::with_capacity(count);
    while rules.len() < count {
        let rule = rule(&mut random);
        if seen.insert((rule.texts.clone(), rule.amount.clone())) {
            rules.push(rule);
        }
    }
    rules.sort_by(|one, other| one.share().total_cmp(&other.share()));
    rules
}

/// The messages for `rules`.
pub(crate) fn messages(rules: &[Rule]) -> Vec<Facts> {
    let mut random = Random::new(SEED.rotate_left(32) ^ u64::try_from(rules.len()).unwrap_or_default());
    (0..MESSAGES)
        .map(|_| {
            let amount = i64::try_from(random.below(usize::try_from(AMOUNTS).unwrap_or(1))).unwrap_or_default();
            if random.below(STRANGERS) == 0 {
                let texts = TEXT_FIELDS.map(|field| match field {
                    "urgency" => value(field, random.below(2)),
                    _ => format!("{field}-{STRANGER}"),
                });
                return Facts { texts, amount };
            }
            let mut texts = fields().map(|(field, values)| value(field, random.below(values)));
            let Some(rule) = rules.get(random.below(rules.len())) else { return Facts { texts, amount } };
            for (text, wanted) in texts.iter_mut().zip(&rule.texts) {
                if let Some(wanted) = wanted {
                    text.clone_from(wanted);
                }
            }
            let amount = rule.amount.as_ref().map_or(amount, |range| range.start + amount % (range.end - range.start));
            Facts { texts, amount }
        })
        .collect()
}

/// The names of all values of a field, that of messages which match nothing included.
pub(crate) fn names(field: &str, values: usize) -> impl Iterator<Item = String> {
    let stranger = format!("{field}-{STRANGER}");
    (0..values).map(move |number| value(field, number)).chain(std::iter::once(stranger))
}

fn rule(random: &mut Random) -> Rule {
    let mut named = [false; 6];
    while named.iter().filter(|named| **named).count() < NAMED {
        let drawn = random.below(named.len());
        if let Some(named) = named.get_mut(drawn) {
            *named = true;
        }
    }
    let [texts @ .., amount] = named;
    let mut wanted = texts.into_iter();
    let texts = fields().map(|(field, values)| {
        let text = value(field, random.below(values));
        wanted.next().unwrap_or_default().then_some(text)
    });
    let steps = usize::try_from(AMOUNTS / AMOUNT_STEP).unwrap_or(1);
    let width = 1 + random.below(RANGE_STEPS);
    let first = random.below(steps - width);
    let at = |step: usize| i64::try_from(step).unwrap_or_default() * AMOUNT_STEP;
    let outcome = Outcome {
        to: format!("role:{}/head", value("department", random.below(DEPARTMENTS))),
        level: u8::try_from(1 + random.below(3)).unwrap_or(1),
    };
    Rule { texts, amount: amount.then(|| at(first)..at(first + width)), outcome }
}

fn fields() -> [(&'static str, usize); 5] {
    let mut values = VALUES.into_iter();
    TEXT_FIELDS.map(|field| (field, values.next().unwrap_or(1)))
}

fn value(field: &str, number: usize) -> String {
    match (field, number) {
        ("urgency", 0) => "urgent".to_owned(),
        ("urgency", _) => "normal".to_owned(),
        _ => format!("{field}-{number:02}"),
    }
}

fn real(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

//! The index finds what looking at every row finds.

use proptest::prelude::*;

use super::*;

/// A cell as it is generated: its text, and what it means to whoever reads it.
#[derive(Debug, Clone)]
enum Cell {
    Empty,
    AnyOf(Vec<Item>),
}

#[derive(Debug, Clone)]
enum Item {
    Text(String),
    Prefix(String),
    Number(i64),
    AtLeast(i64),
    Below(i64),
    Between(i64, i64),
}

impl Item {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => format!("\"\"{text}\"\""),
            Self::Prefix(text) => format!("{text}*"),
            Self::Number(number) => number.to_string(),
            Self::AtLeast(number) => format!(">={number}"),
            Self::Below(number) => format!("<{number}"),
            Self::Between(from, to) => format!(">{from} <={to}"),
        }
    }

    fn holds(&self, fact: &Known) -> bool {
        match (self, fact) {
            (Self::Text(text), Known::Text(fact)) => fact == text,
            (Self::Prefix(text), Known::Text(fact)) => fact.starts_with(text),
            (Self::Number(number), Known::Number(fact)) => fact == number,
            (Self::AtLeast(number), Known::Number(fact)) => fact >= number,
            (Self::Below(number), Known::Number(fact)) => fact < number,
            (Self::Between(from, to), Known::Number(fact)) => fact > from && fact <= to,
            other => panic!("{other:?}"),
        }
    }
}

impl Cell {
    fn text(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::AnyOf(items) => {
                format!("\"{}\"", items.iter().map(Item::text).collect::<Vec<_>>().join("|"))
            }
        }
    }

    fn holds(&self, fact: Option<&Known>) -> bool {
        match (self, fact) {
            (Self::Empty, _) => true,
            (Self::AnyOf(_), None) => false,
            (Self::AnyOf(items), Some(fact)) => items.iter().any(|item| item.holds(fact)),
        }
    }
}

#[derive(Debug, Clone)]
enum Known {
    Text(String),
    Number(i64),
}

fn texts() -> impl Strategy<Value = String> {
    "[ab]{1,3}"
}

fn text_cell() -> impl Strategy<Value = Cell> {
    let item = prop_oneof![texts().prop_map(Item::Text), texts().prop_map(Item::Prefix)];
    prop_oneof![Just(Cell::Empty), prop::collection::vec(item, 1..4).prop_map(Cell::AnyOf)]
}

fn number_cell() -> impl Strategy<Value = Cell> {
    let item = prop_oneof![
        (-30_i64..30).prop_map(Item::Number),
        (-30_i64..30).prop_map(Item::AtLeast),
        (-30_i64..30).prop_map(Item::Below),
        (-30_i64..30, 1_i64..20).prop_map(|(from, more)| Item::Between(from, from + more)),
    ];
    prop_oneof![Just(Cell::Empty), prop::collection::vec(item, 1..4).prop_map(Cell::AnyOf)]
}

/// A cell of a column that is something like a key: never empty, and each value stands in about as many rows as a
/// lookup counts as few.
fn key_cell() -> impl Strategy<Value = Cell> {
    prop::collection::vec((-30_i64..30).prop_map(Item::Number), 1..4).prop_map(Cell::AnyOf)
}

type Facts = (Option<String>, Option<i64>, Option<i64>);

/// Looks all `facts` up in a table of these rows, by its index and by looking at every row.
fn check(rows: &[(Cell, Cell, Cell)], facts: Vec<Facts>) -> Result<(), TestCaseError> {
    let line = |((a, b, c), number): (&(Cell, Cell, Cell), u32)| {
        format!("{},{},{},->,{number}\n", a.text(), b.text(), c.text())
    };
    let text: String = rows.iter().zip(0..).map(line).collect();
    let table = table(&format!("a,b,c,->,n\n{text}"));
    for (a, b, c) in facts {
        let known = [a.map(Known::Text), b.map(Known::Number), c.map(Known::Number)];
        let [ka, kb, kc] = &known;
        let expected: Vec<i64> = rows
            .iter()
            .zip(0..)
            .filter(|((a, b, c), _)| a.holds(ka.as_ref()) && b.holds(kb.as_ref()) && c.holds(kc.as_ref()))
            .map(|(_, number)| number)
            .collect();
        let given: Vec<(&str, Fact<'_>)> = ["a", "b", "c"]
            .into_iter()
            .zip(&known)
            .filter_map(|(name, known)| match known.as_ref()? {
                Known::Text(text) => Some((name, Fact::Text(text))),
                Known::Number(number) => Some((name, Fact::Integer(*number))),
            })
            .collect();
        prop_assert_eq!(found(&table, &given).unwrap(), expected);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_index_finds_what_a_scan_finds_without_a_key(
        rows in prop::collection::vec((text_cell(), number_cell(), number_cell()), 0..400),
        facts in prop::collection::vec(
            (prop::option::of(texts()), prop::option::of(-35_i64..40), prop::option::of(-35_i64..40)),
            1..40,
        ),
    ) {
        check(&rows, facts)?;
    }

    #[test]
    fn the_index_finds_what_a_scan_finds_by_a_key(
        // More rows than a word has, so that pages and flips come into play.
        rows in prop::collection::vec((text_cell(), number_cell(), key_cell()), 0..400),
        facts in prop::collection::vec(
            (prop::option::of(texts()), prop::option::of(-35_i64..40), prop::option::weighted(0.9, -30_i64..31)),
            1..40,
        ),
    ) {
        check(&rows, facts)?;
    }
}

use herald_core::message::{Audience, Classification, Urgency};
use herald_core::names::KindName;
use proptest::prelude::*;

use super::*;
use crate::testing::load;

const SCRIPT: &str = "fn route(message, plan) {}";

fn shelf(conditions: &[String]) -> Shelf {
    let bundles = conditions.iter().enumerate().map(|(number, conditions)| {
        let bundle = load(&format!("sales/b{number:05}"), SCRIPT, &format!("[applies_to]\n{conditions}"));
        (bundle.id().name.clone(), Arc::new(bundle))
    });
    Shelf::new(bundles.collect())
}

/// Some of a few values, as a manifest lists them; none for a condition that is left out.
fn some(values: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    proptest::sample::subsequence(values, 0..=values.len())
}

fn conditions() -> impl Strategy<Value = String> {
    let letters: &[&str] = &["a", "b", "c"];
    (
        some(letters),
        some(letters),
        some(&["urgent", "normal"]),
        some(&["public", "internal"]),
        some(letters),
        some(letters),
    )
        .prop_map(|(kinds, departments, urgency, classification, line, tier)| {
            let conditions = [
                ("kinds", kinds),
                ("departments", departments),
                ("urgency", urgency),
                ("classification", classification),
                ("labels.line", line),
                ("labels.tier", tier),
            ];
            let written = conditions.into_iter().filter(|(_, values)| !values.is_empty());
            written.map(|(name, values)| format!("{name} = {values:?}\n")).collect()
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_index_finds_what_looking_at_every_bundle_finds(
        conditions in proptest::collection::vec(conditions(), 0..24),
        kind in "[abc]",
        department in "[abc]",
        urgent: bool,
        classification in proptest::sample::select(Classification::ALL),
        labels in proptest::collection::btree_map("line|tier|other", "[abc]", 0..3),
    ) {
        let shelf = shelf(&conditions);
        let (kind, department) = (KindName::new(&kind).unwrap(), DepartmentId::new(&department).unwrap());
        let facts = Facts {
            kind: &kind,
            urgency: if urgent { Urgency::Urgent } else { Urgency::Normal },
            audience: Audience::Department,
            classification,
            department: &department,
            labels: &labels,
        };
        let found: Vec<_> = shelf.select(Hook::Route, &facts).into_iter().map(|bundle| bundle.id().clone()).collect();
        let every = shelf.bundles().values().filter(|bundle| bundle.manifest().applies_to.holds(&facts));
        prop_assert_eq!(found, every.map(|bundle| bundle.id().clone()).collect::<Vec<_>>());
        prop_assert!(shelf.select(Hook::Approve, &facts).is_empty());
    }
}

#[test]
fn conditions_with_many_values_are_filed_coarsely_and_found() {
    let many = |letter: char| (0..40).map(|n| format!("{letter}{n}")).collect::<Vec<_>>();
    let conditions = format!("kinds = {:?}\ndepartments = {:?}\nlabels.x = {:?}", many('k'), many('d'), many('l'));
    let shelf = shelf(&[conditions]);
    assert!(shelf.slots.len() <= FILINGS_LIMIT);
    for (department, count) in [("d39", 1), ("d40", 0)] {
        let (kind, department) = (KindName::new("k0").unwrap(), DepartmentId::new(department).unwrap());
        let labels = BTreeMap::from([("x".to_owned(), "l7".to_owned())]);
        let facts = Facts {
            kind: &kind,
            urgency: Urgency::Normal,
            audience: Audience::Everyone,
            classification: Classification::Public,
            department: &department,
            labels: &labels,
        };
        assert_eq!(shelf.select(Hook::Route, &facts).len(), count);
    }
}

/// What a message costs depends on what it finds, not on what there is: counted, not timed.
#[test]
fn a_message_looks_at_its_candidates_only() {
    let conditions = |n: usize| format!("kinds = [\"notice\"]\ndepartments = [\"d{}\"]\nlabels.line = \"{n}\"", n % 7);
    for count in [100, 1_000] {
        let shelf = shelf(&(0..count).map(conditions).collect::<Vec<_>>());
        assert_eq!(shelf.slots.values().map(Vec::len).max(), Some(1));
        assert_eq!(shelf.slots.len(), count);
    }
}

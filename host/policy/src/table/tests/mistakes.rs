//! What is said of tables that are wrong, and of those that cannot be meant.

use herald_core::names::KindName;
use herald_core::organisation::Organisation;
use serde_json::json;

use super::*;
use crate::testing::{files, world};

/// What reading says, without the name of the file.
fn says(text: &str) -> Vec<String> {
    let problems = Table::read("t", text).err().unwrap_or_default();
    problems.iter().map(|problem| problem.to_string().replace("t.csv:", "")).collect()
}

#[test]
fn a_file_that_is_no_table_is_explained() {
    let many = format!("{},->,r\n", (0..70).map(|n| format!("c{n}")).collect::<Vec<_>>().join(","));
    let long = format!("c,->,r\n{},,1\n", "x".repeat(1_025));
    let name = format!("{},->,r\n", "x".repeat(65));
    for (text, expected) in [
        ("", " the file is empty; a table begins with the names of its columns"),
        ("a,b\n", "1:1: a table has one column `->`; this one has 0; write the conditions, `->` and the results"),
        ("a;->;b\n", "1:1: a table has one column `->`; this one has 0; columns are separated by commas"),
        ("a,->,->,b\n", "1:1: a table has one column `->`; this one has 2"),
        ("->,b\n", "1:1: the table has no condition; conditions stand before `->`"),
        ("a,->\n", "1:1: the table has no result"),
        ("a,a,->,b\n", "1:1: there are two conditions `a`"),
        ("a,->,b,b\n", "1:1: there are two results `b`"),
        ("a,,->,b\n", "1:1: the name of a column has 1 to 64 characters, not ``; name every column"),
        (&name, "1:1: the name of a column has 1 to 64 characters"),
        (&many, "1:1: the table has 72 columns; at most 64 are allowed"),
        ("a,->,b\nx,->\n", "2:1: the row has 2 cells, and the header 3"),
        ("a,->,b\n\n\nx,y,1\n", "4:1: `y` stands in the column `->`; it only parts conditions from results"),
        ("a,->,b\n,->,\n", "2:1: the row is empty, and would match always; delete it"),
        ("a,->,b\n\"x,,1\ny,,2\n", "2:1: the row has 1 cells"),
        ("a,->,b\n\"x\ny\",,2\n", "2:1: a cell of `a` goes over several lines; perhaps a quote is not closed"),
        (&long, "2:1: a cell of `c` has 1025 bytes; at most 1024 are allowed"),
    ] {
        let said = says(text);
        assert!(said.first().is_some_and(|said| said.starts_with(expected)), "{text}\n{said:#?}");
    }
    assert!(says("\u{feff}a,->,b\nx,,1\n").is_empty());
    assert!(says("a,->,b\n").is_empty());
}

#[test]
fn a_cell_that_cannot_be_read_is_explained() {
    for (cell, expected) in [
        (">=", "in `c`, `>=` is no range; a bound is a number"),
        (">=a", "in `c`, `>=a` is no range; a bound is a number"),
        (">=1 x", "in `c`, `>=1 x` is no range; a range is one bound or two"),
        (">=1 >2", "in `c`, `>=1 >2` is no range; one bound is the least"),
        (">=1 <2026-01-05", "in `c`, `>=1 <2026-01-05` is no range; both bounds are numbers"),
        (">=20 <10", "in `c`, nothing lies in `>=20 <10`; the least is greater than the most"),
        (">5 <=5", "in `c`, nothing lies in `>5 <=5`"),
        ("10..20", "in `c`, `10..20` is no range; write `>=10 <=20`, or quote the text"),
        ("*", "in `c`, `*` stands for every value; leave the cell empty"),
        ("a*b", "in `c`, `a*b` has a `*` that is not its end"),
        ("a|", "in `c`, an alternative is empty; delete the `|`"),
        ("\"a", "in `c`, `\"a` has no closing quote"),
        ("\"a\"b", "in `c`, `b` follows a closing quote"),
    ] {
        let said = says(&format!("c,->,r\n\"{}\",,1\n", cell.replace('"', "\"\"")));
        assert!(said.len() == 1 && said[0].starts_with(&format!("2:1: {expected}")), "{cell}\n{said:#?}");
    }
    assert_eq!(
        says("c,->,r\n1,,1\nhigh,,2\n>=5,,3\n"),
        [
            "4:1: in `c`, `>=5` is a range of numbers; it holds texts because of `high` in line 3; ranges want a column of numbers"
        ]
    );
    assert_eq!(
        says("c,->,r\na,,\"\"\"x\"\"|y\"\n"),
        ["2:1: in `r`, `\"x\"|y` goes on after its closing quote; double a quote that is part of it"]
    );
}

/// Errors and warnings of the check of a bundle for complaints that has this table.
fn lint(text: &str) -> (Vec<String>, Vec<String>) {
    lint_for(&["complaint"], &world(), text)
}

/// The same for these kinds of `world`.
fn lint_for(kinds: &[&str], world: &World, text: &str) -> (Vec<String>, Vec<String>) {
    let kinds = kinds.iter().map(|kind| KindName::new(kind).unwrap()).collect();
    let files = files(&[("tables/t.csv", text)]);
    let Reading { errors, warnings, .. } = Tables::read(&files, Some(Against { world, kinds: &kinds }));
    let texts = |diagnostics: Vec<Diagnostic>| -> Vec<String> {
        diagnostics.iter().map(|diagnostic| diagnostic.to_string().replace("tables/t.csv:", "")).collect()
    };
    (texts(errors), texts(warnings))
}

#[test]
fn what_cannot_be_meant_is_an_error() {
    for (text, expected) in [
        (
            "amount_cents,->,r\nhigh,,1\n",
            "2:1: in `amount_cents`, the form does not allow `high`: \"high\" is not of type \"integer\"",
        ),
        ("paid,->,r\nyes,,2\n", "2:1: in `paid`, the form does not allow `yes`"),
        ("c,->,r\nx,,role:sales/directr\n", "2:1: in `r`, department `sales` has no role `directr`; did you mean"),
        ("c,->,r\nx|y,,1\nz,,2\ny|x,,1\n", "4:1: the row says the same as line 2; delete one of them"),
    ] {
        let (errors, _) = lint(text);
        assert!(errors.first().is_some_and(|said| said.starts_with(expected)), "{text}\n{errors:#?}");
    }
    for fine in [
        "amount_cents,->,r\n>=100,,1\n5,,2\n",
        "machine,->,r\nIM-*,,role:sales/director\n",
        "other,->,r\nhigh,,everyone\n",
        "paid,->,r\ntrue,,1\n",
    ] {
        assert_eq!(lint(fine), (vec![], vec![]), "{fine}");
    }
}

#[test]
fn ranges_in_which_the_form_allows_nothing_are_warned_of() {
    let mut organisation = Organisation::clone(world().organisation());
    let many: Vec<_> = (0..20).map(|number| format!("P-{number}")).collect();
    let forms = [
        (
            "complaint",
            json!({
                "properties": {
                    "percent": {"type": "integer", "minimum": 10, "maximum": 100},
                    "share": {
                        "allOf": [{"$ref": "#/$defs/part"}, {"$ref": "#/properties/share"}],
                        "exclusiveMaximum": 0.5
                    },
                    "size": {"type": ["integer", "null"], "enum": [1, 5, 20, null], "maximum": 10},
                    "machine": {"enum": ["A-1", "A-2", "B-1"]},
                    "only": {"const": "A-1"},
                    "part": {"enum": many},
                    "note": {"type": "string"},
                    "either": {"anyOf": [{"maximum": 10}, {"minimum": 100}], "pattern": "^A"}
                },
                "$defs": {"part": {"type": "number", "minimum": 0, "exclusiveMinimum": -1}}
            }),
        ),
        ("fault", json!({"properties": {"percent": {"type": "integer", "maximum": 5_000}}})),
    ];
    for (kind, form) in forms {
        organisation.kinds.get_mut(&KindName::new(kind).unwrap()).unwrap().form = form;
    }
    let world = World::new(Arc::new(organisation)).unwrap();
    let check = |kinds: &[&str], text: &str, expected: Option<&str>| {
        let hint = "write what the field can have, or name the column otherwise";
        let expected: Vec<_> = expected.map(|expected| format!("2:1: in {expected}; {hint}")).into_iter().collect();
        assert_eq!(lint_for(kinds, &world, text), (vec![], expected), "{text}");
    };
    for (column, cell, allows) in [
        ("percent", ">=1000", "`>=10 <=100`"),
        ("percent", ">100", "`>=10 <=100`"),
        ("percent", "<5", "`>=10 <=100`"),
        ("percent", "<10", "`>=10 <=100`"),
        ("percent", ">=0 <10", "`>=10 <=100`"),
        ("percent", ">=2026-01-05", "no text"),
        ("share", ">=0.5", "`>=0 <0.5`"),
        ("share", "<0", "`>=0 <0.5`"),
        ("size", ">5 <20", "`1` or `5`"),
        ("machine", "IM-*", "`A-1`, `A-2` or `B-1`"),
        ("machine", "<2026-01-05", "`A-1`, `A-2` or `B-1`"),
        ("machine", ">5", "no number"),
        ("only", "B*", "`A-1`"),
        ("part", "A*", "`P-0`, `P-1`, `P-2`, `P-3`, `P-4`, `P-5`, `P-6`, `P-7` and 12 more"),
        ("note", "<=5", "no number"),
    ] {
        let expected = format!("`{column}`, the form allows nothing that `{cell}` holds for: it allows {allows}");
        check(&["complaint"], &format!("{column},->,r\n{cell},,1\n"), Some(&expected));
    }
    for (column, cell) in [
        ("percent", ">=100"),
        ("percent", "<=10"),
        ("percent", ">=50 <60"),
        ("share", ">0.4"),
        ("size", "<=1"),
        ("machine", "A*"),
        ("note", "IM-*"),
        ("note", ">=2026-01-05"),
        ("either", ">50 <60"),
        ("either", "B*"),
        ("other", "IM-*"),
    ] {
        check(&["complaint"], &format!("{column},->,r\n{cell},,1\n"), None);
    }
    // What one of the forms allows is allowed; each alternative counts; what stands in many rows is told once.
    check(&["complaint", "fault"], "percent,->,r\n>=1000,,1\n", None);
    let machine = "`machine`, the form allows nothing that `IM-*` holds for: it allows `A-1`, `A-2` or `B-1`";
    check(&["complaint"], "machine,other,->,r\nA-1|IM-*,x,,1\nIM-*,y,,2\n", Some(machine));
}

#[test]
fn rows_that_first_never_comes_to_are_warned_of() {
    let covered = |line: u32, by: u32| {
        format!(
            "{line}:1: line {by} matches whatever this row matches; `first` never comes to it: put it before that line, or ask for `all`"
        )
    };
    let conflict = |line: u32, with: u32| {
        format!(
            "{line}:1: the row has the conditions of line {with} and other results; `first` never comes to it: change one of them, or ask for `all`"
        )
    };
    for (text, expected) in [
        ("a,b,->,r\n,,,1\nx,,,2\n", vec![covered(3, 2)]),
        ("a,b,->,r\nx,,,1\nx,y,,2\n", vec![covered(3, 2)]),
        ("a,b,->,r\nx,y,,1\nx,,,2\n", vec![]),
        ("a,b,->,r\nx,,,1\n,y,,2\n", vec![]),
        ("a,b,->,r\nx|y,,,1\ny,,,2\n", vec![covered(3, 2)]),
        ("a,b,->,r\nIM-*,,,1\nIM-0*|IM-7,,,2\n", vec![covered(3, 2)]),
        ("a,b,->,r\n>=10,,,1\n>=20 <30,,,2\n>=5,,,3\n", vec![covered(3, 2)]),
        // Both ends are covered, what lies between them is not.
        ("a,b,->,r\n<10|>20,,,1\n>=5 <=25,,,2\n15,,,3\n", vec![covered(4, 3)]),
        ("a,b,->,r\nx,,,1\nx,,,2\n", vec![conflict(3, 2)]),
        ("a,b,->,r\ntrue,,,1\n,,,2\nfalse,,,3\n", vec![covered(4, 3)]),
    ] {
        assert_eq!(lint(text), (vec![], expected), "{text}");
    }
}

#[test]
fn limits_are_enforced_and_many_problems_are_one() {
    let rows = |count: usize| (0..count).map(|row| format!("{row},,1\n")).collect::<String>();
    let said = says(&format!("c,->,n\n{}", rows(ROW_LIMIT + 1)));
    assert_eq!(said, ["100002:1: a table has at most 100000 rows; split it by what it is for"]);

    let (errors, _) = lint(&format!("c,->,n\n{}", "*,,1\n".repeat(PROBLEM_LIMIT + 3)));
    assert_eq!((errors.len(), errors.last().unwrap().as_str()), (PROBLEM_LIMIT + 1, " and 3 more"));

    // 600,000 values that all differ.
    let cell = |row: usize| (0..100).map(|n| (row * 100 + n).to_string()).collect::<Vec<_>>().join("|");
    let text: String = (0..6_000).map(|row| format!("{},,1\n", cell(row))).collect();
    let said = says(&format!("c,->,n\n{text}"));
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("the indexes of a bundle's tables take at most 64 MiB"), "{said:?}");
}

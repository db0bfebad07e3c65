//! What cells mean, and what a lookup says.

use super::*;

/// A table of one condition `c` and these cells; the result of each row is its number, from 1.
fn column(cells: &[&str]) -> Table {
    let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
    let rows = cells.iter().zip(1..).map(|(cell, number)| format!("{},->,{number}\n", quoted(cell)));
    table(&format!("c,->,n\n{}", rows.collect::<String>()))
}

#[test]
fn a_cell_means_what_it_says() {
    let text = |text| Fact::Text(text);
    let decimal = |text: &str| Fact::Decimal(text.parse().unwrap());
    for (cells, facts) in [
        (
            vec!["a", "b|c", "", "A*", "IM-*|c", " a "],
            vec![
                (text("a"), vec![1, 3, 6]),
                (text("c"), vec![2, 3, 5]),
                (text("IM-"), vec![3, 5]),
                (text("IM-07"), vec![3, 5]),
                (text("IM"), vec![3]),
                (text("IM."), vec![3]),
                (text("A"), vec![3, 4]),
                (text(""), vec![3]),
            ],
        ),
        (
            vec![">=10", ">10", "<=10", "<10", ">=10 <20", "10", "5|>=20", "", "<20 >=10", "> 10"],
            vec![
                (Fact::Integer(10), vec![1, 3, 5, 6, 8, 9]),
                (decimal("10.0"), vec![1, 3, 5, 6, 8, 9]),
                (decimal("10.01"), vec![1, 2, 5, 8, 9, 10]),
                (Fact::Integer(5), vec![3, 4, 7, 8]),
                (Fact::Integer(20), vec![1, 2, 7, 8, 10]),
                (Fact::Integer(i64::MIN), vec![3, 4, 8]),
                (Fact::Integer(i64::MAX), vec![1, 2, 7, 8, 10]),
            ],
        ),
        (
            // Alternatives that overlap, touch or repeat are one.
            vec![">=5|>=10", "1|1", "<5|>=5", ">=1 <5|>=3 <9"],
            vec![(Fact::Integer(1), vec![2, 3, 4]), (Fact::Integer(5), vec![1, 3, 4]), (Fact::Integer(12), vec![1, 3])],
        ),
        (
            vec!["true", "false", "", "true|false"],
            vec![(Fact::Boolean(true), vec![1, 3, 4]), (Fact::Boolean(false), vec![2, 3, 4])],
        ),
        (
            // What stands between quotes is a text.
            vec!["\"10\"", "\"a|b\"", "\"IM-*\"", "\"say \"\"hi\"\"\"", "\"\"", "\">=5\"", "\"x|\"*", "0012"],
            vec![
                (text("10"), vec![1]),
                (text("a|b"), vec![2]),
                (text("IM-*"), vec![3]),
                (text("IM-1"), vec![]),
                (text("say \"hi\""), vec![4]),
                (text(""), vec![5]),
                (text(">=5"), vec![6]),
                (text("x|y"), vec![7]),
                (text("0012"), vec![8]),
            ],
        ),
        (
            vec![">=2026-01-05", "<2026-01-05T00:00:00Z", "2026-01-05", ">=2026-01-05 <2026-02-01"],
            vec![
                (text("2026-01-05"), vec![1, 2, 3, 4]),
                (text("2026-01-31T23:59:59Z"), vec![1, 4]),
                (text("2026-02-01"), vec![1]),
                (text("2025-12-31"), vec![2]),
            ],
        ),
        // Letters whose successor is none, or lies behind the gap of surrogates.
        (
            vec!["\u{d7ff}*", "\u{10ffff}*", "客户*"],
            vec![
                (text("\u{d7ff}a"), vec![1]),
                (text("\u{e000}"), vec![]),
                (text("\u{10ffff}z"), vec![2]),
                (text("客户部"), vec![3]),
            ],
        ),
        (vec!["", ""], vec![(text("a"), vec![1, 2]), (Fact::Integer(1), vec![1, 2])]),
    ] {
        let table = column(&cells);
        for (fact, rows) in facts {
            assert_eq!(found(&table, &[("c", fact)]), Ok(rows), "{cells:?} {fact:?}");
        }
    }
}

const TIERS: &str = "\
tier,amount,paid,->,n,to,share
strategic,>=100,,->,1,role:sales/director,0.5
strategic|key,,true,,2,,1
,,,->,3,everyone,
";

#[test]
fn conditions_that_no_fact_names_hold_where_they_are_empty() {
    let table = table(TIERS);
    let tier = |tier| ("tier", Fact::Text(tier));
    for (facts, rows) in [
        (vec![], Ok(vec![3])),
        (vec![tier("key")], Ok(vec![3])),
        (vec![tier("key"), ("paid", Fact::Boolean(true))], Ok(vec![2, 3])),
        (vec![tier("strategic"), ("amount", Fact::Integer(100))], Ok(vec![1, 3])),
        (vec![("tir", Fact::Text("key"))], Err("table `t` has no condition `tir`; did you mean `tier`?")),
        (vec![("share", Fact::Integer(1))], Err("table `t` has no condition `share`; use `tier`, `amount` or `paid`")),
        (vec![tier("key"), tier("a")], Err("the fact `tier` for table `t` is given twice")),
        (
            vec![("amount", Fact::Text("100"))],
            Err("the condition `amount` of table `t` holds numbers, and the fact is a text"),
        ),
        (
            vec![("tier", Fact::Integer(1))],
            Err("the condition `tier` of table `t` holds texts, and the fact is a number"),
        ),
        (
            vec![("paid", Fact::Text("true"))],
            Err("the condition `paid` of table `t` holds true or false, and the fact is a text"),
        ),
    ] {
        assert_eq!(found(&table, &facts), rows.map_err(str::to_owned), "{facts:?}");
    }
}

#[test]
fn results_have_the_type_of_their_column() {
    let table = table(TIERS);
    let results = |row: u32| -> Vec<String> {
        let row = table.row(row).unwrap();
        row.results().map(|(name, value)| format!("{name} = {value:?}")).collect()
    };
    assert_eq!(results(0), ["n = Integer(1)", "to = Text(\"role:sales/director\")", "share = Decimal(0.5)"]);
    assert_eq!(results(1), ["n = Integer(2)", "share = Decimal(1)"]);
    let row = table.row(2).unwrap();
    assert_eq!(row.get("share"), Ok(None));
    assert_eq!(row.get("too").unwrap_err().to_string(), "table `t` has no result `too`; did you mean `to`?");
    assert!(table.row(3).is_none());

    let text = "c,->,a,b,c\nx,,\"\"\"10\"\"\",true,99999999999999999999\ny,,,false,\n";
    let other = super::table(text);
    let values: Vec<_> = other.row(0).unwrap().results().map(|(_, value)| value.clone()).collect();
    let large = "99999999999999999999".parse().unwrap();
    assert_eq!(values, [Value::Text("10".into()), Value::Boolean(true), Value::Decimal(large)]);
}

#[test]
fn a_limit_cuts_after_the_first_rows() {
    let table = table("c,->,n\na,,1\nb,,2\na,,3\na,,4\n");
    for (limit, rows) in [(0, 0), (1, 1), (2, 2), (9, 3)] {
        assert_eq!(table.lookup(&[("c", Fact::Text("a"))], limit).unwrap().count(), rows);
    }
}

#[test]
fn a_name_that_is_no_table_is_told_the_nearest() {
    let files = crate::testing::files(&[("tables/tiers.csv", TIERS), ("tables/machines.csv", TIERS)]);
    let reading = Tables::read(&files, None);
    assert!(reading.errors.is_empty());
    assert_eq!(reading.tables.get("tiers").unwrap().rows(), 3);
    let error = |name| reading.tables.get(name).unwrap_err().to_string();
    assert_eq!(error("tier"), "there is no table `tier`; did you mean `tiers`?");
    assert_eq!(error("prices"), "there is no table `prices`; use `machines` or `tiers`");
    assert_eq!(Tables::default().get("x").unwrap_err().to_string(), "there is no table `x`");
}

#[test]
fn memory_grows_with_the_number_of_values_and_not_with_its_square() {
    let rows = 20_000;
    for cell in [
        |row: u32| format!(">={row} <{}", row + 10_000),
        |row| format!(">={row}"),
        |row| format!("{}|{}", row, row + 7),
        |row| format!("{}", row % 100),
        |row| format!(">={} <{}", row % 1_000, row % 1_000 + 500),
    ] {
        let lines: String = (0..rows).map(|row| format!("{},,{row}\n", cell(row))).collect();
        let table = table(&format!("c,->,n\n{lines}"));
        let bytes = table.conditions[0].sets.bytes();
        assert!(bytes < 128 * usize::try_from(rows).unwrap(), "{}: {bytes}", cell(0));
        let holds = |row: &u32| found(&column(&[&cell(*row)]), &[("c", Fact::Integer(10_500))]) == Ok(vec![1]);
        let some: Vec<u32> = (0..rows).step_by(997).filter(holds).collect();
        let all = found(&table, &[("c", Fact::Integer(10_500))]).unwrap();
        assert!(some.iter().all(|row| all.contains(&i64::from(*row))), "{}", cell(0));
    }
}

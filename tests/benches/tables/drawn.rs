//! A table in which no column is named by every row, and none tells two rows apart by itself: each names three of six,
//! drawn with equal chances. So many rows share every value, and a lookup has to bring them together.

use std::fmt::Write as _;

use herald_policy::{Fact, Table};
use herald_tests::Failure;
use herald_tests::workload::random;

/// Columns, of which a row names [`NAMED`].
const COLUMNS: usize = 6;
const NAMED: usize = 3;

/// The table as it is written, and facts that are first met by a row in its last tenth.
pub(crate) struct Drawn {
    pub(crate) table: Table,
    cases: Vec<(Case, u32)>,
}

/// A value of each column.
type Values = [u32; COLUMNS];

struct Case {
    texts: [String; COLUMNS - 1],
    amount: i64,
}

impl Case {
    fn of(values: Values) -> Self {
        let [part, machine, amount, supplier, day, tier] = values;
        let texts = [
            format!("P{part:06}"),
            format!("IM-{machine:03}-{}", part % 7),
            format!("supplier {supplier}"),
            format!("day {day}"),
            format!("tier {tier}"),
        ];
        Self { texts, amount: i64::from(amount) * 100 + 50 }
    }

    fn facts(&self) -> [(&str, Fact<'_>); COLUMNS] {
        let [part, machine, supplier, day, tier] = &self.texts;
        [
            ("part", Fact::Text(part)),
            ("machine", Fact::Text(machine)),
            ("amount", Fact::Integer(self.amount)),
            ("supplier", Fact::Text(supplier)),
            ("day", Fact::Text(day)),
            ("tier", Fact::Text(tier)),
        ]
    }
}

impl Drawn {
    /// A table of so many rows, with so many cases; its answers are those of a look through the rows one after the
    /// other.
    pub(crate) fn new(size: u32, count: usize) -> Result<Self, Failure> {
        let mut random = random(u64::from(size));
        // So many that a message meets about one row, whatever the size.
        let limit = f64::from(size).cbrt().ceil() as u32;
        let rows: Vec<[Option<u32>; COLUMNS]> = (0..size).map(|_| row(&mut random, limit)).collect();
        let first = |values: &Values| {
            let meets = |row: &[Option<u32>; COLUMNS]| {
                row.iter().zip(values).all(|(cell, value)| cell.is_none_or(|cell| cell == *value))
            };
            rows.iter().zip(0..).find(|(row, _)| meets(row)).map(|(_, number)| number)
        };
        let mut cases = Vec::new();
        while cases.len() < count {
            let values = values(&mut random, limit);
            match first(&values) {
                Some(row) if row >= size - size / 10 => cases.push((Case::of(values), row)),
                _ => {}
            }
        }
        let table = Table::read("drawn", &csv(&rows)).map_err(|problems| format!("{problems:?}"))?;
        for (case, wanted) in &cases {
            let found = table.lookup(&case.facts(), 1)?.next().map(|row| row.number());
            if found != Some(*wanted) {
                return Err(format!("of {size} rows, {found:?} was found instead of {wanted}").into());
            }
        }
        Ok(Self { table, cases })
    }

    /// Looks all cases up; how many there are.
    pub(crate) fn lookups(&self) -> Result<usize, Failure> {
        for (case, _) in &self.cases {
            let found = self.table.lookup(&case.facts(), 1)?.next();
            std::hint::black_box(found.ok_or("a row is found")?.get("level")?);
        }
        Ok(self.cases.len())
    }
}

fn csv(rows: &[[Option<u32>; COLUMNS]]) -> String {
    let mut text = String::from("part,machine,amount,supplier,day,tier,->,level,to\n");
    for (row, number) in rows.iter().zip(0_u32..) {
        let [part, machine, amount, supplier, day, tier] = row;
        let cell = |value: &Option<u32>, written: fn(u32) -> String| value.map(written).unwrap_or_default();
        let cells = [
            cell(part, |part| format!("P{part:06}")),
            cell(machine, |machine| format!("IM-{machine:03}-*")),
            cell(amount, |amount| format!(">={} <{}", amount * 100, amount * 100 + 100)),
            cell(supplier, |supplier| format!("supplier {supplier}")),
            cell(day, |day| format!("day {day}")),
            cell(tier, |tier| format!("tier {tier}")),
        ];
        // Writing to a text does not fail.
        let _ = writeln!(text, "{},->,{},role:production/head", cells.join(","), number % 3 + 1);
    }
    text
}

/// The numbers below `limit` that come next.
fn values(random: &mut impl Iterator<Item = u32>, limit: u32) -> Values {
    [(); COLUMNS].map(|()| random.next().unwrap_or_default() % limit)
}

fn row(random: &mut impl Iterator<Item = u32>, limit: u32) -> [Option<u32>; COLUMNS] {
    let mut row = values(random, limit).map(Some);
    for empty in random.map(|number| number as usize % COLUMNS) {
        row.get_mut(empty).map(Option::take);
        if row.iter().flatten().count() == NAMED {
            break;
        }
    }
    row
}

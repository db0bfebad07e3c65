mod guide;
mod lookups;
mod mistakes;
mod scan;

use super::*;

/// The table of a text.
fn table(text: &str) -> Table {
    Table::read("t", text).unwrap_or_else(|problems| panic!("{text}\n{problems:#?}"))
}

/// The results `n` of all rows that `facts` find.
fn found(table: &Table, facts: &[(&str, Fact<'_>)]) -> Result<Vec<i64>, String> {
    let rows = table.lookup(facts, u32::MAX).map_err(|error| error.to_string())?;
    let result = |row: Row<'_>| match row.get("n").unwrap() {
        Some(Value::Integer(number)) => *number,
        other => panic!("{other:?}"),
    };
    Ok(rows.map(result).collect())
}

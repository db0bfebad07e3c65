//! Decision tables for tests, row by row: values, lists `a|b`, ranges, prefixes and empty cells. What the host's tables
//! have beyond that, such as quotes, is refused, so that a test never passes by a cell that was read otherwise.

use std::cmp::Ordering;

use crate::table::Value;

/// What parts conditions from results.
const ARROW: &str = "->";

/// A table as its file has it.
#[derive(Debug, Clone)]
pub(super) struct Table {
    conditions: Vec<String>,
    results: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Debug, Clone)]
struct Row {
    conditions: Vec<String>,
    results: Vec<Option<Value>>,
}

impl Table {
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let text = text.trim_start_matches('\u{feff}');
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).has_headers(false).from_reader(text.as_bytes());
        let mut records = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| error.to_string())?;
            records.push(record.iter().map(str::to_owned).collect::<Vec<_>>());
        }
        let mut records = records.into_iter();
        let mut conditions = records.next().unwrap_or_default();
        let arrow = conditions.iter().position(|name| name == ARROW).ok_or("its first line has no column `->`")?;
        let results = after_arrow(&mut conditions, arrow);
        let (mut cells, mut wanted) = (Vec::new(), Vec::new());
        for mut record in records {
            if let Some(cell) = record.iter().find(|cell| cell.contains('"')) {
                return Err(format!("`{cell}`: tables in tests have no quotes; run the case by `herald plugin run`"));
            }
            cells.push(after_arrow(&mut record, arrow));
            wanted.push(record);
        }
        let typed = typed(&cells, results.len());
        let rows = wanted.into_iter().zip(typed).map(|(conditions, results)| Row { conditions, results }).collect();
        Ok(Self { conditions, results, rows })
    }

    pub(super) fn lookup(&self, facts: &[(String, Value)], limit: usize) -> Result<Vec<Vec<(String, Value)>>, String> {
        if let Some((unknown, _)) = facts.iter().find(|(name, _)| !self.conditions.contains(name)) {
            return Err(format!("the table has no condition `{unknown}`"));
        }
        let fact = |name: &String| facts.iter().find(|(fact, _)| fact == name).map(|(_, value)| value);
        let matches =
            |row: &&Row| self.conditions.iter().zip(&row.conditions).all(|(name, cell)| holds(cell, fact(name)));
        let answer = |row: &Row| {
            let cells = self.results.iter().zip(&row.results);
            cells.filter_map(|(name, value)| Some((name.clone(), value.clone()?))).collect()
        };
        Ok(self.rows.iter().filter(matches).take(limit).map(answer).collect())
    }
}

/// Cuts a line at the arrow; gives back what follows it.
fn after_arrow(line: &mut Vec<String>, arrow: usize) -> Vec<String> {
    let after = line.split_off((arrow + 1).min(line.len()));
    line.truncate(arrow);
    after
}

/// Result cells with the type of their column: whole numbers, numbers, truths, else texts.
fn typed(rows: &[Vec<String>], columns: usize) -> Vec<Vec<Option<Value>>> {
    let cell = |row: &Vec<String>, column: usize| row.get(column).cloned().unwrap_or_default();
    let all = |column: usize, is: fn(&str) -> bool| {
        rows.iter().map(|row| cell(row, column)).filter(|cell| !cell.is_empty()).all(|cell| is(&cell))
    };
    let sorts: Vec<fn(String) -> Option<Value>> = (0..columns)
        .map(|column| -> fn(String) -> Option<Value> {
            if all(column, |cell| cell.parse::<bool>().is_ok()) {
                |cell| cell.parse().ok().map(Value::Boolean)
            } else if all(column, |cell| number(cell).is_some() && cell.parse::<i64>().is_ok()) {
                |cell| cell.parse().ok().map(Value::Integer)
            } else if all(column, |cell| number(cell).is_some()) {
                |cell| Some(Value::Decimal(cell))
            } else {
                |cell| Some(Value::Text(cell))
            }
        })
        .collect();
    let filled = |cell: String| (!cell.is_empty()).then_some(cell);
    let row = |row: &Vec<String>| {
        sorts.iter().enumerate().map(|(column, sort)| filled(cell(row, column)).and_then(sort)).collect()
    };
    rows.iter().map(row).collect()
}

fn holds(cell: &str, fact: Option<&Value>) -> bool {
    match fact {
        _ if cell.is_empty() => true,
        Some(fact) => cell.split('|').any(|item| item_holds(item.trim(), fact)),
        None => false,
    }
}

fn item_holds(item: &str, fact: &Value) -> bool {
    if item.starts_with(['<', '>']) {
        return bounds(item).all(|(operator, bound)| {
            compare(fact, bound).is_some_and(|order| match operator {
                ">=" => order.is_ge(),
                ">" => order.is_gt(),
                "<=" => order.is_le(),
                _ => order.is_lt(),
            })
        });
    }
    match (item.strip_suffix('*'), fact) {
        (Some(prefix), Value::Text(text)) => text.starts_with(prefix),
        (Some(_), _) => false,
        (None, fact) => compare(fact, item) == Some(Ordering::Equal),
    }
}

/// `>=10 <20` as its bounds.
fn bounds(item: &str) -> impl Iterator<Item = (&str, &str)> {
    item.split_whitespace().map(|bound| {
        let operator = bound.len() - bound.trim_start_matches(['<', '>', '=']).len();
        bound.split_at(operator)
    })
}

fn compare(fact: &Value, cell: &str) -> Option<Ordering> {
    match fact {
        Value::Text(text) => Some(text.as_str().cmp(cell)),
        Value::Boolean(truth) => cell.parse().ok().map(|cell| truth.cmp(&cell)),
        Value::Integer(whole) => number(&whole.to_string())?.partial_cmp(&number(cell)?),
        Value::Decimal(digits) => number(digits)?.partial_cmp(&number(cell)?),
    }
}

/// A number as JSON writes it, without an exponent: `0012` is the number of a part, not twelve.
fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let whole = digits.split('.').next().unwrap_or_default();
    let plain = digits.bytes().all(|letter| letter.is_ascii_digit() || letter == b'.');
    let led_by_zero = whole.len() > 1 && whole.starts_with('0');
    (plain && !whole.is_empty() && !led_by_zero).then(|| text.parse().ok()).flatten()
}

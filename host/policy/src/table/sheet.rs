//! A table as its file has it: named columns and cells of text, on lines. What cells mean is not looked at.

use csv::{ReaderBuilder, StringRecord};

use super::{ARROW, CELL_LIMIT_BYTES, COLUMN_LIMIT, NAME_LIMIT_CHARS, ROW_LIMIT};
use crate::diagnostic::{Diagnostic, Place};

/// A CSV file that is a table.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) conditions: Vec<String>,
    pub(super) results: Vec<String>,
    rows: Vec<(u32, StringRecord)>,
}

impl Sheet {
    /// Reads `text`, the content of `file`.
    ///
    /// # Errors
    /// What is wrong with the header; without that, every line that is no row of this table.
    pub(super) fn read(file: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        // Spreadsheets mark their UTF-8.
        let text = text.trim_start_matches('\u{feff}');
        let mut reader =
            ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
        let mut records = reader.records().map(|record| {
            let record = record.map_err(|error| vec![Diagnostic::about(file, error.to_string())])?;
            let line = record.position().map_or(0, |begin| line_of(text, begin));
            Ok::<_, Vec<Diagnostic>>((line, record))
        });
        let hint = "a table begins with the names of its columns";
        let empty = || vec![Diagnostic::about(file, "the file is empty").hint(Some(hint.to_owned()))];
        let (line, header) = records.next().ok_or_else(empty)??;
        let mut problems = Problems { file, found: Vec::new() };
        let (conditions, results) = problems.header(line, &header);
        if !problems.found.is_empty() {
            return Err(problems.found);
        }
        let mut rows = Vec::new();
        for record in records {
            let (line, record) = record?;
            if rows.len() == ROW_LIMIT {
                problems.say(line, format!("a table has at most {ROW_LIMIT} rows"), "split it by what it is for");
                break;
            }
            problems.row(line, &record, &header, conditions.len());
            rows.push((line, record));
        }
        if problems.found.is_empty() { Ok(Self { conditions, results, rows }) } else { Err(problems.found) }
    }

    /// The line of each row, from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = u32> {
        self.rows.iter().map(|(line, _)| *line)
    }

    /// The cells of a condition column, with their lines.
    pub(super) fn condition(&self, column: usize) -> impl Iterator<Item = (u32, &str)> {
        self.column(column)
    }

    /// The cells of a result column, with their lines.
    pub(super) fn result(&self, column: usize) -> impl Iterator<Item = (u32, &str)> {
        self.column(self.conditions.len() + 1 + column)
    }

    fn column(&self, at: usize) -> impl Iterator<Item = (u32, &str)> {
        self.rows.iter().map(move |(line, record)| (*line, record.get(at).unwrap_or_default()))
    }
}

/// The line of a record: the reader says where the one before it ended, and empty lines may lie between.
fn line_of(text: &str, begin: &csv::Position) -> u32 {
    let rest = usize::try_from(begin.byte()).ok().and_then(|byte| text.as_bytes().get(byte..)).unwrap_or_default();
    let empty = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n').count();
    u32::try_from(begin.line()).unwrap_or(u32::MAX).saturating_add(u32::try_from(empty).unwrap_or(u32::MAX))
}

struct Problems<'a> {
    file: &'a str,
    found: Vec<Diagnostic>,
}

impl Problems<'_> {
    fn say(&mut self, line: u32, message: String, hint: &str) {
        let at = Some(Place { line, column: 1 });
        self.found.push(Diagnostic::about(self.file, message).at(at).hint(Some(hint.to_owned())));
    }

    /// The names of the conditions and of the results.
    fn header(&mut self, line: u32, header: &StringRecord) -> (Vec<String>, Vec<String>) {
        let names: Vec<String> = header.iter().map(str::to_owned).collect();
        if names.len() > COLUMN_LIMIT {
            let message = format!("the table has {} columns; at most {COLUMN_LIMIT} are allowed", names.len());
            self.say(line, message, "split it by what it is for");
        }
        let sides: Vec<&[String]> = names.split(|name| name == ARROW).collect();
        let [conditions, results] = sides.as_slice() else {
            let message = format!("a table has one column `{ARROW}`; this one has {}", sides.len() - 1);
            let hint = format!("write the conditions, `{ARROW}` and the results, as in `tier,amount,{ARROW},level`");
            let with_semicolons = header.len() == 1 && header.iter().any(|name| name.contains(';'));
            let commas = "columns are separated by commas, not by semicolons";
            self.say(line, message, if with_semicolons { commas } else { &hint });
            return (Vec::new(), Vec::new());
        };
        for (what, side) in [("condition", conditions), ("result", results)] {
            if side.is_empty() {
                let hint = format!("conditions stand before `{ARROW}`, results after it");
                self.say(line, format!("the table has no {what}"), &hint);
            }
            for (at, name) in side.iter().enumerate() {
                if name.is_empty() || name.chars().count() > NAME_LIMIT_CHARS {
                    let message = format!("the name of a column has 1 to {NAME_LIMIT_CHARS} characters, not `{name}`");
                    self.say(line, message, "name every column, and delete empty ones");
                } else if side.iter().take(at).any(|other| other == name) {
                    self.say(line, format!("there are two {what}s `{name}`"), "give one of them another name");
                }
            }
        }
        (conditions.to_vec(), results.to_vec())
    }

    fn row(&mut self, line: u32, row: &StringRecord, header: &StringRecord, arrow: usize) {
        if row.len() != header.len() {
            let message = format!("the row has {} cells, and the header {}", row.len(), header.len());
            return self.say(line, message, "give each column its cell, if only an empty one");
        }
        let arrow = row.get(arrow).unwrap_or_default();
        if !arrow.is_empty() && arrow != ARROW {
            let hint = format!("it only parts conditions from results: leave it empty, or write `{ARROW}`");
            self.say(line, format!("`{arrow}` stands in the column `{ARROW}`"), &hint);
        }
        if row.iter().all(|cell| cell.is_empty() || cell == ARROW) {
            self.say(line, "the row is empty, and would match always".to_owned(), "delete it");
        }
        for (name, cell) in header.iter().zip(row) {
            if cell.contains('\n') {
                let message = format!("a cell of `{name}` goes over several lines");
                self.say(line, message, "perhaps a quote is not closed; a quote in a cell is doubled");
            } else if cell.len() > CELL_LIMIT_BYTES {
                let message = format!("a cell of `{name}` has {} bytes", cell.len());
                self.say(line, message, &format!("at most {CELL_LIMIT_BYTES} are allowed; use several rows"));
            }
        }
    }
}

//! Text files and the tables in them.
//!
//! Refuses what is not UTF-8, holds U+0000, or is no table.

use std::collections::HashMap;

use csv::{ReaderBuilder, StringRecord};
use uuid::Uuid;

use crate::db::types::Id;
use crate::error::{Code, Error, Result};

/// What is wrong with JSON that is not what was expected. What stands there instead stays unsaid: it may be a person's
/// word.
pub fn misread(error: &serde_json::Error) -> String {
    let said = error.to_string();
    if said.starts_with("invalid") {
        format!("there is something of another kind at line {} column {}", error.line(), error.column())
    } else {
        said
    }
}

/// Most rows of a table or list; all of them are in memory.
pub const ROWS_MAX: usize = 100_000;

/// The file as text, without a byte-order mark.
pub fn text(bytes: &[u8]) -> Result<&str> {
    let text = str::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8 text"))?;
    if text.contains('\0') {
        return Err(unreadable("it holds U+0000"));
    }
    Ok(text.trim_start_matches('\u{feff}'))
}

pub fn unreadable(why: &str) -> Error {
    Error::new(Code::UnreadableFile, format!("the file cannot be read: {why}"))
}

/// A table with a line of names.
pub struct Table {
    names: StringRecord,
    rows: Vec<StringRecord>,
}

/// One row of a table.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    names: &'a StringRecord,
    row: &'a StringRecord,
}

impl Table {
    /// Reads a table that has at least the columns `needed`.
    pub fn read(bytes: &[u8], delimiter: u8, needed: &[&str]) -> Result<Self> {
        let broken = |error: csv::Error| unreadable(&error.to_string());
        let mut csv =
            ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text(bytes)?.as_bytes());
        let names = csv.headers().map_err(broken)?.clone();
        for column in needed {
            if !names.iter().any(|name| name == *column) {
                return Err(unreadable(&format!("it has no column {column:?}")));
            }
        }
        let rows = csv.records().take(ROWS_MAX + 1).collect::<Result<Vec<_>, _>>().map_err(broken)?;
        if rows.len() > ROWS_MAX {
            return Err(unreadable(&format!("it has more than {ROWS_MAX} rows")));
        }
        Ok(Self { names, rows })
    }

    /// Its rows, in order.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.rows.iter().map(|row| Line { names: &self.names, row })
    }
}

impl<'a> Line<'a> {
    /// The cell of a column, trimmed; empty if it is not there.
    pub fn cell(&self, column: &str) -> &'a str {
        let place = self.names.iter().position(|name| name == column);
        place.and_then(|place| self.row.get(place)).unwrap_or_default().trim()
    }

    /// Where it stands in the file.
    pub fn number(&self) -> u64 {
        self.row.position().map_or(0, csv::Position::line)
    }

    /// All of it, to tell it from others.
    pub fn whole(&self) -> String {
        self.row.iter().collect::<Vec<_>>().join("\u{1f}")
    }
}

/// Ids for rows that have none: the same for the same row of the same account, however often it is imported,
/// and one each for rows that are alike.
pub struct Ids {
    account: Id,
    counts: HashMap<String, u32>,
}

impl Ids {
    /// For rows of an account.
    pub fn of(account: Id) -> Self {
        Self { account, counts: HashMap::new() }
    }

    /// The id of a row that `what` tells from those that are not alike.
    pub fn next(&mut self, what: &str) -> Id {
        let count = self.counts.entry(what.to_owned()).and_modify(|count| *count += 1).or_insert(1);
        Id(Uuid::new_v5(&self.account.0, format!("import/{what}/{count}").as_bytes()))
    }
}

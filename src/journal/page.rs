//! Lists: which records, in pages.

use std::str::FromStr as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Datelike as _, NaiveDate};

use super::collection::Collection;
use super::record::Record;
use super::store::within;
use crate::db::statement::{Bind, Statement};
use crate::db::types::{Day, Id, Time};
use crate::domain::day::is_of_our_years;
use crate::error::{Code, Error, Result};
use crate::fields::{Field, Kind};
use crate::http::query::Query;

/// Most records of a page.
pub const LIMIT_MAX: i64 = 200;
/// Records of a page when nothing is said.
pub const LIMIT: i64 = 50;

/// What a list shows.
#[derive(Debug, Clone)]
pub struct Page {
    /// Records at most.
    pub limit: i64,
    /// Earliest date, inclusive. Undated collections are not cut by date.
    pub from: Option<NaiveDate>,
    /// Latest date, inclusive.
    pub to: Option<NaiveDate>,
    /// Filters, as conditions.
    filters: Vec<Condition>,
    /// Where the page before ended.
    after: Option<Position>,
}

/// Something asked of a column.
#[derive(Debug, Clone)]
struct Condition {
    sql: String,
    value: Bind,
}

/// A record's place in its list: its sort keys and its id.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Position {
    keys: Vec<i64>,
    id: Id,
}

impl Page {
    /// A page without conditions.
    #[must_use]
    pub const fn whole(limit: i64) -> Self {
        Self { limit, from: None, to: None, filters: Vec::new(), after: None }
    }

    /// The records of some dates.
    #[must_use]
    pub const fn of_dates(from: NaiveDate, to: NaiveDate, limit: i64) -> Self {
        Self { limit, from: Some(from), to: Some(to), filters: Vec::new(), after: None }
    }

    /// Reads the query parameters of a list.
    pub fn of(mut query: Query, collection: &Collection) -> Result<Self> {
        let mut page = Self::whole(query.number("limit", 1, LIMIT_MAX).unwrap_or(LIMIT));
        page.from = query.date("from");
        page.to = query.date("to");
        for filter in collection.filters {
            if let Some((field, is_list)) = collection.filtered_field(filter)
                && let Some(condition) = query
                    .parsed(filter, &expected(field, is_list), |text| Condition::of(field, is_list, text))
            {
                page.filters.push(condition);
            }
        }
        let cursor = query.text("cursor");
        query.finish()?;
        page.after = cursor.map(|text| Position::decode(collection, &text)).transpose()?;
        Ok(page)
    }

    /// Whether it leaves out records of its dates.
    #[must_use]
    pub const fn is_filtered(&self) -> bool {
        !self.filters.is_empty()
    }

    /// Adds the conditions, the order and the limit (one more than asked, to see whether there is a next
    /// page) to a select.
    #[must_use]
    pub fn apply(&self, collection: &'static Collection, mut select: Statement) -> Statement {
        if let Some(date) = collection.dated_by {
            select = within(select, date, self.from, self.to);
        }
        for condition in &self.filters {
            select = select.sql(condition.sql.clone()).bind(condition.value.clone());
        }
        if let Some(after) = &self.after {
            let columns = collection.sort_columns();
            let keys = columns.iter().zip(&after.keys).map(|(column, key)| match *column {
                "occurred_at" | "created_at" => Bind::Time(Some(Time(*key))),
                _ => Bind::Date(Day::from_number(*key)),
            });
            select = select
                .sql(format!(" AND ({}, id) < (", columns.join(", ")))
                .list(keys.chain([Bind::Id(Some(after.id))]))
                .sql(")");
        }
        let order = collection.sql().newest_first.as_str();
        select.sql(order).sql(" LIMIT ").bind(Bind::Int(Some(self.limit + 1)))
    }

    /// Cuts what was read to the page and makes the cursor of the next one.
    pub fn cut(&self, collection: &Collection, records: &mut Vec<Record>) -> Option<String> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = records.len() > limit;
        records.truncate(limit);
        records.last().filter(|_| more).map(|last| Position::of(collection, last).encode(collection))
    }
}

fn expected(field: &Field, is_list: bool) -> String {
    match field.kind {
        Kind::Choice(choices) => format!("one of {}", choices.join(", ")),
        Kind::Reference => "a UUID".to_owned(),
        _ if is_list => "a UUID".to_owned(),
        _ => "a value of this field".to_owned(),
    }
}

impl Condition {
    fn of(field: &'static Field, is_list: bool, text: &str) -> Option<Self> {
        if is_list {
            // Lists of ids are JSON text: `"<uuid>"` stands in it exactly when the id is an entry.
            let id = Id::parse(text)?;
            let value = Bind::Text(Some(format!("%\"{id}\"%").into()));
            return Some(Self { sql: format!(" AND {} LIKE ", field.name), value });
        }
        let value = match field.kind {
            Kind::Reference => Bind::Id(Some(Id::parse(text)?)),
            Kind::Choice(choices) => {
                Bind::Text(Some((*choices.iter().find(|choice| **choice == text)?).into()))
            }
            _ => Bind::Text(Some(text.to_owned().into())),
        };
        Some(Self { sql: format!(" AND {} = ", field.name), value })
    }
}

impl Position {
    fn of(collection: &Collection, record: &Record) -> Self {
        let key = |column: &&str| match *column {
            "created_at" => record.created_at.0,
            "occurred_at" => record.value(collection, column).moment().map_or(0, |at| at.timestamp_micros()),
            _ => record.value(collection, column).date().map_or(0, |date| Day(date).number().into()),
        };
        Self { keys: collection.sort_columns().iter().map(key).collect(), id: record.id }
    }

    /// Opaque to clients: the collection, the sort keys and the id.
    fn encode(&self, collection: &Collection) -> String {
        let keys: Vec<String> = self.keys.iter().map(ToString::to_string).collect();
        URL_SAFE_NO_PAD.encode(format!("{}:{}:{}", collection.name, keys.join(":"), self.id))
    }

    fn decode(collection: &Collection, text: &str) -> Result<Self> {
        let decode = || {
            let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
            let mut parts = text.strip_prefix(collection.name)?.strip_prefix(':')?.split(':').rev();
            let id = Id::parse(parts.next()?)?;
            let mut keys = parts.map(i64::from_str).collect::<Result<Vec<_>, _>>().ok()?;
            keys.reverse();
            let columns = collection.sort_columns();
            let known = columns.len() == keys.len()
                && columns.iter().zip(&keys).all(|(column, key)| is_a_key(column, *key));
            known.then_some(Self { keys, id })
        };
        decode().ok_or_else(|| Error::of(Code::InvalidCursor))
    }
}

/// Whether a record can have this sort key: what is far beyond is no database's date.
fn is_a_key(column: &str, key: i64) -> bool {
    match column {
        "occurred_at" | "created_at" => DateTime::from_timestamp_micros(key).is_some_and(is_of_our_years),
        _ => Day::from_number(key).is_some_and(|day| (0..=9_999).contains(&day.0.year())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::collections::{check_ins::CHECK_INS, cravings::CRAVINGS};

    #[test]
    fn a_cursor_belongs_to_its_list() {
        let id = Id(crate::clock::new_random_id());
        let position = Position { keys: vec![20_759, -7], id };
        let text = position.encode(&CRAVINGS);
        assert_eq!(Position::decode(&CRAVINGS, &text).unwrap(), position);
        assert!(Position::decode(&CHECK_INS, &text).is_err(), "another collection's cursor");
        for beyond in [i64::MIN, i64::MAX, 400_000_000_000_000_000] {
            let far = Position { keys: vec![beyond, -7], id }.encode(&CRAVINGS);
            assert!(Position::decode(&CRAVINGS, &far).is_err(), "{beyond}");
        }
        for bad in ["", "x", "AAAA", &text[1..], &format!("{text}A")] {
            assert!(Position::decode(&CRAVINGS, bad).is_err(), "{bad}");
        }
    }
}

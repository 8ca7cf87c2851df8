//! A record: what every one has, and the values of its collection's fields.

use chrono::{NaiveDate, Utc};
use serde_json::{Map, Value as Json};

use super::collection::{Collection, LOCAL_DATE, OCCURRED_AT, Rule, TIME_ZONE, Values};
use crate::auth::Account;
use crate::db::seal::DataKey;
use crate::db::statement::{Bind, Row};
use crate::db::types::{Id, Time};
use crate::domain::day::{self, DateRefused};
use crate::error::{Error, Result};
use crate::fields::{Mistakes, Value, read, write};

/// One row of a collection.
#[derive(Debug, Clone)]
pub struct Record {
    /// Client-made, or the server's.
    pub id: Id,
    /// The journal's revision at which it was last written.
    pub revision: i64,
    /// When the server first stored it.
    pub created_at: Time,
    /// When the server last changed it.
    pub updated_at: Time,
    /// In the order of the collection's fields.
    pub values: Vec<Value>,
}

impl Record {
    /// Takes a record from the columns that [`Collection::sql`] selects; without a key its words are not there.
    pub fn from_row(collection: &Collection, key: Option<&DataKey>, row: Row) -> Result<Self> {
        let odd = || Error::internal(format!("{}: a row is not a record", collection.name));
        let mut cells = row.into_cells();
        let mut next = || cells.next().ok_or_else(odd);
        let id = next()?.id().ok_or_else(odd)?;
        let mut number = || next()?.int().ok_or_else(odd);
        let (revision, created_at, updated_at) = (number()?, Time(number()?), Time(number()?));
        let mut values = Vec::with_capacity(collection.fields.len());
        for field in collection.fields {
            values.push(field.take(&mut cells, key, collection.name, id)?);
        }
        Ok(Self { id, revision, created_at, updated_at, values })
    }

    /// The bound values of the columns that [`Collection::sql`] inserts.
    pub fn binds(&self, collection: &Collection, key: &DataKey) -> Result<Vec<Bind>> {
        let mut binds = Vec::with_capacity(collection.sql().columns.len());
        binds.push(Bind::Id(Some(self.id)));
        binds.push(Bind::Int(Some(self.revision)));
        binds.push(Bind::Time(Some(self.created_at)));
        binds.push(Bind::Time(Some(self.updated_at)));
        for (field, value) in collection.fields.iter().zip(&self.values) {
            field.bind(value, key, collection.name, self.id, &mut binds)?;
        }
        Ok(binds)
    }

    /// Appends the record's JSON.
    pub fn write(&self, collection: &Collection, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"id\":");
        write::json(out, &self.id);
        out.extend_from_slice(b",\"revision\":");
        write::json(out, &self.revision);
        out.extend_from_slice(b",\"created_at\":");
        write::time(out, self.created_at);
        out.extend_from_slice(b",\"updated_at\":");
        write::time(out, self.updated_at);
        for (field, value) in collection.fields.iter().zip(&self.values) {
            out.extend_from_slice(b",\"");
            out.extend_from_slice(field.name.as_bytes());
            out.extend_from_slice(b"\":");
            write::value(out, field, value);
        }
        out.push(b'}');
    }

    /// The record's JSON.
    #[must_use]
    pub fn to_json(&self, collection: &Collection) -> Vec<u8> {
        let mut out = Vec::with_capacity(768);
        self.write(collection, &mut out);
        out
    }

    /// The collection's example as the server would answer it, for the document.
    #[must_use]
    pub fn example(collection: &Collection, id: Id, at: Time, date: NaiveDate) -> Self {
        let body: Map<String, Json> = serde_json::from_str(collection.example).unwrap_or_default();
        let mut mistakes = Mistakes::default();
        let mut values = read::read(collection.fields, &body, None, &mut mistakes);
        read::settle(collection.fields, &mut values, &mut mistakes);
        let mut named = Values { fields: collection.fields, values: &mut values };
        if collection.has_moment() {
            named.set(LOCAL_DATE.name, Value::Date(date));
        }
        apply_rules(collection.rules, &mut named, &mut mistakes);
        Self { id, revision: 42, created_at: at, updated_at: at, values }
    }

    /// The value of a field by its name; null when the collection has no such field.
    #[must_use]
    pub fn value(&self, collection: &Collection, field: &str) -> &Value {
        collection.position(field).and_then(|index| self.values.get(index)).unwrap_or(&Value::Null)
    }
}

/// Appends records as a JSON list.
pub fn write_list(collection: &Collection, records: &[Record], out: &mut Vec<u8>) {
    out.push(b'[');
    for (index, record) in records.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        record.write(collection, out);
    }
    out.push(b']');
}

/// Who writes, and when: what values are worked out and checked against.
#[derive(Clone, Copy)]
pub struct Writer<'a> {
    /// The account whose journal it is.
    pub account: &'a Account,
    /// The present moment.
    pub now: Time,
}

impl Writer<'_> {
    /// Reads the body of a record into values, or names every mistake in it. With a `base` (a merge patch)
    /// absent members keep their value.
    pub fn read(
        &self,
        collection: &Collection,
        id: Id,
        body: &Map<String, Json>,
        base: Option<&Record>,
    ) -> Result<Vec<Value>> {
        let mut mistakes = Mistakes::default();
        let values = self.read_noting(collection, id, body, base, &mut mistakes);
        mistakes.into_result()?;
        Ok(values)
    }

    /// The same for a caller who has mistakes of its own to add. The values mean something only when none
    /// is noted.
    pub fn read_noting(
        &self,
        collection: &Collection,
        id: Id,
        body: &Map<String, Json>,
        base: Option<&Record>,
        mistakes: &mut Mistakes,
    ) -> Vec<Value> {
        let mut values = Self::parse(collection, id, body, base, mistakes);
        self.complete(collection, &mut values, mistakes);
        values
    }

    /// The first half of reading: each member for itself.
    pub(super) fn parse(
        collection: &Collection,
        id: Id,
        body: &Map<String, Json>,
        base: Option<&Record>,
        mistakes: &mut Mistakes,
    ) -> Vec<Value> {
        note_other_id(id, body, mistakes);
        let base = base.map(|record| record.values.as_slice());
        let mut values = read::read(collection.fields, body, base, mistakes);
        read::settle(collection.fields, &mut values, mistakes);
        values
    }

    /// The second half: what follows from other members, and what must hold between them.
    pub(super) fn complete(&self, collection: &Collection, values: &mut [Value], mistakes: &mut Mistakes) {
        self.fill_local_date(collection, values);
        self.check(collection, values, mistakes);
    }

    /// Works the local date out of the moment, the zone and the account's start of the day.
    pub(super) fn fill_local_date(&self, collection: &Collection, values: &mut [Value]) {
        let of = |field: &str| collection.position(field).and_then(|index| values.get(index));
        let date = match (of(LOCAL_DATE.name), of(OCCURRED_AT.name), of(TIME_ZONE.name)) {
            (Some(Value::Null), Some(Value::Moment(moment)), Some(Value::Text(zone))) => zone
                .parse::<chrono_tz::Tz>()
                .ok()
                .map(|zone| day::local_date(moment.with_timezone(&Utc), &zone, self.account.day_starts_at)),
            _ => None,
        };
        let slot = collection.position(LOCAL_DATE.name).and_then(|index| values.get_mut(index));
        if let (Some(date), Some(slot)) = (date, slot) {
            *slot = Value::Date(date);
        }
    }

    /// What holds between members, and the limits of dates.
    fn check(&self, collection: &Collection, values: &mut [Value], mistakes: &mut Mistakes) {
        let mut values = Values { fields: collection.fields, values };
        if let Some(date) = values.get(LOCAL_DATE.name).date()
            && let Err(refused) = day::check_local_date(date, self.now.utc())
        {
            let message = match refused {
                DateRefused::TooEarly => "must not be before 1900",
                DateRefused::TooLate => "must not be later than today anywhere on earth (UTC+14)",
            };
            mistakes.add(LOCAL_DATE.name, "date_out_of_range", message);
        }
        apply_rules(collection.rules, &mut values, mistakes);
    }
}

/// Notes an id in a body that is another than its record's.
pub(super) fn note_other_id(id: Id, body: &Map<String, Json>, mistakes: &mut Mistakes) {
    if let Some(given) = body.get("id")
        && given.as_str().and_then(Id::parse) != Some(id)
    {
        mistakes.add("id", "other_id", "must be the id of this record, a UUID in its hyphenated form");
    }
}

/// Holds the rules between members, and works derived members out.
fn apply_rules(rules: &[Rule], values: &mut Values<'_>, mistakes: &mut Mistakes) {
    for rule in rules {
        match rule {
            Rule::NotBefore(later, earlier) => {
                let dates = values.get(later).date().zip(values.get(earlier).date());
                if dates.is_some_and(|(later, earlier)| later < earlier) {
                    mistakes.add(later, "before", format!("must not be before {earlier}"));
                }
            }
            Rule::Own(rule) => rule(values, mistakes),
        }
    }
}

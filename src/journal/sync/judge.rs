//! What becomes of a row of a push. Nothing is read or written here: the row, what its id stands for, and a
//! verdict.
//!
//! Equality is between parsed values, never text, and never of what the server adds.

use serde_json::{Map, Value as Json};

use super::push::Row;
use crate::error::Mistake;
use crate::fields::value::same_values;
use crate::fields::{Mistakes, Value, read};
use crate::journal::collection::Collection;
use crate::journal::record::{Record, Writer};
use crate::journal::store::Current;

/// What becomes of a row.
#[derive(Debug)]
pub enum Verdict {
    /// These values are to be stored.
    Put(Vec<Value>),
    /// The record is to be deleted.
    Bury,
    /// It is so already.
    Unchanged,
    /// It does not rest on what is stored.
    Conflict,
    /// It cannot be stored.
    Invalid(Vec<Mistake>),
}

/// Judges a row, with its document as it is to be read, by what its id stands for now.
pub fn judge(writer: Writer<'_>, row: &Row, doc: Option<&Map<String, Json>>, current: &Current) -> Verdict {
    let Row { collection, id, .. } = *row;
    let Some(doc) = doc else {
        return match current {
            Current::Nothing | Current::Deleted(_) => Verdict::Unchanged,
            Current::Live(_) if rests_on(writer, row, current) => Verdict::Bury,
            Current::Live(_) => Verdict::Conflict,
        };
    };
    let live = current.record();
    let mut mistakes = Mistakes::default();
    let mut values = Writer::parse(collection, id, doc, live, &mut mistakes);
    if !mistakes.is_empty() {
        return invalid(row, mistakes);
    }
    writer.complete(collection, &mut values, &mut mistakes);
    if live.is_some_and(|record| same_values(collection.fields, &record.values, &values)) {
        return Verdict::Unchanged;
    }
    if !rests_on(writer, row, current) {
        return Verdict::Conflict;
    }
    // What must hold between members, some of which may be another device's: a conflict is told first.
    if mistakes.is_empty() { Verdict::Put(values) } else { invalid(row, mistakes) }
}

fn invalid(row: &Row, mistakes: Mistakes) -> Verdict {
    let mut placed = Mistakes::default();
    placed.add_below(&row.doc_place(), mistakes);
    Verdict::Invalid(placed.into_vec())
}

/// Whether the device that sent the row knew what is stored.
fn rests_on(writer: Writer<'_>, row: &Row, current: &Current) -> bool {
    let by_revision =
        row.base_revision.zip(current.revision()).is_some_and(|(base, revision)| revision <= base);
    match (current, &row.base) {
        (Current::Nothing, _) => true,
        _ if by_revision => true,
        (_, None) => false,
        (Current::Deleted(_), Some(base)) => sent(row.collection, base).all(Json::is_null),
        (Current::Live(record), Some(base)) => {
            sent(row.collection, base).next().is_some() && equals(writer, row.collection, base, record)
        }
    }
}

/// The members of a base that say something.
fn sent<'a>(collection: &'static Collection, base: &'a Map<String, Json>) -> impl Iterator<Item = &'a Json> {
    collection.fields.iter().filter(|field| field.is_settable()).filter_map(|field| base.get(field.name))
}

/// Whether a record has the values of a base. A value that cannot be read is no record's.
fn equals(
    writer: Writer<'_>,
    collection: &'static Collection,
    base: &Map<String, Json>,
    record: &Record,
) -> bool {
    let mut unread = Mistakes::default();
    let mut values = read::read(collection.fields, base, Some(&record.values), &mut unread);
    read::settle(collection.fields, &mut values, &mut unread);
    writer.fill_local_date(collection, &mut values);
    unread.is_empty() && same_values(collection.fields, &record.values, &values)
}

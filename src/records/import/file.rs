//! A file taken apart into rows, each read when it is needed: once to see that all can be accepted, and once
//! to write them, so that the records of a large file are never in memory together.

use std::ops::Range;

use serde_json::{Map, Value as Json};

use super::report::{MISTAKES_LISTED, Refused};
use super::{Seen, not_after, place_of};
use crate::db::types::{Id, Time};
use crate::domain::day::is_of_our_years;
use crate::error::{Error, Result};
use crate::fields::Mistakes;
use crate::http::body;
use crate::journal::Collection;
use crate::journal::collections::check_ins::CHECK_INS;
use crate::journal::days::check_in_id;
use crate::journal::record::{Record, Writer};

/// Most rows of a file.
pub const ROWS_MAX: usize = 500_000;

/// A file taken apart.
pub struct File {
    pub(super) rows: Rows,
    /// The revision of the journal that it is of; a row's is not greater.
    pub(super) revision: i64,
}

pub(super) enum Rows {
    /// Of our own export: where each record stands in it.
    Ours {
        text: Vec<u8>,
        index: Vec<Indexed>,
        /// Whose journal it was.
        owner: Id,
    },
    /// Made of something else.
    Made(Vec<Made>),
}

/// Where a record of an export stands.
pub(super) struct Indexed {
    pub collection: &'static Collection,
    /// Its number in its collection.
    pub number: usize,
    pub bytes: Range<usize>,
}

/// A record made of a row of something else.
pub(super) struct Made {
    pub collection: &'static Collection,
    /// The line in the file.
    pub line: u64,
    pub id: Id,
    pub body: Map<String, Json>,
    /// When it was written down, if the file says so.
    pub written_at: Option<Time>,
    /// What could not be understood of the row.
    pub mistakes: Mistakes,
}

/// A row that can be written.
pub(super) struct Incoming {
    pub place: String,
    pub collection: &'static Collection,
    pub record: Record,
    /// When it was last changed where it comes from; none = nobody knows, so that it replaces nothing.
    pub changed_at: Option<Time>,
}

/// A row, read.
pub(super) enum Read {
    Good(Incoming),
    Bad(Refused, Mistakes),
}

impl Read {
    pub const fn collection(&self) -> &'static Collection {
        match self {
            Self::Good(row) => row.collection,
            Self::Bad(row, _) => row.collection,
        }
    }
}

impl File {
    /// A file of rows that were made of something else.
    pub(super) fn of(rows: Vec<Made>) -> Self {
        let revision = i64::try_from(rows.len()).unwrap_or(i64::MAX - 1) + 1;
        Self { rows: Rows::Made(rows), revision }
    }

    /// How many rows it has.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.rows {
            Rows::Ours { index, .. } => index.len(),
            Rows::Made(rows) => rows.len(),
        }
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Refuses the file if a row cannot be accepted, with every mistake (of the first thousand).
    pub(super) fn check(&self, writer: Writer<'_>) -> Result<()> {
        let mut found = Vec::new();
        let mut seen = Seen::default();
        for number in 0..self.len() {
            if let Read::Bad(_, mistakes) = self.read(number, writer, &mut seen) {
                found.extend(mistakes.into_vec());
                if found.len() >= MISTAKES_LISTED {
                    break;
                }
            }
        }
        if found.is_empty() { Ok(()) } else { Err(Error::invalid(found)) }
    }

    /// Reads a row. `seen` is what the rows before it have.
    pub(super) fn read(&self, number: usize, writer: Writer<'_>, seen: &mut Seen) -> Read {
        match &self.rows {
            Rows::Ours { text, index, owner } => {
                let Some(row) = index.get(number) else { return nothing(&CHECK_INS) };
                let text = text.get(row.bytes.clone()).unwrap_or_default();
                self.read_ours(row, text, *owner, writer, seen)
            }
            Rows::Made(rows) => match rows.get(number) {
                Some(row) => read_made(row, number, writer, seen),
                None => nothing(&CHECK_INS),
            },
        }
    }

    fn read_ours(&self, row: &Indexed, text: &[u8], owner: Id, writer: Writer<'_>, seen: &mut Seen) -> Read {
        let collection = row.collection;
        let place = place_of(collection, row.number);
        let mut found = Mistakes::default();
        let body = match body::parse(text) {
            Ok(Json::Object(body)) => body,
            Ok(_) => return refused(place, collection, None, "wrong_type", "must be an object"),
            Err(error) => {
                return refused(place, collection, None, "malformed_json", &error.problem().detail);
            }
        };
        let id = body.get("id").and_then(Json::as_str).and_then(Id::parse);
        let revision = body.get("revision").and_then(Json::as_i64);
        let revision = revision.filter(|revision| (1..=self.revision).contains(revision));
        if id.is_none() {
            found.add("id", "invalid_id", "must be the record's id, a UUID in its hyphenated form");
        }
        if revision.is_none_or(|revision| !seen.revisions.insert(revision)) {
            let words = format!("must be a revision of its own, from 1 to {}", self.revision);
            found.add("revision", "out_of_range", words);
        }
        let [created_at, updated_at] = ["created_at", "updated_at"].map(|name| {
            let at = body.get(name).and_then(Json::as_str).and_then(server_time);
            if at.is_none() {
                found.add(name, "invalid_moment", "must be a moment such as 2026-11-02T21:40:00.123456Z");
            }
            not_after(at.unwrap_or(writer.now), writer.now)
        });
        let given = id.unwrap_or(Id(uuid::Uuid::nil()));
        let values = writer.read_noting(collection, given, &body, None, &mut found);
        let record = Record { id: given, revision: revision.unwrap_or(1), created_at, updated_at, values };
        let id = own_id(collection, &record, owner, writer.account.id);
        let record = Record { id, ..record };
        conclude(place, collection, record, Some(updated_at), found, seen)
    }
}

fn read_made(row: &Made, number: usize, writer: Writer<'_>, seen: &mut Seen) -> Read {
    let mut found = row.mistakes.clone();
    let values = if found.is_empty() {
        writer.read_noting(row.collection, row.id, &row.body, None, &mut found)
    } else {
        Vec::new()
    };
    let revision = i64::try_from(number).unwrap_or_default() + 2;
    let at = not_after(row.written_at.unwrap_or(writer.now), writer.now);
    let record = Record { id: row.id, revision, created_at: at, updated_at: writer.now, values };
    conclude(format!("/rows/{}", row.line), row.collection, record, None, found, seen)
}

fn conclude(
    place: String,
    collection: &'static Collection,
    record: Record,
    changed_at: Option<Time>,
    mut found: Mistakes,
    seen: &mut Seen,
) -> Read {
    let id = Some(record.id).filter(|id| !id.0.is_nil());
    if id.is_some_and(|id| !seen.ids.insert((collection.name, id))) {
        found.add("id", "repeated", "stands in the file twice");
    }
    if found.is_empty() {
        return Read::Good(Incoming { place, collection, record, changed_at });
    }
    let mut mistakes = Mistakes::default();
    mistakes.add_below(&place, found);
    Read::Bad(Refused { place, collection, id }, mistakes)
}

/// The id of a record in its new journal. A day's check-in has one that is worked out from its account, so that
/// it is another one there; every other id stays.
fn own_id(collection: &Collection, record: &Record, owner: Id, account: Id) -> Id {
    let of = |name| record.value(collection, name);
    if collection.name == CHECK_INS.name
        && let (Some(date), Some(slot)) = (of("local_date").date(), of("slot").text())
        && record.id == check_in_id(owner, date, slot)
    {
        return check_in_id(account, date, slot);
    }
    record.id
}

fn server_time(text: &str) -> Option<Time> {
    let at = chrono::DateTime::parse_from_rfc3339(text).ok()?;
    Some(Time(at.timestamp_micros())).filter(|at| at.0 >= 0 && is_of_our_years(at.utc()))
}

fn refused(
    place: String,
    collection: &'static Collection,
    id: Option<Id>,
    code: &'static str,
    message: &str,
) -> Read {
    let mut mistakes = Mistakes::default();
    mistakes.add_at(&place, code, message);
    Read::Bad(Refused { place, collection, id }, mistakes)
}

/// A row that is not there: never asked for.
fn nothing(collection: &'static Collection) -> Read {
    refused(String::new(), collection, None, "required", "must be given")
}

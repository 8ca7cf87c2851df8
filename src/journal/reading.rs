//! The right to read a journal: whose it is, and how much of it.
//!
//! A [`Reading`] is either the owner's, which is whole, or cut to a [`Scope`]. The store asks it once for every
//! select and enforces the answer: rows of a collection that is not open, or of other dates, are never
//! selected, and words that are not open are never unsealed. Whatever is made of a journal from there on
//! (lists, figures, names of triggers) therefore works the same for everybody: what may not be read looks
//! like what is not there.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::collection::Collection;
use crate::auth::{Account, Person};
use crate::db::seal::DataKey;
use crate::db::types::Id;
use crate::domain::day::DayStart;
use crate::domain::period::Period;

/// How much of a collection is open. Each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// What figures are made of; no rows.
    Summary,
    /// Rows without free text and names.
    Entries,
    /// Rows as the owner sees them.
    EntriesWithNotes,
}

/// First and last date, inclusive; none means no bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// First date.
    pub from: Option<NaiveDate>,
    /// Last date.
    pub to: Option<NaiveDate>,
}

/// What is open of a journal; everything else is closed.
#[derive(Debug, Clone, Default)]
pub struct Scope(Vec<Opening>);

/// What is open of one collection.
#[derive(Debug, Clone)]
struct Opening {
    collection: &'static str,
    detail: Detail,
    words: bool,
    spans: Vec<Span>,
}

/// The right to read somebody's journal.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// Whose journal it is; opens its words.
    pub key: &'a DataKey,
    /// Where the person lives, for "today".
    pub time_zone: Tz,
    /// When their day begins.
    pub day_starts_at: DayStart,
    /// ISO 3166-1 code, for help lines.
    pub country: Option<&'a str>,
    /// Nothing cuts the owner's reading.
    scope: Option<&'a Scope>,
}

impl<'a> Reading<'a> {
    /// The owner's.
    #[must_use]
    pub fn own(account: &'a Account) -> Self {
        Self {
            key: &account.key,
            time_zone: account.time_zone,
            day_starts_at: account.day_starts_at,
            country: account.country.as_deref(),
            scope: None,
        }
    }

    /// All of somebody's journal: to be cut before it is read for anybody else.
    #[must_use]
    pub fn of(person: &'a Person) -> Self {
        Self {
            key: &person.key,
            time_zone: person.time_zone,
            day_starts_at: person.day_starts_at,
            country: person.country.as_deref(),
            scope: None,
        }
    }

    /// The same journal, cut to a scope.
    #[must_use]
    pub const fn cut_to(self, scope: &'a Scope) -> Self {
        Self { scope: Some(scope), ..self }
    }

    /// Whose journal it is.
    #[must_use]
    pub const fn account(&self) -> Id {
        self.key.account()
    }

    /// Whether single records of a collection may be told apart, and not only counted.
    #[must_use]
    pub fn shows_rows(&self, collection: &Collection) -> bool {
        self.part(collection, Detail::Entries).is_some()
    }

    /// The dates of `period` for which a collection is open, from the first to the last: figures that hold records
    /// against a plan must not take a closed day for one on which nothing was done. None when no day is open.
    #[must_use]
    pub fn open_period(&self, collection: &Collection, period: Period) -> Option<Period> {
        let spans = self.part(collection, Detail::Summary)?.spans;
        let from = spans.iter().map(|span| span.from).min().flatten();
        let to = spans.iter().map(|span| span.to.unwrap_or(NaiveDate::MAX)).max();
        Period::new(
            from.map_or(period.from(), |from| from.max(period.from())),
            to.map_or(period.to(), |to| to.min(period.to())),
        )
    }

    /// What is open of a collection to a read that shows `detail` of it; none when it is closed.
    pub(super) fn part(&self, collection: &Collection, detail: Detail) -> Option<Part<'a>> {
        let Some(scope) = self.scope else { return Some(Part { words: Some(self.key), spans: &[] }) };
        let opening = scope.of(collection).filter(|opening| opening.detail >= detail)?;
        let dated = collection.dated_by.is_some();
        Some(Part {
            words: opening.words.then_some(self.key),
            spans: if dated { &opening.spans } else { &[] },
        })
    }
}

/// The part of a collection that a reading may see.
#[derive(Clone, Copy)]
pub struct Part<'a> {
    /// Opens its words, if they may be read.
    pub words: Option<&'a DataKey>,
    /// Dates, any of which is enough; none at all: every row.
    pub spans: &'a [Span],
}

impl Scope {
    /// Opens a collection as far as `detail`, for the dates of `span`.
    pub fn open(&mut self, collection: &'static Collection, detail: Detail, span: Span) {
        match self.0.iter_mut().find(|opening| opening.collection == collection.name) {
            None => self.0.push(Opening {
                collection: collection.name,
                detail,
                words: detail == Detail::EntriesWithNotes,
                spans: vec![span],
            }),
            Some(opening) => {
                // Of two spans one may be open wider than the other: what is true of both holds for both.
                // Undated collections have no other rows.
                if collection.dated_by.is_some() {
                    opening.words &= detail == Detail::EntriesWithNotes;
                    opening.detail = opening.detail.min(detail);
                }
                opening.spans.push(span);
            }
        }
    }

    fn of(&self, collection: &Collection) -> Option<&Opening> {
        self.0.iter().find(|opening| opening.collection == collection.name)
    }
}

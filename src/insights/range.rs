//! The question behind a figure: which dates, in which buckets, seen from which today.

use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::db::types::Day;
use crate::domain::period::{Bucket, Period};
use crate::error::Result;
use crate::http::query::Query;
use crate::http::route::Parameter;
use crate::journal::today::{self, Today};
use crate::journal::{Reading, document};

/// Most dates of a range: fifty years.
pub const DATES_MAX: u32 = 18_300;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    /// Today, or the date to take for it.
    pub today: Today,
    /// The dates, cut at today.
    pub period: Period,
    /// The width of buckets.
    pub bucket: Bucket,
}

impl Range {
    /// Reads `from`, `to`, `tz`, `as_of`, and `bucket` where the route has one.
    pub fn of(mut query: Query, reading: &Reading<'_>, with_bucket: bool) -> Result<Self> {
        let today = Today::of(&mut query, reading);
        let (from, to) = (query.date("from"), query.date("to"));
        let bucket = with_bucket.then(|| query.parsed("bucket", "day, week or month", bucket_of)).flatten();
        let period = Period::asked(from, to, today.date);
        if period.is_none() {
            query.mistake("from", "after_to", "must not be after to (which is cut at today)");
        } else if period.is_some_and(|period| period.days() > DATES_MAX) {
            query.mistake("from", "too_far", "must be less than fifty years before to");
        }
        today::finish(query)?;
        let period = period.unwrap_or_else(|| Period::ending(today.date, 1));
        Ok(Self { today, period, bucket: bucket.unwrap_or_default() })
    }

    /// The range as part of a cache key.
    pub fn key(&self, reading: &Reading<'_>) -> String {
        let today = self.today.key(reading);
        let (from, to) = (Day(self.period.from()).number(), Day(self.period.to()).number());
        format!("{today}|{from}|{to}|{}", bucket_name(self.bucket))
    }
}

fn bucket_of(text: &str) -> Option<Bucket> {
    match text {
        "day" => Some(Bucket::Day),
        "week" => Some(Bucket::Week),
        "month" => Some(Bucket::Month),
        _ => None,
    }
}

/// The bucket's name in answers.
pub const fn bucket_name(bucket: Bucket) -> &'static str {
    match bucket {
        Bucket::Day => "day",
        Bucket::Week => "week",
        Bucket::Month => "month",
    }
}

/// `from`, `to`, `tz` and `as_of` in the document.
pub fn parameters() -> impl Iterator<Item = Parameter> {
    let date = |name, about| Parameter { name, place: "query", schema: document::date().into(), about };
    [
        date("from", "First date, inclusive; 29 days before `to` when not given."),
        date("to", "Last date, inclusive; today when not given, and cut at today."),
    ]
    .into_iter()
    .chain(today::parameters())
}

/// `bucket` in the document.
pub fn bucket_parameter() -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(["day", "week", "month"]))
        .default(Some("day".into()));
    Parameter {
        name: "bucket",
        place: "query",
        schema: schema.into(),
        about: "The width of the series' buckets.",
    }
}

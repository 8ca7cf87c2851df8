//! The "today" of an answer, and the parameters that choose it.

use chrono::NaiveDate;
use chrono_tz::Tz;
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::document;
use super::reading::Reading;
use crate::clock;
use crate::db::types::Day;
use crate::domain::day;
use crate::error::{Code, Result};
use crate::http::query::Query;
use crate::http::route::Parameter;

/// What "today" is for an answer: the date the person lives now, in their zone or `?tz=`, with their start
/// of the day; or `?as_of=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Today {
    /// The date.
    pub date: NaiveDate,
    /// The zone it was found in.
    pub zone: Tz,
}

impl Today {
    /// Reads `tz` and `as_of`.
    pub fn of(query: &mut Query, reading: &Reading<'_>) -> Self {
        let zone = query
            .parsed("tz", "an IANA time zone such as America/New_York", |text| text.parse().ok())
            .unwrap_or(reading.time_zone);
        let as_of = query.date("as_of");
        let date = as_of.unwrap_or_else(|| day::local_date(clock::now(), &zone, reading.day_starts_at));
        Self { date, zone }
    }
}

impl Today {
    /// All that an answer can depend on of it, and of the account: its days, and its country's help lines.
    #[must_use]
    pub fn key(&self, reading: &Reading<'_>) -> String {
        // Numbers are written in a tenth of the time that dates and times take.
        let (date, starts) =
            (Day(self.date).number().to_string(), reading.day_starts_at.minutes().to_string());
        let country = reading.country.unwrap_or_default();
        [self.zone.name(), reading.time_zone.name(), country, &date, &starts].join("|")
    }
}

/// `tz` and `as_of` in the document.
#[must_use]
pub fn parameters() -> [Parameter; 2] {
    let query =
        |name, schema: ObjectBuilder, about| Parameter { name, place: "query", schema: schema.into(), about };
    let zone = ObjectBuilder::new().schema_type(Type::String);
    [
        query("tz", zone, "IANA zone in which today is found; the account's when not given."),
        query("as_of", document::date(), "The date to take for today."),
    ]
}

/// Ends the reading of a figure's parameters: what cannot be used is 422.
pub fn finish(query: Query) -> Result<()> {
    query.finish_as(Code::ValidationFailed)
}

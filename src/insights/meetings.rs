//! Meetings by fellowship.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::range::Range;
use crate::db::Conn;
use crate::domain::ratio::percent;
use crate::error::Result;
use crate::fields::Value;
use crate::journal::collections::meetings::MEETINGS;
use crate::journal::{Reading, store};

/// `GET /v1/insights/meetings`: which fellowships' meetings were attended, most frequent first.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeetingInsight {
    from: NaiveDate,
    to: NaiveDate,
    /// Meetings in the range.
    n: u32,
    fellowships: Vec<FellowshipFigures>,
}

/// One fellowship or kind of group.
#[derive(Debug, Serialize, ToSchema)]
pub struct FellowshipFigures {
    /// As a meeting names it.
    #[schema(example = "na")]
    fellowship: String,
    /// Its meetings.
    count: u32,
    /// Percent of all meetings.
    share: f64,
}

/// Counts the meetings.
pub async fn meetings(conn: &Conn<'_>, reading: &Reading<'_>, range: &Range) -> Result<MeetingInsight> {
    let dates = (range.period.from(), range.period.to());
    let rows = store::select(conn, reading, &MEETINGS, &["fellowship"], Some(dates)).await?;
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for fellowship in rows.iter().filter_map(|(_, values)| values.first().and_then(Value::text)) {
        *counts.entry(fellowship).or_default() += 1;
    }
    let n = counts.values().sum();
    let mut fellowships: Vec<FellowshipFigures> = counts
        .into_iter()
        .filter_map(|(fellowship, count)| {
            let share = percent(count, n)?;
            Some(FellowshipFigures { fellowship: fellowship.to_owned(), count, share })
        })
        .collect();
    fellowships.sort_by_key(|known| Reverse(known.count));
    Ok(MeetingInsight { from: dates.0, to: dates.1, n, fellowships })
}

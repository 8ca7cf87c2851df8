//! Goals that run today, and how far they have come.

use chrono::NaiveDate;
use futures_util::future::try_join_all;
use serde::Serialize;
use utoipa::ToSchema;

use super::trends::counted_dates;
use crate::db::Conn;
use crate::db::types::Id;
use crate::domain::goals::{Pace, window};
use crate::domain::period::Period;
use crate::error::Result;
use crate::fields::Value;
use crate::journal::Collection;
use crate::journal::collections::{
    check_ins::CHECK_INS, goals::GOALS, meetings::MEETINGS, sessions::SESSIONS,
};
use crate::journal::reading::Reading;
use crate::journal::store;

/// A goal that runs today.
#[derive(Debug, Serialize, ToSchema)]
pub struct GoalProgress {
    goal_id: Id,
    #[schema(example = "meetings_per_week")]
    kind: String,
    /// How many it takes.
    target: i64,
    /// How many there are, up to today.
    done: usize,
    /// The first date that counts.
    from: NaiveDate,
    /// The last date that counts.
    to: NaiveDate,
}

/// What a kind of goal counts, and how long it takes to.
fn counted(kind: &str) -> Option<(&'static Collection, Pace)> {
    match kind {
        "meetings_per_week" => Some((&MEETINGS, Pace::Week)),
        "meetings_in_90_days" => Some((&MEETINGS, Pace::NinetyDays)),
        "check_ins_per_week" => Some((&CHECK_INS, Pace::Week)),
        "sessions_per_week" => Some((&SESSIONS, Pace::Week)),
        _ => None,
    }
}

/// The goals that run today, in the order they were made.
pub async fn goals(conn: &Conn<'_>, reading: &Reading<'_>, today: NaiveDate) -> Result<Vec<GoalProgress>> {
    let fields = ["kind", "target", "starts_on", "ends_on"];
    let mut rows = store::select(conn, reading, &GOALS, &fields, None).await?;
    rows.sort_by_key(|(id, _)| *id);
    let running = rows.iter().filter_map(|(goal_id, values)| {
        let [Value::Text(kind), Value::Int(target), Value::Date(starts_on), ends_on] = values.as_slice()
        else {
            return None;
        };
        let (collection, pace) = counted(kind)?;
        let dates = window(pace, *starts_on, ends_on.date(), today)?;
        let so_far = Period::new(dates.from(), today)?;
        Some(async move {
            let mut done = counted_dates(conn, reading, collection, so_far).await?;
            if collection.name == CHECK_INS.name {
                // A date with a morning and an evening is one date.
                done.sort_unstable();
                done.dedup();
            }
            let (goal_id, kind, from, to) = (*goal_id, kind.clone(), dates.from(), dates.to());
            Ok(GoalProgress { goal_id, kind, target: *target, done: done.len(), from, to })
        })
    });
    try_join_all(running).await
}

/// When each ninety meetings in ninety days began.
pub async fn ninety_in_ninety(conn: &Conn<'_>, reading: &Reading<'_>) -> Result<Vec<NaiveDate>> {
    let rows = store::select(conn, reading, &GOALS, &["kind", "starts_on"], None).await?;
    let begun = rows.iter().filter_map(|(_, values)| match values.as_slice() {
        [Value::Text(kind), Value::Date(starts_on)] if kind == "meetings_in_90_days" => Some(*starts_on),
        _ => None,
    });
    Ok(begun.collect())
}

//! The calendar: every date of a range in a line.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use futures_util::try_join;
use serde::Serialize;
use utoipa::ToSchema;

use super::range::Range;
use super::trends::day_values;
use crate::db::Conn;
use crate::domain::day_states::day_states;
use crate::error::{Error, Mistake, Result};
use crate::fields::Value;
use crate::journal::collections::{check_ins::CHECK_INS, cravings::CRAVINGS, meetings::MEETINGS};
use crate::journal::history::{self, ClockState};
use crate::journal::{Reading, store};

/// Most dates of a calendar.
const DATES_MAX: u32 = 400;

/// `GET /v1/days`.
#[derive(Debug, Serialize, ToSchema)]
pub struct DayCalendar {
    /// Every date of the range, ascending.
    days: Vec<CalendarDay>,
}

/// A date in the calendar.
#[derive(Debug, Serialize, ToSchema)]
pub struct CalendarDay {
    date: NaiveDate,
    checked_in: bool,
    /// The mean of the day's check-ins.
    mood: Option<f64>,
    craving_count: u32,
    max_intensity: Option<i64>,
    meeting_count: u32,
    /// The clocks that had started.
    clocks: Vec<ClockState>,
}

/// Works the calendar out.
pub async fn calendar(conn: &Conn<'_>, reading: &Reading<'_>, range: &Range) -> Result<DayCalendar> {
    let (period, today) = (range.period, range.today.date);
    if period.days() > DATES_MAX {
        return Err(Error::invalid(vec![Mistake {
            pointer: "?from".to_owned(),
            code: "too_far",
            message: format!("must leave at most {DATES_MAX} days"),
        }]));
    }
    let dates = Some((period.from(), period.to()));
    let (check_ins, cravings, meetings, history) = try_join!(
        store::select(conn, reading, &CHECK_INS, &["local_date", "mood"], dates),
        store::select(conn, reading, &CRAVINGS, &["local_date", "intensity"], dates),
        store::select(conn, reading, &MEETINGS, &["local_date"], dates),
        history::load(conn, reading, dates, today),
    )?;
    let rows: Vec<Vec<Value>> = check_ins.into_iter().map(|(_, values)| values).collect();
    let moods = day_values(&rows, 1);
    let mut days: BTreeMap<NaiveDate, CalendarDay> =
        period.dates().map(|date| (date, CalendarDay::empty(date))).collect();
    for date in rows.iter().filter_map(|values| values.first()?.date()) {
        if let Some(day) = days.get_mut(&date) {
            day.checked_in = true;
            day.mood = moods.on(date).map(|mood| mood.round(2));
        }
    }
    for (_, values) in cravings {
        if let [Value::Date(date), Value::Int(intensity)] = values.as_slice()
            && let Some(day) = days.get_mut(date)
        {
            day.craving_count += 1;
            day.max_intensity = day.max_intensity.max(Some(*intensity));
        }
    }
    for (_, values) in meetings {
        if let Some(day) = values.first().and_then(Value::date).and_then(|date| days.get_mut(&date)) {
            day.meeting_count += 1;
        }
    }
    for clock in &history.clocks {
        let states =
            day_states(clock.started_on, &clock.lapses, &history.reports, period.from(), period.to(), today);
        for (day, state) in days.values_mut().zip(states) {
            day.clocks.extend(state.map(|state| ClockState { clock_id: clock.id, state: state.as_str() }));
        }
    }
    Ok(DayCalendar { days: days.into_values().collect() })
}

impl CalendarDay {
    const fn empty(date: NaiveDate) -> Self {
        Self {
            date,
            checked_in: false,
            mood: None,
            craving_count: 0,
            max_intensity: None,
            meeting_count: 0,
            clocks: Vec::new(),
        }
    }
}

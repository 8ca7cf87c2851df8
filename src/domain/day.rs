//! Which civil date a moment belongs to, and the few steps from one date to another.
//!
//! A day begins when the wall clock of the zone shows `day_starts_at`, also on the days when clocks change;
//! nothing here counts hours. Refuses a day that starts after 06:00, and local dates nobody can have lived
//! yet.

use chrono::{
    DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike, Utc,
};
use std::fmt;
use std::str::FromStr;

/// The earliest year a local date may have.
pub const EARLIEST_YEAR: i32 = 1900;

/// The wall-clock time at which a person's day begins, 00:00 to 06:00, whole minutes. Written `HH:MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct DayStart(NaiveTime);

/// The text is not `HH:MM` between 00:00 and 06:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotADayStart;

impl FromStr for DayStart {
    type Err = NotADayStart;

    fn from_str(text: &str) -> Result<Self, NotADayStart> {
        // chrono also reads "5:30"; the stored form has one spelling.
        if text.len() != 5 {
            return Err(NotADayStart);
        }
        let time = NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| NotADayStart)?;
        let latest = NaiveTime::from_hms_opt(6, 0, 0).ok_or(NotADayStart)?;
        if time <= latest { Ok(Self(time)) } else { Err(NotADayStart) }
    }
}

impl DayStart {
    /// In minutes after midnight.
    #[must_use]
    pub fn minutes(self) -> u32 {
        self.0.hour() * 60 + self.0.minute()
    }
}

impl fmt::Display for DayStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%H:%M"))
    }
}

impl fmt::Display for NotADayStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a day starts between 00:00 and 06:00, written HH:MM")
    }
}

impl std::error::Error for NotADayStart {}

/// Whether a moment is of a year with four digits in every zone. Databases, calendars and texts end elsewhere, each
/// in its own way; what a caller names is held against this before any of them sees it.
#[must_use]
pub fn is_of_our_years(instant: DateTime<Utc>) -> bool {
    (1..9_999).contains(&instant.year())
}

/// What the wall clock of `zone` shows at `instant`.
#[must_use]
pub fn wall_clock<Z: TimeZone>(instant: DateTime<Utc>, zone: &Z) -> NaiveDateTime {
    instant.with_timezone(zone).naive_local()
}

/// The date a person in `zone` lives at `instant`: the wall clock's date, or the one before while the wall
/// clock shows a time before `day_starts_at`. With `instant` = now this is "today".
#[must_use]
pub fn local_date<Z: TimeZone>(instant: DateTime<Utc>, zone: &Z, day_starts_at: DayStart) -> NaiveDate {
    let shown = wall_clock(instant, zone);
    if shown.time() < day_starts_at.0 { add_days(shown.date(), -1) } else { shown.date() }
}

/// Why a local date is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateRefused {
    /// Its year is before [`EARLIEST_YEAR`].
    TooEarly,
    /// It is later than today at UTC+14: nowhere on earth has that date begun.
    TooLate,
}

/// The latest local date anyone on earth can be living at `now`: the date at UTC+14.
#[must_use]
pub fn latest_local_date(now: DateTime<Utc>) -> NaiveDate {
    let there = now.naive_utc().checked_add_signed(TimeDelta::hours(14));
    there.unwrap_or(NaiveDateTime::MAX).date()
}

/// Judges a local date that a client sent.
///
/// # Errors
/// [`DateRefused`] before 1900 and after today at UTC+14.
pub fn check_local_date(date: NaiveDate, now: DateTime<Utc>) -> Result<(), DateRefused> {
    if date.year() < EARLIEST_YEAR {
        Err(DateRefused::TooEarly)
    } else if date > latest_local_date(now) {
        Err(DateRefused::TooLate)
    } else {
        Ok(())
    }
}

/// Whole days from `from` to `to`; negative when `to` is the earlier one.
#[must_use]
pub fn days_between(from: NaiveDate, to: NaiveDate) -> i64 {
    to.signed_duration_since(from).num_days()
}

/// Whole days from `from` to `to`, none when `to` is the earlier one.
#[must_use]
pub fn days_since(from: NaiveDate, to: NaiveDate) -> u32 {
    u32::try_from(days_between(from, to)).unwrap_or(0)
}

/// The date `days` later (earlier when negative); stops at the ends of the calendar.
#[must_use]
pub fn add_days(date: NaiveDate, days: i64) -> NaiveDate {
    let step = Days::new(days.unsigned_abs());
    if days < 0 {
        date.checked_sub_days(step).unwrap_or(NaiveDate::MIN)
    } else {
        date.checked_add_days(step).unwrap_or(NaiveDate::MAX)
    }
}

/// The calendar anniversary `months` later, clamped to the month's last day (31 January + 1 = 28 or 29
/// February). Always counted from the first date, so that a clamp never carries over: 31 January + 2 is 31
/// March.
#[must_use]
pub fn add_months(date: NaiveDate, months: u32) -> NaiveDate {
    date.checked_add_months(Months::new(months)).unwrap_or(NaiveDate::MAX)
}

/// The Monday of the date's ISO week.
#[must_use]
pub fn week_start(date: NaiveDate) -> NaiveDate {
    add_days(date, -i64::from(date.weekday().num_days_from_monday()))
}

/// The first day of the date's month.
#[must_use]
pub fn month_start(date: NaiveDate) -> NaiveDate {
    date.with_day(1).unwrap_or(date)
}

#[cfg(test)]
#[path = "day_tests.rs"]
mod tests;

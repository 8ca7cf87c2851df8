//! Streaks of check-ins (dates in a row) and of meetings (ISO weeks in a row).
//!
//! Today and the running week are still open: they can lengthen a streak and never break one. A late entry
//! repairs a streak and never shortens it. Refuses dates after today: they count for nothing.

use super::day::{add_days, days_between, week_start};
use super::figure::count;
use super::milestones::MeetingMilestone;
use chrono::NaiveDate;

/// Dates in a row with a check-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckInStreak {
    /// The run that ends today or yesterday; else 0.
    pub current: u32,
    /// The longest run.
    pub longest: u32,
    /// Dates with a check-in.
    pub total_days: u32,
    /// The newest date with a check-in.
    pub last_date: Option<NaiveDate>,
}

/// The check-in streak from the local dates of all check-ins, in any order, as often as they occur.
pub fn check_in_streak(dates: impl IntoIterator<Item = NaiveDate>, today: NaiveDate) -> CheckInStreak {
    let dates = until(dates, today, |date| date);
    let (current, longest) = runs(&dates, 1, today);
    CheckInStreak { current, longest, total_days: count(&dates), last_date: dates.last().copied() }
}

/// Meetings attended: weeks in a row, counts, and ninety in ninety days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeetingStreak {
    /// The run of ISO weeks that ends this week or last week; else 0.
    pub current_weeks: u32,
    /// The longest run of ISO weeks.
    pub longest_weeks: u32,
    /// Meetings in the 7 dates ending today.
    pub last_7_days: u32,
    /// Meetings in the 30 dates ending today.
    pub last_30_days: u32,
    /// Meetings in the 90 dates ending today.
    pub last_90_days: u32,
    /// Meetings ever.
    pub total: u32,
    /// Ninety meetings in ninety days.
    pub ninety_in_ninety: NinetyInNinety,
    /// The next number worth marking.
    pub next_milestone: MeetingMilestone,
}

/// How far ninety meetings in ninety dates have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NinetyInNinety {
    /// The first of the 90 dates.
    pub started_on: NaiveDate,
    /// Meetings in those dates, up to today.
    pub attended: u32,
    /// How many it takes: 90.
    pub of: u32,
}

/// The meeting streak from the local dates of all meetings attended (one entry a meeting, in any order) and
/// the `starts_on` of every `meetings_in_90_days` goal.
pub fn meeting_streak(
    meetings: impl IntoIterator<Item = NaiveDate>,
    goals: impl IntoIterator<Item = NaiveDate>,
    today: NaiveDate,
) -> MeetingStreak {
    let mut dates: Vec<NaiveDate> = meetings.into_iter().filter(|date| *date <= today).collect();
    dates.sort_unstable();
    let weeks = until(dates.iter().copied(), today, week_start);
    let (current_weeks, longest_weeks) = runs(&weeks, 7, week_start(today));
    let total = count(&dates);
    let last_90_starts = add_days(today, -89);
    let newest_goal = goals.into_iter().filter(|starts_on| *starts_on <= today).max();
    let started_on = newest_goal.unwrap_or(last_90_starts);
    MeetingStreak {
        current_weeks,
        longest_weeks,
        last_7_days: within(&dates, add_days(today, -6), today),
        last_30_days: within(&dates, add_days(today, -29), today),
        last_90_days: within(&dates, last_90_starts, today),
        total,
        ninety_in_ninety: NinetyInNinety {
            started_on,
            attended: within(&dates, started_on, add_days(started_on, 89)),
            of: 90,
        },
        next_milestone: MeetingMilestone::after(total),
    }
}

/// The dates up to today as `step` sees them, ascending, each once.
fn until(
    dates: impl IntoIterator<Item = NaiveDate>,
    today: NaiveDate,
    step: impl Fn(NaiveDate) -> NaiveDate,
) -> Vec<NaiveDate> {
    let mut steps: Vec<NaiveDate> = dates.into_iter().filter(|date| *date <= today).map(step).collect();
    steps.sort_unstable();
    steps.dedup();
    steps
}

/// The run of steps, `stride` days apart, that ends at `open` or the step before; and the longest run.
fn runs(steps: &[NaiveDate], stride: i64, open: NaiveDate) -> (u32, u32) {
    let (mut run, mut longest) = (0, 0);
    let mut previous: Option<NaiveDate> = None;
    for step in steps {
        let joined = previous.is_some_and(|before| days_between(before, *step) == stride);
        run = if joined { run + 1 } else { 1 };
        longest = longest.max(run);
        previous = Some(*step);
    }
    let alive = previous.is_some_and(|last| days_between(last, open) <= stride);
    (if alive { run } else { 0 }, longest)
}

/// How many of the ascending dates lie from `from` to `to`.
fn within(dates: &[NaiveDate], from: NaiveDate, to: NaiveDate) -> u32 {
    let upper = dates.partition_point(|date| *date <= to);
    let lower = dates.partition_point(|date| *date < from);
    u32::try_from(upper.saturating_sub(lower)).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "streaks_tests.rs"]
mod tests;

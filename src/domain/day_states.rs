//! What is known of each date of a clock: used, free, in a controlled environment, or unknown.
//!
//! One pass over the dates asked, after sorting; a lapse outweighs a check-in, a check-in outweighs a stay in
//! care. Refuses to guess: a date without a word about it is unknown, which is neither sober nor used.

use super::day::{add_days, days_since};
use super::figure::Figure;
use super::lapses::{Lapse, Spell, merged};
use super::ratio::percent;
use chrono::NaiveDate;

/// The state of one clock on one date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DayState {
    /// A lapse covers the date, or a check-in of that date says so.
    Used,
    /// A check-in of that date says substance-free.
    Free,
    /// Inside a detox or inpatient episode, and nobody said more.
    ControlledEnvironment,
    /// Nobody said anything.
    Unknown,
}

impl DayState {
    /// The name in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::Free => "free",
            Self::ControlledEnvironment => "controlled_environment",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether a care episode of this `level` is a controlled environment.
#[must_use]
pub fn is_controlled(level: &str) -> bool {
    matches!(level, "detox" | "inpatient")
}

/// A detox or inpatient episode; both its dates are inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stay {
    /// The first date.
    pub starts_on: NaiveDate,
    /// The last date; absent means up to today.
    pub ends_on: Option<NaiveDate>,
}

/// What check-ins and stays say of a person's days, sorted once and shared by all clocks.
#[derive(Debug, Clone, Default)]
pub struct Reports {
    /// One `substance_free` a date, ascending.
    said: Vec<(NaiveDate, bool)>,
    /// First and last dates, ascending, disjoint.
    stays: Vec<(NaiveDate, NaiveDate)>,
}

impl Reports {
    /// From the `substance_free` of every check-in that has one, and the detox and inpatient episodes. Any
    /// order; of several check-ins of a date one `false` decides.
    pub fn new(
        check_ins: impl IntoIterator<Item = (NaiveDate, bool)>,
        stays: impl IntoIterator<Item = Stay>,
        today: NaiveDate,
    ) -> Self {
        let mut said: Vec<_> = check_ins.into_iter().collect();
        // `false` sorts before `true`, so the first of a date is the one that decides.
        said.sort_unstable();
        said.dedup_by_key(|(date, _)| *date);
        let mut dated: Vec<_> = stays
            .into_iter()
            .map(|stay| (stay.starts_on, stay.ends_on.unwrap_or(today)))
            .filter(|(a, b)| a <= b)
            .collect();
        dated.sort_unstable();
        let mut stays: Vec<(NaiveDate, NaiveDate)> = Vec::with_capacity(dated.len());
        for (first, last) in dated {
            match stays.last_mut() {
                Some((_, end)) if first <= *end => *end = last.max(*end),
                _ => stays.push((first, last)),
            }
        }
        Self { said, stays }
    }
}

/// The state of a clock on every date from `from` to `to`, ascending, one entry a date; `None` before its
/// start. `today` ends what is still open. Empty when `from` is after `to`.
#[must_use]
pub fn day_states(
    started_on: NaiveDate,
    lapses: &[Lapse],
    reports: &Reports,
    from: NaiveDate,
    to: NaiveDate,
    today: NaiveDate,
) -> Vec<Option<DayState>> {
    let spells = merged(lapses, started_on, today);
    let states = states(&spells, reports, from.max(started_on), to);
    let before = if from < started_on { days_since(from, started_on.min(add_days(to, 1))) } else { 0 };
    (0..before).map(|_| None).chain(states.into_iter().map(Some)).collect()
}

/// How many dates from `from` to `to` are used. Counts by lapses and check-ins, not date by date: the dates may
/// be many.
pub(crate) fn used_dates(spells: &[Spell], reports: &Reports, from: NaiveDate, to: NaiveDate) -> u32 {
    let after = add_days(to, 1);
    let in_spells = spells.iter().map(|spell| days_since(spell.used_on.max(from), spell.until.min(after)));
    let in_spells: u32 = in_spells.sum();
    let mut spells = spells.iter().peekable();
    let said_used = reports.said.iter().filter(|(date, free)| !free && from <= *date && *date <= to);
    let outside = said_used.filter(|(date, _)| {
        while spells.next_if(|spell| spell.until <= *date).is_some() {}
        spells.peek().is_none_or(|spell| spell.used_on > *date)
    });
    in_spells + u32::try_from(outside.count()).unwrap_or(u32::MAX)
}

/// The states from `from` to `to`, of which `from` is not before the clock's start.
pub(crate) fn states(spells: &[Spell], reports: &Reports, from: NaiveDate, to: NaiveDate) -> Vec<DayState> {
    if from > to {
        return Vec::new();
    }
    // Each list is ascending and disjoint: find the first entry that can matter, then only step forward.
    let mut spells = spells.iter().skip(spells.partition_point(|spell| spell.until <= from)).peekable();
    let mut said = reports.said.iter().skip(reports.said.partition_point(|(day, _)| *day < from)).peekable();
    let mut stays =
        reports.stays.iter().skip(reports.stays.partition_point(|(_, last)| *last < from)).peekable();
    let dates = from.iter_days().take_while(|day| *day <= to);
    dates
        .map(|day| {
            while spells.next_if(|spell| spell.until <= day).is_some() {}
            while stays.next_if(|(_, last)| *last < day).is_some() {}
            let word = said.next_if(|(said_on, _)| *said_on == day);
            if spells.peek().is_some_and(|spell| spell.used_on <= day) {
                return DayState::Used;
            }
            match word {
                Some((_, false)) => DayState::Used,
                Some((_, true)) => DayState::Free,
                None if stays.peek().is_some_and(|(first, _)| *first <= day) => {
                    DayState::ControlledEnvironment
                }
                None => DayState::Unknown,
            }
        })
        .collect()
}

/// Percent of days abstinent, of the days that are known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pda {
    /// 100 × free / (free + used), 0 to 100, one decimal.
    pub value: f64,
    /// free + used.
    pub known_days: u32,
}

/// The PDA of `states`, when at least `need` of them are known.
pub(crate) fn pda(states: &[DayState], need: u32) -> Figure<Pda> {
    let days =
        |wanted| u32::try_from(states.iter().filter(|state| **state == wanted).count()).unwrap_or(u32::MAX);
    let (free, used) = (days(DayState::Free), days(DayState::Used));
    let known_days = free + used;
    Figure::with(known_days, need, || percent(free, known_days).map(|value| Pda { value, known_days }))
}

#[cfg(test)]
#[path = "day_states_tests.rs"]
mod tests;

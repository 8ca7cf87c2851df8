//! Which dates count for a goal today: the running ISO week, or the ninety dates from its start.
//!
//! Refuses goals that do not run today: their dates have passed, or have not begun.

use super::day::{add_days, week_start};
use super::period::Period;
use chrono::NaiveDate;

/// How long a goal takes to count up to its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pace {
    /// Each ISO week anew.
    Week,
    /// The ninety dates from its start.
    NinetyDays,
}

/// The dates that count for a goal, if it runs today: never before its start or after its end, both included.
#[must_use]
pub fn window(
    pace: Pace,
    starts_on: NaiveDate,
    ends_on: Option<NaiveDate>,
    today: NaiveDate,
) -> Option<Period> {
    let (first, last) = match pace {
        Pace::Week => (week_start(today), add_days(week_start(today), 6)),
        Pace::NinetyDays => (starts_on, add_days(starts_on, 89)),
    };
    let last = ends_on.map_or(last, |ends_on| ends_on.min(last));
    Period::new(first.max(starts_on), last).filter(|period| period.contains(today))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn between(from: &str, to: &str) -> Option<Period> {
        Period::new(date(from), date(to))
    }

    /// 2026-11-25 is a Wednesday.
    #[test]
    fn a_week_is_cut_to_the_goal() {
        let week = |starts_on: &str, ends_on: Option<&str>| {
            window(Pace::Week, date(starts_on), ends_on.map(date), date("2026-11-25"))
        };
        assert_eq!(week("2026-01-01", None), between("2026-11-23", "2026-11-29"), "Monday to Sunday");
        assert_eq!(week("2026-11-24", None), between("2026-11-24", "2026-11-29"), "begun on Tuesday");
        assert_eq!(week("2026-11-25", Some("2026-11-25")), between("2026-11-25", "2026-11-25"), "one day");
        assert_eq!(week("2026-11-26", None), None, "begins tomorrow");
        assert_eq!(week("2026-01-01", Some("2026-11-24")), None, "ended yesterday");
    }

    #[test]
    fn ninety_days_are_ninety_dates() {
        let ninety = |starts_on: &str, ends_on: Option<&str>, today: &str| {
            window(Pace::NinetyDays, date(starts_on), ends_on.map(date), date(today))
        };
        // The 90th date: 1 January + 89 days = 31 March in a year without a leap day (31 + 28 + 31).
        let whole = between("2026-01-01", "2026-03-31");
        assert_eq!(ninety("2026-01-01", None, "2026-01-01"), whole);
        assert_eq!(ninety("2026-01-01", None, "2026-03-31"), whole);
        assert_eq!(ninety("2026-01-01", None, "2026-04-01"), None, "the ninety dates are over");
        assert_eq!(
            ninety("2026-01-01", Some("2026-02-01"), "2026-01-15"),
            between("2026-01-01", "2026-02-01")
        );
    }
}

//! Milestones of clocks (24 hours to years) and of meetings.
//!
//! Days are counted, months and years are calendar anniversaries, clamped. Refuses milestones under an open
//! lapse only by not being asked: this file knows a `since` and a date, nothing of lapses.

use super::day::{add_days, add_months, days_since};
use chrono::{Datelike, NaiveDate};
use std::fmt;

/// A milestone of a clock. Shown as its code: `hours_24`, `days_7`, `months_6`, `years_1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Milestone {
    /// The first: one day after the start.
    Hours24,
    /// So many days after the start.
    Days(u16),
    /// So many calendar months after the start.
    Months(u16),
    /// So many calendar years after the start.
    Years(u16),
}

/// The milestones up to two years; from then on each year is one.
const FIRST: [Milestone; 9] = [
    Milestone::Hours24,
    Milestone::Days(7),
    Milestone::Days(30),
    Milestone::Days(60),
    Milestone::Days(90),
    Milestone::Months(6),
    Milestone::Months(9),
    Milestone::Years(1),
    Milestone::Months(18),
];

impl Milestone {
    /// All milestones, in the order they are reached, without end.
    pub fn ladder() -> impl Iterator<Item = Self> {
        FIRST.into_iter().chain((2..=u16::MAX).map(Self::Years))
    }

    /// The date it is reached by a clock that runs since `since`.
    #[must_use]
    pub fn on(self, since: NaiveDate) -> NaiveDate {
        match self {
            Self::Hours24 => add_days(since, 1),
            Self::Days(days) => add_days(since, i64::from(days)),
            Self::Months(months) => add_months(since, u32::from(months)),
            Self::Years(years) => add_months(since, 12 * u32::from(years)),
        }
    }
}

impl fmt::Display for Milestone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hours24 => f.write_str("hours_24"),
            Self::Days(days) => write!(f, "days_{days}"),
            Self::Months(months) => write!(f, "months_{months}"),
            Self::Years(years) => write!(f, "years_{years}"),
        }
    }
}

/// A milestone that was reached, today included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reached {
    /// Which one.
    pub milestone: Milestone,
    /// The date it was reached.
    pub reached_on: NaiveDate,
}

/// A milestone to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Upcoming {
    /// Which one.
    pub milestone: Milestone,
    /// The date it will be reached.
    pub on: NaiveDate,
    /// Days from today to that date, at least 1.
    pub days_left: u32,
}

/// All milestones a clock that runs since `since` has reached by `today`, oldest first.
pub fn reached(since: NaiveDate, today: NaiveDate) -> impl Iterator<Item = Reached> {
    Milestone::ladder()
        .map(move |milestone| Reached { milestone, reached_on: milestone.on(since) })
        .take_while(move |reached| reached.reached_on <= today)
}

/// The last year that a date of the API can have: four digits.
const LAST_YEAR: i32 = 9999;

/// The milestone a clock that runs since `since` reaches next, after `today`, if its date can be written.
#[must_use]
pub fn upcoming(since: NaiveDate, today: NaiveDate) -> Option<Upcoming> {
    let milestone = Milestone::ladder().find(|milestone| milestone.on(since) > today)?;
    let on = milestone.on(since);
    (on.year() <= LAST_YEAR).then_some(())?;
    Some(Upcoming { milestone, on, days_left: days_since(today, on) })
}

/// A number of meetings worth marking: 1, 5, 10, 25, 50, 90, 100, then each 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MeetingMilestone {
    /// How many meetings it stands for; its code is `meetings_` and this number.
    pub meetings: u32,
    /// How many are left to it, at least 1.
    pub left: u32,
}

impl MeetingMilestone {
    /// The next one after `total` meetings.
    #[must_use]
    pub fn after(total: u32) -> Self {
        let hundreds = (total / 100 + 1).saturating_mul(100);
        let meetings = [1, 5, 10, 25, 50, 90].into_iter().find(|step| *step > total).unwrap_or(hundreds);
        Self { meetings, left: meetings.saturating_sub(total) }
    }

    /// The code in answers: `meetings_200`.
    #[must_use]
    pub fn code(self) -> String {
        format!("meetings_{}", self.meetings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn milestones_fall_on_their_dates() {
        let vectors = [
            ("2026-08-01", Milestone::Hours24, "2026-08-02", "one day"),
            ("2026-08-01", Milestone::Days(90), "2026-10-30", "30 + 30 + 30: the worked example"),
            ("2026-08-01", Milestone::Months(6), "2027-02-01", "the same day of the month"),
            ("2026-08-31", Milestone::Months(6), "2027-02-28", "clamped"),
            ("2023-08-31", Milestone::Months(6), "2024-02-29", "clamped to a leap day"),
            ("2024-02-29", Milestone::Years(1), "2025-02-28", "no leap day"),
            (
                "2024-02-29",
                Milestone::Years(4),
                "2028-02-29",
                "a leap day again, not carried over from the clamp",
            ),
            ("2024-02-28", Milestone::Days(7), "2024-03-06", "over a leap day"),
        ];
        for (since, milestone, on, why) in vectors {
            assert_eq!(milestone.on(date(since)), date(on), "{milestone} since {since}: {why}");
        }
    }

    #[test]
    fn the_ladder_has_its_codes_in_order() {
        let codes: Vec<String> =
            Milestone::ladder().take(12).map(|milestone| milestone.to_string()).collect();
        let expected = "hours_24 days_7 days_30 days_60 days_90 months_6 months_9 years_1 months_18 years_2 years_3 years_4";
        assert_eq!(codes.join(" "), expected);
    }

    #[test]
    fn reached_and_upcoming_meet_at_today() {
        let since = date("2026-01-01");
        let at = |today: &str| {
            let last =
                reached(since, date(today)).last().map(|it| format!("{} {}", it.milestone, it.reached_on));
            let next =
                upcoming(since, date(today)).map(|it| format!("{} {} {}", it.milestone, it.on, it.days_left));
            (last, next.unwrap())
        };
        let vectors = [
            ("2026-01-01", None, "hours_24 2026-01-02 1", "the first day has none yet"),
            ("2026-01-02", Some("hours_24 2026-01-02"), "days_7 2026-01-08 6", "reached on the day itself"),
            ("2026-01-07", Some("hours_24 2026-01-02"), "days_7 2026-01-08 1", "the day before"),
            ("2026-01-08", Some("days_7 2026-01-08"), "days_30 2026-01-31 23", "a week"),
            (
                "2026-06-30",
                Some("days_90 2026-04-01"),
                "months_6 2026-07-01 1",
                "not 180 days but six months",
            ),
            ("2027-06-30", Some("years_1 2027-01-01"), "months_18 2027-07-01 1", "a year and a half"),
            ("2027-12-31", Some("months_18 2027-07-01"), "years_2 2028-01-01 1", "then each year"),
            (
                "2126-01-01",
                Some("years_100 2126-01-01"),
                "years_101 2127-01-01 365",
                "for as long as it takes",
            ),
        ];
        for (today, last, next, why) in vectors {
            assert_eq!(at(today), (last.map(str::to_owned), next.to_owned()), "{today}: {why}");
        }
    }

    #[test]
    fn meetings_are_marked_at_first_often_then_by_hundreds() {
        let vectors = [
            (0, "meetings_1", 1),
            (1, "meetings_5", 4),
            (5, "meetings_10", 5),
            (24, "meetings_25", 1),
            (25, "meetings_50", 25),
            (89, "meetings_90", 1),
            (90, "meetings_100", 10),
            (99, "meetings_100", 1),
            (100, "meetings_200", 100),
            (133, "meetings_200", 67),
            (1999, "meetings_2000", 1),
        ];
        for (total, code, left) in vectors {
            let next = MeetingMilestone::after(total);
            assert_eq!((next.code().as_str(), next.left), (code, left), "after {total}");
        }
    }

    proptest! {
        #[test]
        fn the_ladder_only_climbs(days in 0_i64..60_000, ahead in 0_i64..20_000) {
            let since = add_days(date("1900-01-01"), days);
            let today = add_days(since, ahead);
            let all: Vec<Reached> = reached(since, today).collect();
            prop_assert!(all.is_sorted_by(|a, b| a.reached_on < b.reached_on));
            let next = upcoming(since, today).unwrap();
            prop_assert!(next.days_left >= 1 && add_days(today, i64::from(next.days_left)) == next.on);
            prop_assert!(all.last().is_none_or(|last| last.reached_on <= today && last.milestone != next.milestone));
        }

        #[test]
        fn meetings_are_never_at_the_end(total in 0_u32..100_000) {
            let next = MeetingMilestone::after(total);
            prop_assert!(next.left >= 1 && next.meetings == total + next.left);
            prop_assert_eq!(MeetingMilestone::after(next.meetings - 1).left, 1);
        }
    }
}

//! A range of local dates, and its cut into days, ISO weeks or months.
//!
//! Both ends are inside. Refuses a range that ends before it begins.

use super::day::{add_days, add_months, days_since, month_start, week_start};
use chrono::NaiveDate;

/// How many dates a range has when nobody asked for one.
const DEFAULT_DATES: i64 = 30;

/// The dates from `from` to `to`, both inside, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    from: NaiveDate,
    to: NaiveDate,
}

impl Period {
    /// `None` when `from` is after `to`.
    #[must_use]
    pub fn new(from: NaiveDate, to: NaiveDate) -> Option<Self> {
        (from <= to).then_some(Self { from, to })
    }

    /// The range a request asks for: `to` is at most today and by default today, `from` by default makes it
    /// 30 dates. `None` when `from` is after `to`.
    #[must_use]
    pub fn asked(from: Option<NaiveDate>, to: Option<NaiveDate>, today: NaiveDate) -> Option<Self> {
        let to = to.unwrap_or(today).min(today);
        Self::new(from.unwrap_or(add_days(to, 1 - DEFAULT_DATES)), to)
    }

    /// The `days` dates ending with `last`.
    #[must_use]
    pub fn ending(last: NaiveDate, days: u32) -> Self {
        Self { from: add_days(last, 1 - i64::from(days.max(1))), to: last }
    }

    /// The first date.
    #[must_use]
    pub const fn from(self) -> NaiveDate {
        self.from
    }

    /// The last date.
    #[must_use]
    pub const fn to(self) -> NaiveDate {
        self.to
    }

    /// How many dates it has.
    #[must_use]
    pub fn days(self) -> u32 {
        days_since(self.from, self.to) + 1
    }

    /// Whether the date is inside.
    #[must_use]
    pub fn contains(self, date: NaiveDate) -> bool {
        self.from <= date && date <= self.to
    }

    /// The period of equal length just before.
    #[must_use]
    pub fn previous(self) -> Self {
        Self::ending(add_days(self.from, -1), self.days())
    }

    /// Its dates, ascending.
    pub fn dates(self) -> impl Iterator<Item = NaiveDate> {
        self.from.iter_days().take_while(move |date| *date <= self.to)
    }

    /// The first date whose records a trend over this period looks at: the previous period and the moving
    /// average's six dates before.
    #[must_use]
    pub fn reaches_back_to(self) -> NaiveDate {
        self.previous().from.min(add_days(self.from, -6))
    }

    /// The entries of an ascending list that are dated inside.
    pub(crate) fn of<T>(self, ascending: &[T], date: impl Fn(&T) -> NaiveDate) -> &[T] {
        let lower = ascending.partition_point(|entry| date(entry) < self.from);
        let upper = ascending.partition_point(|entry| date(entry) <= self.to);
        ascending.get(lower..upper).unwrap_or_default()
    }
}

/// The width of the buckets of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Bucket {
    /// Each date.
    #[default]
    Day,
    /// ISO weeks, named by their Monday.
    Week,
    /// Months, named by their first day.
    Month,
}

impl Bucket {
    /// The first date of the whole bucket that holds `date`: its name.
    #[must_use]
    pub fn start(self, date: NaiveDate) -> NaiveDate {
        match self {
            Self::Day => date,
            Self::Week => week_start(date),
            Self::Month => month_start(date),
        }
    }

    /// Every bucket that touches the period, ascending: its name, and its dates inside the period.
    pub fn cuts(self, period: Period) -> impl Iterator<Item = (NaiveDate, Period)> {
        let next = move |start: &NaiveDate| {
            Some(match self {
                Self::Day => add_days(*start, 1),
                Self::Week => add_days(*start, 7),
                Self::Month => add_months(*start, 1),
            })
        };
        std::iter::successors(Some(self.start(period.from)), next).map_while(move |start| {
            let last = next(&start).map_or(start, |after| add_days(after, -1));
            Some((start, Period::new(start.max(period.from), last.min(period.to))?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn period(from: &str, to: &str) -> Period {
        Period::new(date(from), date(to)).unwrap()
    }

    #[test]
    fn a_request_is_cut_to_today() {
        let today = date("2026-11-22");
        let vectors = [
            (None, None, Some(("2026-10-24", "2026-11-22")), "30 dates: 8 of October, 22 of November"),
            (None, Some("2026-12-24"), Some(("2026-10-24", "2026-11-22")), "tomorrow is not asked"),
            (None, Some("2026-10-30"), Some(("2026-10-01", "2026-10-30")), "30 dates ending there"),
            (Some("2026-11-22"), None, Some(("2026-11-22", "2026-11-22")), "today alone"),
            (Some("2026-11-23"), None, None, "begins after today"),
            (Some("2026-11-02"), Some("2026-11-01"), None, "ends before it begins"),
            (Some("2026-11-25"), Some("2026-11-30"), None, "all of it after today"),
        ];
        for (from, to, expected, why) in vectors {
            let expected = expected.map(|(from, to)| period(from, to));
            assert_eq!(Period::asked(from.map(date), to.map(date), today), expected, "{why}");
        }
    }

    #[test]
    fn the_previous_period_is_as_long_and_ends_the_day_before() {
        assert_eq!(
            period("2026-10-01", "2026-10-31").previous(),
            period("2026-08-31", "2026-09-30"),
            "31 dates"
        );
        assert_eq!(period("2026-03-01", "2026-03-01").previous(), period("2026-02-28", "2026-02-28"), "one");
        assert_eq!(
            period("2026-03-01", "2026-03-02").reaches_back_to(),
            date("2026-02-23"),
            "six dates before"
        );
        assert_eq!(
            period("2026-10-01", "2026-10-31").reaches_back_to(),
            date("2026-08-31"),
            "the period before"
        );
    }

    #[test]
    fn buckets_are_named_whole_and_cut_to_the_period() {
        let cuts = |bucket: Bucket, from, to| {
            let each =
                bucket.cuts(period(from, to)).map(|(start, cut)| format!("{start}: {}/{}", cut.from, cut.to));
            each.collect::<Vec<_>>()
        };
        assert_eq!(
            cuts(Bucket::Week, "2026-10-01", "2026-10-12"),
            [
                "2026-09-28: 2026-10-01/2026-10-04",
                "2026-10-05: 2026-10-05/2026-10-11",
                "2026-10-12: 2026-10-12/2026-10-12"
            ],
            "a Thursday to a Monday"
        );
        assert_eq!(
            cuts(Bucket::Month, "2024-01-31", "2024-03-01"),
            [
                "2024-01-01: 2024-01-31/2024-01-31",
                "2024-02-01: 2024-02-01/2024-02-29",
                "2024-03-01: 2024-03-01/2024-03-01"
            ],
            "a leap February between two edges"
        );
        assert_eq!(
            cuts(Bucket::Day, "2026-02-28", "2026-03-01"),
            ["2026-02-28: 2026-02-28/2026-02-28", "2026-03-01: 2026-03-01/2026-03-01"]
        );
    }

    proptest! {
        #[test]
        fn buckets_hold_every_date_once(from in 0_i64..20_000, days in 1_u32..500) {
            let first = add_days(date("1980-01-01"), from);
            let whole = Period::ending(add_days(first, i64::from(days) - 1), days);
            prop_assert_eq!(whole.days(), days);
            for bucket in [Bucket::Day, Bucket::Week, Bucket::Month] {
                let dates: Vec<_> = bucket.cuts(whole).flat_map(|(_, cut)| cut.dates()).collect();
                prop_assert_eq!(dates, whole.dates().collect::<Vec<_>>());
                prop_assert!(bucket.cuts(whole).all(|(start, cut)| bucket.start(cut.from) == start && bucket.start(cut.to) == start));
            }
        }
    }
}

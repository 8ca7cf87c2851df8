//! Trends of ratings and counts over a period: buckets, moving average, direction, and the period before.
//!
//! A day's value is the mean of its entries; everything is exact until it is rounded once. Days without data
//! stay out of every figure and every bucket is listed, so that silence is seen. Refuses figures below their
//! minimum.

use super::figure::{Figure, count};
use super::period::{Bucket, Period};
use super::ratio::{Ratio, mean};
use super::theil_sen::slope_per_day;
use chrono::NaiveDate;

/// Days with data that a direction needs.
const DIRECTION_NEEDS: u32 = 14;
/// What the period and the previous one each need.
const PREVIOUS_NEEDS: u32 = 5;
/// Dates of the moving average with data that it needs, of its 7.
const AVERAGE_NEEDS: usize = 4;

/// One exact value a day, ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DayValues(Vec<(NaiveDate, Ratio)>);

impl DayValues {
    /// The mean of each day's entries, which may come in any order. Ratings are whole numbers
    /// ([`Ratio::whole`]), hours of sleep quarters (`Ratio::of(quarters, 4)`).
    pub fn means_of(entries: impl IntoIterator<Item = (NaiveDate, Ratio)>) -> Self {
        let mut entries: Vec<_> = entries.into_iter().collect();
        entries.sort_unstable_by_key(|(date, _)| *date);
        let days = entries.chunk_by(|one, other| one.0 == other.0);
        Self(
            days.filter_map(|day| Some((day.first()?.0, mean(day.iter().map(|(_, value)| *value))?)))
                .collect(),
        )
    }

    /// The days with data, ascending.
    #[must_use]
    pub fn days(&self) -> &[(NaiveDate, Ratio)] {
        &self.0
    }

    /// The days with data inside the period, ascending.
    #[must_use]
    pub fn within(&self, period: Period) -> &[(NaiveDate, Ratio)] {
        period.of(&self.0, |(date, _)| *date)
    }

    /// The value of one day.
    #[must_use]
    pub fn on(&self, date: NaiveDate) -> Option<Ratio> {
        let place = self.0.binary_search_by_key(&date, |(day, _)| *day).ok()?;
        self.0.get(place).map(|(_, value)| *value)
    }
}

fn only_values(days: &[(NaiveDate, Ratio)]) -> Vec<Ratio> {
    days.iter().map(|(_, value)| *value).collect()
}

/// The exact mean of day values.
pub(crate) fn mean_of_days(days: &[(NaiveDate, Ratio)]) -> Option<Ratio> {
    mean(days.iter().map(|(_, value)| *value))
}

/// Day values of a stretch of time in four numbers; all but `n` are absent when `n` is 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Days with data.
    pub n: u32,
    /// The mean of the day values, two decimals.
    pub mean: Option<f64>,
    /// The lowest day value, two decimals.
    pub min: Option<f64>,
    /// The highest day value, two decimals.
    pub max: Option<f64>,
}

impl Spread {
    /// Of these day values.
    #[must_use]
    pub fn of(days: &[(NaiveDate, Ratio)]) -> Self {
        let values = days.iter().map(|(_, value)| *value);
        let shown = |value: Ratio| value.round(2);
        Self {
            n: count(days),
            mean: mean_of_days(days).map(shown),
            min: values.clone().min().map(shown),
            max: values.max().map(shown),
        }
    }
}

/// Where day values are heading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Direction {
    /// Points a week, two decimals.
    pub per_week: f64,
    /// Chosen by the slope before rounding.
    pub word: Word,
}

/// The word for a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Word {
    /// Falling by a quarter of a point a week or more, whatever is rated.
    Easing,
    /// Less than a quarter of a point a week either way.
    Steady,
    /// Rising by a quarter of a point a week or more.
    Rising,
}

impl Word {
    /// The name in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Easing => "easing",
            Self::Steady => "steady",
            Self::Rising => "rising",
        }
    }

    fn of(per_week: Ratio) -> Self {
        // The slope times four against one: a quarter exactly is no longer steady.
        let quarters = per_week.times(4);
        if quarters <= Ratio::whole(-1) {
            Self::Easing
        } else if quarters >= Ratio::whole(1) {
            Self::Rising
        } else {
            Self::Steady
        }
    }
}

/// The Theil–Sen direction of day values; needs 14 days with data.
#[must_use]
pub fn direction(days: &[(NaiveDate, Ratio)]) -> Figure<Direction> {
    Figure::with(count(days), DIRECTION_NEEDS, || {
        let per_week = slope_per_day(days)?.times(7);
        Some(Direction { per_week: per_week.round(2), word: Word::of(per_week) })
    })
}

/// The period of equal length just before, and what has changed since.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Previous {
    /// How many values the previous period has.
    pub n: u32,
    /// Their mean, two decimals.
    pub mean: f64,
    /// The mean of the period less that of the previous one, two decimals.
    pub difference: f64,
}

/// Compares values of the period with those of the previous one; needs 5 and 5.
pub(crate) fn against_previous(now: &[Ratio], before: &[Ratio]) -> Figure<Previous> {
    let n = count(before);
    Figure::with_both(count(now), n, PREVIOUS_NEEDS, || {
        let (now, before) = (mean(now.iter().copied())?, mean(before.iter().copied())?);
        Some(Previous { n, mean: before.round(2), difference: now.minus(before).round(2) })
    })
}

/// One rating over a period.
#[derive(Debug, Clone, PartialEq)]
pub struct RatingTrend {
    /// The whole period.
    pub total: Spread,
    /// Where it is heading.
    pub direction: Figure<Direction>,
    /// Against the period before, in days.
    pub previous: Figure<Previous>,
    /// Every bucket by its name, empty ones too.
    pub series: Vec<(NaiveDate, Spread)>,
    /// Every date of the period: the mean of the 7 dates ending there, when 4 of them have data. Two
    /// decimals.
    pub moving_average_7: Vec<(NaiveDate, Option<f64>)>,
}

/// The trend of a rating from day values that reach back to [`Period::reaches_back_to`].
#[must_use]
pub fn rating_trend(values: &DayValues, period: Period, bucket: Bucket) -> RatingTrend {
    let days = values.within(period);
    let before = values.within(period.previous());
    RatingTrend {
        total: Spread::of(days),
        direction: direction(days),
        previous: against_previous(&only_values(days), &only_values(before)),
        series: bucket.cuts(period).map(|(start, cut)| (start, Spread::of(values.within(cut)))).collect(),
        moving_average_7: moving_average_7(values, period),
    }
}

/// For every date of the period the mean of the 7 dates ending there, when 4 of them have data; two decimals.
#[must_use]
pub fn moving_average_7(values: &DayValues, period: Period) -> Vec<(NaiveDate, Option<f64>)> {
    let average = |date| {
        let week = values.within(Period::ending(date, 7));
        (date, mean_of_days(week).filter(|_| week.len() >= AVERAGE_NEEDS).map(|value| value.round(2)))
    };
    period.dates().map(average).collect()
}

/// How often something happened: in all, and in every bucket by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// In the whole period.
    pub n: u32,
    /// In every bucket, empty ones too.
    pub series: Vec<(NaiveDate, u32)>,
}

/// Counts entries by their local dates, which may come in any order and lie outside the period.
pub fn counts(dates: impl IntoIterator<Item = NaiveDate>, period: Period, bucket: Bucket) -> Counts {
    let mut dates: Vec<NaiveDate> = dates.into_iter().collect();
    dates.sort_unstable();
    let within = |cut: Period| count(cut.of(&dates, |date| *date));
    Counts {
        n: within(period),
        series: bucket.cuts(period).map(|(start, cut)| (start, within(cut))).collect(),
    }
}

/// How many dates of the period have an entry, however many each has.
pub fn covered_days(dates: impl IntoIterator<Item = NaiveDate>, period: Period) -> u32 {
    let mut inside: Vec<NaiveDate> = dates.into_iter().filter(|date| period.contains(*date)).collect();
    inside.sort_unstable();
    inside.dedup();
    count(&inside)
}

#[cfg(test)]
#[path = "trends_tests.rs"]
mod tests;

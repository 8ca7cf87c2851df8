//! Cravings over a period: how many, how strong, how many passed; and when of the week they come.
//!
//! Every episode counts by itself, also several of a day; only the direction looks at days. Refuses a share
//! of nothing: while every episode is open there is none.

use super::figure::{Figure, count};
use super::period::{Bucket, Period};
use super::ratio::{Ratio, mean, percent};
use super::trends::{DayValues, Direction, Previous, against_previous, direction};
use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use std::collections::BTreeMap;

/// Episodes of a weekday and hour that a mean needs.
const CELL_NEEDS: u32 = 3;

/// How an episode ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Not known yet.
    Open,
    /// It passed without use.
    Passed,
    /// It ended in use.
    Used,
}

/// An episode, as trends and insights see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Craving {
    /// The local date it happened.
    pub local_date: NaiveDate,
    /// 0 to 10.
    pub intensity: u8,
    /// How it ended.
    pub outcome: Outcome,
}

impl Craving {
    fn strength(self) -> Ratio {
        Ratio::whole(i64::from(self.intensity))
    }
}

/// Episodes of a stretch of time, summed up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CravingSum {
    /// Episodes.
    pub n: u32,
    /// Mean intensity of the episodes, two decimals; absent when there are none.
    pub mean_intensity: Option<f64>,
    /// The strongest; absent when there are none.
    pub max_intensity: Option<u8>,
    /// Episodes that passed.
    pub passed: u32,
    /// Episodes that ended in use.
    pub used: u32,
    /// Episodes not closed yet.
    pub open: u32,
    /// 100 × passed / (passed + used), one decimal; absent when nothing is closed.
    pub passed_share: Option<f64>,
}

impl CravingSum {
    /// Of these episodes.
    pub fn of<'a>(cravings: impl IntoIterator<Item = &'a Craving>) -> Self {
        let cravings: Vec<&Craving> = cravings.into_iter().collect();
        let with = |outcome| {
            u32::try_from(cravings.iter().filter(|it| it.outcome == outcome).count()).unwrap_or(u32::MAX)
        };
        let (passed, used) = (with(Outcome::Passed), with(Outcome::Used));
        Self {
            n: count(&cravings),
            mean_intensity: mean(cravings.iter().map(|it| it.strength())).map(|value| value.round(2)),
            max_intensity: cravings.iter().map(|it| it.intensity).max(),
            passed,
            used,
            open: with(Outcome::Open),
            passed_share: percent(passed, passed + used),
        }
    }
}

/// Cravings over a period.
#[derive(Debug, Clone, PartialEq)]
pub struct CravingTrend {
    /// The whole period.
    pub total: CravingSum,
    /// Where the daily mean intensity is heading; needs 14 days with episodes.
    pub direction: Figure<Direction>,
    /// Against the period before, in episodes; needs 5 and 5.
    pub previous: Figure<Previous>,
    /// Every bucket by its name, empty ones too.
    pub series: Vec<(NaiveDate, CravingSum)>,
}

/// The trend of cravings, given in any order, from episodes that reach back to the previous period.
#[must_use]
pub fn craving_trend(cravings: &[Craving], period: Period, bucket: Bucket) -> CravingTrend {
    let mut cravings = cravings.to_vec();
    cravings.sort_unstable_by_key(|it| it.local_date);
    let within = |cut: Period| cut.of(&cravings, |it| it.local_date);
    let now = within(period);
    let days = DayValues::means_of(now.iter().map(|it| (it.local_date, it.strength())));
    let before = within(period.previous());
    CravingTrend {
        total: CravingSum::of(now),
        direction: direction(days.days()),
        previous: against_previous(&strengths(now), &strengths(before)),
        series: bucket.cuts(period).map(|(start, cut)| (start, CravingSum::of(within(cut)))).collect(),
    }
}

fn strengths(cravings: &[Craving]) -> Vec<Ratio> {
    cravings.iter().map(|it| it.strength()).collect()
}

/// The cravings of one weekday and hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// 1 Monday to 7 Sunday.
    pub weekday: u32,
    /// 0 to 23.
    pub hour: u32,
    /// Episodes.
    pub count: u32,
    /// Mean intensity, two decimals; needs 3.
    pub mean_intensity: Figure<f64>,
}

/// When of the week cravings come: what the wall clock of each record's own zone showed
/// ([`super::day::wall_clock`]), and the intensity. Ascending by weekday and hour, empty cells left out.
pub fn heatmap(cravings: impl IntoIterator<Item = (NaiveDateTime, u8)>) -> Vec<Cell> {
    let mut cells: BTreeMap<(u32, u32), (u32, i64)> = BTreeMap::new();
    for (shown, intensity) in cravings {
        let (count, sum) = cells.entry((shown.weekday().number_from_monday(), shown.hour())).or_default();
        *count += 1;
        *sum += i64::from(intensity);
    }
    let cell = |((weekday, hour), (count, sum))| {
        let mean = || Some(Ratio::of(sum, count)?.round(2));
        Cell { weekday, hour, count, mean_intensity: Figure::with(count, CELL_NEEDS, mean) }
    };
    cells.into_iter().map(cell).collect()
}

#[cfg(test)]
#[path = "cravings_tests.rs"]
mod tests;

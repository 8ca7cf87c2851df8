//! Days with something against days without it: a difference of means, and words that stop short of
//! "because".
//!
//! Only days that have the outcome are compared. Refuses fewer than five days on either side.

use super::figure::{Figure, count};
use super::ratio::Ratio;
use super::trends::{DayValues, mean_of_days};
use chrono::NaiveDate;
use std::cmp::Ordering;

/// Days that each side needs.
const SIDE_NEEDS: u32 = 5;
/// Under so many hours a night is short.
const SHORT_SLEEP_HOURS: i64 = 6;

/// One side of a comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Side {
    /// Days.
    pub n: u32,
    /// The mean of their outcomes, two decimals.
    pub mean: f64,
}

/// Days with a factor against days without.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// Days with it.
    pub with: Side,
    /// Days without it.
    pub without: Side,
    /// With less without, two decimals.
    pub difference: f64,
    /// How the outcome on days with it compares, before rounding.
    pub tended: Ordering,
}

/// Compares the outcome's days by a factor: `Some(true)` puts a day with it, `Some(false)` without it, `None`
/// leaves the day out. Needs 5 days each.
pub fn with_without(
    outcome: &[(NaiveDate, Ratio)],
    factor: impl Fn(NaiveDate) -> Option<bool>,
) -> Figure<Comparison> {
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for (date, value) in outcome {
        match factor(*date) {
            Some(true) => with.push((*date, *value)),
            Some(false) => without.push((*date, *value)),
            None => {}
        }
    }
    Figure::with_both(count(&with), count(&without), SIDE_NEEDS, || {
        let (on, off) = (mean_of_days(&with)?, mean_of_days(&without)?);
        Some(Comparison {
            with: Side { n: count(&with), mean: on.round(2) },
            without: Side { n: count(&without), mean: off.round(2) },
            difference: on.minus(off).round(2),
            tended: on.cmp(&off),
        })
    })
}

/// Whether the day's sleep was under 6 hours; `None` when its sleep is unknown.
#[must_use]
pub fn short_sleep(sleep_hours: &DayValues, date: NaiveDate) -> Option<bool> {
    sleep_hours.on(date).map(|hours| hours < Ratio::whole(SHORT_SLEEP_HOURS))
}

/// What a day is compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Factor<'a> {
    /// A meeting on that day.
    Meeting,
    /// An attended session on that day.
    Session,
    /// A covering dose on that day.
    Dose,
    /// Under 6 hours of sleep, among days with sleep known.
    ShortSleep,
    /// The trigger among that day's cravings; its name, if the trigger is known.
    Trigger(Option<&'a str>),
}

impl Factor<'_> {
    /// "On days with a meeting, mood tended to be higher (12 and 14 days)."
    #[must_use]
    pub fn sentence(self, outcome: &str, comparison: &Comparison) -> String {
        let factor = match self {
            Self::Meeting => "a meeting".to_owned(),
            Self::Session => "a session".to_owned(),
            Self::Dose => "a dose".to_owned(),
            Self::ShortSleep => format!("less than {SHORT_SLEEP_HOURS} hours of sleep"),
            Self::Trigger(Some(name)) => format!("the trigger {}", name.replace('_', " ")),
            Self::Trigger(None) => "this trigger".to_owned(),
        };
        let tended = match comparison.tended {
            Ordering::Less => "lower",
            Ordering::Equal => "the same",
            Ordering::Greater => "higher",
        };
        let (with, without) = (comparison.with.n, comparison.without.n);
        format!("On days with {factor}, {outcome} tended to be {tended} ({with} and {without} days).")
    }
}

#[cfg(test)]
#[path = "factors_tests.rs"]
mod tests;

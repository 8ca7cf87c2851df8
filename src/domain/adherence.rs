//! How many of a medication's scheduled dates a dose covers.
//!
//! A taken, late or observed dose covers its own date; of a weekly or monthly medication it covers the
//! scheduled date for as long as the next one has not come. Today counts once it is covered: it is not over.
//! Refuses doses after today, and a percentage of fewer than seven scheduled dates.

use super::day::{add_days, add_months, days_between};
use super::figure::Figure;
use super::period::Period;
use super::ratio::percent;
use chrono::{Datelike, NaiveDate};

/// Scheduled dates that a figure needs.
const NEEDS: u32 = 7;

/// When a medication is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Schedule {
    /// Every date.
    Daily,
    /// Every so many dates; 0 is taken as 1.
    EveryNDays(u32),
    /// Every seventh date.
    Weekly,
    /// The same day of each month, clamped to the month's last day.
    Monthly,
    /// No date is due.
    AsNeeded,
}

impl Schedule {
    /// The schedule that a record calls so. Every so many days without saying how many, nothing is known to be
    /// due.
    #[must_use]
    pub fn named(name: &str, every_n_days: Option<i64>) -> Self {
        match (name, every_n_days.and_then(|days| u32::try_from(days).ok())) {
            ("daily", _) => Self::Daily,
            ("every_n_days", Some(days)) => Self::EveryNDays(days),
            ("weekly", _) => Self::Weekly,
            ("monthly", _) => Self::Monthly,
            _ => Self::AsNeeded,
        }
    }

    /// The dates due from `starts_on` on, from the last one not after `from`, without end. `None` for as
    /// needed.
    fn due(self, starts_on: NaiveDate, from: NaiveDate) -> Option<impl Iterator<Item = NaiveDate>> {
        let stride = match self {
            Self::Daily => Some(1),
            Self::EveryNDays(days) => Some(i64::from(days.max(1))),
            Self::Weekly => Some(7),
            Self::Monthly => None,
            Self::AsNeeded => return None,
        };
        let nth = move |n: u32| match stride {
            Some(days) => add_days(starts_on, days * i64::from(n)),
            None => add_months(starts_on, n),
        };
        let passed = match stride {
            Some(days) => days_between(starts_on, from) / days,
            None => {
                12 * i64::from(from.year() - starts_on.year()) + i64::from(from.month())
                    - i64::from(starts_on.month())
            }
        };
        Some((u32::try_from(passed).unwrap_or(0)..).map(nth))
    }

    /// Whether a dose after the date covers it, as long as the next one has not come.
    const fn waits(self) -> bool {
        matches!(self, Self::Weekly | Self::Monthly)
    }
}

/// What became of a dose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DoseStatus {
    /// Taken.
    Taken,
    /// Taken late.
    Late,
    /// Not taken.
    Missed,
    /// Not given by the clinic.
    HeldByClinic,
    /// Taken at the clinic.
    ObservedAtClinic,
}

impl DoseStatus {
    /// The status that a record calls so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "taken" => Some(Self::Taken),
            "late" => Some(Self::Late),
            "missed" => Some(Self::Missed),
            "held_by_clinic" => Some(Self::HeldByClinic),
            "observed_at_clinic" => Some(Self::ObservedAtClinic),
            _ => None,
        }
    }

    /// Whether the person had the dose.
    #[must_use]
    pub const fn covers(self) -> bool {
        matches!(self, Self::Taken | Self::Late | Self::ObservedAtClinic)
    }
}

/// A medication and all its doses.
#[derive(Debug, Clone, Copy)]
pub struct Prescription<'a> {
    /// When it is due.
    pub schedule: Schedule,
    /// The first scheduled date.
    pub starts_on: NaiveDate,
    /// The last date that can be scheduled; absent means it goes on.
    pub ends_on: Option<NaiveDate>,
    /// Local date and status of its doses, in any order, also those after the period.
    pub doses: &'a [(NaiveDate, DoseStatus)],
}

/// Scheduled dates and doses of a period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adherence {
    /// Dates due, up to yesterday, and today once covered.
    pub scheduled_days: u32,
    /// Those of them that a dose covers.
    pub covered_days: u32,
    /// 100 × covered / scheduled, one decimal.
    pub percent: f64,
    /// The longest run of scheduled dates without a covering dose.
    pub longest_gap_days: u32,
    /// Records of doses taken late in the period, up to today.
    pub late: u32,
    /// Records of doses missed in the period, up to today.
    pub missed: u32,
}

impl Prescription<'_> {
    /// The adherence over the scheduled dates of the period; needs 7. `None` when nothing is scheduled
    /// because the medication is taken as needed.
    #[must_use]
    pub fn adherence(&self, period: Period, today: NaiveDate) -> Option<Figure<Adherence>> {
        let mut due = self.schedule.due(self.starts_on, period.from())?.peekable();
        let last = period.to().min(today).min(self.ends_on.unwrap_or(today));
        let mut taken: Vec<NaiveDate> = self
            .doses
            .iter()
            .filter(|(date, status)| status.covers() && *date <= today)
            .map(|(date, _)| *date)
            .collect();
        taken.sort_unstable();
        let (mut scheduled_days, mut covered_days, mut gap, mut longest_gap_days) = (0, 0, 0, 0);
        while let Some(date) = due.next_if(|date| *date <= last) {
            let next = due.peek().copied().filter(|_| self.schedule.waits());
            let covers_until = next.unwrap_or(add_days(date, 1));
            let from_date_on = taken.partition_point(|dose| *dose < date);
            let covered = taken.get(from_date_on).is_some_and(|dose| *dose < covers_until);
            if date < period.from() || (date == today && !covered) {
                continue;
            }
            scheduled_days += 1;
            covered_days += u32::from(covered);
            gap = if covered { 0 } else { gap + 1 };
            longest_gap_days = longest_gap_days.max(gap);
        }
        Some(Figure::with(scheduled_days, NEEDS, || {
            Some(Adherence {
                scheduled_days,
                covered_days,
                percent: percent(covered_days, scheduled_days)?,
                longest_gap_days,
                late: self.records(DoseStatus::Late, period, today),
                missed: self.records(DoseStatus::Missed, period, today),
            })
        }))
    }

    fn records(&self, wanted: DoseStatus, period: Period, today: NaiveDate) -> u32 {
        let inside = |date: NaiveDate| period.contains(date) && date <= today;
        let records = self.doses.iter().filter(|(date, status)| *status == wanted && inside(*date));
        u32::try_from(records.count()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
#[path = "adherence_tests.rs"]
mod tests;

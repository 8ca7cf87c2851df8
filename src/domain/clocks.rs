//! Everything one sobriety clock answers.
//!
//! Under `reset` a lapse starts a new span, and what was built stays: longest span, totals, money. Under
//! `keep_and_count` nothing restarts. Silence is not a lapse, and a check-in colours a day without restarting
//! anything. Refuses to shame: every figure that survives a lapse is always there.

use super::day::{add_days, days_since};
use super::day_states::{Pda, Reports, pda, states, used_dates};
use super::decimal::Decimal;
use super::figure::Figure;
use super::lapses::{Lapse, Spell, merged};
use super::message::{Standing, sentence};
use super::milestones::{Reached, Upcoming, reached, upcoming};
use chrono::NaiveDate;

/// What a lapse does to a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResetPolicy {
    /// The clock runs since the newest resumption.
    Reset,
    /// The clock runs since its start and leaves out the used dates.
    KeepAndCount,
}

/// Whether the person has resumed from every lapse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClockStatus {
    /// No lapse is open.
    Running,
    /// A lapse has no `resumed_on` yet, or one after today.
    OpenLapse,
}

impl ClockStatus {
    /// The name in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::OpenLapse => "open_lapse",
        }
    }
}

/// A sobriety clock with all its lapses, in any order.
#[derive(Debug, Clone, Copy)]
pub struct Clock<'a> {
    /// The date it starts; may lie in the future.
    pub started_on: NaiveDate,
    /// What a lapse does to it.
    pub reset_policy: ResetPolicy,
    /// Its lapses; those before the start or after today count for nothing.
    pub lapses: &'a [Lapse],
    /// What a day of use used to cost.
    pub daily_cost: Option<&'a Decimal>,
}

/// What a clock answers on one day. Days are whole days.
#[derive(Debug, Clone, PartialEq)]
pub struct ClockFigures {
    /// Whether a lapse is open.
    pub status: ClockStatus,
    /// What `current_days` counts from.
    pub since: NaiveDate,
    /// Days of the running span; 0 under `reset` while a lapse is open.
    pub current_days: u32,
    /// `current_days` + 1: the day the person is living.
    pub day_number: u32,
    /// The longest span.
    pub longest_days: u32,
    /// Days since the start.
    pub journey_days: u32,
    /// `journey_days` less the used dates up to yesterday, whether a lapse or a check-in says so.
    pub substance_free_days: u32,
    /// Lapse records from the start to today.
    pub lapse_count: u32,
    /// The newest milestone reached; absent under `reset` while a lapse is open.
    pub last_milestone: Option<Reached>,
    /// The next milestone; absent under `reset` while a lapse is open.
    pub next_milestone: Option<Upcoming>,
    /// Percent of known days abstinent, of the last 30 dates; needs 7 known.
    pub pda_30: Figure<Pda>,
    /// The same of the last 90 dates; needs 21 known.
    pub pda_90: Figure<Pda>,
    /// Daily cost × `substance_free_days`, exact; absent without a cost.
    pub money_kept: Option<Decimal>,
    /// One kind and true sentence or two, in English.
    pub message: String,
}

impl Clock<'_> {
    /// Everything this clock answers on `today`.
    #[must_use]
    pub fn figures(&self, reports: &Reports, today: NaiveDate) -> ClockFigures {
        let spells = merged(self.lapses, self.started_on, today);
        let past: &[Spell] = spells.split_at(spells.partition_point(|spell| spell.used_on <= today)).0;
        // Merged spells are disjoint, so only the last one can reach beyond today.
        let open = past.last().is_some_and(|spell| spell.is_open(today));
        let journey_days = days_since(self.started_on, today);
        // Up to yesterday: today is not over.
        let used = used_dates(&spells, reports, self.started_on, add_days(today, -1));
        let substance_free_days = journey_days.saturating_sub(used);
        let keeps = self.reset_policy == ResetPolicy::KeepAndCount;
        let (since, current_days, longest_days) = if keeps {
            (self.started_on, substance_free_days, substance_free_days)
        } else {
            let since = self.since(today);
            let current = if open { 0 } else { days_since(since, today) };
            (since, current, longest_span(past, self.started_on, today))
        };
        let marked_since = (keeps || !open).then_some(since);
        let lapse_count = self.lapse_count(today);
        ClockFigures {
            status: if open { ClockStatus::OpenLapse } else { ClockStatus::Running },
            since,
            current_days,
            day_number: current_days + 1,
            longest_days,
            journey_days,
            substance_free_days,
            lapse_count,
            last_milestone: marked_since.and_then(|since| reached(since, today).last()),
            next_milestone: marked_since.and_then(|since| upcoming(since, today)),
            pda_30: self.pda(&spells, reports, today, 30, 7),
            pda_90: self.pda(&spells, reports, today, 90, 21),
            money_kept: self.daily_cost.map(|cost| cost.times(substance_free_days)),
            message: sentence(&Standing {
                starts_later: self.started_on > today,
                since,
                keeps,
                open,
                current_days,
                longest_days,
                substance_free_days,
                lapsed: lapse_count > 0,
            }),
        }
    }

    /// The newest resumption that is not after today, else the start.
    fn since(&self, today: NaiveDate) -> NaiveDate {
        let counted = self.lapses.iter().filter(|lapse| lapse.used_on >= self.started_on);
        let resumed = counted.filter_map(|lapse| Some(lapse.resumed_on?.max(lapse.used_on)));
        resumed.filter(|day| *day <= today).max().unwrap_or(self.started_on)
    }

    /// Records, not spells: two lapses of one day are two.
    fn lapse_count(&self, today: NaiveDate) -> u32 {
        let counted = self.lapses.iter().filter(|lapse| (self.started_on..=today).contains(&lapse.used_on));
        u32::try_from(counted.count()).unwrap_or(u32::MAX)
    }

    fn pda(
        &self,
        spells: &[Spell],
        reports: &Reports,
        today: NaiveDate,
        dates: i64,
        need: u32,
    ) -> Figure<Pda> {
        let from = add_days(today, 1 - dates).max(self.started_on);
        pda(&states(spells, reports, from, today), need)
    }
}

/// The longest span from the start or a resumption to the next use, or to today; one yet to come has no days.
fn longest_span(past: &[Spell], started_on: NaiveDate, today: NaiveDate) -> u32 {
    let mut longest = 0;
    let mut running_since = Some(started_on);
    for spell in past {
        if let Some(since) = running_since {
            longest = longest.max(days_since(since, spell.used_on));
        }
        running_since = spell.resumed_on;
    }
    running_since.map_or(longest, |since| longest.max(days_since(since, today)))
}

#[cfg(test)]
#[path = "clocks_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "clocks_properties.rs"]
mod properties;

//! What a care episode plans for each ISO week, and what was attended.
//!
//! Weeks are whole: planned and attended both, also where the episode or the period begins or ends inside
//! one. Refuses sessions after today, and sessions of another episode.

use super::day::{add_days, week_start};
use super::period::{Bucket, Period};
use super::ratio::Ratio;
use chrono::NaiveDate;
use std::collections::HashMap;
use std::hash::Hash;

/// A care episode with its plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Episode<K> {
    /// What its sessions call it.
    pub id: K,
    /// The first date.
    pub starts_on: NaiveDate,
    /// The last date; absent means up to today.
    pub ends_on: Option<NaiveDate>,
    /// Days of a week with a session.
    pub days_per_week: Option<u32>,
    /// Hours of such a day, exact.
    pub hours_per_day: Option<Ratio>,
}

/// A session the person attended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attended<K> {
    /// The local date.
    pub local_date: NaiveDate,
    /// Minutes attended; 0 when nobody wrote them down.
    pub minutes: u32,
    /// The episode it belongs to; a session without one counts for every episode of its week.
    pub episode: Option<K>,
}

/// One ISO week of one episode.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Week {
    /// Its Monday.
    pub start: NaiveDate,
    /// The place of the episode in the list that was given.
    pub episode: usize,
    /// Days a week × hours a day, two decimals; absent when one of them is.
    pub planned_hours: Option<f64>,
    /// Attended minutes in hours, two decimals.
    pub attended_hours: f64,
    /// Days a week; absent when unknown.
    pub planned_sessions: Option<u32>,
    /// Attended sessions.
    pub attended_sessions: u32,
}

/// Every week in which an episode and the period meet, ascending, of one week in the order of the episodes.
/// Sessions come in any order and should cover the whole weeks of the period ([`session_dates`]).
pub fn weeks<K: Eq + Hash>(
    episodes: &[Episode<K>],
    sessions: &[Attended<K>],
    period: Period,
    today: NaiveDate,
) -> Vec<Week> {
    let mut sums: HashMap<(NaiveDate, Option<&K>), (u32, u32)> = HashMap::new();
    for session in sessions.iter().filter(|session| session.local_date <= today) {
        let key = (week_start(session.local_date), session.episode.as_ref());
        let (count, minutes) = sums.entry(key).or_default();
        *count += 1;
        *minutes = minutes.saturating_add(session.minutes);
    }
    let sum = |week, episode| sums.get(&(week, episode)).copied().unwrap_or_default();
    let mut weeks = Vec::new();
    for (place, episode) in episodes.iter().enumerate() {
        let first = episode.starts_on.max(period.from());
        let last = episode.ends_on.unwrap_or(today).min(period.to());
        let Some(common) = Period::new(first, last) else { continue };
        let planned = episode.days_per_week.zip(episode.hours_per_day);
        let planned_hours = planned.map(|(days, hours)| hours.times(i64::from(days)).round(2));
        for (start, _) in Bucket::Week.cuts(common) {
            let (own, own_minutes) = sum(start, Some(&episode.id));
            let (free, free_minutes) = sum(start, None);
            weeks.push(Week {
                start,
                episode: place,
                planned_hours,
                attended_hours: hours(u64::from(own_minutes) + u64::from(free_minutes)),
                planned_sessions: episode.days_per_week,
                attended_sessions: own + free,
            });
        }
    }
    weeks.sort_by_key(|week| (week.start, week.episode));
    weeks
}

/// The dates whose sessions a period's weeks look at: its whole ISO weeks.
#[must_use]
pub fn session_dates(period: Period) -> (NaiveDate, NaiveDate) {
    (week_start(period.from()), add_days(week_start(period.to()), 6))
}

fn hours(minutes: u64) -> f64 {
    let exact = i64::try_from(minutes).ok().and_then(|minutes| Ratio::of(minutes, 60));
    exact.map_or(0.0, |hours| hours.round(2))
}

#[cfg(test)]
#[path = "care_plan_tests.rs"]
mod tests;

//! A journal as dense as they come, the same in every run: a check-in on nearly every date, three cravings on
//! two dates, a meeting every other date, a dose every date, a lapse of two days every three months.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use recovery_journal::domain::adherence::DoseStatus;
use recovery_journal::domain::cravings::{Craving, Outcome};
use recovery_journal::domain::day::add_days;
use recovery_journal::domain::lapses::Lapse;
use recovery_journal::domain::period::Period;
use recovery_journal::domain::ratio::Ratio;
use recovery_journal::domain::trends::DayValues;

/// How long the journals are.
pub const YEARS: [u32; 4] = [1, 2, 5, 10];

/// A check-in: its date, mood, hours of sleep in quarters, and whether the day was substance-free.
pub struct CheckIn {
    pub date: NaiveDate,
    pub mood: i64,
    pub quarters: i64,
    pub free: bool,
}

/// The journal, by what the figures take. Lists that belong to episodes are in their order.
pub struct Dense {
    pub period: Period,
    pub check_ins: Vec<CheckIn>,
    pub lapses: Vec<Lapse>,
    pub meetings: Vec<NaiveDate>,
    pub doses: Vec<(NaiveDate, DoseStatus)>,
    pub episodes: Vec<Craving>,
    pub triggers: Vec<Vec<u32>>,
    pub skills: Vec<Vec<u32>>,
    pub moments: Vec<(NaiveDateTime, u8)>,
}

impl Dense {
    /// The journal of so many years.
    pub fn of(years: u32) -> Self {
        let last = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap_or_default();
        let mut random = fastrand::Rng::with_seed(7);
        let mut dense = Self {
            period: Period::ending(last, years * 365),
            check_ins: Vec::new(),
            lapses: Vec::new(),
            meetings: Vec::new(),
            doses: Vec::new(),
            episodes: Vec::new(),
            triggers: Vec::new(),
            skills: Vec::new(),
            moments: Vec::new(),
        };
        for (day, date) in (0_u32..).zip(dense.period.dates()) {
            dense.live(&mut random, day, date);
        }
        dense
    }

    fn live(&mut self, random: &mut fastrand::Rng, day: u32, date: NaiveDate) {
        let lapsing = day % 91 == 90;
        if random.u8(..100) < 97 {
            // Eight years of a slow rise under what each day brings.
            let mood = (i64::from(day) / 1_000 + random.i64(1..=4) + random.i64(1..=4)).min(10);
            self.check_ins.push(CheckIn { date, mood, quarters: random.i64(16..40), free: !lapsing });
        }
        if lapsing {
            self.lapses.push(Lapse { used_on: date, resumed_on: Some(add_days(date, 2)) });
        }
        if day.is_multiple_of(2) {
            self.meetings.push(date);
        }
        self.doses.push((date, if random.u8(..20) == 0 { DoseStatus::Late } else { DoseStatus::Taken }));
        for _ in 0..=(day % 2) {
            let outcome = if lapsing { Outcome::Used } else { Outcome::Passed };
            let intensity = random.u8(2..=10);
            self.episodes.push(Craving { local_date: date, intensity, outcome });
            self.triggers.push((0..random.usize(1..=3)).map(|_| random.u32(..8)).collect());
            self.skills.push((0..random.usize(..=2)).map(|_| random.u32(..8)).collect());
            let second = NaiveTime::from_num_seconds_from_midnight_opt(random.u32(..86_400), 0);
            self.moments.push((date.and_time(second.unwrap_or_default()), intensity));
        }
    }

    /// The dates of check-ins.
    pub fn checked_in(&self) -> impl Iterator<Item = NaiveDate> {
        self.check_ins.iter().map(|it| it.date)
    }

    /// What check-ins say of their days.
    pub fn said(&self) -> impl Iterator<Item = (NaiveDate, bool)> {
        self.check_ins.iter().map(|it| (it.date, it.free))
    }

    /// Moods by day.
    pub fn moods(&self) -> DayValues {
        DayValues::means_of(self.check_ins.iter().map(|it| (it.date, Ratio::whole(it.mood))))
    }

    /// Hours of sleep by day.
    pub fn sleep(&self) -> DayValues {
        let hours = |it: &CheckIn| Some((it.date, Ratio::of(it.quarters, 4)?));
        DayValues::means_of(self.check_ins.iter().filter_map(hours))
    }
}

//! `cargo bench --bench domain`: the pure rules over one to ten years of dense data, and at the end tables in
//! Markdown: what each figure costs and how that grows with the years, and what the exact slope saves over
//! looking at every pair. No database, no HTTP. A word among the arguments measures only the figures that
//! have it in their name.

#![forbid(unsafe_code)]

mod dense;
mod naive;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, SystemTime};

use chrono::NaiveDate;
use criterion::{BenchmarkId, Criterion};
use dense::{Dense, YEARS};
use recovery_journal::domain::adherence::{Prescription, Schedule};
use recovery_journal::domain::clocks::{Clock, ResetPolicy};
use recovery_journal::domain::cravings::{craving_trend, heatmap};
use recovery_journal::domain::day_states::{Reports, day_states};
use recovery_journal::domain::factors::{short_sleep, with_without};
use recovery_journal::domain::period::Bucket;
use recovery_journal::domain::streaks::{check_in_streak, meeting_streak};
use recovery_journal::domain::trends::{counts, direction, moving_average_7, rating_trend};
use recovery_journal::domain::triggers_and_skills::{skills, triggers};

/// Points of the two ways to a Theil–Sen slope that are held against each other.
const POINTS: [usize; 2] = [365, 3_650];
const BUCKETS: [(&str, Bucket); 3] = [("day", Bucket::Day), ("week", Bucket::Week), ("month", Bucket::Month)];

/// The figures over a journal of so many years.
struct Figures<'a> {
    criterion: &'a mut Criterion,
    years: u32,
    dense: Dense,
    /// What was measured, in this order.
    names: Vec<String>,
}

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        eprintln!("nothing measured: run `cargo bench --bench domain`");
        return;
    }
    let started = SystemTime::now();
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(900))
        .sample_size(20)
        .configure_from_args();
    let mut names = Vec::new();
    for years in YEARS {
        let mut figures = Figures { criterion: &mut criterion, years, dense: Dense::of(years), names };
        figures.streaks();
        figures.trends();
        figures.insights();
        names = figures.names;
    }
    slopes(&mut criterion);
    // Where criterion puts its samples: beside this program's own temporary files.
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("criterion");
    table::Table { directory, started }.print(&names);
}

impl Figures<'_> {
    /// Measures one figure, whose result is kept from being optimised away.
    fn measure<T>(&mut self, name: &str, mut figure: impl FnMut(&Dense) -> T) {
        let dense = &self.dense;
        let mut group = self.criterion.benchmark_group(name);
        group.bench_function(self.years.to_string(), |bencher| bencher.iter(|| figure(black_box(dense))));
        group.finish();
        if !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
    }

    fn streaks(&mut self) {
        let (from, today) = (self.dense.period.from(), self.dense.period.to());
        let reports = Reports::new(self.dense.said(), [], today);
        self.measure("what check-ins say", |dense| Reports::new(dense.said(), [], today));
        for (name, policy) in
            [("clock, reset", ResetPolicy::Reset), ("clock, keep", ResetPolicy::KeepAndCount)]
        {
            self.measure(name, |dense| {
                let lapses = dense.lapses.as_slice();
                let clock = Clock { started_on: from, reset_policy: policy, lapses, daily_cost: None };
                clock.figures(&reports, today)
            });
        }
        self.measure("day states", |dense| day_states(from, &dense.lapses, &reports, from, today, today));
        self.measure("check-in streak", |dense| check_in_streak(dense.checked_in(), today));
        self.measure("meeting streak", |dense| meeting_streak(dense.meetings.iter().copied(), [], today));
    }

    fn trends(&mut self) {
        let period = self.dense.period;
        let moods = self.dense.moods();
        self.measure("day values", Dense::moods);
        for (name, bucket) in BUCKETS {
            self.measure(&format!("rating by {name}"), |_| rating_trend(&moods, period, bucket));
        }
        self.measure("its direction", |_| direction(moods.days()));
        self.measure("its moving average", |_| moving_average_7(&moods, period));
        for (name, bucket) in BUCKETS {
            let name = format!("cravings by {name}");
            self.measure(&name, |dense| craving_trend(&dense.episodes, period, bucket));
        }
        self.measure("counts by day", |dense| counts(dense.meetings.iter().copied(), period, Bucket::Day));
    }

    fn insights(&mut self) {
        let period = self.dense.period;
        let (moods, sleep) = (self.dense.moods(), self.dense.sleep());
        let meetings: BTreeSet<NaiveDate> = self.dense.meetings.iter().copied().collect();
        let mut by_trigger: BTreeMap<u32, BTreeSet<NaiveDate>> = BTreeMap::new();
        for (episode, ids) in self.dense.episodes.iter().zip(&self.dense.triggers) {
            for id in ids {
                by_trigger.entry(*id).or_default().insert(episode.local_date);
            }
        }
        self.measure("ten factors", |_| {
            let days = moods.days();
            let meeting = with_without(days, |date| Some(meetings.contains(&date)));
            let sleep = with_without(days, |date| short_sleep(&sleep, date));
            let with = |dates: &BTreeSet<_>| with_without(days, |date| Some(dates.contains(&date)));
            (meeting, sleep, by_trigger.values().map(with).collect::<Vec<_>>())
        });
        self.measure("triggers", |dense| {
            triggers(dense.episodes.iter().zip(&dense.triggers).map(|(it, ids)| (it, ids.as_slice())))
        });
        self.measure("skills", |dense| {
            let each = dense.episodes.iter().zip(&dense.skills);
            skills(each.map(|(it, ids)| (it.intensity, it.intensity.checked_sub(2), ids.as_slice())))
        });
        self.measure("heatmap", |dense| heatmap(dense.moments.iter().copied()));
        self.measure("adherence", |dense| {
            let (starts_on, doses) = (period.from(), dense.doses.as_slice());
            let daily = Prescription { schedule: Schedule::Daily, starts_on, ends_on: None, doses };
            daily.adherence(period, period.to())
        });
    }
}

/// The exact slope without looking at all pairs, beside the quickest way that looks at all of them.
fn slopes(criterion: &mut Criterion) {
    let dense = Dense::of(11);
    let moods = dense.moods();
    let mut group = criterion.benchmark_group(table::SLOPES);
    for points in POINTS {
        let exact: Vec<_> = moods.days().iter().take(points).copied().collect();
        let plain: Vec<_> = naive::points(&dense).take(points).collect();
        group.bench_function(BenchmarkId::new(table::EXACT, points), |bencher| {
            bencher.iter(|| direction(black_box(&exact)));
        });
        group.bench_function(BenchmarkId::new(table::NAIVE, points), |bencher| {
            bencher.iter(|| naive::slope_per_day(black_box(&plain)));
        });
    }
    group.finish();
}

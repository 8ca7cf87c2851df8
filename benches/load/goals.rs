//! The goals, as ratios to a peer or a limit measured in the same run, and whether they are met.

use crate::book::{
    ARGON2, Book, COMMITS, HELLO, INSERTS_AND_HTTP, OURS, PREBUILT, RECORDS30, ROWS_AND_HTTP, STEPS_AND_HTTP,
};
use crate::options::Part;
use crate::peers::POCKETBASE;
use serde::Serialize;

/// One goal and what was measured.
#[derive(Serialize)]
pub struct Goal {
    pub operation: &'static str,
    pub measured: String,
    pub against: String,
    pub value: f64,
    /// The ratio by CPU time per answer, which other programs on the machine disturb least; it decides
    /// nothing.
    pub by_cpu: Option<f64>,
    /// None where a figure is only shown.
    pub bound: Option<f64>,
    /// Whether the value must reach the bound; otherwise it must not exceed it.
    pub at_least: bool,
    pub unit: &'static str,
    pub met: Option<bool>,
}

impl Goal {
    /// Met or missed, and by how much of the bound; empty without a goal.
    pub fn verdict(&self) -> String {
        let (Some(bound), Some(met)) = (self.bound, self.met) else { return String::new() };
        let word = if met { "met" } else { "MISSED" };
        if bound == 0.0 {
            return word.to_owned();
        }
        let distance = (self.value / bound - 1.0).abs() * 100.0;
        let side = if self.value >= bound { "above" } else { "below" };
        format!("{word}, {distance:.0} % {side}")
    }
}

/// Rates that are to reach so many times another server's rate: operation, part, other, times.
const RATIOS: [(&str, Part, &str, Option<f64>); 16] = [
    ("durable create", Part::Create, COMMITS, Some(2.0)),
    ("durable create", Part::Create, POCKETBASE, Some(8.0)),
    ("create, PostgreSQL", Part::Postgres, INSERTS_AND_HTTP, Some(0.80)),
    // Without a goal: a row with all its columns and indexes, and the whole transaction.
    ("create, PostgreSQL", Part::Postgres, ROWS_AND_HTTP, None),
    ("create, PostgreSQL", Part::Postgres, STEPS_AND_HTTP, None),
    ("get one", Part::Get, POCKETBASE, Some(10.0)),
    ("get one", Part::Get, HELLO, Some(0.20)),
    ("list 30", Part::List, POCKETBASE, Some(12.0)),
    ("list 30", Part::List, RECORDS30, Some(0.50)),
    ("summary", Part::Summary, PREBUILT, Some(0.40)),
    ("streaks", Part::Streaks, PREBUILT, Some(0.40)),
    ("trends", Part::Trends, PREBUILT, Some(0.40)),
    ("streaks, 304", Part::NotModified, HELLO, Some(0.60)),
    ("empty sync pull", Part::Sync, HELLO, Some(0.50)),
    ("login", Part::Login, ARGON2, Some(0.95)),
    // Without a goal: the peer hashes otherwise (bcrypt).
    ("login", Part::Login, POCKETBASE, None),
];

/// Single numbers that must not exceed a bound: operation, name of the fact, bound, unit.
const BOUNDS: [(&str, &str, f64, &str); 6] = [
    ("start-up, median", "start ms", 50.0, "ms"),
    ("idle memory", "idle MB", 15.0, "MB"),
    ("storm of 32 logins, peak memory", "storm peak MB", 150.0, "MB"),
    ("10 s after the storm", "storm after MB", 40.0, "MB"),
    ("write-ahead log, sustained creates", "wal MiB", 64.0, "MiB"),
    ("acknowledged creates not stored", "creates lost", 0.0, ""),
];

/// All goals for which there are figures.
pub fn judge(book: &Book) -> Vec<Goal> {
    let mut goals: Vec<Goal> = RATIOS.iter().filter_map(|row| ratio(book, *row)).collect();
    if let Some(p99) = book.median(Part::Create, OURS, |run| run.p99_ms) {
        goals.push(bound("durable create, p99", p99, 25.0, "ms"));
    }
    goals.extend(BOUNDS.iter().filter_map(|(operation, fact, limit, unit)| {
        let value = book.facts.get(*fact)?;
        Some(bound(operation, *value, *limit, unit))
    }));
    goals.extend(book.proofs.iter().filter(|proof| proof.server == OURS).map(|proof| {
        let open = u32::try_from(proof.creates - proof.synced).unwrap_or(u32::MAX);
        bound("creates answered before the sync", f64::from(open), 0.0, "")
    }));
    goals.push(bound("errors of this server, all runs", book.errors(OURS), 0.0, ""));
    goals
}

fn ratio(
    book: &Book,
    (operation, part, other, times): (&'static str, Part, &'static str, Option<f64>),
) -> Option<Goal> {
    let value = book.ratio(part, OURS, other)?;
    let ours = book.median(part, OURS, |run| run.rate)?;
    let theirs = book.median(part, other, |run| run.rate)?;
    Some(Goal {
        operation,
        measured: format!("{ours:.0}/s"),
        against: format!("{other} {theirs:.0}/s"),
        value,
        by_cpu: book.ratio_by_cpu(part, OURS, other),
        bound: times,
        at_least: true,
        unit: "×",
        met: times.map(|times| value >= times),
    })
}

fn bound(operation: &'static str, value: f64, limit: f64, unit: &'static str) -> Goal {
    Goal {
        operation,
        measured: format!("{} {unit}", short(value)),
        against: String::new(),
        value,
        by_cpu: None,
        bound: Some(limit),
        at_least: false,
        unit,
        met: Some(value <= limit),
    }
}

/// A number with as many decimals as mean something.
pub fn short(value: f64) -> String {
    if value.fract() == 0.0 || value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

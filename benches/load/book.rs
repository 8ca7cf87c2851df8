//! Everything measured in one run of the benchmark, and the arithmetic over it: medians, and ratios taken
//! round by round, because the two sides of a round ran right after each other and the next round may be a
//! slower minute.

use crate::durability::Proof;
use crate::options::Part;
use crate::wrk::Run;
use serde::Serialize;
use std::collections::BTreeMap;

/// Our server in the tables.
pub const OURS: &str = "Recovery Journal";
/// The bare server's answer of a few bytes.
pub const HELLO: &str = "bare hello";
/// The bare server's body made once.
pub const PREBUILT: &str = "bare prebuilt body";
/// The bare server's list.
pub const RECORDS30: &str = "bare 30 serialised";
/// The database library alone, one row a commit.
pub const COMMITS: &str = "raw single commits";
/// The same with a row of each of 32 writers a commit: what group commit could reach if HTTP cost nothing.
pub const BATCHES: &str = "raw rows, 32 a commit";
/// The database library alone, rows by key.
pub const SELECTS: &str = "raw point selects";
/// pgbench, one insert a transaction.
pub const INSERTS: &str = "pgbench inserts";
/// What that would be if each also cost the processor what our server takes for a create.
pub const INSERTS_AND_HTTP: &str = "pgbench inserts, less HTTP";
/// pgbench, one insert a transaction of the row that our server inserts, where it inserts it.
pub const ROWS: &str = "pgbench, our row";
/// Likewise.
pub const ROWS_AND_HTTP: &str = "pgbench, our row, less HTTP";
/// pgbench, the steps of a create.
pub const STEPS: &str = "pgbench, our steps";
/// Likewise.
pub const STEPS_AND_HTTP: &str = "pgbench, our steps, less HTTP";
/// The password hash alone.
pub const ARGON2: &str = "raw argon2id";

/// All runs of one server in one part.
#[derive(Serialize)]
pub struct Figure {
    pub part: &'static str,
    pub server: &'static str,
    pub runs: Vec<Run>,
}

/// The collected figures.
#[derive(Default, Serialize)]
pub struct Book {
    pub machine: String,
    pub figures: Vec<Figure>,
    /// Single numbers by name, the unit in the name.
    pub facts: BTreeMap<String, f64>,
    pub proofs: Vec<Proof>,
    /// What could not be measured, and why.
    pub skipped: Vec<String>,
    /// What broke off. The benchmark goes on and fails in the end.
    pub failed: Vec<String>,
}

impl Book {
    /// Adds one run.
    pub fn add(&mut self, part: Part, server: &'static str, run: Run) {
        let name = part.name();
        if let Some(figure) =
            self.figures.iter_mut().find(|figure| figure.part == name && figure.server == server)
        {
            figure.runs.push(run);
        } else {
            self.figures.push(Figure { part: name, server, runs: vec![run] });
        }
    }

    /// Notes a single number.
    pub fn fact(&mut self, name: impl Into<String>, value: f64) {
        self.facts.insert(name.into(), value);
    }

    /// Notes and says loudly what is left out.
    pub fn skip(&mut self, what: impl Into<String>) {
        let what = what.into();
        println!("!!! SKIPPED: {what}");
        self.skipped.push(what);
    }

    /// Notes and says loudly what broke off.
    pub fn fail(&mut self, what: String) {
        println!("!!! FAILED: {what}");
        self.failed.push(what);
    }

    /// All runs of a server in a part; empty when it was not measured.
    pub fn runs(&self, part: Part, server: &str) -> &[Run] {
        let found = self.figures.iter().find(|figure| figure.part == part.name() && figure.server == server);
        found.map_or(&[], |figure| &figure.runs)
    }

    /// The median over the rounds of something in a run.
    pub fn median(&self, part: Part, server: &str, what: impl Fn(&Run) -> f64) -> Option<f64> {
        median(self.runs(part, server).iter().map(what).collect())
    }

    /// The median over the rounds of the ratio of two servers' rates.
    pub fn ratio(&self, part: Part, server: &str, other: &str) -> Option<f64> {
        let pairs = self.runs(part, server).iter().zip(self.runs(part, other));
        median(
            pairs.filter(|(_, other)| other.rate > 0.0).map(|(ours, other)| ours.rate / other.rate).collect(),
        )
    }

    /// The median over the rounds of the other's CPU time per answer over that of `server`: what the ratio of
    /// rates would be if each had its core to itself and waited for nothing. None where either is not
    /// measured over HTTP.
    pub fn ratio_by_cpu(&self, part: Part, server: &str, other: &str) -> Option<f64> {
        let pairs = self.runs(part, server).iter().zip(self.runs(part, other));
        let used = pairs.filter(|(ours, other)| ours.cpu_micros > 0.0 && other.cpu_micros > 0.0);
        median(used.map(|(ours, other)| other.cpu_micros / ours.cpu_micros).collect())
    }

    /// The sum of a server's errors over everything measured.
    pub fn errors(&self, server: &str) -> f64 {
        let own = self.figures.iter().filter(|figure| figure.server == server);
        own.flat_map(|figure| &figure.runs).map(|run| run.errors).sum()
    }
}

/// The middle value, the mean of the two middle ones, or None of nothing.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *values.get(values.len() / 2 - 1)?;
    Some(f64::midpoint(lower, upper))
}

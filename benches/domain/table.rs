//! The tables in Markdown, from the samples that criterion leaves in its directory; figures that this run did
//! not measure are left out.
//!
//! Of a pure function every run does the same work, and other programs can only make it longer: the quickest
//! sample says what the work is, where the middle one would say how busy the machine was.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use serde::Deserialize;

use crate::POINTS;
use crate::dense::YEARS;

/// The two ways to a slope, and what they are together.
pub const SLOPES: &str = "Theil-Sen slope";
pub const EXACT: &str = "exact";
pub const NAIVE: &str = "every pair";

/// What criterion kept of a benchmark: nanoseconds and iterations of each sample.
#[derive(Deserialize)]
struct Sample {
    times: Vec<f64>,
    iters: Vec<f64>,
}

/// Where the samples are, and since when they are of this run.
pub struct Table {
    pub directory: PathBuf,
    pub started: SystemTime,
}

impl Table {
    /// Prints both tables.
    pub fn print(&self, names: &[String]) {
        let years: Vec<String> = YEARS.iter().map(ToString::to_string).collect();
        let rows = names.iter().filter_map(|name| {
            let each: Option<Vec<f64>> = years.iter().map(|years| self.micros(&[name, years])).collect();
            let each = each?;
            let growth = each.last()? / each.first()?;
            Some(format!(
                "| {name} | {} | {growth:.1} × |",
                each.into_iter().map(short).collect::<Vec<_>>().join(" | ")
            ))
        });
        let rows: Vec<String> = rows.collect();
        if !rows.is_empty() {
            println!(
                "\n| figure, µs for a journal of … years | {} | ten years against one |",
                years.join(" | ")
            );
            println!("|---|{}\n{}", "--:|".repeat(years.len() + 1), rows.join("\n"));
        }
        let slopes = POINTS.iter().filter_map(|points| {
            let of = |way| self.micros(&[SLOPES, way, &points.to_string()]);
            let (exact, naive) = (of(EXACT)?, of(NAIVE)?);
            Some(format!("| {points} | {} | {} | {:.1} × |", short(exact), short(naive), naive / exact))
        });
        let slopes: Vec<String> = slopes.collect();
        if !slopes.is_empty() {
            println!("\n| {SLOPES}, points | {EXACT}, µs | {NAIVE}, in floating point, µs | quicker |");
            println!("|--:|--:|--:|--:|\n{}", slopes.join("\n"));
        }
    }

    /// The time of a benchmark's quickest sample in this run.
    fn micros(&self, path: &[&str]) -> Option<f64> {
        let file = path.iter().fold(self.directory.clone(), |place, part| place.join(part));
        let file = file.join("new").join("sample.json");
        if fs::metadata(&file).ok()?.modified().ok()? < self.started {
            return None;
        }
        let sample: Sample = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
        let each = sample.times.iter().zip(&sample.iters).map(|(nanos, iterations)| nanos / iterations);
        each.min_by(f64::total_cmp).map(|nanos| nanos / 1e3)
    }
}

/// Three digits or all before the point.
fn short(micros: f64) -> String {
    if micros >= 100.0 {
        format!("{micros:.0}")
    } else if micros >= 10.0 {
        format!("{micros:.1}")
    } else {
        format!("{micros:.2}")
    }
}

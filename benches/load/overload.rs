//! `cargo bench --bench load -- overload`: what is left of the peak when more is asked for than can be done, and how
//! long those wait who are let in. Three hundred members each do in turn what an app does when it is opened: write a
//! check-in, and read the summary, the latest check-ins and one of the triggers. Prints Markdown.
//!
//! The journals grow while they are measured and answers from them take longer: so they are long from the beginning,
//! and what is good is held against the peak before and after it.

use crate::Result;
use crate::bench::{folder, start_journal};
use crate::book::median;
use crate::goals::short;
use crate::growth::seed;
use crate::open_loop::{Load, Outcome, run};
use crate::options::Options;
use crate::report::markdown;
use crate::sample::{self, SERIAL};
use crate::server::Server;
use crate::visit::Visitor;
use crate::wrk::render;
use std::path::Path;
use std::time::{Duration, Instant};

const MEMBERS: u32 = 300;
/// Long enough for what is written here to add little, short enough for figures to be made where they are asked for.
const DAYS: usize = 180;
/// A closed loop's connections: the best of them is the peak.
const CLOSED: [usize; 3] = [32, 128, 512];
/// An open loop's: more than are ever needed at once.
const OPEN: usize = 1_000;
/// Multiples of the peak that are asked for.
const CALM: f64 = 0.2;
const FACTORS: [f64; 3] = [1.0, 2.0, 3.0];
/// How late requests may leave, and how much the generator may have waited for its core, for the load to be what it
/// says.
const LATE_MS: f64 = 5.0;
const HELD_UP: f64 = 0.1;
/// Access tokens live ten minutes.
const RENEW_AFTER: Duration = Duration::from_mins(5);

/// One load in all rounds.
struct Row {
    name: String,
    outcomes: Vec<Outcome>,
}

/// Measures and prints.
pub fn measure(options: &Options, directory: &Path) -> Result<()> {
    let home = folder(directory, "overload")?;
    seed(&home, 1, MEMBERS, DAYS)?;
    let server = start_journal(&home)?;
    let (mut requests, mut signed_in) = (visits(&server)?, Instant::now());
    let (mut peaks, mut calms) = (Vec::new(), Vec::new());
    let row = |name: String| Row { name, outcomes: Vec::new() };
    let mut closed = CLOSED.map(|count| row(format!("{count} at a time")));
    let mut open = FACTORS.map(|factor| row(format!("{factor} × the peak")));
    let mut calm = row(format!("{CALM} × the peak"));
    let mut after = row("the best again".to_owned());
    for round in 1..=options.rounds {
        println!("  round {round} of {}", options.rounds);
        if signed_in.elapsed() > RENEW_AFTER {
            (requests, signed_in) = (visits(&server)?, Instant::now());
        }
        let ask = |row: &mut Row, rate, connections| {
            let load = Load { rate, connections, seconds: options.seconds };
            let outcome = run(&server, &requests, load, directory)?;
            row.outcomes.push(outcome.clone());
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(outcome)
        };
        let (mut peak, mut best) = (0.0_f64, 0);
        for (row, count) in closed.iter_mut().zip(CLOSED) {
            let goodput = ask(row, None, count)?.goodput;
            if goodput > peak {
                (peak, best) = (goodput, count);
            }
        }
        calms.push(ask(&mut calm, Some(peak * CALM), OPEN)?.p99_ms);
        for (row, factor) in open.iter_mut().zip(FACTORS) {
            ask(row, Some(peak * factor), OPEN)?;
        }
        peaks.push(f64::midpoint(peak, ask(&mut after, None, best)?.goodput));
    }
    let head = "asked for | good, a second | refused, a second | failed | p50, ms | p99, ms | refused: p99, ms | \
                core used | good against the peak | p99 against a fifth of the peak";
    let rows = closed.iter().chain([&calm]).chain(&open).chain([&after]);
    markdown("More than can be done", head, rows.map(|row| row.cells(&peaks, &calms)));
    Ok(())
}

impl Row {
    fn cells(&self, peaks: &[f64], calms: &[f64]) -> String {
        let over = |figure: &dyn Fn(&Outcome) -> f64| {
            median(self.outcomes.iter().map(figure).collect()).unwrap_or_default()
        };
        let against = |base: &[f64], figure: &dyn Fn(&Outcome) -> f64| {
            let ratios = self.outcomes.iter().zip(base).map(|(outcome, base)| figure(outcome) / base);
            median(ratios.collect()).unwrap_or_default()
        };
        let figures = [
            over(&|it| it.goodput),
            over(&|it| it.refused),
            over(&|it| f64::from(it.failed)),
            over(&|it| it.p50_ms),
            over(&|it| it.p99_ms),
            over(&|it| it.refused_p99_ms),
            over(&|it| it.busy),
        ];
        let figures = figures.map(short).join(" | ");
        let share = short(against(peaks, &|it| it.goodput));
        let slower = short(against(calms, &|it| it.p99_ms));
        let doubt = over(&|it| it.late_p99_ms) > LATE_MS || over(&|it| it.held_up) > HELD_UP;
        let doubt = if doubt { " (the generator could not keep up)" } else { "" };
        format!("{}{doubt} | {figures} | {share} × | {slower} ×", self.name)
    }
}

/// What all members ask, one request of each in turn.
fn visits(server: &Server) -> Result<Vec<String>> {
    let mut members = Vec::new();
    for number in 1..=MEMBERS {
        let visitor = Visitor::sign_in(server, number)?;
        let authorization = visitor.authorization().to_owned();
        let headers = [("Authorization", authorization.as_str())];
        let get = |path: &str| render("GET", path, &server.address, &headers, "");
        let body = sample::check_in(usize::try_from(number)? % DAYS, SERIAL).to_string();
        members.push([
            render("POST", "/v1/check-ins", &server.address, &headers, &body),
            get("/v1/summary"),
            get("/v1/check-ins?limit=30"),
            get(&format!("/v1/triggers/{}", visitor.trigger())),
        ]);
    }
    // Every kind all the time, and of one member one after the other with a while in between.
    let apart = members.len() / 4;
    let kind = |member: usize, kind: usize| {
        let whose = (member + members.len() - kind * apart) % members.len();
        members.get(whose)?.get(kind).cloned()
    };
    Ok((0..members.len()).flat_map(|member| (0..4).filter_map(move |which| kind(member, which))).collect())
}

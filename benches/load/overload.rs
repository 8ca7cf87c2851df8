//! `cargo bench --bench load -- overload`: what is left of the peak when more is asked for than can be done, and how
//! long those wait who are let in. Half of the requests write, half read a list of 30. Prints Markdown.

use crate::Result;
use crate::bench::{folder, start_journal};
use crate::book::median;
use crate::goals::short;
use crate::journal::Journal;
use crate::open_loop::{Load, Outcome, run};
use crate::options::{Options, Part};
use crate::report::markdown;
use std::path::Path;

/// A closed loop's connections: the best of them is the peak.
const CLOSED: [usize; 3] = [32, 128, 512];
/// An open loop's: more than are ever needed at once.
const OPEN: usize = 1_000;
/// Multiples of the peak that are asked for.
const FACTORS: [f64; 4] = [0.2, 1.0, 2.0, 3.0];
/// How late requests may leave for the offered load to be what it says.
const LATE_MS: f64 = 5.0;

/// Measures and prints.
pub fn measure(options: &Options, directory: &Path) -> Result<()> {
    let server = start_journal(&folder(directory, "overload")?)?;
    let mut journal = Journal::set_up(&server.address)?;
    let mut rounds = Vec::new();
    for round in 1..=options.rounds {
        println!("  round {round} of {}", options.rounds);
        let (lists, creates) = (journal.requests(Part::List)?, journal.requests(Part::Create)?);
        let requests: Vec<String> = creates
            .into_iter()
            .zip(lists.into_iter().cycle())
            .flat_map(|(one, other)| [one, other])
            .collect();
        let ask = |rate, connections| {
            run(&server, &requests, Load { rate, connections, seconds: options.seconds }, directory)
        };
        let closed = CLOSED.map(|connections| ask(None, connections));
        let closed = closed.into_iter().collect::<Result<Vec<_>>>()?;
        let peak = closed.iter().map(|it| it.goodput).fold(0.0, f64::max);
        let open = FACTORS.map(|factor| ask(Some(peak * factor), OPEN));
        rounds.push((peak, closed, open.into_iter().collect::<Result<Vec<_>>>()?));
    }
    print(&rounds);
    Ok(())
}

/// The peak of a round, its closed loops and its open ones.
type Round = (f64, Vec<Outcome>, Vec<Outcome>);

fn print(rounds: &[Round]) {
    let over =
        |figure: &dyn Fn(&Round) -> f64| median(rounds.iter().map(figure).collect()).unwrap_or_default();
    let row = |name: String, pick: &dyn Fn(&Round) -> &Outcome| {
        let share = over(&|round| pick(round).goodput / round.0);
        let unloaded = over(&|round| pick(round).p99_ms / round.2[0].p99_ms);
        let late = over(&|round| pick(round).late_p99_ms);
        let cells = [
            over(&|round| pick(round).goodput),
            over(&|round| pick(round).refused),
            over(&|round| f64::from(pick(round).failed)),
            over(&|round| pick(round).p50_ms),
            over(&|round| pick(round).p99_ms),
            over(&|round| pick(round).refused_p99_ms),
            over(&|round| pick(round).busy),
            over(&|round| pick(round).held_up),
        ];
        let note = if late > LATE_MS { format!(" (left {} ms late)", short(late)) } else { String::new() };
        format!(
            "{name}{note} | {} | {} × | {} ×",
            cells.map(short).join(" | "),
            short(share),
            short(unloaded)
        )
    };
    let closed = CLOSED.iter().enumerate();
    let closed = closed.map(|(at, count)| row(format!("{count} at a time"), &|round| &round.1[at]));
    let open = FACTORS.iter().enumerate();
    let open = open.map(|(at, factor)| row(format!("{} × the peak", short(*factor)), &|round| &round.2[at]));
    let head = "asked for | good, a second | refused, a second | failed | p50, ms | p99, ms | refused: p99, ms | core | held up | good against the peak | \
                p99 against a fifth of the peak";
    markdown("More than can be done", head, closed.chain(open));
}

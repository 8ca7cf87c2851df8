//! The printed report: machine, every figure, what each server's answer to a write promises, and the goals.

use crate::book::{ARGON2, Book, Figure, OURS, median};
use crate::goals::{Goal, short};
use crate::options::Part;
use crate::peers::{self, Peer};
use crate::wrk::Run;
use serde::Serialize;
use std::fs;
use std::path::Path;

/// Prints everything.
pub fn print(book: &Book, goals: &[Goal]) {
    println!("\n{}", book.machine);
    figures(book);
    beside(book);
    facts(book);
    durability(book);
    verdicts(goals);
    for line in &book.skipped {
        println!("!!! SKIPPED: {line}");
    }
    for line in &book.failed {
        println!("!!! FAILED: {line}");
    }
    println!(
        "\nRatios count, absolutes do not: each is the median of the rounds' ratios, taken back to back."
    );
    println!(
        "By CPU: the same from the servers' CPU time per answer, steadier when other programs are busy."
    );
}

/// Writes everything as JSON.
pub fn write(file: &Path, book: &Book, goals: &[Goal]) -> crate::Result<()> {
    #[derive(Serialize)]
    struct Report<'a> {
        #[serde(flatten)]
        book: &'a Book,
        goals: &'a [Goal],
    }
    fs::write(file, serde_json::to_vec_pretty(&Report { book, goals })?)?;
    Ok(())
}

fn figures(book: &Book) {
    if book.figures.is_empty() {
        return;
    }
    let mut rows = vec![
        ["part", "server", "per s (low – high)", "p50 ms", "p99 ms", "CPU µs", "busy", "bytes", "errors"]
            .map(str::to_owned),
    ];
    rows.extend(book.figures.iter().map(figure));
    table("Figures (medians of the rounds; CPU per good answer; busy: share of its core)", &rows);
}

fn figure(figure: &Figure) -> [String; 9] {
    let of = |what: fn(&Run) -> f64| median(figure.runs.iter().map(what).collect()).unwrap_or(0.0);
    let rates = || figure.runs.iter().map(|run| run.rate);
    let low = rates().fold(f64::INFINITY, f64::min);
    let high = rates().fold(0.0, f64::max);
    let rate = format!("{:.0} ({low:.0} – {high:.0})", of(|run| run.rate));
    // A limit is measured without HTTP: it has a rate, at most its CPU time, and nothing else.
    let http = figure.runs.iter().any(|run| run.answers > 0.0 || run.errors > 0.0);
    let shown = |what: fn(&Run) -> f64| if http { short(of(what)) } else { String::new() };
    let cpu = of(|run| run.cpu_micros);
    let cpu = if cpu > 0.0 { short(cpu) } else { String::new() };
    let busy = if http { format!("{:.0} %", of(|run| run.busy) * 100.0) } else { String::new() };
    let bytes = if http { format!("{:.0}", of(|run| run.bytes_per_answer)) } else { String::new() };
    let errors: f64 = figure.runs.iter().map(|run| run.errors).sum();
    let errors = if http { short(errors) } else { String::new() };
    [
        figure.part.to_owned(),
        figure.server.to_owned(),
        rate,
        shown(|run| run.p50_ms),
        shown(|run| run.p99_ms),
        cpu,
        busy,
        bytes,
        errors,
    ]
}

/// The table of peers: an operation a row, a peer a column, and how many times its rate ours is.
fn beside(book: &Book) {
    let peers: Vec<&Peer> = peers::ALL.iter().filter(|peer| measured(book, peer.title)).collect();
    if peers.is_empty() {
        return;
    }
    let titles = [OURS].into_iter().chain(peers.iter().map(|peer| peer.title)).collect::<Vec<_>>();
    let row = |name: &str, cell: &dyn Fn(&str) -> Option<String>| {
        let cells = titles.iter().map(|title| cell(title).unwrap_or_default());
        [name.to_owned()].into_iter().chain(cells).collect::<Vec<_>>().join(" | ")
    };
    let rate = |part: Part, title: &str| {
        let rate = rounded(book.median(part, title, |run| run.rate)?);
        let times = book.ratio(part, OURS, title).filter(|_| title != OURS);
        let times = times.map_or_else(String::new, |times| format!(" ({} ×)", short(times)));
        Some(format!("{rate}{times}"))
    };
    let fact = |name: &str, title: &str| {
        let name = if title == OURS { name.to_owned() } else { format!("{title} {name}") };
        book.facts.get(&name).map(|value| short(*value))
    };
    let slowest = |title: &str| book.median(Part::Create, title, |run| run.p99_ms).map(short);
    let durable = |title: &str| {
        let durable = peers.iter().find(|peer| peer.title == title).is_none_or(|peer| peer.durable);
        Some(if durable { "yes" } else { "**no**" }.to_owned())
    };
    let errors = |title: &str| Some(short(book.errors(title)));
    let rows = [
        row("read one, /s", &|title| rate(Part::Get, title)),
        row("list 30, /s", &|title| rate(Part::List, title)),
        row("create, /s", &|title| rate(Part::Create, title)),
        row("create, p99, ms", &slowest),
        row("sign in, /s", &|title| rate(Part::Login, title)),
        row("start, ms", &|title| fact("start ms", title)),
        row("memory: idle, MB", &|title| fact("idle MB", title)),
        row("memory: most, MB", &|title| fact("peak MB", title)),
        row("errors", &errors),
        row("a create is on the disk before its answer", &durable),
    ];
    let head = ["operation"].into_iter().chain(titles.iter().copied()).collect::<Vec<_>>().join(" | ");
    markdown("Beside what a team would pick instead (so many times its rate is ours)", &head, rows);
}

/// Whether there is a figure or a fact about a server.
fn measured(book: &Book, title: &str) -> bool {
    book.figures.iter().any(|figure| figure.server == title)
        || book.facts.keys().any(|name| name.starts_with(title))
}

/// A rate in three digits that mean something, as in 13,100.
fn rounded(rate: f64) -> String {
    let step = if rate < 1_000.0 { 1.0 } else { 10_f64.powf(rate.log10().floor() - 2.0) };
    let mut digits = format!("{:.0}", (rate / step).round() * step);
    if let Some(thousands @ 1..) = digits.len().checked_sub(3) {
        digits.insert(thousands, ',');
    }
    digits
}

fn facts(book: &Book) {
    if book.facts.is_empty() {
        return;
    }
    println!("\nSingle figures");
    for (name, value) in &book.facts {
        println!("  {name:<30} {}", short(*value));
    }
}

fn durability(book: &Book) {
    println!("\nWhat an acknowledged write promises");
    println!("  {OURS}: WAL, synchronous=FULL: on the disk before the answer leaves; survives a power cut");
    for peer in peers::ALL.iter().filter(|peer| measured(book, peer.title)) {
        println!("  {}: {}", peer.title, peer.promise());
    }
    println!(
        "  raw single commits: WAL, synchronous=FULL, one sync each; bare server and {ARGON2}: nothing is stored"
    );
    for proof in &book.proofs {
        println!(
            "  traced: {}, {} of {} creates synced before their answer",
            proof.server, proof.synced, proof.creates
        );
        for line in &proof.example {
            println!("    {line}");
        }
    }
}

fn verdicts(goals: &[Goal]) {
    let mut rows =
        vec![["operation", "measured", "against", "ratio", "by CPU", "goal", "verdict"].map(str::to_owned)];
    for goal in goals {
        let sign = if goal.at_least { "≥" } else { "≤" };
        rows.push([
            goal.operation.to_owned(),
            goal.measured.clone(),
            goal.against.clone(),
            if goal.at_least { format!("{:.2} ×", goal.value) } else { String::new() },
            goal.by_cpu.map_or_else(String::new, |ratio| format!("{ratio:.2} ×")),
            goal.bound
                .map_or_else(|| "none".to_owned(), |bound| format!("{sign} {} {}", short(bound), goal.unit)),
            goal.verdict(),
        ]);
    }
    table("Goals", &rows);
    let judged = goals.iter().filter(|goal| goal.met.is_some()).count();
    let met = goals.iter().filter(|goal| goal.met == Some(true)).count();
    println!("\n{met} of {judged} goals met");
}

/// Prints a table in Markdown: the head and the rows with ` | ` between their cells, the first cell a name.
pub fn markdown(title: &str, head: &str, rows: impl IntoIterator<Item = String>) {
    println!("\n{title}\n\n| {head} |\n|---|{}", "--:|".repeat(head.matches(" | ").count()));
    for row in rows {
        println!("| {row} |");
    }
    println!();
}

/// Prints rows in columns as wide as their widest cell.
fn table<const N: usize>(title: &str, rows: &[[String; N]]) {
    println!("\n{title}");
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    for row in rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        println!("  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}

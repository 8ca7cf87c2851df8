//! `cargo bench --bench load`: this server beside a bare actix server, what a team would pick instead and the machine's
//! own limits, each operation back to back and in turn, on one core with `wrk` on another. It prints ratios and
//! whether the goals are met; it fails when this server answered a request with an error or lost an
//! acknowledged write. With `growth` it measures how one member's answers grow with their journal and with the
//! members beside them, with `bounded` how long short requests take beside long work, with `overload`
//! what is left when more is asked for than can be done, with `instructions` what a request costs whatever the machine
//! is doing.

#![forbid(unsafe_code)]

mod bare;
mod bench;
mod book;
mod client;
mod copying;
mod crowd;
mod durability;
mod goals;
mod growth;
mod instructions;
mod journal;
mod limits;
mod machine;
mod members;
mod open_loop;
mod options;
mod overload;
mod peers;
mod pgbench;
mod report;
mod sample;
mod server;
mod starts;
mod starve;
mod visit;
mod wrk;

use book::{Book, OURS};
use options::{HELP, Options, What};
use std::env;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What opens the ready line of our server, and of the bare one.
const READY: &str = "listening on ";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let outcome = match hidden(&arguments) {
        Some(outcome) => outcome.map(|()| true),
        // `cargo test --all-targets` and test listers start benches too: without cargo's own flag nothing is
        // measured.
        None if !arguments.iter().any(|argument| argument == "--bench") => {
            eprintln!("nothing measured: run `cargo bench --bench load`");
            Ok(true)
        }
        None => run(arguments),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The roles this program plays when it starts itself again.
fn hidden(arguments: &[String]) -> Option<Result<()>> {
    let (role, rest) = arguments.split_first()?;
    if role == bare::ARGUMENT {
        return Some(bare::serve(&rest.iter().filter_map(|size| size.parse().ok()).collect::<Vec<_>>()));
    }
    if role == open_loop::ARGUMENT {
        return Some(open_loop::generate(rest));
    }
    let seconds = rest.first().and_then(|seconds| seconds.parse().ok()).unwrap_or(1);
    let span = Duration::from_secs(seconds);
    let directory = Path::new(rest.get(1).map_or(".", String::as_str));
    let limit = limits::limit(role, span, directory)?;
    Some(limit.and_then(|limit| {
        println!("{}", serde_json::to_string(&limit)?);
        Ok(())
    }))
}

/// Measures what the arguments ask for; false when something failed or this server made errors.
fn run(arguments: Vec<String>) -> Result<bool> {
    let options = Options::parse(arguments.into_iter())?;
    if options.help {
        println!("{HELP}");
        return Ok(true);
    }
    require("taskset", "--version", "the package util-linux")?;
    match options.what {
        What::Goals => require("wrk", "-v", "the package wrk")?,
        What::Instructions => require("valgrind", "--version", "the package valgrind")?,
        What::Growth | What::Members | What::Bounded | What::Overload => {}
    }
    if machine::cores() < 2 {
        return Err("one core for the servers and one for wrk are needed; this machine gives only one".into());
    }
    // The user whom PostgreSQL runs as has to find its folder in here.
    let open = Permissions::from_mode(0o755);
    let directory =
        tempfile::Builder::new().prefix("load-").permissions(open).tempdir_in(&options.directory)?;
    let mut book = Book { machine: machine::describe(directory.path()), ..Book::default() };
    println!("{}", book.machine);
    warn(directory.path());
    match options.what {
        What::Goals => {}
        What::Bounded => return starve::measure(&options, directory.path()).map(|()| true),
        What::Overload => return overload::measure(&options, directory.path()).map(|()| true),
        What::Growth => return growth::measure(&options, directory.path()).map(|()| true),
        What::Members => return crowd::measure(&options, directory.path()).map(|()| true),
        What::Instructions => return instructions::measure(&options, directory.path()).map(|()| true),
    }
    bench::measure(&options, directory.path(), &mut book)?;
    let goals = goals::judge(&book);
    report::print(&book, &goals);
    if let Some(file) = &options.json {
        report::write(file, &book, &goals)?;
        println!("written to {}", file.display());
    }
    let lost = book.facts.get("creates lost").copied().unwrap_or(0.0);
    Ok(book.failed.is_empty() && book.errors(OURS) == 0.0 && lost == 0.0)
}

/// What would make the figures mean less than they seem to.
fn warn(directory: &Path) {
    if machine::file_system(directory).is_some_and(|(kind, _)| kind == "tmpfs" || kind == "ramfs") {
        println!("!!! the directory is in memory, where a sync costs nothing: choose another (--directory)");
    }
    if machine::load_average() > 0.5 {
        println!("!!! other programs are busy on this machine: expect noise, compare ratios only");
    }
}

/// Whether a tool can be started, else an error that says how to get it.
fn require(tool: &str, argument: &str, package: &str) -> Result<()> {
    let started = Command::new(tool).arg(argument).output();
    started.map(|_| ()).map_err(|error| format!("{tool} is missing ({error}): install {package}").into())
}

//! `cargo bench --bench load -- bounded`: how long short requests take while long work goes on, with one thread that
//! answers requests and with one a core.
//!
//! One visitor asks for a record, for a figure that it has (304), and writes a check-in, one after the other, while
//! others keep the server at work: figures of ten years, exports, reports and imports of them, sign-ins, and one account that
//! asks for much at once. Prints Markdown. The server may use every core, as it would, and shares them with this program.

use crate::READY;
use crate::Result;
use crate::bench::folder;
use crate::client::Client;
use crate::goals::short;
use crate::options::Options;
use crate::report::markdown;
use crate::sample;
use crate::server::{Server, with_settings};
use crate::visit::{PASSWORD, Times, Visitor, token};
use serde_json::json;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The member with ten years, the one who asks for little, and the one who asks for much at once.
const OLD: u32 = 1;
const NEW: u32 = 2;
const BUSY: u32 = 3;
/// The first client of the counselor who asks for much at once, and how many there are.
const FIRST_CLIENT: u32 = 4;
const CLIENTS: u32 = 100;
const TEN_YEARS: usize = 3_650;
/// Days of everybody else's journal.
const A_MONTH: usize = 30;

/// What goes on meanwhile: how it is called, how many do it at once, and one turn of it.
struct Work {
    name: &'static str,
    at_once: usize,
    turn: fn(&Stage, usize) -> Result<()>,
}

const WORK: [Work; 8] = [
    Work { name: "nothing", at_once: 1, turn: nothing },
    Work { name: "figures of ten years, 4 at once", at_once: 4, turn: figure },
    Work { name: "exports of ten years, 2 at once", at_once: 2, turn: export },
    Work { name: "reports of ten years as PDF, 2 at once", at_once: 2, turn: report },
    Work { name: "imports of ten years, 1 at once", at_once: 1, turn: import },
    Work { name: "sign-ins, 8 at once", at_once: 8, turn: sign_in },
    Work { name: "one member's creates, 31 at once, and an import of ten years", at_once: 32, turn: create },
    Work { name: "one counselor's looks at 100 clients, 24 at once", at_once: 24, turn: look },
];

/// A server, what is asked of it, and how often that was done.
struct Stage {
    server: Server,
    old: Visitor,
    busy: Visitor,
    counselor: Visitor,
    file: String,
    serial: AtomicUsize,
}

/// Measures and prints.
pub fn measure(options: &Options, directory: &Path) -> Result<()> {
    let home = folder(directory, "bounded")?;
    for (first, members, days) in [(OLD, 1, TEN_YEARS), (NEW, FIRST_CLIENT - NEW + CLIENTS, A_MONTH)] {
        seed(options, &home, first, members, days)?;
    }
    for workers in ["1", ""] {
        let server =
            Server::start(settings(options, &home).env("WORKERS", workers), READY, &home.join("log"))?;
        let old = Visitor::sign_in(&server, OLD)?;
        let file = old.get("/v1/export.json", None)?.0.body;
        let busy = Visitor::sign_in(&server, BUSY)?;
        let counselor = Visitor::counselor(&server)?;
        for client in FIRST_CLIENT..FIRST_CLIENT + CLIENTS {
            Visitor::sign_in(&server, client)?.share_with(&counselor)?;
        }
        let stage = Stage { server, old, busy, counselor, file, serial: AtomicUsize::new(0) };
        let mut rows = Vec::new();
        for work in &WORK {
            rows.push(stage.beside(work, options.visits)?);
        }
        let threads = if workers.is_empty() { "one thread a core" } else { "one thread" };
        let engine = if options.databases.is_empty() { "SQLite" } else { "PostgreSQL" };
        let head = "meanwhile | one record, ms: p50, p99, most | 304 | create | turns of it a second";
        markdown(&format!("Short requests beside long work: {engine}, {threads}"), head, rows);
    }
    Ok(())
}

fn settings(options: &Options, home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_recovery-journal"));
    with_settings(&mut command, home);
    command.envs(options.databases.first().map(|url| ("DATABASE_URL", url)));
    command
}

fn seed(options: &Options, home: &Path, first: u32, members: u32, days: usize) -> Result<()> {
    let (first, members, days) = (first.to_string(), members.to_string(), days.to_string());
    let mut command = settings(options, home);
    command.args(["seed", "--members", &members, "--first", &first, "--days", &days]);
    let ended = command.stdout(Stdio::null()).status()?;
    if ended.success() { Ok(()) } else { Err("seeding failed".into()) }
}

impl Stage {
    /// A row of the table.
    fn beside(&self, work: &Work, visits: u32) -> Result<String> {
        let over = AtomicBool::new(false);
        let turns = AtomicUsize::new(0);
        let started = Instant::now();
        let [mut one, mut known, mut create] = [const { Times::new() }; 3];
        thread::scope(|scope| {
            let toil = |number: usize| {
                while !over.load(Ordering::Relaxed) {
                    (work.turn)(self, number)?;
                    turns.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            };
            let workers: Vec<_> = (0..work.at_once).map(|number| scope.spawn(move || toil(number))).collect();
            let outcome = self.visit(visits, [&mut one, &mut known, &mut create]);
            over.store(true, Ordering::Relaxed);
            let ended = workers
                .into_iter()
                .map(|worker| worker.join().unwrap_or_else(|_| Err("a worker panicked".into())));
            ended.collect::<Result<Vec<()>>>().and(outcome)
        })?;
        #[expect(clippy::cast_precision_loss, reason = "thousands at most")]
        let rate = turns.into_inner() as f64 / started.elapsed().as_secs_f64();
        let cell = |times: &Times| [50, 99, 100].map(|percent| short(times.percentile(percent))).join(", ");
        let rate = if work.name == "nothing" { String::new() } else { short(rate) };
        Ok(format!("{} | {} | {} | {} | {rate}", work.name, cell(&one), cell(&known), cell(&create)))
    }

    fn visit(&self, visits: u32, [one, known, create]: [&mut Times; 3]) -> Result<()> {
        // Not in step with what it is measured beside.
        thread::sleep(Duration::from_millis(200));
        let visitor = Visitor::sign_in(&self.server, NEW)?;
        for round in 0..visits {
            one.add(visitor.one()?);
            let etag = visitor.get("/v1/streaks", None)?.0.etag;
            known.add(visitor.get("/v1/streaks", etag.as_deref())?.1);
            create.add(visitor.create(usize::try_from(round)? % A_MONTH, "beside")?);
        }
        Ok(())
    }

    fn next(&self) -> usize {
        self.serial.fetch_add(1, Ordering::Relaxed)
    }
}

#[expect(clippy::unnecessary_wraps, reason = "a turn of work")]
fn nothing(_: &Stage, _: usize) -> Result<()> {
    thread::sleep(Duration::from_millis(5));
    Ok(())
}

/// Another range each time, so that none is kept.
fn figure(stage: &Stage, _: usize) -> Result<()> {
    let from = sample::date(TEN_YEARS - stage.next() % 1_000);
    stage.old.get(&format!("/v1/trends?bucket=day&from={from}"), None).map(drop)
}

fn export(stage: &Stage, number: usize) -> Result<()> {
    stage.old.get(if number == 0 { "/v1/export.json" } else { "/v1/export.zip" }, None).map(drop)
}

fn report(stage: &Stage, _: usize) -> Result<()> {
    let from = sample::date(TEN_YEARS - stage.next() % 100);
    stage.old.get(&format!("/v1/report.pdf?from={from}"), None).map(drop)
}

/// Into an account of its own: all of it is written.
fn import(stage: &Stage, _: usize) -> Result<()> {
    let client = Client::new(&stage.server.address);
    let email = format!("{}@example.org", uuid::Uuid::new_v4());
    let body = json!({"email": email, "password": PASSWORD, "time_zone": "UTC"});
    let token = token(&client.post("/v1/auth/register", "", &body)?.expect_status(&[201])?)?;
    client.post_text("/v1/import", &token, &stage.file)?.expect_status(&[200]).map(drop)
}

/// What waits for each other: a journal is written to by one at a time.
fn create(stage: &Stage, number: usize) -> Result<()> {
    if number == 0 {
        let client = Client::new(&stage.server.address);
        let imported = client.post_text("/v1/import", stage.busy.token(), &stage.file)?;
        return imported.expect_status(&[200]).map(drop);
    }
    stage.busy.create(stage.next() % A_MONTH, "at once").map(drop)
}

fn look(stage: &Stage, _: usize) -> Result<()> {
    stage.counselor.get("/v1/clients", None).map(drop)
}

/// Those that find no place are told to come back.
fn sign_in(stage: &Stage, _: usize) -> Result<()> {
    let client = Client::new(&stage.server.address);
    let body = json!({"email": format!("member-{OLD}@example.org"), "password": PASSWORD});
    client.post("/v1/auth/login", "", &body)?.expect_status(&[200, 503]).map(drop)
}

//! One member's answers in databases of few and of many members, asked of all of them in turn, so that a busy
//! minute meets each: what a member waits for must not grow with the members beside them.

use crate::Result;
use crate::bench::{folder, start_journal};
use crate::copying;
use crate::goals::short;
use crate::growth::seed;
use crate::machine;
use crate::options::Options;
use crate::report::markdown;
use crate::server::{self, Server, cpu_millis};
use crate::visit::{Times, Took, Visitor};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Days of the journal of the member who is measured.
const MEASURED_DAYS: usize = 730;
/// Records of a push.
const PUSHED: usize = 500;
/// Clients of the counselor whose caseload is asked for, the measured member among them.
const CLIENTS: u32 = 20;
/// So many others are looked at once each, whose pages nobody has asked for before.
const OTHERS: u32 = 100;
/// Starts of each kind.
const STARTS: u32 = 10;

/// What is measured, in this order.
const OPERATIONS: [&str; 14] = [
    "create",
    "list 30, cold",
    "summary, cold",
    "streaks, cold",
    "trends of 30 days, cold",
    "streaks, 304",
    "sync: push of 500 new records",
    "sync: pull of those 500",
    "sync: pull of nothing",
    "caseload of 20, one of them changed",
    "another member each time: list 30",
    "another member each time: summary",
    "start",
    "start, the file not in memory",
];
const LIST: &str = "/v1/check-ins?limit=30";

/// A database and what was measured on it.
struct Database {
    members: u32,
    /// The number of the member who is measured.
    measured: u32,
    home: PathBuf,
    server: Server,
    megabytes: Option<u64>,
    times: [Times; 14],
}

/// Seeds a database for each number of members, measures all in turn and prints a table.
pub fn measure(options: &Options, directory: &Path) -> Result<()> {
    let directory = options.keep.as_deref().unwrap_or(directory);
    let mut databases = Vec::new();
    for (place, members) in options.members.iter().enumerate() {
        let url = options.databases.get(place).map(String::as_str);
        databases.push(Database::set_up(*members, options.crowd_days, directory, url)?);
    }
    let mut visitors = Vec::new();
    for database in &databases {
        visitors.push((Visitor::sign_in(&database.server, database.measured)?, database.counselor()?));
    }
    // The first round fills what every later one finds.
    for round in 0..=options.visits {
        for (database, (visitor, counselor)) in databases.iter_mut().zip(&visitors) {
            let took = visit(visitor, counselor, round)?;
            if round > 0 {
                database.times.iter_mut().zip(took).for_each(|(times, took)| times.add(took));
            }
        }
    }
    for number in 1..=OTHERS {
        for database in &mut databases {
            database.look_at(number)?;
        }
    }
    if let Some(largest) = databases.last().filter(|largest| largest.megabytes.is_some()) {
        copying::measure(&Visitor::sign_in(&largest.server, largest.measured)?, &largest.home)?;
    }
    for _ in 0..STARTS {
        for database in &mut databases {
            database.start()?;
        }
    }
    print(&databases);
    Ok(())
}

/// Everything the measured member asks for in one round, each cold answer the first since a create.
fn visit(visitor: &Visitor, counselor: &Visitor, round: u32) -> Result<[Took; 10]> {
    let create = visitor.create(usize::try_from(round)? % MEASURED_DAYS, &format!("visit {round}"))?;
    let (_, list) = visitor.get(LIST, None)?;
    let (_, summary) = visitor.get("/v1/summary", None)?;
    let (streaks, cold) = visitor.get("/v1/streaks", None)?;
    let (_, trends) = visitor.get("/v1/trends", None)?;
    let (_, known) = visitor.get("/v1/streaks", streaks.etag.as_deref())?;
    let (revision, push) = visitor.push(PUSHED)?;
    let before = revision - i64::try_from(PUSHED)?;
    let (_, pull) = visitor.get(&format!("/v1/sync/changes?since={before}&limit={PUSHED}"), None)?;
    let (_, nothing) = visitor.get(&format!("/v1/sync/changes?since={revision}"), None)?;
    let (_, caseload) = counselor.get("/v1/clients", None)?;
    Ok([create, list, summary, cold, trends, known, push, pull, nothing, caseload])
}

impl Database {
    fn set_up(members: u32, days: usize, directory: &Path, url: Option<&str>) -> Result<Self> {
        let engine = if url.is_some() { "postgresql" } else { "sqlite" };
        let home = directory.join(format!("{engine}-{members}"));
        if !home.exists() {
            println!("seeding {members} members");
            let new = folder(directory, &format!("{engine}-{members}.new"))?;
            if let Some(url) = url {
                fs::write(new.join(".env"), format!("DATABASE_URL={url}\n"))?;
            }
            let seconds = seed(&new, 1, members.max(OTHERS + 1), days)?;
            println!("  {seconds:.0} s, {:.0} members a second", f64::from(members) / seconds);
            fs::rename(new, &home)?;
        }
        // Another one each time, so that a database that is used again is as good as new.
        let measured = u32::try_from(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs())?;
        seed(&home, measured, 1, MEASURED_DAYS)?;
        let megabytes = fs::metadata(server::database(&home)).ok().map(|file| file.len() / 1_000_000);
        let server = start_journal(&home)?;
        Ok(Self { members, measured, home, server, megabytes, times: Default::default() })
    }

    /// A counselor with whom members from among all of them share everything, the measured one too.
    fn counselor(&self) -> Result<Visitor> {
        let counselor = Visitor::counselor(&self.server)?;
        for number in (1..CLIENTS).map(|number| self.spread(number)).chain([self.measured]) {
            Visitor::sign_in(&self.server, number)?.share_with(&counselor)?;
        }
        Ok(counselor)
    }

    /// The number of a member, spread over all there are.
    fn spread(&self, number: u32) -> u32 {
        number * (self.members / OTHERS).max(1)
    }

    /// Looks at a member who was not looked at before, from among all of them.
    fn look_at(&mut self, number: u32) -> Result<()> {
        let visitor = Visitor::sign_in(&self.server, self.spread(number))?;
        let (_, list) = visitor.get(LIST, None)?;
        let (_, summary) = visitor.get("/v1/summary", None)?;
        let [.., lists, summaries, _, _] = &mut self.times;
        lists.add(list);
        summaries.add(summary);
        Ok(())
    }

    /// Starts the server anew, twice: as it is, and when the system has forgotten the file.
    fn start(&mut self) -> Result<()> {
        for cold in [false, true] {
            if cold && self.megabytes.is_none() {
                continue;
            }
            self.server.stop();
            if cold {
                machine::forget(&server::database(&self.home))?;
            }
            self.server = start_journal(&self.home)?;
            let took = Took { time: self.server.ready_ms, cpu: cpu_millis(self.server.pid())? };
            let [.., starts, cold_starts] = &mut self.times;
            if cold { cold_starts } else { starts }.add(took);
        }
        Ok(())
    }
}

fn print(databases: &[Database]) {
    let columns = databases.iter().map(|it| match it.megabytes {
        Some(megabytes) => format!("{} members, {megabytes} MB", it.members),
        None => format!("{} members, PostgreSQL", it.members),
    });
    let head = ["operation, ms: p50, p99, CPU".to_owned()].into_iter().chain(columns);
    let head = head.chain(["most against fewest: p50, p99, CPU".to_owned()]).collect::<Vec<_>>().join(" | ");
    let rows = OPERATIONS.iter().enumerate().filter_map(|(place, operation)| {
        let each: Vec<&Times> = databases.iter().filter_map(|database| database.times.get(place)).collect();
        if each.iter().all(|times| times.is_empty()) {
            return None;
        }
        let cell =
            |times: &&Times| [times.percentile(50), times.percentile(99), times.cpu()].map(short).join(", ");
        let cells = each.iter().map(cell).collect::<Vec<_>>().join(" | ");
        let growth = |what: fn(&Times) -> f64| {
            let ratio = each.last().zip(each.first()).map_or(0.0, |(most, fewest)| what(most) / what(fewest));
            format!("{} ×", short(ratio))
        };
        let grown =
            [growth(|times| times.percentile(50)), growth(|times| times.percentile(99)), growth(Times::cpu)];
        Some(format!("{operation} | {cells} | {}", grown.join(", ")))
    });
    markdown("One member's answers and the members beside them", &head, rows);
}

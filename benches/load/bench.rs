//! The order of work: start-up, set-up, the parts that read, logins, the parts that write, the proof of
//! durability. Within a part every server has its run in each round, one right after the other.

use crate::bare::{self, PREBUILT_BYTES};
use crate::book::{ARGON2, BATCHES, Book, COMMITS, HELLO, OURS, PREBUILT, RECORDS30, SELECTS};
use crate::durability::{self, CREATES};
use crate::journal::Journal;
use crate::options::{Options, Part};
use crate::peers::{Cluster, Running, Store};
use crate::server::{self, Server};
use crate::wrk::{CONNECTIONS, Run, Wrk, render};
use crate::{READY, Result, limits, pgbench, require, starts};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const AFTER_STORM: Duration = Duration::from_secs(10);
/// 32 password hashes that start together all end late: a shorter run would count none.
const LOGIN_SECONDS: u32 = 6;
/// Raw commits before and after a run of creates may differ by this factor …
const STEADY: f64 = 1.5;
/// … else the round is measured again, at most so many times in all.
const ATTEMPTS: u32 = 4;
/// The sustained run of the part `wal` is so many times as long as the others, beside so many readers.
const SUSTAINED: u32 = 3;
const READERS: u32 = 4;

/// One side of a comparison.
enum Side {
    Ours,
    /// The place among the peers.
    Peer(usize),
    /// Name and path on the bare server.
    Bare(&'static str, String),
    /// Name and hidden argument.
    Limit(&'static str, &'static str),
}

struct Bench<'a> {
    options: &'a Options,
    directory: &'a Path,
    book: &'a mut Book,
    wrk: Wrk,
    bare: Server,
    server: Server,
    journal: Journal,
    peers: Vec<Running>,
    cluster: Option<Cluster>,
}

/// Measures everything asked for, on databases under `directory`, into `book`.
pub fn measure(options: &Options, directory: &Path, book: &mut Book) -> Result<()> {
    let mut peers = Vec::new();
    for peer in &options.peers {
        let installed = peer.install();
        peers.extend(installed.inspect_err(|error| book.skip(format!("{}: {error}", peer.title))));
    }
    let wanted = options.wants(Part::Postgres) || peers.iter().any(|it| it.peer.wants_postgres());
    let cluster = if wanted {
        Cluster::start(directory).inspect_err(|error| book.skip(format!("PostgreSQL: {error}"))).ok()
    } else {
        None
    };
    peers.retain(|it| cluster.is_some() || !it.peer.wants_postgres());
    if options.wants(Part::Start) {
        starts::measure(options, directory, &peers, cluster.as_ref(), book)?;
    }
    if let Some(cluster) = cluster.as_ref().filter(|_| options.wants(Part::Postgres)) {
        let outcome = pgbench::measure(options, directory, cluster, book);
        outcome.unwrap_or_else(|error| book.fail(format!("{}: {error}", Part::Postgres.name())));
    }
    if options.parts.iter().all(|part| matches!(part, Part::Start | Part::Postgres)) {
        return Ok(());
    }
    println!("setting up the members and their check-ins");
    let server = start_journal(&folder(directory, "journal")?)?;
    let mut journal = Journal::set_up(&server.address)?;
    let mut running = Vec::new();
    for installed in peers {
        let peer = installed.peer;
        let it = installed.set_up(folder(directory, peer.name)?, cluster.as_ref());
        running.extend(it.inspect_err(|error| book.skip(format!("{}: {error}", peer.title))));
    }
    let mut sizes = vec![PREBUILT_BYTES];
    for part in [Part::Summary, Part::Streaks, Part::Trends] {
        sizes.extend(journal.probe(part)?);
    }
    let bare = bare::start(&sizes, directory)?;
    let wrk = Wrk::new(directory)?;
    Bench { options, directory, book, wrk, bare, server, journal, peers: running, cluster }.parts()
}

impl Bench<'_> {
    fn parts(mut self) -> Result<()> {
        for part in Part::ALL.into_iter().filter(|part| self.options.wants(*part)) {
            let outcome = match part {
                Part::Start | Part::Durability | Part::Postgres => Ok(()),
                Part::Wal => self.sustain(),
                Part::Login => self.alternate(part).and_then(|()| self.storm()),
                Part::Create => self.creates(),
                _ => self.alternate(part),
            };
            // What was measured so far is worth printing.
            if let Err(error) = outcome {
                self.book.fail(format!("{}: {error}", part.name()));
            }
        }
        self.note_peak()?;
        for peer in &self.peers {
            self.book.fact(format!("{} peak MB", peer.installed.peer.title), peer.server.memory()?.peak);
        }
        if self.options.wants(Part::Durability) {
            self.prove()?;
        }
        Ok(())
    }

    /// Every side of a part once a round.
    fn alternate(&mut self, part: Part) -> Result<()> {
        let reads = !matches!(part, Part::Bare | Part::Login);
        let size = if reads { self.journal.probe(part)? } else { Some(0) };
        let Some(size) = size else {
            self.book.skip(format!("{}: this server has no such endpoint (404)", part.name()));
            return Ok(());
        };
        let sides = self.sides(part, size);
        let seconds = self.seconds(part);
        for round in 1..=self.options.rounds {
            for side in &sides {
                if round == 1 && (reads || part == Part::Bare) {
                    self.run(part, side, 1)?;
                }
                let (name, run) = self.run(part, side, seconds)?;
                self.note(part, round, name, run);
            }
        }
        Ok(())
    }

    /// Creates between two halves of raw commits, whose mean they are compared with. A disk may be many times
    /// slower a moment later: a round whose halves differ too much is measured again.
    fn creates(&mut self) -> Result<()> {
        let part = Part::Create;
        let half = (self.options.seconds / 2).max(1);
        for round in 1..=self.options.rounds {
            for attempt in 1..=ATTEMPTS {
                let before = limits::measure(limits::COMMITS, half, self.directory)?.rate;
                let run = self.run_ours(part, self.options.seconds)?;
                let after = limits::measure(limits::COMMITS, half, self.directory)?.rate;
                let steady = before.max(after) <= before.min(after) * STEADY;
                if steady || run.errors > 0.0 || attempt == ATTEMPTS {
                    self.note(part, round, OURS, run);
                    let rate = f64::midpoint(before, after);
                    self.note(part, round, COMMITS, Run { rate, ..Run::default() });
                    let unsteady = f64::from(u8::from(!steady));
                    *self.book.facts.entry("create rounds, unsteady disk".into()).or_default() += unsteady;
                    break;
                }
                println!(
                    "  the disk was unsteady: {before:.0} commits/s before, {after:.0} after; once more"
                );
            }
            for place in 0..self.peers.len() {
                let (name, run) = self.run(part, &Side::Peer(place), self.options.seconds)?;
                self.note(part, round, name, run);
            }
        }
        Ok(())
    }

    fn note(&mut self, part: Part, round: u32, name: &'static str, run: Run) {
        let rounds = self.options.rounds;
        println!("  {:<13} {round}/{rounds}  {name:<24} {:>8.0}/s", part.name(), run.rate);
        self.book.add(part, name, run);
    }

    fn run(&mut self, part: Part, side: &Side, seconds: u32) -> Result<(&'static str, Run)> {
        match side {
            Side::Ours => Ok((OURS, self.run_ours(part, seconds)?)),
            Side::Peer(place) => {
                let peer = self.peers.get(*place).ok_or("no peer")?;
                let run = self.wrk.run(&peer.server, &peer.members.requests(part), seconds, CONNECTIONS)?;
                Ok((peer.installed.peer.title, run))
            }
            Side::Bare(name, path) => {
                let request = render("GET", path, &self.bare.address, &[], "");
                Ok((name, self.wrk.run(&self.bare, &[request], seconds, CONNECTIONS)?))
            }
            Side::Limit(name, argument) => {
                let limit = limits::measure(argument, seconds, self.directory)?;
                Ok((name, Run { rate: limit.rate, cpu_micros: limit.cpu_micros, ..Run::default() }))
            }
        }
    }

    fn run_ours(&mut self, part: Part, seconds: u32) -> Result<Run> {
        let requests = self.journal.requests(part)?;
        if part != Part::Create {
            let run = self.wrk.run(&self.server, &requests, seconds, CONNECTIONS)?;
            if part != Part::Login {
                // `wrk` counts only 400 and above: the status that is expected must also be there at the end.
                self.journal.probe(part)?;
            }
            return Ok(run);
        }
        let before = self.journal.revisions()?;
        let run = self.wrk.run(&self.server, &requests, seconds, CONNECTIONS)?;
        let stored = before.zip(self.journal.revisions()?).map(|(before, after)| after - before);
        if let Some(stored) = stored {
            let stored = f64::from(u32::try_from(stored)?);
            *self.book.facts.entry("creates lost".into()).or_default() += (run.answers - stored).max(0.0);
        }
        Ok(run)
    }

    /// Memory in a storm of logins and after it, of a server that has done nothing else.
    fn storm(&mut self) -> Result<()> {
        self.restart()?;
        let run = self.run_ours(Part::Login, self.seconds(Part::Login))?;
        self.book.fact("storm peak MB", self.server.memory()?.peak);
        self.book.fact("storm logins per s", run.rate);
        thread::sleep(AFTER_STORM);
        self.book.fact("storm after MB", self.server.memory()?.now);
        Ok(())
    }

    /// The size of the write-ahead log while 32 connections create and others read, for longer than the other
    /// runs.
    fn sustain(&mut self) -> Result<()> {
        let creates = self.journal.requests(Part::Create)?;
        let lists = self.journal.requests(Part::List)?;
        let seconds = self.options.seconds * SUSTAINED;
        let mut log = server::database(&self.directory.join("journal")).into_os_string();
        log.push("-wal");
        let over = AtomicBool::new(false);
        let (wrk, server) = (&self.wrk, &self.server);
        let (run, read, highest) = thread::scope(|scope| {
            let highest = scope.spawn(|| highest(Path::new(&log), &over));
            let reader = scope.spawn(|| wrk.run(server, &lists, seconds, READERS));
            let run = wrk.run(server, &creates, seconds, CONNECTIONS);
            over.store(true, Ordering::Relaxed);
            (run, reader.join(), highest.join())
        });
        let run = run?;
        read.map_err(|_| "the readers failed")??;
        println!("  {:<17}  {OURS:<19} {:>8.0}/s beside {READERS} readers", Part::Wal.name(), run.rate);
        let mebibytes = f64::from(u32::try_from(highest.map_err(|_| "sampling failed")? / 1024)?) / 1024.0;
        self.book.fact("wal MiB", mebibytes);
        self.book.fact("peak MB after creates", self.server.memory()?.peak);
        self.book.add(Part::Wal, OURS, run);
        Ok(())
    }

    fn prove(self) -> Result<()> {
        let Self { directory, book, mut server, mut journal, peers, cluster, .. } = self;
        server.stop();
        if let Err(error) = require("strace", "-V", "the package strace") {
            book.skip(format!("durability: {error}"));
            return Ok(());
        }
        let home = directory.join("journal");
        let trace = directory.join("journal.trace");
        let mut command = durability::strace(&trace);
        command.arg(env!("CARGO_BIN_EXE_recovery-journal"));
        server::with_settings(&mut command, &home);
        let mut server = match Server::start(&mut command, READY, &home.join("traced.log")) {
            Ok(server) => server,
            Err(error) => {
                book.skip(format!("durability: {error}"));
                return Ok(());
            }
        };
        journal.moved_to(&server.address)?;
        for number in 0..CREATES {
            journal.create(&format!("traced {number}"))?;
        }
        server.stop();
        book.proofs.push(durability::judge(OURS, &trace, "/v1/check-ins", "journal.db-wal")?);
        for Running { installed, home, mut server, mut members } in peers {
            server.stop();
            let peer = installed.peer;
            // What PostgreSQL does is done by processes of its own.
            let Store::Sqlite { log } = peer.store else { continue };
            let trace = directory.join(format!("{}.trace", peer.name));
            let mut server = installed.start_by(durability::strace(&trace), &home, cluster.as_ref())?;
            members.moved_to(&server.address);
            for number in 0..CREATES {
                members.create(&format!("traced {number}"))?;
            }
            server.stop();
            book.proofs.push(durability::judge(peer.title, &trace, peer.api.records, log)?);
        }
        Ok(())
    }

    fn seconds(&self, part: Part) -> u32 {
        let seconds = self.options.seconds;
        if part == Part::Login { seconds.max(LOGIN_SECONDS) } else { seconds }
    }

    /// Who takes part; `size` is that of our answer in bytes.
    fn sides(&self, part: Part, size: usize) -> Vec<Side> {
        let bare = |name, path: &str| Side::Bare(name, path.to_owned());
        let hello = || bare(HELLO, "/hello");
        let prebuilt = |size: usize| Side::Bare(PREBUILT, format!("/prebuilt/{size}"));
        let beside = |others: Vec<Side>| {
            let peers = (0..self.peers.len()).map(Side::Peer);
            [Side::Ours].into_iter().chain(peers).chain(others).collect()
        };
        match part {
            Part::Bare => vec![
                hello(),
                prebuilt(PREBUILT_BYTES),
                bare(RECORDS30, "/records30"),
                Side::Limit(SELECTS, limits::SELECTS),
                Side::Limit(COMMITS, limits::COMMITS),
                Side::Limit(BATCHES, limits::BATCHES),
            ],
            Part::Get => beside(vec![hello()]),
            Part::List => beside(vec![bare(RECORDS30, "/records30")]),
            Part::Summary | Part::Streaks | Part::Trends => vec![Side::Ours, prebuilt(size)],
            Part::NotModified | Part::Sync => vec![Side::Ours, hello()],
            Part::Login => beside(vec![Side::Limit(ARGON2, limits::ARGON2)]),
            Part::Start | Part::Create | Part::Wal | Part::Durability | Part::Postgres => Vec::new(),
        }
    }

    /// The most memory of any run of our server.
    fn note_peak(&mut self) -> Result<()> {
        let peak = self.book.facts.entry("peak MB".into()).or_default();
        *peak = peak.max(self.server.memory()?.peak);
        Ok(())
    }

    fn restart(&mut self) -> Result<()> {
        self.note_peak()?;
        // Two servers on one database are not what is measured: the old one ends first.
        self.server.stop();
        self.server = start_journal(&self.directory.join("journal"))?;
        self.journal.moved_to(&self.server.address)
    }
}

/// Starts our server on the database in `home`.
pub fn start_journal(home: &Path) -> Result<Server> {
    Server::start(&mut server::journal(home), READY, &home.join("stderr.log"))
}

/// A new directory.
pub fn folder(directory: &Path, name: &str) -> Result<PathBuf> {
    let folder = directory.join(name);
    fs::create_dir(&folder)?;
    // Keeps a server there from finding one in a folder above.
    fs::write(folder.join(".env"), "")?;
    Ok(folder)
}

/// The largest size of a file in bytes until it is over.
fn highest(file: &Path, over: &AtomicBool) -> u64 {
    let mut highest = 0;
    while !over.load(Ordering::Relaxed) {
        highest = fs::metadata(file).map_or(0, |data| data.len()).max(highest);
        thread::sleep(Duration::from_millis(20));
    }
    highest
}

//! Starts and stops the servers under test, pinned to one core, and reads their memory and CPU time from
//! `/proc`. A server is ready when it has printed its ready line; one that does not within 30 s is an error.

use crate::Result;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// The core of every server, and of the limits measured beside them.
pub const SERVER_CORE: &str = "0";
/// The core of the load generator.
pub const CLIENT_CORE: &str = "1";
const READY_WITHIN: Duration = Duration::from_secs(30);
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// A running server; dropped, it is stopped.
pub struct Server {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub address: String,
    /// From the start of the process to its ready line, in milliseconds.
    pub ready_ms: f64,
    /// The first process of its database, if that is a server too: its work is this server's.
    pub database: Option<u32>,
}

/// Resident memory of a process in MB (10^6 bytes).
#[derive(Clone, Copy)]
pub struct Memory {
    pub now: f64,
    pub peak: f64,
}

/// A command that runs `program` on one core.
pub fn pinned(core: &str, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.arg("-c").arg(core).arg(program);
    command
}

/// Our server on `directory`, with nothing inherited from the caller's environment.
pub fn journal(directory: &Path) -> Command {
    let mut command = pinned(SERVER_CORE, Path::new(env!("CARGO_BIN_EXE_recovery-journal")));
    with_settings(&mut command, directory);
    command
}

/// Gives `command` the settings of our server: one worker, a free port, its files in `directory`, and what stands in
/// the `.env` there.
pub fn with_settings(command: &mut Command, directory: &Path) {
    command
        .env_clear()
        .env("DATA_DIR", directory)
        .env("BIND_ADDRESS", "127.0.0.1:0")
        .env("THROTTLE", "off")
        .env("WORKERS", "1")
        .current_dir(directory);
}

/// Where our server keeps its database under `directory`.
pub fn database(directory: &Path) -> PathBuf {
    directory.join("journal.db")
}

impl Server {
    /// Starts `command` and waits for a line on its standard output that holds `marker`, followed by
    /// `http://ADDRESS`.
    pub fn start(command: &mut Command, marker: &'static str, log: &Path) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(log)?);
        let started = Instant::now();
        let mut child = command.spawn().map_err(|error| format!("cannot start {command:?}: {error}"))?;
        let output = child.stdout.take().ok_or("no standard output")?;
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || watch(output, marker, &sender));
        if let Ok((address, ready)) = receiver.recv_timeout(READY_WITHIN) {
            let ready_ms = ready.duration_since(started).as_secs_f64() * 1e3;
            return Ok(Self { child, address, ready_ms, database: None });
        }
        child.kill().ok();
        child.wait().ok();
        Err(format!("{command:?} is not ready: {}", fs::read_to_string(log).unwrap_or_default()).into())
    }

    /// The process id. `taskset` replaces itself by the server, so this is the server's own.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Resident memory of all its processes now and at its highest since the start, without its database's.
    pub fn memory(&self) -> Result<Memory> {
        let mut memory = Memory { now: 0.0, peak: 0.0 };
        for process in family(self.pid())? {
            let status = fs::read_to_string(format!("/proc/{}/status", process.pid))?;
            let megabytes = |name: &str| -> Option<f64> {
                let line = status.lines().find_map(|line| line.strip_prefix(name))?;
                let kibibytes: f64 = line.split_whitespace().next()?.parse().ok()?;
                Some(kibibytes * 1024.0 / 1e6)
            };
            memory.now += megabytes("VmRSS:").ok_or("no VmRSS")?;
            memory.peak += megabytes("VmHWM:").ok_or("no VmHWM")?;
        }
        Ok(memory)
    }

    /// CPU time of all its processes and its database's, in microseconds (in steps of 10 ms).
    pub fn cpu_micros(&self) -> Result<f64> {
        let mut micros = 0.0;
        for first in [Some(self.pid()), self.database].into_iter().flatten() {
            micros += cpu_of_family(first)?;
        }
        Ok(micros)
    }

    /// Ends the server with SIGTERM, and with SIGKILL when it does not follow.
    pub fn stop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        Command::new("kill").arg("-TERM").arg(self.pid().to_string()).status().ok();
        let asked = Instant::now();
        while asked.elapsed() < STOP_WITHIN {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// One process.
struct Process {
    pid: u32,
    parent: u32,
    /// Its own time, and that of children that have ended.
    cpu_micros: f64,
}

impl Process {
    fn read(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name of the process, in brackets, may hold blanks: count the fields after it.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = fields.get(11..15)?.iter().filter_map(|field| field.parse::<f64>().ok()).sum::<f64>();
        Some(Self { pid, parent: fields.get(1)?.parse().ok()?, cpu_micros: ticks * 10_000.0 })
    }
}

/// A process and all that it started, and they.
fn family(first: u32) -> Result<Vec<Process>> {
    let mut family = vec![Process::read(first).ok_or("a server has ended")?];
    let entries = fs::read_dir("/proc")?.flatten();
    let mut others: Vec<Process> = entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(Process::read)
        .collect();
    let mut next = 0;
    while let Some(parent) = family.get(next).map(|process| process.pid) {
        family.extend(others.extract_if(.., |process| process.parent == parent));
        next += 1;
    }
    Ok(family)
}

/// CPU time of a process and all that it started, in microseconds (in steps of 10 ms).
pub fn cpu_of_family(first: u32) -> Result<f64> {
    Ok(family(first)?.iter().map(|process| process.cpu_micros).sum())
}

/// CPU time a process has used, user and system, in microseconds (in steps of 10 ms).
pub fn cpu_micros(pid: u32) -> Result<f64> {
    Ok(Process::read(pid).ok_or("a process has ended")?.cpu_micros)
}

/// CPU time of all threads of a process, in milliseconds, as finely as the scheduler counts it.
pub fn cpu_millis(pid: u32) -> Result<f64> {
    let mut nanos = 0.0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread may have ended meanwhile.
        let used = fs::read_to_string(thread?.path().join("schedstat")).unwrap_or_default();
        nanos += used.split_whitespace().next().and_then(|used| used.parse::<f64>().ok()).unwrap_or_default();
    }
    Ok(nanos / 1e6)
}

/// Reports the ready line, then keeps reading: a server must not stall on a full pipe.
fn watch(output: impl io::Read, marker: &str, sender: &mpsc::Sender<(String, Instant)>) {
    let mut lines = BufReader::new(output);
    let mut line = String::new();
    while lines.read_line(&mut line).is_ok_and(|read| read > 0) {
        let address = line.split_once(marker).and_then(|(_, rest)| rest.trim().strip_prefix("http://"));
        if let Some(address) = address {
            sender.send((address.to_owned(), Instant::now())).ok();
            io::copy(&mut lines, &mut io::sink()).ok();
            return;
        }
        line.clear();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

//! The load generator of `overload`: an open loop, in which a request leaves when it is due, whatever has become of
//! those before it, as people's requests do. A closed loop, which waits for its answers, can never offer more than is
//! served.
//!
//! It has a core to itself and never sleeps there. A request that finds no connection free waits, and its time
//! counts from when it was due.

use crate::Result;
use crate::server::{CLIENT_CORE, Server, cpu_millis, pinned};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};
use std::{env, fs, io};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::{LocalSet, spawn_local, yield_now};

/// The hidden argument that makes this program the load generator.
pub const ARGUMENT: &str = "--open-loop";
/// Before anything is counted, the server gets used to the load.
const WARM_UP: Duration = Duration::from_secs(1);

/// What is sent.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Load {
    /// Requests a second. None: as many as the connections get answers for, a closed loop.
    pub rate: Option<f64>,
    pub connections: usize,
    pub seconds: u32,
}

/// What came of it, after the warm-up.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// Good answers a second.
    pub goodput: f64,
    /// Answers 503 a second.
    pub refused: f64,
    /// Other answers and broken connections.
    pub failed: u32,
    /// Of good answers, from when they were due.
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// Of refusals.
    pub refused_p99_ms: f64,
    /// How late requests left, for want of a connection or of time here.
    pub late_p99_ms: f64,
    /// The share of its core that the server used, 0 to 1.
    pub busy: f64,
    /// The share of the time in which the generator waited for its core, 0 to 1.
    pub held_up: f64,
}

/// Sends `requests` in turn to `server`, from another process on the core of the clients.
pub fn run(server: &Server, requests: &[String], load: Load, directory: &Path) -> Result<Outcome> {
    let file = directory.join("open-loop.txt");
    fs::write(&file, requests.join("\0"))?;
    let mut command = pinned(CLIENT_CORE, &env::current_exe()?);
    let (used, begun) = (cpu_millis(server.pid())?, Instant::now());
    let output =
        command.arg(ARGUMENT).arg(&server.address).arg(&file).arg(serde_json::to_string(&load)?).output()?;
    if !output.status.success() {
        return Err(format!("the load generator: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let busy = (cpu_millis(server.pid())? - used) / begun.elapsed().as_secs_f64() / 1e3;
    Ok(Outcome { busy, ..serde_json::from_slice(&output.stdout)? })
}

/// The generator's side: prints the outcome as JSON.
pub fn generate(arguments: &[String]) -> Result<()> {
    let [address, file, load] = arguments else { return Err("address, file and load are needed".into()) };
    let requests: Vec<String> = fs::read_to_string(file)?.split('\0').map(str::to_owned).collect();
    let load = serde_json::from_str(load)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let (waited, begun) = (waited_ms()?, Instant::now());
    let mut outcome = LocalSet::new().block_on(&runtime, drive(address.clone(), requests, load))?;
    outcome.held_up = (waited_ms()? - waited) / begun.elapsed().as_secs_f64() / 1e3;
    println!("{}", serde_json::to_string(&outcome)?);
    Ok(())
}

/// How long this thread has been ready and had no core.
fn waited_ms() -> Result<f64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos: f64 = text.split_whitespace().nth(1).ok_or("no schedstat")?.parse()?;
    Ok(nanos / 1e6)
}

/// What became of the requests that were due after the warm-up.
#[derive(Default)]
struct Notes {
    good: Vec<Duration>,
    refused: Vec<Duration>,
    late: Vec<Duration>,
    failed: u32,
}

/// Everything a request needs.
struct Loop {
    address: String,
    requests: Vec<String>,
    counted_from: Instant,
    /// Connections that wait for a request.
    idle: RefCell<Vec<Line>>,
    notes: RefCell<Notes>,
}

async fn drive(address: String, requests: Vec<String>, load: Load) -> Result<Outcome> {
    let mut idle = Vec::with_capacity(load.connections);
    for _ in 0..load.connections {
        idle.push(Line::connect(&address).await?);
    }
    let begun = Instant::now();
    let counted_from = begun + WARM_UP;
    let end = counted_from + Duration::from_secs(load.seconds.into());
    let (idle, notes) = (RefCell::new(idle), RefCell::default());
    let this = Rc::new(Loop { address, requests, counted_from, idle, notes });
    let mut number = 0_u32;
    loop {
        let now = Instant::now();
        if now >= end {
            break;
        }
        loop {
            let due = load.rate.map_or(now, |rate| begun + Duration::from_secs_f64(f64::from(number) / rate));
            if due > now {
                break;
            }
            let Some(line) = this.idle.borrow_mut().pop() else { break };
            spawn_local(Rc::clone(&this).ask(line, usize::try_from(number)?, due));
            number += 1;
        }
        // What is ready is looked at in between.
        yield_now().await;
    }
    Ok(this.notes.take().outcome(load.seconds.into()))
}

impl Loop {
    async fn ask(self: Rc<Self>, mut line: Line, number: usize, due: Instant) {
        let late = due.elapsed();
        let Some(request) = self.requests.get(number % self.requests.len()) else { return };
        let status = line.ask(request.as_bytes()).await;
        let took = due.elapsed();
        if due >= self.counted_from {
            let notes = &mut *self.notes.borrow_mut();
            notes.late.push(late);
            match status {
                Ok(200..300) => notes.good.push(took),
                Ok(503) => notes.refused.push(took),
                _ => notes.failed += 1,
            }
        }
        if status.is_err() {
            match Line::connect(&self.address).await {
                Ok(other) => line = other,
                Err(_) => return,
            }
        }
        self.idle.borrow_mut().push(line);
    }
}

/// A connection, and what was read from it last.
struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Line {
    async fn connect(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(32 * 1024) })
    }

    /// Sends a request and reads the whole answer. Answers its status.
    async fn ask(&mut self, request: &[u8]) -> io::Result<u16> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some((status, length)) = head(&self.buffer)
                && self.buffer.len() >= length
            {
                return Ok(status);
            }
        }
    }
}

/// The status and the length of an answer, head and body, once its head is there.
fn head(bytes: &[u8]) -> Option<(u16, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(bytes.get(..end)?).ok()?;
    let status = text.get(9..12)?.parse().ok()?;
    let length =
        text.lines().find_map(|line| line.strip_prefix("content-length: "))?.parse::<usize>().ok()?;
    Some((status, end + length))
}

impl Notes {
    #[expect(clippy::cast_precision_loss, reason = "a few hundred thousand at most")]
    fn outcome(mut self, seconds: f64) -> Outcome {
        let each_second = |times: &[Duration]| times.len() as f64 / seconds;
        let percentile = |times: &mut Vec<Duration>, percent: usize| {
            times.sort_unstable();
            let at = (times.len() * percent / 100).min(times.len().saturating_sub(1));
            times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e3)
        };
        Outcome {
            goodput: each_second(&self.good),
            refused: each_second(&self.refused),
            failed: self.failed,
            p50_ms: percentile(&mut self.good, 50),
            p99_ms: percentile(&mut self.good, 99),
            refused_p99_ms: percentile(&mut self.refused, 99),
            late_p99_ms: percentile(&mut self.late, 99),
            ..Outcome::default()
        }
    }
}

//! Runs `wrk` on its own core and reads its result. Every request is rendered here beforehand; `requests.lua`
//! only picks one at random, so that the client costs the same for every server.

use crate::Result;
use crate::server::{CLIENT_CORE, Server, pinned};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// Keep-alive connections of every run.
pub const CONNECTIONS: u32 = 32;
/// Longer than any queue of 32: a slow answer is a slow answer, not an error.
const TIMEOUT: &str = "60s";
const SCRIPT: &str = include_str!("requests.lua");

/// One run against one server.
#[derive(Clone, Default, Serialize)]
pub struct Run {
    /// Good answers per second: an error is quick and counts for nothing.
    pub rate: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// Answers of status 400 and above, and broken, refused or timed-out connections.
    pub errors: f64,
    /// Good answers.
    pub answers: f64,
    pub bytes_per_answer: f64,
    /// CPU time of the server per good answer.
    pub cpu_micros: f64,
    /// Share of its core that the server used, 0 to 1.
    pub busy: f64,
}

#[derive(Deserialize)]
struct Outcome {
    requests: f64,
    micros: f64,
    bytes: f64,
    p50_micros: f64,
    p99_micros: f64,
    status: f64,
    connect: f64,
    read: f64,
    write: f64,
    timeout: f64,
}

/// What is needed to run `wrk`: a directory for its script and requests.
pub struct Wrk {
    directory: PathBuf,
}

impl Wrk {
    /// Writes the script into `directory`.
    pub fn new(directory: &Path) -> Result<Self> {
        fs::write(directory.join("requests.lua"), SCRIPT)?;
        Ok(Self { directory: directory.to_owned() })
    }

    /// Sends `requests` in random order to `server` for so many seconds over `connections`.
    pub fn run(&self, server: &Server, requests: &[String], seconds: u32, connections: u32) -> Result<Run> {
        let file = self.directory.join(format!("requests-{}-{connections}.txt", server.pid()));
        fs::write(&file, requests.join("\0"))?;
        let used = server.cpu_micros()?;
        let mut command = pinned(CLIENT_CORE, Path::new("wrk"));
        command.args(["--threads", "1", "--timeout", TIMEOUT]);
        command.args(["--connections", &connections.to_string(), "--duration", &format!("{seconds}s")]);
        command.arg("--script").arg(self.directory.join("requests.lua"));
        command.arg(format!("http://{}", server.address)).arg("--").arg(&file);
        let output = command.output()?;
        let used = server.cpu_micros()? - used;
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find_map(|line| line.strip_prefix("RESULT "));
        let line =
            line.ok_or_else(|| format!("wrk failed: {text}{}", String::from_utf8_lossy(&output.stderr)))?;
        let outcome: Outcome = serde_json::from_str(line)?;
        let answers = outcome.requests - outcome.status;
        let each = |total: f64| if answers > 0.0 { total / answers } else { 0.0 };
        Ok(Run {
            rate: answers / outcome.micros * 1e6,
            p50_ms: outcome.p50_micros / 1e3,
            p99_ms: outcome.p99_micros / 1e3,
            errors: outcome.status + outcome.connect + outcome.read + outcome.write + outcome.timeout,
            answers,
            bytes_per_answer: each(outcome.bytes),
            cpu_micros: each(used),
            busy: used / outcome.micros,
        })
    }
}

/// A request as it goes over the wire.
pub fn render(method: &str, path: &str, address: &str, headers: &[(&str, &str)], body: &str) -> String {
    use std::fmt::Write as _;
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\n");
    for (name, value) in headers {
        write!(text, "{name}: {value}\r\n").ok();
    }
    if !body.is_empty() {
        write!(text, "Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()).ok();
    }
    text.push_str("\r\n");
    text.push_str(body);
    text
}

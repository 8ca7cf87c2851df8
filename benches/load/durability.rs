//! The proof that an acknowledged create is on the disk: the server runs under `strace`, check-ins are
//! created one by one, and for each of them the trace must show, in this order: the request read, the
//! write-ahead log written, a sync of that file completed, the answer written. A create without all four
//! counts as not durable.

use crate::Result;
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How many creates are traced.
pub const CREATES: usize = 20;
const CALLS: &str = "trace=read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg,\
                     pwrite64,pwritev,pwritev2,fsync,fdatasync,sync_file_range,msync";

/// What the trace of one server showed.
#[derive(Serialize)]
pub struct Proof {
    pub server: &'static str,
    pub creates: usize,
    /// Creates whose log was synced before the answer.
    pub synced: usize,
    /// The calls of the last create, in order.
    pub example: Vec<String>,
}

/// `strace` that follows all threads of the program to come and names the files behind descriptors. With `-D`
/// the program stays our own child, so that it is started and stopped like the others.
pub fn strace(trace: &Path) -> Command {
    let mut command = Command::new("strace");
    command.args(["-D", "-f", "-y", "-s", "48", "-e", CALLS, "-o"]).arg(trace);
    command
}

/// A step of one create, as found in the trace.
struct Step<'a> {
    line: usize,
    text: &'a str,
}

/// Reads a trace in which each create is a POST to `path` whose records go to the log file called `log`.
pub fn judge(server: &'static str, trace: &PathBuf, path: &str, log: &str) -> Result<Proof> {
    let text = fs::read_to_string(trace)?;
    let lines: Vec<&str> = text.lines().collect();
    // A server that peeks at one byte to notice a closed connection reads the rest without the P.
    let request = format!("OST {path}");
    let mut proof = Proof { server, creates: 0, synced: 0, example: Vec::new() };
    let mut from = 0;
    while let Some(asked) = find(&lines, from, |line| line.contains(&request)) {
        let answered = find(&lines, asked.line, |line| line.contains("\"HTTP/1.1 2"));
        let answered = answered.ok_or("a create has no answer in the trace")?;
        from = answered.line;
        proof.creates += 1;
        let window = lines.get(asked.line..answered.line).unwrap_or_default();
        let written = window.iter().rposition(|line| call(line).starts_with("pwrite") && line.contains(log));
        let synced = written.and_then(|written| sync_completed(window, written, log));
        proof.synced += usize::from(synced.is_some());
        let in_window = |line: Option<usize>| line.and_then(|line| window.get(line));
        let shown = [Some(&asked.text), in_window(written), in_window(synced), Some(&answered.text)];
        proof.example = shown.into_iter().flatten().map(|line| shorten(line)).collect();
    }
    Ok(proof)
}

fn find<'a>(lines: &[&'a str], from: usize, wanted: impl Fn(&str) -> bool) -> Option<Step<'a>> {
    let found = lines.iter().enumerate().skip(from).find(|(_, line)| wanted(line))?;
    Some(Step { line: found.0, text: found.1 })
}

/// The call of a line without the thread's id.
fn call(line: &str) -> &str {
    line.split_once(' ').map_or(line, |(_, call)| call.trim_start())
}

/// The line on which a sync of `log` that began after line `written` returned 0.
fn sync_completed(window: &[&str], written: usize, log: &str) -> Option<usize> {
    let is_sync = |line: &str| call(line).starts_with("fdatasync(") || call(line).starts_with("fsync(");
    let mut after = window.iter().enumerate().skip(written);
    let (began, line) = after.find(|(_, line)| is_sync(line) && line.contains(log))?;
    if line.ends_with("= 0") {
        return Some(began);
    }
    // Interrupted by another thread's call: it goes on under the same thread id.
    let thread = line.split_once(' ')?.0;
    let resumed =
        |line: &str| line.starts_with(thread) && line.contains("sync resumed") && line.ends_with("= 0");
    after.find(|(_, line)| resumed(line)).map(|(completed, _)| completed)
}

/// Only the file's name and the first words of what was written.
fn shorten(line: &str) -> String {
    let mut text = call(line).to_owned();
    if let (Some(open), Some(close)) = (text.find('<'), text.find('>')) {
        let name =
            text.get(open + 1..close).and_then(|path| path.rsplit('/').next()).unwrap_or_default().to_owned();
        text.replace_range(open..=close, &format!("<{name}>"));
    }
    let mut short: String = text.chars().take(96).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

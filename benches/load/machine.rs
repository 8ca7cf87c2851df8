//! One line about the machine, so that a report can be read later: figures are comparable only within one
//! run.

use crate::Result;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

/// Cores, processor, kernel, memory, disk, load at the start and the version of `wrk`.
pub fn describe(directory: &Path) -> String {
    let processor = value_of("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let memory = value_of("/proc/meminfo", "MemTotal").unwrap_or_default();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let disk = file_system(directory)
        .map_or_else(|| "unknown disk".to_owned(), |(kind, device)| format!("{kind} on {device}"));
    let wrk = Command::new("wrk")
        .arg("-v")
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let wrk = wrk.unwrap_or_default();
    format!(
        "{} cores, {processor}, Linux {}, {memory}, {disk}, load average {:.1}; {}",
        cores(),
        kernel.trim(),
        load_average(),
        wrk.lines().next().unwrap_or_default().split(" [").next().unwrap_or_default(),
    )
}

/// The cores this program may use.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Processes that ran or waited in the last minute, on average.
pub fn load_average() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or(0.0)
}

/// Type and device of the file system under a directory.
pub fn file_system(directory: &Path) -> Option<(String, String)> {
    let directory = directory.canonicalize().ok()?;
    let mounts = fs::read_to_string("/proc/mounts").ok()?;
    let under = |line: &str| -> Option<(usize, String, String)> {
        let mut fields = line.split_whitespace();
        let (device, point, kind) = (fields.next()?, fields.next()?, fields.next()?);
        directory.starts_with(point).then(|| (point.len(), kind.to_owned(), device.to_owned()))
    };
    let (_, kind, device) = mounts.lines().filter_map(under).max_by_key(|found| found.0)?;
    Some((kind, device))
}

fn value_of(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Lets the system forget what it has of a file in memory.
pub fn forget(file: &Path) -> Result<()> {
    let mut input = OsString::from("if=");
    input.push(file);
    let output = Command::new("dd").arg(input).args(["iflag=nocache", "count=0"]).output()?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into()) }
}

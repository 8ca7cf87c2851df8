//! Creates and reads of one member while the database is copied by `recovery-journal backup`, beside the same without:
//! a copy must hold up nobody, however large the file.

use crate::Result;
use crate::goals::short;
use crate::report::markdown;
use crate::server::{database, with_settings};
use crate::visit::{Times, Visitor};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Time between two of them.
const PAUSE: Duration = Duration::from_millis(10);
/// How long they go on without a copy, and after one.
const BESIDE: Duration = Duration::from_secs(10);

/// Creates and reads of a while.
#[derive(Default)]
struct While {
    creates: Times,
    reads: Times,
    /// The largest write-ahead log in bytes.
    log: u64,
    seconds: f64,
}

/// Measures and prints.
pub fn measure(visitor: &Visitor, home: &Path) -> Result<()> {
    println!("copying {}", database(home).display());
    let copy = home.join("copy.db");
    let until = |span: Duration| move |since: &Instant| Ok(since.elapsed() >= span);
    let before = While::pass(visitor, home, until(BESIDE))?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_recovery-journal"));
    with_settings(&mut command, home);
    command.arg("backup").arg("--output").arg(&copy).stdout(Stdio::null());
    let mut backup = command.spawn()?;
    let ended = |_: &Instant| match backup.try_wait()? {
        Some(status) if status.success() => Ok(true),
        Some(status) => Err(format!("the backup ended with {status}").into()),
        None => Ok(false),
    };
    let during = While::pass(visitor, home, ended)?;
    let after = While::pass(visitor, home, until(BESIDE))?;
    let megabytes = fs::metadata(&copy)?.len() / 1_000_000;
    fs::remove_file(&copy)?;
    let rows = [("nothing", before), ("a copy is made and checked", during), ("after it", after)];
    let head = "meanwhile | create, ms: p50, p99, most | list 30 | write-ahead log at most, MB | seconds";
    let title = format!("One member's creates while the database is copied ({megabytes} MB)");
    markdown(&title, head, rows.map(|(name, it)| it.row(name)));
    Ok(())
}

impl While {
    /// Goes on until it is over.
    fn pass(
        visitor: &Visitor,
        home: &Path,
        mut is_over: impl FnMut(&Instant) -> Result<bool>,
    ) -> Result<Self> {
        let log = database(home).with_extension("db-wal");
        let mut this = Self::default();
        let since = Instant::now();
        while !is_over(&since)? {
            this.creates.add(visitor.create(1, "meanwhile")?);
            this.reads.add(visitor.get("/v1/check-ins?limit=30", None)?.1);
            this.log = fs::metadata(&log).map_or(0, |log| log.len()).max(this.log);
            thread::sleep(PAUSE);
        }
        this.seconds = since.elapsed().as_secs_f64();
        Ok(this)
    }

    fn row(&self, name: &str) -> String {
        let cell = |times: &Times| [50, 99, 100].map(|percent| short(times.percentile(percent))).join(", ");
        #[expect(clippy::cast_precision_loss, reason = "megabytes")]
        let log = short(self.log as f64 / 1e6);
        format!("{name} | {} | {} | {log} | {:.0}", cell(&self.creates), cell(&self.reads), self.seconds)
    }
}

//! `cargo bench --bench load -- instructions`: how many instructions of the processor a request takes in this
//! server, counted by valgrind's callgrind. The same program over the same data counts the same, however busy
//! the machine is, so that a change of one in a hundred shows. What it does not see is the kernel, and it takes
//! the processor for one without instructions for SHA and AES: what hashes or seals weighs more here than it does.

use crate::bench::folder;
use crate::growth::seed;
use crate::options::Options;
use crate::report::markdown;
use crate::server::{Server, with_settings};
use crate::visit::Visitor;
use crate::{READY, Result, bare};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The days of the journal that is asked.
const DAYS: usize = 60;
const LIST: &str = "/v1/check-ins?limit=30";

/// A server whose instructions are counted.
struct Counted {
    server: Server,
    directory: PathBuf,
    dumps: u32,
}

/// Measures and prints a table.
pub fn measure(options: &Options, directory: &Path) -> Result<()> {
    let home = folder(directory, "instructions")?;
    seed(&home, 1, 20, DAYS)?;
    let mut journal = callgrind(&home);
    journal.arg(env!("CARGO_BIN_EXE_recovery-journal"));
    with_settings(&mut journal, &home);
    let mut ours = Counted::start(journal, &home)?;
    let reference = folder(directory, "instructions-bare")?;
    let mut bare = callgrind(&reference);
    bare.arg(env::current_exe()?).args([bare::ARGUMENT, "984"]);
    let mut bare = Counted::start(bare, &reference)?;

    let mut rows = Vec::new();
    let mut row = |name: &str, count: f64| rows.push(format!("{name} | {:.1}", count / 1e3));
    let stranger = Visitor::stranger(&bare.server);
    row("bare actix: hello", bare.count(options, |_| stranger.get("/hello", None).map(drop))?);
    row(
        "bare actix: 984 bytes that are ready",
        bare.count(options, |_| stranger.get("/prebuilt/984", None).map(drop))?,
    );

    let mut visitor = Visitor::sign_in(&ours.server, 1)?;
    let one = format!("/v1/triggers/{}", visitor.trigger());
    let tag = visitor.get("/v1/streaks", None)?.0.etag;
    let pull = format!("/v1/sync/changes?since={}", visitor.push(1)?.0);
    row("alive", ours.count(options, |_| visitor.get("/livez", None).map(drop))?);
    row("read one", ours.count(options, |_| visitor.get(&one, None).map(drop))?);
    row("pull of nothing", ours.count(options, |_| visitor.get(&pull, None).map(drop))?);
    let unchanged = visitor.get("/v1/streaks", None)?.0.etag.or(tag);
    row("streaks, 304", ours.count(options, |_| visitor.get("/v1/streaks", unchanged.as_deref()).map(drop))?);
    for (name, path) in [("streaks", "/v1/streaks"), ("list of 30", LIST), ("summary", "/v1/summary")] {
        row(&format!("{name}, unchanged"), ours.count(options, |_| visitor.get(path, None).map(drop))?);
    }
    row("create", ours.count(options, |number| visitor.create(number % DAYS, "counted").map(drop))?);
    let touch = ours.count(options, |_| visitor.touch())?;
    row("change one word of one", touch);
    for (name, path) in [("streaks", "/v1/streaks"), ("list of 30", LIST), ("summary", "/v1/summary")] {
        let both =
            ours.count(options, |_| visitor.touch().and_then(|()| visitor.get(path, None).map(drop)))?;
        row(&format!("{name}, made anew"), both - touch);
    }
    markdown("Instructions of a request", "request | thousands", rows);
    Ok(())
}

/// Counts what the program named next does; what it counted goes into `directory`.
fn callgrind(directory: &Path) -> Command {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--quiet"]);
    command.arg(format!("--callgrind-out-file={}", directory.join("counts").display()));
    command
}

impl Counted {
    fn start(mut command: Command, directory: &Path) -> Result<Self> {
        let path = env::var_os("PATH").unwrap_or_default();
        let server = Server::start(command.env("PATH", path), READY, &directory.join("stderr.log"))?;
        Ok(Self { server, directory: directory.to_owned(), dumps: 0 })
    }

    /// The instructions of one request, as the mean of many after some that fill what later ones find.
    fn count(&mut self, options: &Options, mut ask: impl FnMut(usize) -> Result<()>) -> Result<f64> {
        let times = usize::try_from(options.visits)?;
        (0..=times / 5).try_for_each(&mut ask)?;
        self.control("--zero")?;
        (0..times).try_for_each(&mut ask)?;
        self.control("--dump")?;
        self.dumps += 1;
        let dump = fs::read_to_string(self.directory.join(format!("counts.{}", self.dumps)))?;
        let total = dump.lines().find_map(|line| line.strip_prefix("totals: "));
        let total: f64 = total.ok_or("callgrind counted nothing")?.trim().parse()?;
        Ok(total / f64::from(options.visits))
    }

    fn control(&self, what: &str) -> Result<()> {
        let mut command = Command::new("callgrind_control");
        command.arg(what).arg(self.server.pid().to_string()).stdout(Stdio::null()).stderr(Stdio::null());
        if command.status()?.success() {
            Ok(())
        } else {
            Err("callgrind_control does not reach the server".into())
        }
    }
}

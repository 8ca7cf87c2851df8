//! `cargo bench --bench load -- growth`: how long an answer takes over journals of 90 days, 2 and 10 years,
//! and in databases of ever more members.
//!
//! One request at a time. Each figure is asked for right after the smallest of writes (cold: its answer has to
//! be made), then again (cached), then with its entity tag (304), and then the bare server for as many bytes,
//! so that a busy minute meets all four. The write itself is not in any figure. Prints Markdown.

use crate::Result;
use crate::bare;
use crate::bench::{folder, start_journal};
use crate::client::Client;
use crate::crowd;
use crate::goals::short;
use crate::options::Options;
use crate::report::markdown;
use crate::sample;
use crate::server::{Server, with_settings};
use crate::visit::{Times, Visitor, take};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// The journals: the number of their member, how they are called, and their days.
const LENGTHS: [(u32, &str, usize); 3] = [(1, "90 days", 90), (2, "2 years", 730), (3, "10 years", 3_650)];
/// Most dates of a calendar.
const CALENDAR_DAYS: usize = 400;

/// One figure over one journal.
struct Asked {
    figure: &'static str,
    journal: &'static str,
    member: u32,
    path: String,
    bytes: usize,
    /// Cold, cached, 304, bare.
    times: [Times; 4],
}

/// Measures and prints both.
pub fn measure(options: &Options, directory: &Path) -> Result<()> {
    let started = Instant::now();
    lengths(options, directory)?;
    crowd::measure(options, directory)?;
    println!("\nmeasured in {:.0} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// What is asked of a journal of so many days.
fn figures(days: usize) -> Vec<(&'static str, String)> {
    let whole = format!("from={}", sample::date(days - 1));
    vec![
        ("streaks", "/v1/streaks".to_owned()),
        ("summary", "/v1/summary".to_owned()),
        ("trends, 30 days by day", "/v1/trends".to_owned()),
        ("trends, whole journal by month", format!("/v1/trends?bucket=month&{whole}")),
        ("trends, whole journal by day", format!("/v1/trends?bucket=day&{whole}")),
        ("triggers, whole journal", format!("/v1/insights/triggers?{whole}")),
        ("skills, whole journal", format!("/v1/insights/skills?{whole}")),
        ("heatmap, whole journal", format!("/v1/insights/heatmap?{whole}")),
        ("factors, whole journal", format!("/v1/insights/factors?{whole}")),
        ("days, at most 400", format!("/v1/days?from={}", sample::date(days.min(CALENDAR_DAYS) - 1))),
    ]
}

fn lengths(options: &Options, directory: &Path) -> Result<()> {
    let home = folder(directory, "lengths")?;
    for (member, _, days) in LENGTHS {
        seed(&home, member, 1, days)?;
    }
    let server = start_journal(&home)?;
    let mut asked = Vec::new();
    for (member, journal, days) in LENGTHS {
        let visitor = Visitor::sign_in(&server, member)?;
        for (figure, path) in figures(days) {
            let bytes = visitor.get(&path, None)?.0.body.len();
            asked.push(Asked { figure, journal, member, path, bytes, times: Default::default() });
        }
    }
    let sizes: Vec<usize> = asked.iter().map(|it| it.bytes).collect();
    let bare = bare::start(&sizes, directory)?;
    for it in &mut asked {
        println!("  {} over {}", it.figure, it.journal);
        it.visit(&server, &bare, options.visits)?;
    }
    print(asked);
    Ok(())
}

impl Asked {
    fn visit(&mut self, server: &Server, bare: &Server, visits: u32) -> Result<()> {
        let mut visitor = Visitor::sign_in(server, self.member)?;
        let reference = Client::new(&bare.address);
        let prebuilt = format!("/prebuilt/{}", self.bytes);
        // The first round fills what every later one finds: pages, prepared statements, connections.
        for round in 0..=visits {
            visitor.touch()?;
            let (cold, first) = visitor.get(&self.path, None)?;
            let (cached, second) = visitor.get(&self.path, None)?;
            let (_, known) = visitor.get(&self.path, cached.etag.as_deref())?;
            let ask = || reference.get(&prebuilt, &[])?.expect_status(&[200]);
            let (ready, last) = take(bare.pid(), ask)?;
            let took = [first, second, known, last];
            if cold.body != cached.body || cold.body.len() != ready.body.len() {
                return Err(format!("{}: the answers compared are not the same", self.path).into());
            }
            if round > 0 {
                self.times.iter_mut().zip(took).for_each(|(times, took)| times.add(took));
            }
        }
        Ok(())
    }
}

fn print(asked: Vec<Asked>) {
    let head = "figure | journal | bytes | cold, ms | cached, ms | 304, ms | bare, ms | cold against bare | \
                cached against bare | cold, CPU ms | cold by CPU | cached by CPU";
    let rows = asked.into_iter().map(|it| {
        let [cold, cached, known, bare] = it.times.each_ref().map(|times| times.percentile(50));
        let times = [cold, cached, known, bare].map(short).join(" | ");
        let ratios =
            |cold: f64, cached: f64, bare: f64| [cold / bare, cached / bare].map(short).join(" × | ");
        let by_time = ratios(cold, cached, bare);
        let [cold, cached, _, bare] = it.times.each_ref().map(Times::cpu);
        let (by_cpu, cold) = (ratios(cold, cached, bare), short(cold));
        let Asked { figure, journal, bytes, .. } = it;
        format!("{figure} | {journal} | {bytes} | {times} | {by_time} × | {cold} | {by_cpu} ×")
    });
    markdown("Answers and the length of a journal (medians)", head, rows);
}

/// Fills the database in `home` with members, the first of them with this number; answers how long it took in
/// seconds.
pub fn seed(home: &Path, first: u32, members: u32, days: usize) -> Result<f64> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_recovery-journal"));
    with_settings(&mut command, home);
    command.args(["seed", "--first", &first.to_string(), "--members", &members.to_string()]);
    command.args(["--days", &days.to_string()]);
    let started = Instant::now();
    // Its progress and its complaints go where ours go.
    if !command.stdin(Stdio::null()).stdout(Stdio::null()).status()?.success() {
        return Err("the members could not be made".into());
    }
    Ok(started.elapsed().as_secs_f64())
}

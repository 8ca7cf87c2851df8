//! What goes wrong around a server: full and broken disks, databases that vanish or fall silent, clocks that jump,
//! ends in the middle of work, a second process. Each is met under load, and afterwards nothing that was
//! acknowledged is lost and nothing is there that nobody sent. `FAULT_ROUNDS` makes the loops longer.

mod clock;
mod database;
mod disk;
mod ending;
mod processes;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::durability::everything;
use crate::records::new_id;
use crate::support::{Client, Server};

const PATH: &str = "/v1/check-ins";

/// Says that something is not tested here, past the test runner's capture.
pub fn not_tested(what: &str, why: &str) {
    use std::io::Write as _;
    drop(std::io::stderr().write_all(format!("\n{what} was NOT tested: {why}\n\n").as_bytes()));
}

/// Members at work while something happens.
pub struct Load {
    stop: Arc<AtomicBool>,
    acknowledged: Arc<AtomicUsize>,
    workers: Vec<JoinHandle<Report>>,
    member: Client,
}

/// What came of it.
#[derive(Default)]
pub struct Report {
    /// Notes by id.
    pub written: HashMap<String, String>,
    /// Refused or unanswered: there or not.
    pub unknown: HashSet<String>,
    /// How often which refusal.
    pub refusals: HashMap<String, usize>,
    /// The longest that an answer took.
    pub slowest: Duration,
}

impl Load {
    /// Starts `writers` that write and half as many that read.
    pub fn start(member: &Client, writers: usize) -> Self {
        let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut load = Self { stop, acknowledged, workers: Vec::new(), member: member.clone() };
        for writer in 0..writers {
            load.work(member, write);
            if writer % 2 == 0 {
                load.work(member, |member, report| {
                    let from = Instant::now();
                    let answer = member.request("GET", "/v1/check-ins?limit=5").try_send();
                    report.slowest = report.slowest.max(from.elapsed());
                    match answer {
                        Ok(answer) if answer.status == 200 => {}
                        Ok(answer) => report.refused(&answer),
                        Err(error) => report.lost(&error),
                    }
                    thread::sleep(Duration::from_millis(5));
                    false
                });
            }
        }
        load
    }

    fn work(&mut self, member: &Client, step: impl Fn(&Client, &mut Report) -> bool + Send + 'static) {
        let (stop, acknowledged) = (Arc::clone(&self.stop), Arc::clone(&self.acknowledged));
        let member = member.at(member.address());
        self.workers.push(thread::spawn(move || {
            let mut report = Report::default();
            while !stop.load(Ordering::Relaxed) {
                if step(&member, &mut report) {
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                }
            }
            report
        }));
    }

    /// Waits until so many more writes were acknowledged.
    #[track_caller]
    pub fn goes_on(&self, count: usize) {
        let (from, before) = (Instant::now(), self.acknowledged.load(Ordering::Relaxed));
        while self.acknowledged.load(Ordering::Relaxed) < before + count {
            assert!(from.elapsed() < Duration::from_secs(30), "writes do not go on");
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Who works.
    pub fn member(&self) -> Client {
        self.member.clone()
    }

    /// Ends it, and looks for what it wrote. Every refusal must have been one of `allowed`.
    pub fn finish(self, member: &Client, allowed: &[&str]) -> Report {
        let all = self.stop();
        all.check(member, allowed);
        all
    }

    /// Ends it.
    pub fn stop(self) -> Report {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Report::default();
        for worker in self.workers {
            all.add(worker.join().unwrap());
        }
        all
    }
}

fn write(member: &Client, report: &mut Report) -> bool {
    let id = new_id();
    let note = format!("the note of {id}");
    let body = json!({"id": id, "local_date": "2025-03-04", "note": note});
    let from = Instant::now();
    let answer = member.request("POST", PATH).json(&body).try_send();
    report.slowest = report.slowest.max(from.elapsed());
    match answer {
        Ok(answer) if answer.status == 201 => {
            report.written.insert(id, note);
            return true;
        }
        Ok(answer) => report.refused(&answer),
        Err(error) => report.lost(&error),
    }
    report.unknown.insert(id);
    // A client that was refused does not try again at once.
    thread::sleep(Duration::from_millis(20));
    false
}

impl Report {
    fn refused(&mut self, answer: &crate::support::Answer) {
        let code = answer.json["code"].as_str().unwrap_or("no problem");
        let later = if answer.status == 503 && answer.header("retry-after").is_none() {
            ", no Retry-After"
        } else {
            ""
        };
        *self.refusals.entry(format!("{code}{later}")).or_default() += 1;
    }

    fn lost(&mut self, error: &ureq::Error) {
        let what = if matches!(error, ureq::Error::Io(_)) { "gone".to_owned() } else { error.to_string() };
        *self.refusals.entry(what).or_default() += 1;
    }

    fn add(&mut self, other: Self) {
        self.written.extend(other.written);
        self.unknown.extend(other.unknown);
        self.slowest = self.slowest.max(other.slowest);
        for (code, count) in other.refusals {
            *self.refusals.entry(code).or_default() += count;
        }
    }

    /// Holds it against what is there.
    #[track_caller]
    fn check(&self, member: &Client, allowed: &[&str]) {
        let surprises: Vec<_> =
            self.refusals.iter().filter(|(code, _)| !allowed.contains(&code.as_str())).collect();
        assert!(surprises.is_empty(), "refusals of another kind: {surprises:?}");
        // Fails when one is there twice.
        let found = everything(member);
        for (id, note) in &self.written {
            assert_eq!(found.get(id), Some(note), "{id} was acknowledged and is not as it was");
        }
        let surplus: Vec<&String> = found
            .keys()
            .filter(|id| !self.written.contains_key(*id) && !self.unknown.contains(*id))
            .collect();
        assert!(surplus.is_empty(), "nobody wrote {surplus:?}");
    }
}

/// Waits until the server says that it is ready.
#[track_caller]
pub fn wait_until_ready(server: &Server) {
    let from = Instant::now();
    while server.anybody().get("/readyz").status != 200 {
        assert!(from.elapsed() < Duration::from_secs(15), "it does not come back");
        thread::sleep(Duration::from_millis(50));
    }
}

//! Random journals, written through the API, and every figure of the server beside the slow one, value by value.
//!
//! `FIGURES_JOURNALS` says how many journals (60 unless it is set), `FIGURES_SEED` tries one alone.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use serde_json::{Value as Json, json};

use super::dice::Dice;
use super::life::Life;
use super::questions::{Question, Seen};
use super::slow::Journal;
use crate::support::{Client, Server, both};

both!(the_figures_are_those_of_the_design);

const JOURNALS: u64 = 60;
const AT_ONCE: usize = 4;
/// More differences than these say nothing new.
const ENOUGH: usize = 12;

#[expect(clippy::disallowed_methods, reason = "the tests' own settings are not the server's")]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number")))
}

fn the_figures_are_those_of_the_design(server: &Server) {
    let catalogue = server.anybody().get("/v1/catalogue").expect(200).json.clone();
    let seeds = match setting("FIGURES_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..setting("FIGURES_JOURNALS").unwrap_or(JOURNALS),
    };
    let next = AtomicU64::new(seeds.start);
    let (found, seen) = (Mutex::new(Vec::new()), Mutex::new(Seen::new()));
    let work = || {
        while found.lock().unwrap().len() < ENOUGH {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if !seeds.contains(&seed) {
                break;
            }
            let mut one = Seen::new();
            let differ = one_life(server, seed, &catalogue, &mut one);
            for (figure, words) in one {
                seen.lock().unwrap().entry(figure).or_default().extend(words);
            }
            found.lock().unwrap().extend(differ);
        }
    };
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(work);
        }
    });
    let mut found = found.into_inner().unwrap();
    found.truncate(ENOUGH);
    assert!(found.is_empty(), "journals whose figures differ:\n{}", found.join("\n"));
    if seeds.end - seeds.start >= JOURNALS {
        assert_seen(&seen.into_inner().unwrap());
    }
}

/// Fails unless every figure came both with enough data and with too little, every word and state with another
/// one: otherwise next to nothing was compared.
fn assert_seen(seen: &Seen) {
    let always_the_same: Vec<_> = seen.iter().filter(|(_, words)| words.len() < 2).collect();
    assert!(always_the_same.is_empty(), "always the same: {always_the_same:#?}");
    assert!(seen.len() > 20, "only these were seen: {seen:#?}");
}

/// Writes a life and asks for its figures, now and then in the middle too, when the last answers may still be
/// remembered. A line a difference, the first few.
fn one_life(server: &Server, seed: u64, catalogue: &Json, seen: &mut Seen) -> Vec<String> {
    let _told = Told(seed);
    let life = Life::new(seed, catalogue);
    let member = settled(server, &life);
    let mut dice = Dice::new(seed ^ 0xFFFF);
    let mut journal = Journal::default();
    let mut found = Vec::new();
    for write in &life.writes {
        life.write(write, &member, &mut journal);
        if dice.percent(2) {
            found.extend(ask(seed, &member, &life, &journal, catalogue, &mut dice, seen));
        }
    }
    for _ in 0..2 {
        found.extend(ask(seed, &member, &life, &journal, catalogue, &mut dice, seen));
    }
    found.truncate(3);
    found
}

fn ask(
    seed: u64,
    member: &Client,
    life: &Life,
    journal: &Journal,
    catalogue: &Json,
    dice: &mut Dice,
    seen: &mut Seen,
) -> Vec<String> {
    let questions = Question::drawn(life, dice).into_iter();
    let differ = questions.flat_map(|question| question.ask(member, life, journal, catalogue, seen));
    differ.map(|difference| format!("seed {seed}: {difference}")).collect()
}

/// A member with the settings of a life.
pub fn settled(server: &Server, life: &Life) -> Client {
    let member = server.member();
    let settings = json!({"time_zone": life.zone, "day_starts_at": life.day_starts_at});
    member.patch("/v1/account", &settings).expect(200);
    member
}

/// Says which journal it was, if something fails outright.
struct Told(u64);

impl Drop for Told {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("it was the journal of FIGURES_SEED={}", self.0);
        }
    }
}

//! What a report says, as blocks: the words of a page that a person brings to a doctor.
//!
//! | file | what it says |
//! |---|---|
//! | `days` | clocks, and how the days were |
//! | `cravings` | cravings, what set them off, what helped |
//! | `care` | medication, levels of care, questionnaires, withdrawal, meetings |
//!
//! `rows` has the members of answers that nothing else shows.
//!
//! Every figure is one of the API's answers: nothing is worked out here. What rests on too little says so, and
//! what a share does not open is named and left out. Never a diagnosis, and never only a zero.

mod care;
mod cravings;
mod days;
mod rows;

pub use days::bucket;

use chrono::NaiveDate;

use super::draw::Block;
use crate::domain::period::Period;
use crate::error::Result;
use crate::sharing::answers::{Direction, Figure, Previous, Streaks, Trends};
use crate::sharing::scope::{Grants, INSIGHTS, STREAKS};
use crate::sharing::visit::Answers;
use crate::sharing::words;

/// Whose report it is, over which dates, and who is to read it.
pub struct Head {
    /// The person's name, if they gave one.
    pub name: Option<String>,
    /// The dates.
    pub period: Period,
    /// The date to take for today.
    pub as_of: NaiveDate,
    /// The reader, if it is another.
    pub reader: Option<Reader>,
}

/// Who reads under a share.
pub struct Reader {
    /// By name.
    pub name: String,
    /// What the share is for.
    pub purpose: String,
    /// Its last day.
    pub ends_on: NaiveDate,
    /// What the law says.
    pub notice: &'static str,
    /// What it opens.
    pub grants: Grants,
}

impl Head {
    /// Whether figures about a collection are open.
    fn opens(&self, collection: &str) -> bool {
        let named =
            |reader: &Reader| reader.grants.of(collection).or_else(|| reader.grants.of(INSIGHTS)).is_some();
        self.reader.as_ref().is_none_or(named)
    }

    /// The dates, as they are written.
    pub fn dates(&self) -> String {
        format!("{} to {}", words::date(self.period.from()), words::date(self.period.to()))
    }
}

/// What there is to tell.
struct Found<'a> {
    head: &'a Head,
    answers: &'a Answers,
    streaks: Option<Streaks>,
    trends: Option<Trends>,
}

/// What a section found: its blocks, or that there is nothing, or that it is closed.
enum Section {
    Says(Vec<Block>),
    Nothing,
    Closed,
}

/// The report.
pub fn blocks(head: &Head, answers: &Answers) -> Result<Vec<Block>> {
    let (streaks, trends) = (answers.of("streaks")?, answers.of("trends")?);
    let found = Found { head, answers, streaks, trends };
    let sections = [
        ("Clocks", "clocks", days::clocks(&found)),
        ("How the days were", "ratings of days", days::ratings(&found)),
        ("Cravings", "cravings", cravings::cravings(&found)),
        ("What set cravings off", "triggers", cravings::triggers(&found)?),
        ("What helped", "skills", cravings::skills(&found)?),
        ("Medication", "medication", care::medication(&found)?),
        ("Levels of care and sessions", "levels of care and sessions", care::care(&found)?),
        ("Meetings", "meetings", care::meetings(&found)?),
        ("Questionnaires", "questionnaires", care::questionnaires(&found)?),
        ("Withdrawal", "withdrawal", care::withdrawal(&found)?),
    ];
    let (mut said, mut nothing, mut closed) = (Vec::new(), Vec::new(), Vec::new());
    for (heading, name, section) in sections {
        match section {
            Section::Says(blocks) => {
                said.push(Block::Heading(heading.to_owned()));
                said.extend(blocks);
            }
            Section::Nothing => nothing.push(name.to_owned()),
            Section::Closed => closed.push(name.to_owned()),
        }
    }
    let mut blocks = opening(&found, &closed);
    if said.is_empty() {
        blocks.push(Block::Text("Nothing is written down for these dates yet.".to_owned()));
    } else if !nothing.is_empty() {
        said.push(Block::Heading("What is not in this report".to_owned()));
        let told = format!("Nothing is written down for these dates about {}.", words::listed(&nothing));
        said.push(Block::Text(told));
    }
    blocks.extend(said);
    blocks.push(Block::Note(
        "Made by Recovery Journal from what the person wrote down themselves. Every figure says on how much it \
         rests; where there is too little, it says how much it would take. A score is no diagnosis, and a day \
         without an entry counts neither for nor against anybody."
            .to_owned(),
    ));
    Ok(blocks)
}

/// Whose report it is, and who is to read it.
fn opening(found: &Found<'_>, closed: &[String]) -> Vec<Block> {
    let head = found.head;
    let title = head.name.as_ref().map_or_else(
        || "Recovery journal report".to_owned(),
        |name| format!("{name}: recovery journal report"),
    );
    let zone = found.streaks.as_ref().map_or_else(String::new, |streaks| {
        let zone = &streaks.time_zone;
        format!(", time zone {zone}")
    });
    let days = words::count(head.period.days(), "day");
    let as_of = words::date(head.as_of);
    let mut blocks =
        vec![Block::Title(title), Block::Text(format!("{} ({days}), as of {as_of}{zone}.", head.dates()))];
    if let Some(reader) = &head.reader {
        let Reader { name, purpose, ends_on, notice, grants } = reader;
        let ends = words::date(*ends_on);
        blocks.push(Block::Text(format!("Shared with {name}: {purpose}. The share ends on {ends}.")));
        let granted = words::granted(&grants.0).into_iter().map(|granted| {
            let dates = if granted.dates.is_empty() { String::new() } else { format!(", {}", granted.dates) };
            format!("{} ({}{dates})", granted.things, granted.detail)
        });
        blocks.push(Block::Text(format!("What is shared: {}.", granted.collect::<Vec<_>>().join("; "))));
        if !closed.is_empty() {
            let told = format!("Not shared, and therefore not in this report: {}.", words::listed(closed));
            blocks.push(Block::Text(told));
        }
        blocks.push(Block::Note((*notice).to_owned()));
    }
    blocks
}

/// Where something goes, in words.
fn direction(figure: &Figure<Direction>) -> String {
    match figure {
        Figure::Ok(direction) if direction.per_week == 0.0 => direction.word.clone(),
        Figure::Ok(direction) => format!("{}, {} a week", direction.word, words::plus(direction.per_week)),
        Figure::NeedsMore { have, need } => format!("needs {need} days, has {have}"),
    }
}

/// The period before, in words.
fn previous(figure: &Figure<Previous>, one: &str) -> String {
    match figure {
        Figure::Ok(before) => format!(
            "{} over {}; now {}",
            words::exact(before.mean),
            words::count(before.n, one),
            words::plus(before.difference)
        ),
        Figure::NeedsMore { have, need } => format!("needs {need} {one}s in both, has {have}"),
    }
}

/// Whether streaks are open.
fn opens_streaks(head: &Head) -> bool {
    head.reader.as_ref().is_none_or(|reader| reader.grants.of(STREAKS).is_some())
}

/// Dates below a chart: at most a few buckets by their first date, the first and the last among them.
fn ticks(starts: &[NaiveDate], period: Period) -> Vec<(usize, String)> {
    const MOST: usize = 5;
    let last = starts.len().saturating_sub(1);
    let shown = MOST.min(starts.len());
    let at = |tick: usize| {
        let index = tick * last / shown.saturating_sub(1).max(1);
        let format = if period.days() > 400 { "%b %Y" } else { "%-d %b" };
        starts.get(index).map(|start| (index, (*start).max(period.from()).format(format).to_string()))
    };
    (0..shown).filter_map(at).collect()
}

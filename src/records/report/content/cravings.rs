//! Cravings, what set them off, what helped.

use chrono::NaiveDate;

use super::days::{bucket, small};
use super::{Found, Head, Section, direction, previous, ticks};
use crate::error::Result;
use crate::records::report::draw::{Block, Cell, Chart, Column, Drawn, Table};
use crate::sharing::answers::{Figure, Relief, Skills, Trigger, Triggers};
use crate::sharing::words::{self, count, exact};

/// Rows of a table of what comes most often first; how many more there are is said.
const MOST: usize = 12;
const UNNAMED: &str = "One without a name";

/// Cravings.
pub fn cravings(found: &Found<'_>) -> Section {
    let head = found.head;
    let trends = found.trends.as_ref().filter(|_| head.opens("cravings"));
    let Some(trends) = trends else { return Section::Closed };
    let all = &trends.cravings;
    let Some(mean) = all.mean_intensity else { return Section::Nothing };
    let ended = all.passed_share.map_or_else(String::new, |share| {
        format!(" Of those that are over, {} passed without use.", percent(share))
    });
    let mut blocks = vec![
        Block::Text(format!(
            "{} in these dates, {} of 10 on average: {} passed, {} with use, {} not closed.{ended}",
            count(all.n, "craving"),
            exact(mean),
            all.passed,
            all.used,
            all.open,
        )),
        Block::Text(format!(
            "Strength: {}. The {} before: {}.",
            direction(&all.direction),
            count(head.period.days(), "day"),
            previous(&all.previous, "craving"),
        )),
    ];
    let starts: Vec<_> = all.series.iter().map(|bucket| bucket.start).collect();
    let counts = all.series.iter().map(|bucket| f64::from(bucket.n));
    blocks.push(Block::Chart(counted("Cravings", head, &starts, counts)));
    Section::Says(blocks)
}

/// A chart of how many of something there were in each bucket.
pub fn counted(what: &str, head: &Head, starts: &[NaiveDate], counts: impl Iterator<Item = f64>) -> Chart {
    let told = format!("{what} by {}", bucket(head.period));
    planned(&told, head, starts, &counts.map(|count| (count, None)).collect::<Vec<_>>())
}

/// The same beside what was planned.
pub fn planned(what: &str, head: &Head, starts: &[NaiveDate], counts: &[(f64, Option<f64>)]) -> Chart {
    /// Longer than this, a list of numbers says nothing any more.
    const TOLD: usize = 60;
    let greatest = counts.iter().map(|(count, plan)| count.max(plan.unwrap_or_default())).fold(0.0, f64::max);
    let told = counts.iter().map(|(count, plan)| {
        let plan = plan.map_or_else(String::new, |plan| format!(" of {} planned", exact(plan)));
        format!("{}{plan}", exact(*count))
    });
    let told: Vec<String> = told.collect();
    let from = starts.first().map_or(head.period.from(), |first| (*first).max(head.period.from()));
    let listed = if told.len() > TOLD { String::new() } else { format!(" {}.", words::listed(&told)) };
    let told = format!(
        "from {} to {}:{listed} The most is {}",
        words::date(from),
        words::date(head.period.to()),
        exact(greatest)
    );
    Chart {
        about: format!("{what}, {told}."),
        height: 62.0,
        // An even number, so that the line in the middle is a whole one too.
        most: small((greatest.max(2.0) / 2.0).ceil() * 2.0),
        drawn: Drawn::Counts(counts.iter().map(|(count, plan)| (small(*count), plan.map(small))).collect()),
        dates: ticks(starts, head.period),
    }
}

/// What set cravings off.
pub fn triggers(found: &Found<'_>) -> Result<Section> {
    let triggers: Option<Triggers> = found.answers.of("insights/triggers")?;
    let Some(triggers) = triggers.filter(|_| found.head.opens("cravings")) else {
        return Ok(Section::Closed);
    };
    if let Some(need) = triggers.need {
        return Ok(match found.trends.as_ref().map_or(0, |trends| trends.cravings.n) {
            0 => Section::Nothing,
            n => {
                let has = count(n, "craving");
                Section::Says(vec![Block::Text(format!("{has} in these dates; it takes {need} to say."))])
            }
        });
    }
    if triggers.triggers.is_empty() {
        return Ok(Section::Nothing);
    }
    let name = |name: &Option<String>| name.as_deref().map_or_else(|| UNNAMED.to_owned(), words::name);
    let row = |trigger: &Trigger| {
        let share = |share: Option<f64>| share.map_or_else(|| "none over yet".to_owned(), percent);
        let texts = [
            name(&trigger.name),
            trigger.count.to_string(),
            percent(trigger.share),
            trigger.mean_intensity.map_or_else(String::new, exact),
            share(trigger.passed_share),
        ];
        texts.map(Cell::from).to_vec()
    };
    let mut blocks = vec![Block::Table(Table {
        about: "Triggers, the most frequent first.".to_owned(),
        columns: vec![
            Column::new("Trigger", 40.0),
            Column::new("Cravings", 14.0),
            Column::new("Share of all", 16.0),
            Column::new("Mean strength", 18.0),
            Column::new("Passed without use", 22.0),
        ],
        rows: triggers.triggers.iter().take(MOST).map(row).collect(),
    })];
    blocks.extend(more(triggers.triggers.len(), "less frequent"));
    Ok(Section::Says(blocks))
}

/// What helped.
pub fn skills(found: &Found<'_>) -> Result<Section> {
    let skills: Option<Skills> = found.answers.of("insights/skills")?;
    let Some(skills) = skills.filter(|_| found.head.opens("cravings")) else { return Ok(Section::Closed) };
    let mut rows = Vec::new();
    let mut few = Vec::new();
    let mut row = |name: String, figure: &Figure<Relief>| match figure {
        Figure::Ok(relief) => {
            let by = exact(relief.median_relief);
            rows.push(vec![name.into(), relief.n.to_string().into(), by.into()]);
        }
        Figure::NeedsMore { have, need } if *have > 0 => few.push(format!("{name} ({have} of {need})")),
        Figure::NeedsMore { .. } => {}
    };
    row("Without any skill".to_owned(), &skills.baseline);
    for skill in &skills.skills {
        row(skill.name.as_deref().map_or_else(|| UNNAMED.to_owned(), words::name), &skill.figure);
    }
    if rows.is_empty() && few.is_empty() {
        return Ok(Section::Nothing);
    }
    let mut blocks = Vec::new();
    if !rows.is_empty() {
        let all = rows.len();
        rows.truncate(MOST + 1);
        blocks.push(Block::Table(Table {
            about: "Skills with how much cravings eased, beside those without any skill.".to_owned(),
            columns: vec![
                Column::new("Skill", 40.0),
                Column::new("Cravings", 14.0),
                Column::new("Points that they eased by (median)", 56.0),
            ],
            rows,
        }));
        blocks.extend(more(all.saturating_sub(1), "less often used"));
    }
    if !few.is_empty() {
        few.truncate(MOST);
        blocks.push(Block::Note(format!("Used too few times to say: {}.", words::listed(&few))));
    }
    Ok(Section::Says(blocks))
}

/// A share, as it is written.
pub fn percent(share: f64) -> String {
    format!("{}\u{a0}%", exact(share))
}

fn more(all: usize, which: &str) -> Option<Block> {
    let left = all.checked_sub(MOST).filter(|left| *left > 0)?;
    Some(Block::Note(format!("And {left} more, {which}.")))
}

//! Medication, levels of care, questionnaires, withdrawal, meetings.

use chrono::NaiveDate;

use super::cravings::{counted, percent, planned};
use super::rows::{Assessment, CareEpisode, Listed, MeetingGroups, Prescription, Withdrawal};
use super::{Found, Head, Section};
use crate::catalogue::Catalogue;
use crate::error::Result;
use crate::records::report::draw::{Block, Cell, Column, Table};
use crate::sharing::answers::{Adherence, CarePlan, CareWeek, Doses, Figure, Medication};
use crate::sharing::words::{self, compact, count, exact};

/// Scores that a page shows: the newest.
const NEWEST: usize = 26;

/// Medication: what was prescribed, and how many due days were covered.
pub fn medication(found: &Found<'_>) -> Result<Section> {
    let Found { head, answers, .. } = found;
    let adherence: Option<Adherence> = answers.of("insights/adherence")?;
    let listed: Option<Listed<Prescription>> = answers.of("medications")?;
    if adherence.is_none() && listed.is_none() {
        return Ok(Section::Closed);
    }
    let figures = adherence.as_ref().map(|adherence| adherence.medications.as_slice()).unwrap_or_default();
    let of = |id: &str| figures.iter().find(|figure| figure.id == id);
    let (from, to) = (head.period.from(), head.period.to());
    let is_of_these_dates =
        |one: &&Prescription| one.starts_on <= to && one.ends_on.is_none_or(|last| last >= from);
    let rows: Vec<Vec<Cell>> = match &listed {
        Some(listed) => listed
            .items
            .iter()
            .filter(is_of_these_dates)
            .map(|one| prescribed(one, of(&one.id), adherence.is_some()))
            .collect(),
        None => figures.iter().map(unlisted).collect(),
    };
    if rows.is_empty() {
        return Ok(nothing_about(head, "medications"));
    }
    let mut blocks = vec![Block::Table(Table {
        about: "Each medication with how it is taken, who prescribes it, and how many due days were covered."
            .to_owned(),
        columns: vec![
            Column::new("Medication", 24.0),
            Column::new("How", 22.0),
            Column::new("From, to", 19.0),
            Column::new("Prescriber", 17.0),
            Column::new("Due days covered", 18.0),
            Column::new("Doses", 24.0),
        ],
        rows,
    })];
    if listed.is_some_and(|listed| listed.next_cursor.is_some()) {
        blocks.push(Block::Note("The newest 200 medications; the journal has more.".to_owned()));
    }
    blocks.push(Block::Note(
        "A due day is covered by a dose that was taken, late, or observed at the clinic. A prescribed dose is \
         treatment and never use."
            .to_owned(),
    ));
    Ok(Section::Says(blocks))
}

/// Nothing found: because there is nothing, or because what it is about is not open.
fn nothing_about(head: &Head, collection: &str) -> Section {
    if head.opens(collection) { Section::Nothing } else { Section::Closed }
}

fn prescribed(one: &Prescription, figure: Option<&Medication>, has_figures: bool) -> Vec<Cell> {
    let kind = words::name(&one.kind);
    let name = match &one.name {
        Some(name) if one.kind == "other" || tells(name, &kind) => name.clone(),
        Some(name) => format!("{name} ({})", kind.to_lowercase()),
        None => format!("{kind} (name not shared)"),
    };
    let schedule = match (one.schedule.as_str(), one.every_n_days) {
        ("every_n_days", Some(days)) => format!("every {}", count(days, "day")),
        (schedule, _) => words::name(schedule).to_lowercase(),
    };
    let dose = one
        .dose_value
        .as_ref()
        .map(|value| one.dose_unit.as_ref().map_or_else(|| value.clone(), |unit| format!("{value} {unit}")));
    let route = one.route.as_deref().map(|route| words::name(route).to_lowercase());
    let how: Vec<String> = dose.into_iter().chain(route).chain([schedule]).collect();
    let until = one.ends_on.map_or_else(String::new, |last| format!(" to {}", compact(last)));
    let expires = one.expires_on.map_or_else(String::new, |on| format!("; expires {}", compact(on)));
    let [covered, doses] = match figure {
        Some(figure) => covered(&figure.figure),
        None if one.schedule == "as_needed" => [String::new(), String::new()],
        None if has_figures => ["none due".to_owned(), String::new()],
        None => ["not shared".to_owned(), String::new()],
    };
    let texts = [
        name,
        how.join(", "),
        format!("{}{until}{expires}", compact(one.starts_on)),
        one.prescriber.clone().unwrap_or_default(),
        covered,
        doses,
    ];
    texts.map(Cell::from).to_vec()
}

/// Whether a name says already what kind it is of.
fn tells(name: &str, kind: &str) -> bool {
    let first = kind.split(' ').next().unwrap_or_default().to_lowercase();
    name.to_lowercase().contains(&first)
}

/// A medication of which only figures are shared.
fn unlisted(one: &Medication) -> Vec<Cell> {
    let [covered, doses] = covered(&one.figure);
    let name = one.name.clone().unwrap_or_else(|| "Name not shared".to_owned());
    [name, "not shared".to_owned(), String::new(), String::new(), covered, doses].map(Cell::from).to_vec()
}

fn covered(figure: &Figure<Doses>) -> [String; 2] {
    match figure {
        Figure::Ok(doses) => [
            format!("{} of {} ({})", doses.covered_days, doses.scheduled_days, percent(doses.percent)),
            format!(
                "{} late, {} missed, longest gap {}",
                doses.late,
                doses.missed,
                count(doses.longest_gap_days, "day")
            ),
        ],
        Figure::NeedsMore { have, need } => {
            [format!("{}; it takes {need} to say", count(*have, "due day")), String::new()]
        }
    }
}

/// Levels of care, and attendance against their plan.
pub fn care(found: &Found<'_>) -> Result<Section> {
    let Found { head, answers, .. } = found;
    let plan: Option<CarePlan> = answers.of("insights/care-plan")?;
    let episodes: Option<Listed<CareEpisode>> = answers.of("care-episodes")?;
    if plan.is_none() && episodes.is_none() {
        return Ok(Section::Closed);
    }
    let mut blocks = Vec::new();
    let (from, to) = (head.period.from(), head.period.to());
    let episodes = episodes.map(|listed| listed.items).unwrap_or_default();
    let is_of_these_dates =
        |one: &&CareEpisode| one.starts_on <= to && one.ends_on.is_none_or(|last| last >= from);
    let rows: Vec<Vec<Cell>> = episodes.iter().filter(is_of_these_dates).map(episode).collect();
    if !rows.is_empty() {
        blocks.push(Block::Table(Table {
            about: "Each level of care with its dates, its place and its plan.".to_owned(),
            columns: vec![
                Column::new("Level of care", 24.0),
                Column::new("From, to", 40.0),
                Column::new("Where", 36.0),
                Column::new("Planned a week", 26.0),
            ],
            rows,
        }));
    }
    let attended =
        found.trends.as_ref().and_then(|trends| trends.counts.get("sessions")).map_or(0, |count| count.n);
    if head.opens("sessions") && attended > 0 {
        let told = format!("{} attended in these dates.", count(attended, "session"));
        blocks.push(Block::Text(told));
    }
    let weeks = plan.map(|plan| plan.weeks).unwrap_or_default();
    let mut levels: Vec<&str> = weeks.iter().map(|week| week.level.as_str()).collect();
    levels.sort_unstable();
    levels.dedup();
    for name in levels {
        let weeks: Vec<&CareWeek> = weeks.iter().filter(|week| week.level == name).collect();
        blocks.extend(attendance(name, head, &weeks));
    }
    Ok(if blocks.is_empty() { nothing_about(head, "care_episodes") } else { Section::Says(blocks) })
}

fn episode(one: &CareEpisode) -> Vec<Cell> {
    let until =
        one.ends_on.map_or_else(|| ", still on".to_owned(), |last| format!(" to {}", words::date(last)));
    let days = one.days_per_week.map(|days| count(days, "day"));
    let hours = one.hours_per_day.map(|hours| format!("{} h a day", exact(hours)));
    let plan: Vec<String> = days.into_iter().chain(hours).collect();
    let texts = [
        level(&one.level),
        format!("{}{until}", words::date(one.starts_on)),
        one.facility.clone().unwrap_or_default(),
        plan.join(", "),
    ];
    texts.map(Cell::from).to_vec()
}

fn level(code: &str) -> String {
    if code == "iop" { "Intensive outpatient".to_owned() } else { words::name(code) }
}

/// The weeks of a level: hours if its plan says them, else sessions.
fn attendance(name: &str, head: &Head, weeks: &[&CareWeek]) -> [Block; 2] {
    let starts: Vec<NaiveDate> = weeks.iter().map(|week| week.start).collect();
    let in_hours = weeks.iter().any(|week| week.planned_hours.is_some());
    let of = |week: &&CareWeek| {
        if in_hours {
            (week.attended_hours, week.planned_hours)
        } else {
            (f64::from(week.attended_sessions), week.planned_sessions.map(f64::from))
        }
    };
    let counts: Vec<(f64, Option<f64>)> = weeks.iter().map(of).collect();
    let unit = if in_hours { "hours" } else { "sessions" };
    let what = format!("{}, {unit} attended by week", level(name));
    let chart = planned(&what, head, &starts, &counts);
    [Block::Text(format!("{what}; the mark is what was planned.")), Block::Chart(chart)]
}

/// Meetings, by bucket and by fellowship.
pub fn meetings(found: &Found<'_>) -> Result<Section> {
    let Found { head, answers, .. } = found;
    let groups: Option<MeetingGroups> = answers.of("insights/meetings")?;
    let Some(groups) = groups.filter(|_| head.opens("meetings")) else { return Ok(Section::Closed) };
    if groups.n == 0 {
        return Ok(Section::Nothing);
    }
    let name = |slug: &str| {
        let known = Catalogue::builtin().fellowships.iter().find(|term| term.slug == slug);
        known.map_or_else(|| words::name(slug), |term| term.name.clone())
    };
    let told = groups
        .fellowships
        .iter()
        .map(|group| format!("{} {} ({})", name(&group.slug), group.count, percent(group.share)));
    let told = told.collect::<Vec<_>>().join("; ");
    let mut blocks = vec![Block::Text(format!("{} in these dates: {told}.", count(groups.n, "meeting")))];
    if let Some(meetings) = found.trends.as_ref().and_then(|trends| trends.counts.get("meetings")) {
        let starts: Vec<_> = meetings.series.iter().map(|bucket| bucket.start).collect();
        let counts = meetings.series.iter().map(|bucket| f64::from(bucket.n));
        blocks.push(Block::Chart(counted("Meetings", head, &starts, counts)));
    }
    Ok(Section::Says(blocks))
}

/// Scores of questionnaires.
pub fn questionnaires(found: &Found<'_>) -> Result<Section> {
    let answers = found.answers;
    let listed: Option<Listed<Assessment>> = answers.of("assessments")?;
    let Some(listed) = listed else { return Ok(Section::Closed) };
    if listed.items.is_empty() {
        return Ok(Section::Nothing);
    }
    let mut blocks = vec![Block::Table(Table {
        about: "Scores of questionnaires, the newest first.".to_owned(),
        columns: vec![
            Column::new("Date", 24.0),
            Column::new("Questionnaire", 46.0),
            Column::new("Score", 30.0),
            Column::new("Range that it is in", 26.0),
        ],
        rows: listed.items.iter().take(NEWEST).map(assessment).collect(),
    })];
    if listed.items.len() > NEWEST {
        blocks.push(Block::Note(format!("The newest {NEWEST}; the journal has more.")));
    }
    Ok(Section::Says(blocks))
}

fn assessment(one: &Assessment) -> Vec<Cell> {
    let known = Catalogue::builtin().instruments.iter();
    let known = known
        .filter(|instrument| {
            instrument.slug == one.instrument && instrument.version == one.instrument_version
        })
        .find(|instrument| !instrument.scores.is_empty());
    let name = known.map_or_else(|| words::name(&one.instrument), |instrument| instrument.name.clone());
    let of = |index: usize, value: u32| {
        let score = known.and_then(|instrument| instrument.scores.get(index));
        score.map_or_else(
            || value.to_string(),
            |score| {
                let most = format!("{value} of {}", score.max);
                if score.slug == "total" { most } else { format!("{} {most}", score.name) }
            },
        )
    };
    let score = match (one.score, &one.subscores) {
        (Some(score), _) => of(0, score),
        (None, Some(all)) => {
            let all = all.iter().enumerate().map(|(index, value)| of(index, *value));
            all.collect::<Vec<_>>().join("; ")
        }
        (None, None) => String::new(),
    };
    let band = one.band.as_deref().map(words::name).unwrap_or_default();
    [compact(one.local_date), name, score, band].map(Cell::from).to_vec()
}

/// The course of withdrawal.
pub fn withdrawal(found: &Found<'_>) -> Result<Section> {
    let Found { head, answers, .. } = found;
    let course: Option<Withdrawal> = answers.of("insights/withdrawal")?;
    let Some(course) = course.filter(|_| head.opens("withdrawal_logs")) else { return Ok(Section::Closed) };
    let Some(worst) = course.days.iter().max_by_key(|day| day.max_total) else { return Ok(Section::Nothing) };
    let last = course.days.last().unwrap_or(worst);
    let days = count(u32::try_from(course.days.len()).unwrap_or(u32::MAX), "day");
    Ok(Section::Says(vec![Block::Text(format!(
        "Withdrawal was logged on {days}. The highest total of 52 points was {} on {}, the last {} on {}.",
        worst.max_total,
        words::date(worst.date),
        last.max_total,
        words::short(last.date),
    ))]))
}

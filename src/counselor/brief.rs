//! One page to read before a session, and the same as a part of the client's page.

use crate::sharing::answers::{Brief, CountChange, Figure, Lapse, Skills, Triggers};
use crate::sharing::words;

/// What a brief tells, in words.
pub struct Told {
    pub since: String,
    pub until: String,
    pub changes: Vec<Changed>,
    pub triggers: Vec<Named>,
    pub helped: Vec<Named>,
    pub missed_doses: String,
    pub missed_sessions: String,
    pub lapses: Vec<String>,
}

/// Something that is so now and was so before.
pub struct Changed {
    pub what: String,
    pub now: String,
    pub before: String,
}

/// A name and what there is to say of it.
pub struct Named {
    pub name: String,
    pub says: String,
    /// From 0 to 100, for a bar.
    pub share: u32,
}

impl Told {
    /// In words.
    pub fn of(brief: &Brief) -> Self {
        let rating = |change: &crate::sharing::answers::Change| Changed {
            what: words::name(&change.rating),
            now: format!(
                "{} ({})",
                change.mean.map(words::number).unwrap_or_default(),
                words::count(change.n, "day")
            ),
            before: change.difference.map_or_else(|| "too few days to compare".to_owned(), words::signed),
        };
        let count = |what: &str, change: &CountChange| Changed {
            what: what.to_owned(),
            now: change.n.to_string(),
            before: words::signed(f64::from(change.n) - f64::from(change.before)),
        };
        let counts = [("Cravings", &brief.cravings), ("Meetings", &brief.meetings)];
        let told = counts.into_iter().filter(|(_, change)| change.n + change.before > 0);
        let dates = |dates: &[chrono::NaiveDate]| {
            let dates: Vec<String> = dates.iter().map(|on| words::short(*on)).collect();
            words::listed(&dates)
        };
        Self {
            since: words::date(brief.since),
            until: words::date(brief.until),
            changes: brief
                .changes
                .iter()
                .map(rating)
                .chain(told.map(|(what, change)| count(what, change)))
                .collect(),
            triggers: triggers(&brief.top_triggers),
            helped: skills(&brief.what_helped).0,
            missed_doses: dates(&brief.missed_doses),
            missed_sessions: dates(&brief.missed_sessions),
            lapses: brief.lapses.iter().map(lapse).collect(),
        }
    }
}

/// A lapse, told as a part of the way.
fn lapse(lapse: &Lapse) -> String {
    let used = words::date(lapse.used_on);
    match lapse.resumed_on {
        Some(on) => format!("A return to use on {used}; back on the way since {}.", words::date(on)),
        None => format!("A return to use on {used} that has not ended yet. A good time to reach out."),
    }
}

/// What set cravings off, the most frequent first.
pub fn triggers(triggers: &Triggers) -> Vec<Named> {
    let most = triggers.triggers.iter().map(|trigger| trigger.count).max().unwrap_or(1).max(1);
    let named = |trigger: &crate::sharing::answers::Trigger| Named {
        name: trigger.name.as_deref().map_or_else(|| UNNAMED.to_owned(), words::name),
        says: match trigger.mean_intensity {
            Some(mean) => format!("{}, {} of 10", words::count(trigger.count, "time"), words::number(mean)),
            None => words::count(trigger.count, "time"),
        },
        share: trigger.count * 100 / most,
    };
    triggers.triggers.iter().take(8).map(named).collect()
}

/// What stands for a name that is not shared.
const UNNAMED: &str = "One of their own (name not shared)";

/// What eased cravings, the strongest first; and how they ease without.
pub fn skills(skills: &Skills) -> (Vec<Named>, Option<String>) {
    let mut known: Vec<(&str, &crate::sharing::answers::Relief)> = Vec::new();
    for skill in &skills.skills {
        if let Figure::Ok(relief) = &skill.figure {
            known.push((skill.name.as_deref().unwrap_or(UNNAMED), relief));
        }
    }
    known.sort_by(|(_, one), (_, other)| other.median_relief.total_cmp(&one.median_relief));
    let named = |(name, relief): &(&str, &crate::sharing::answers::Relief)| Named {
        name: words::name(name),
        says: format!("eased by {}, {}", points(relief.median_relief), words::count(relief.n, "time")),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 100")]
        share: (relief.median_relief * 10.0).clamp(0.0, 100.0) as u32,
    };
    let baseline = match &skills.baseline {
        Figure::Ok(relief) => Some(format!(
            "Without any of them, cravings eased by {} ({}).",
            points(relief.median_relief),
            words::count(relief.n, "time")
        )),
        Figure::NeedsMore { .. } => None,
    };
    (known.iter().take(8).map(named).collect(), baseline)
}

/// `1 point`, `2.5 points`
fn points(relief: f64) -> String {
    match words::number(relief).as_str() {
        "1" => "1 point".to_owned(),
        number => format!("{number} points"),
    }
}

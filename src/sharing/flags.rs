//! Flags: reasons why a counselor may want to look, in words, from fixed rules. Never a score, and never from what
//! a share does not open.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::day::add_days;
use crate::domain::lapses::Lapse;

/// How far back the rules look, in dates ending today.
pub const WINDOW: i64 = 14;
/// How far back they look for missed sessions, which come once a week.
pub const SESSION_WINDOW: i64 = 30;
/// How far back they look for the newest PHQ-9, which comes once a month.
pub const ASSESSMENT_WINDOW: i64 = 90;
/// A strong craving.
const STRONG: i64 = 8;
/// Days without an entry that are worth a look.
const SILENT: i64 = 4;
/// Days before the end of a share that are worth a word.
const SOON: i64 = 14;

/// A reason to look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Flag {
    /// Which rule: `phq9_item_9`, `open_lapse`, `lapse_recorded`, `craving_8_twice_in_3_days`, `doses_missed_2`,
    /// `sessions_missed_2`, `silent_4_days`, `share_expires_soon`.
    #[schema(example = "silent_4_days")]
    pub code: String,
    /// In words.
    #[schema(example = "No entry for 5 days.")]
    pub reason: String,
    /// The date it is about.
    pub on: NaiveDate,
}

/// The rules by weight: whoever has a flag that stands further up is listed first.
pub const RULES: [&str; 8] = [
    "phq9_item_9",
    "open_lapse",
    "lapse_recorded",
    "craving_8_twice_in_3_days",
    "doses_missed_2",
    "sessions_missed_2",
    "silent_4_days",
    "share_expires_soon",
];

/// What the rules look at; what is not shared is empty.
#[derive(Debug, Default)]
pub struct Facts {
    /// Dates and intensities of cravings of the window.
    pub cravings: Vec<(NaiveDate, i64)>,
    /// All lapses that are open to the share.
    pub lapses: Vec<Lapse>,
    /// Dates of missed doses of the window.
    pub missed_doses: Vec<NaiveDate>,
    /// Dates of missed sessions of their window.
    pub missed_sessions: Vec<NaiveDate>,
    /// Date and ninth answer of the newest PHQ-9 of its window.
    pub phq9: Option<(NaiveDate, i64)>,
    /// The newest entry.
    pub last_entry_on: Option<NaiveDate>,
}

/// The flags of a client on a day, the weightiest first.
#[must_use]
pub fn flags(facts: &Facts, today: NaiveDate) -> Vec<Flag> {
    let within = |date: NaiveDate| (add_days(today, 1 - WINDOW)..=today).contains(&date);
    let mut found = Vec::new();
    let mut flag = |code: &str, on: NaiveDate, reason: String| {
        found.push(Flag { code: code.to_owned(), reason, on });
    };
    if let Some((on, answer)) = facts.phq9.filter(|(_, answer)| *answer >= 1) {
        flag("phq9_item_9", on, format!("PHQ-9 of {on}: item 9 was answered with {answer} of 3."));
    }
    let past: Vec<&Lapse> = facts.lapses.iter().filter(|lapse| lapse.used_on <= today).collect();
    let open = |lapse: &&&Lapse| lapse.resumed_on.is_none_or(|date| date > today);
    if let Some(on) = past.iter().filter(open).map(|lapse| lapse.used_on).max() {
        flag("open_lapse", on, format!("A return to use since {on} has not ended yet."));
    }
    if let Some(on) = past.iter().map(|lapse| lapse.used_on).filter(|on| within(*on)).max() {
        flag("lapse_recorded", on, format!("A lapse was recorded for {on}."));
    }
    let mut strong: Vec<NaiveDate> =
        facts.cravings.iter().filter(|(_, i)| *i >= STRONG).map(|(on, _)| *on).collect();
    strong.sort_unstable();
    let near = |pair: &&[NaiveDate]| matches!(pair, [one, other] if *other <= add_days(*one, 2));
    if let Some(on) = strong.windows(2).filter(near).filter_map(|pair| pair.last()).max() {
        flag(
            "craving_8_twice_in_3_days",
            *on,
            format!("Two cravings of {STRONG} or more within 3 days, the second on {on}."),
        );
    }
    for (code, what, days, dates) in [
        ("doses_missed_2", "doses", WINDOW, &facts.missed_doses),
        ("sessions_missed_2", "sessions", SESSION_WINDOW, &facts.missed_sessions),
    ] {
        if let (2.., Some(on)) = (dates.len(), dates.iter().max()) {
            flag(code, *on, format!("{} {what} missed in the last {days} days.", dates.len()));
        }
    }
    if let Some((on, days)) = facts.last_entry_on.map(|on| (on, (today - on).num_days()))
        && days >= SILENT
    {
        flag("silent_4_days", on, format!("No entry for {days} days."));
    }
    found
}

/// The flag of a share that ends soon.
#[must_use]
pub fn expiry(expires_on: NaiveDate, today: NaiveDate) -> Option<Flag> {
    (expires_on <= add_days(today, SOON)).then(|| Flag {
        code: "share_expires_soon".to_owned(),
        reason: format!("The share ends on {expires_on}."),
        on: expires_on,
    })
}

/// Where a client with these flags stands: the place of the weightiest, then how many there are.
#[must_use]
pub fn weight(flags: &[Flag]) -> (usize, std::cmp::Reverse<usize>) {
    let place = |flag: &Flag| RULES.iter().position(|code| *code == flag.code);
    (flags.iter().filter_map(place).min().unwrap_or(RULES.len()), std::cmp::Reverse(flags.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn codes(facts: &Facts) -> Vec<String> {
        flags(facts, date("2026-11-22")).into_iter().map(|flag| flag.code).collect()
    }

    #[test]
    fn each_rule_has_its_edges() {
        let none: [String; 0] = [];
        assert_eq!(codes(&Facts::default()), none);
        let cravings = |list: &[(&str, i64)]| Facts {
            cravings: list.iter().map(|(on, intensity)| (date(on), *intensity)).collect(),
            ..Facts::default()
        };
        assert_eq!(codes(&cravings(&[("2026-11-20", 8), ("2026-11-18", 9)])), ["craving_8_twice_in_3_days"]);
        assert_eq!(codes(&cravings(&[("2026-11-20", 8), ("2026-11-20", 8)])), ["craving_8_twice_in_3_days"]);
        assert_eq!(codes(&cravings(&[("2026-11-20", 8), ("2026-11-17", 9)])), none);
        assert_eq!(codes(&cravings(&[("2026-11-20", 8), ("2026-11-19", 7)])), none);
        let lapse = |used_on: &str, resumed_on: Option<&str>| Facts {
            lapses: vec![Lapse { used_on: date(used_on), resumed_on: resumed_on.map(date) }],
            ..Facts::default()
        };
        assert_eq!(codes(&lapse("2026-11-09", Some("2026-11-10"))), ["lapse_recorded"]);
        assert_eq!(codes(&lapse("2026-11-08", Some("2026-11-10"))), none);
        assert_eq!(codes(&lapse("2026-01-08", None)), ["open_lapse"]);
        assert_eq!(codes(&lapse("2026-11-22", Some("2026-11-23"))), ["open_lapse", "lapse_recorded"]);
        assert_eq!(codes(&lapse("2026-11-23", None)), none);
        let silent = |on: &str| Facts { last_entry_on: Some(date(on)), ..Facts::default() };
        assert_eq!(codes(&silent("2026-11-18")), ["silent_4_days"]);
        assert_eq!(codes(&silent("2026-11-19")), none);
        let answer = |answer| Facts { phq9: Some((date("2026-11-01"), answer)), ..Facts::default() };
        assert_eq!(codes(&answer(1)), ["phq9_item_9"]);
        assert_eq!(codes(&answer(0)), none);
        let missed = |doses: &[&str], sessions: &[&str]| Facts {
            missed_doses: doses.iter().map(|on| date(on)).collect(),
            missed_sessions: sessions.iter().map(|on| date(on)).collect(),
            ..Facts::default()
        };
        assert_eq!(codes(&missed(&["2026-11-20"], &["2026-11-20"])), none);
        assert_eq!(
            codes(&missed(&["2026-11-20", "2026-11-21"], &["2026-11-03", "2026-11-10"])),
            ["doses_missed_2", "sessions_missed_2"]
        );
        assert!(expiry(date("2026-12-06"), date("2026-11-22")).is_some());
        assert_eq!(expiry(date("2026-12-07"), date("2026-11-22")), None);
    }

    #[test]
    fn the_weightiest_comes_first() {
        let of = |codes: &[&str]| -> Vec<Flag> {
            let flag = |code: &&str| Flag {
                code: (*code).to_owned(),
                reason: String::new(),
                on: date("2026-11-22"),
            };
            codes.iter().map(flag).collect()
        };
        let mut weights = [
            weight(&[]),
            weight(&of(&["share_expires_soon"])),
            weight(&of(&["silent_4_days", "open_lapse"])),
            weight(&of(&["open_lapse"])),
            weight(&of(&["phq9_item_9"])),
        ];
        weights.sort_unstable();
        assert_eq!(weights.map(|(place, _)| place), [0, 1, 1, 7, 8]);
        assert_eq!(weights[1], weight(&of(&["silent_4_days", "open_lapse"])));
    }
}

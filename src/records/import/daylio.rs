//! Diaries of the Daylio app, as it exports them: a CSV with `full_date`, `time` (12 or 24 hours), `mood`, and
//! maybe `activities`, `note_title` and `note`. Each entry becomes a check-in.
//!
//! Refuses a mood that neither [`Moods`] nor the caller knows: what somebody's own word is worth is not for us
//! to guess.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use serde_json::{Map, json};

use super::file::{File, Made};
use super::lines::{Ids, Line, Table};
use crate::auth::Account;
use crate::db::types::Time;
use crate::error::Result;
use crate::fields::Mistakes;
use crate::journal::collections::check_ins::CHECK_INS;

/// The app's own moods on our scale, and words that people often give them.
const KNOWN: &[(&str, i64)] = &[
    ("rad", 10),
    ("amazing", 10),
    ("awesome", 10),
    ("great", 9),
    ("good", 8),
    ("happy", 8),
    ("fine", 6),
    ("meh", 5),
    ("ok", 5),
    ("okay", 5),
    ("medium", 5),
    ("neutral", 5),
    ("so-so", 5),
    ("bad", 3),
    ("sad", 3),
    ("fugly", 1),
    ("awful", 1),
    ("terrible", 1),
];

/// Moods as ratings from 0 to 10: what the caller says, then what is known.
#[derive(Debug, Default)]
pub struct Moods(HashMap<String, i64>);

impl Moods {
    /// Reads `Cry:1,Sick:2`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let pair = |pair: &str| {
            let (word, rating) = pair.rsplit_once(':')?;
            let rating = rating.trim().parse().ok().filter(|rating| (0..=10).contains(rating))?;
            Some((word.trim().to_lowercase(), rating)).filter(|(word, _)| !word.is_empty())
        };
        text.split(',').map(pair).collect::<Option<_>>().map(Self)
    }

    /// The rating of a mood. `Medium [+]` and `Medium [-]` are a point beside `Medium`.
    fn rating(&self, mood: &str) -> Option<i64> {
        let of = |word: &str| {
            let known = KNOWN.iter().find(|(known, _)| *known == word).map(|(_, rating)| *rating);
            self.0.get(word).copied().or(known)
        };
        let mood = mood.to_lowercase();
        let beside = |sign: &str, step: i64| {
            let word = mood.strip_suffix(sign)?.trim_end();
            Some((of(word)? + step).clamp(0, 10))
        };
        of(&mood).or_else(|| beside("[+]", 1)).or_else(|| beside("[-]", -1))
    }
}

/// Opens the file.
pub fn open(bytes: &[u8], account: &Account, zone: Tz, moods: &Moods) -> Result<File> {
    let table = Table::read(bytes, b',', &["full_date", "time", "mood"])?;
    let mut ids = Ids::of(account.id);
    Ok(File::of(table.lines().map(|line| entry(line, &mut ids, zone, moods)).collect()))
}

fn entry(line: Line<'_>, ids: &mut Ids, zone: Tz, moods: &Moods) -> Made {
    let mut mistakes = Mistakes::default();
    let (date, time, mood) = (line.cell("full_date"), line.cell("time"), line.cell("mood"));
    let rating = moods.rating(mood);
    if rating.is_none() {
        // Which one stays unsaid, as its name is the person's: the row tells.
        let words = "is a mood of the person's own: say what it is worth with mood_map=NAME:0 to 10";
        mistakes.add("mood", "unknown_mood", words);
    }
    let clock = time_of(time);
    if clock.is_none() {
        mistakes.add("time", "invalid_time", "must be a time such as 9:13 PM or 21:13");
    }
    let day = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok();
    let written_at = day.zip(clock).map(|(day, clock)| moment(day.and_time(clock), zone));
    let mut body = Map::new();
    body.insert("local_date".to_owned(), json!(date));
    body.insert("mood".to_owned(), json!(rating));
    let note = note(line);
    if !note.is_empty() {
        body.insert("note".to_owned(), json!(note));
    }
    let id = ids.next(&format!("daylio/{date}/{time}"));
    Made { collection: &CHECK_INS, line: line.number(), id, body, written_at, mistakes }
}

/// What was written and done, as one text.
fn note(line: Line<'_>) -> String {
    let activities =
        line.cell("activities").split('|').map(str::trim).filter(|activity| !activity.is_empty());
    let activities = activities.collect::<Vec<_>>().join(", ");
    let written = line.cell("note").replace("<br>", "\n");
    [line.cell("note_title"), &written, &activities]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

/// The time of day; some versions of the app put a narrow space before AM and PM.
fn time_of(text: &str) -> Option<NaiveTime> {
    let text = text.replace(['\u{a0}', '\u{202f}'], " ").to_uppercase();
    let formats = ["%I:%M %p", "%H:%M"];
    formats.iter().find_map(|format| NaiveTime::parse_from_str(&text, format).ok())
}

/// A wall clock's moment in a zone. One that the clocks skipped is taken as an hour later.
pub fn moment(shown: NaiveDateTime, zone: Tz) -> Time {
    let at = |shown| zone.from_local_datetime(&shown).earliest().map(|at| at.with_timezone(&Utc));
    let later = || shown.checked_add_signed(TimeDelta::hours(1)).and_then(at);
    at(shown).or_else(later).unwrap_or_else(|| shown.and_utc()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moods_have_ratings() {
        let moods = Moods::parse("Cry:1, Sick: 2,a:b:7").unwrap();
        for (mood, rating) in [
            ("rad", Some(10)),
            ("Good", Some(8)),
            ("cry", Some(1)),
            ("Sick", Some(2)),
            ("A:B", Some(7)),
            ("Medium [-]", Some(4)),
            ("rad [+]", Some(10)),
            ("Numb", None),
            ("", None),
        ] {
            assert_eq!(moods.rating(mood), rating, "{mood}");
        }
        for bad in ["", "Cry", "Cry:11", ":1", "Cry:-1", "Cry:1,"] {
            assert!(Moods::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn times_are_read_in_both_ways() {
        let at = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0);
        assert_eq!(time_of("3:26 AM"), at(3, 26));
        assert_eq!(time_of("12:48 pm"), at(12, 48));
        assert_eq!(time_of("9:00\u{202f}PM"), at(21, 0));
        assert_eq!(time_of("21:05"), at(21, 5));
        for bad in ["", "25:00", "9 PM", "noon"] {
            assert_eq!(time_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_time_that_the_clocks_skipped_is_an_hour_later() {
        let shown = |text| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        let at = |text| moment(shown(text), Tz::Europe__Berlin).utc().to_rfc3339();
        assert_eq!(at("2026-03-29 02:30"), "2026-03-29T01:30:00+00:00");
        assert_eq!(at("2026-10-25 02:30"), "2026-10-25T00:30:00+00:00", "the first of the two");
    }
}

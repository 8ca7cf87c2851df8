//! The data every server under test gets: the same members, the same check-ins, notes of the same length.

use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// How many members (users of the peer) are set up.
pub const MEMBERS: usize = 10;
/// How many check-ins each of them has before anything is measured.
pub const CHECK_INS: usize = 300;
/// Long and unlike the e-mail address: registration refuses weak passwords.
pub const PASSWORD: &str = "copper-lantern-drifts-42-north";
/// Becomes a running number in `requests.lua`, so that no two bodies are the same.
pub const SERIAL: &str = "########";
const NOTE_CHARS: usize = 200;

/// The e-mail address of a member, counted from 0.
pub fn email(member: usize) -> String {
    format!("member-{member:02}@example.org")
}

/// A check-in `days_ago` days before today (UTC); `mark` opens its note of 200 characters.
pub fn check_in(days_ago: usize, mark: &str) -> Value {
    json!({
        "local_date": date(days_ago),
        "slot": "day",
        "mood": rating(days_ago, 3),
        "anxiety": rating(days_ago, 5),
        "stress": rating(days_ago, 7),
        "energy": rating(days_ago, 11),
        "pain": rating(days_ago, 13),
        "craving": rating(days_ago, 17),
        "commitment": rating(days_ago, 19),
        "sleep_hours": 7.5,
        "sleep_quality": rating(days_ago, 23),
        "substance_free": true,
        "note": note(mark),
    })
}

/// Ratings 0 to 8: no value here meets a safety rule, whose answer would be longer.
fn rating(days_ago: usize, step: usize) -> usize {
    (days_ago * step) % 9
}

fn note(mark: &str) -> String {
    let text = "Walked to the evening meeting, called my sponsor, slept early. ";
    format!("{mark} {}", text.repeat(4)).chars().take(NOTE_CHARS).collect()
}

/// The ISO date so many days before today (UTC).
pub fn date(days_ago: usize) -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    civil(seconds / 86_400 - u64::try_from(days_ago).unwrap_or(0))
}

/// Days since 1970 as a date of the Gregorian calendar, by the usual shift to eras of 400 years that begin in
/// March.
fn civil(days: u64) -> String {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

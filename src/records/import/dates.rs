//! A plain list of sobriety dates, a line each: the first is a clock's start, each later one a return to it.
//!
//! A line may also have two dates, the day of use and the day from which it counts again; with one alone the
//! day before is taken for the day of use. Refuses what is not such a list.

use chrono::NaiveDate;
use serde_json::{Map, Value as Json, json};

use super::file::{File, Made};
use super::lines::{Ids, ROWS_MAX, text, unreadable};
use crate::auth::Account;
use crate::db::types::Id;
use crate::domain::day;
use crate::error::Result;
use crate::fields::Mistakes;
use crate::fields::read::date_of;
use crate::journal::Collection;
use crate::journal::collections::clocks::CLOCKS;
use crate::journal::collections::lapses::LAPSES;

/// A line: since when it counts, and the day of use before, if it says one.
struct Entry {
    line: usize,
    used_on: Option<NaiveDate>,
    since: NaiveDate,
}

/// Opens the file.
pub fn open(bytes: &[u8], account: &Account, substance: &str) -> Result<File> {
    let mut entries = Vec::new();
    for (index, line) in text(bytes)?.lines().enumerate() {
        if index == ROWS_MAX {
            return Err(unreadable(&format!("it has more than {ROWS_MAX} lines")));
        }
        let line = line.split('#').next().unwrap_or_default();
        let words = line.split([',', ';', ' ', '\t']).filter(|word| !word.is_empty());
        let dates: Option<Vec<NaiveDate>> = words.map(date_of).collect();
        let line = index + 1;
        match dates.as_deref() {
            Some([]) => {}
            Some([since]) => entries.push(Entry { line, used_on: None, since: *since }),
            Some([used_on, since]) => entries.push(Entry { line, used_on: Some(*used_on), since: *since }),
            _ => return Err(unreadable(&format!("line {line} is not one or two dates such as 2026-11-02"))),
        }
    }
    entries.sort_by_key(|entry| entry.since);
    entries.dedup_by_key(|entry| entry.since);
    let mut ids = Ids::of(account.id);
    let clock = ids.next(&format!("dates/{substance}"));
    let row = |(index, entry): (usize, &Entry)| {
        if index == 0 {
            let body = json!({"substance": substance, "started_on": entry.since});
            return made(&CLOCKS, entry.line, clock, body);
        }
        let used_on = entry.used_on.unwrap_or_else(|| day::add_days(entry.since, -1));
        let id = ids.next(&format!("dates/{substance}/{}", entry.since));
        let body = json!({"clock_id": clock, "used_on": used_on, "resumed_on": entry.since});
        made(&LAPSES, entry.line, id, body)
    };
    Ok(File::of(entries.iter().enumerate().map(row).collect()))
}

fn made(collection: &'static Collection, line: usize, id: Id, body: Json) -> Made {
    let body = if let Json::Object(body) = body { body } else { Map::new() };
    let line = u64::try_from(line).unwrap_or_default();
    Made { collection, line, id, body, written_at: None, mistakes: Mistakes::default() }
}

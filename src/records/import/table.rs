//! Any table, by a mapping that says which column is which member (`docs/IMPORT.md`).
//!
//! Refuses a mapping that names a collection, a member or a column that is not there.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::super::cells;
use super::daylio::moment;
use super::file::{File, Made};
use super::lines::{Ids, Line, Table, misread};
use crate::auth::Account;
use crate::db::types::Id;
use crate::error::Result;
use crate::fields::{Field, Kind, Mistakes};
use crate::journal::Collection;

/// Which column is which member.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    collection: String,
    #[serde(default = "comma")]
    delimiter: char,
    fields: BTreeMap<String, Origin>,
}

const fn comma() -> char {
    ','
}

/// Where a member comes from.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Origin {
    /// The column.
    column: Option<String>,
    /// The same for every row.
    value: Option<Json>,
    /// What words of the table mean.
    #[serde(default)]
    words: HashMap<String, Json>,
    /// What stands between the entries of a list.
    split: Option<String>,
    /// How dates and moments are written, in the signs of strftime.
    format: Option<String>,
    /// The zone of moments that say none.
    time_zone: Option<String>,
}

/// A mapping that fits its collection.
struct Fitted<'a> {
    collection: &'static Collection,
    id: Option<&'a str>,
    members: Vec<(&'static Field, &'a Origin, Option<Tz>)>,
}

impl Mapping {
    /// Reads a mapping; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mapping: Self = serde_json::from_str(text).map_err(|error| misread(&error))?;
        if !mapping.delimiter.is_ascii() {
            return Err("delimiter must be one ASCII sign".to_owned());
        }
        mapping.fit()?;
        Ok(mapping)
    }

    fn fit(&self) -> Result<Fitted<'_>, String> {
        let name = &self.collection;
        let collection =
            Collection::named(name).ok_or_else(|| "there is no collection of that name".to_owned())?;
        let mut fitted = Fitted { collection, id: None, members: Vec::new() };
        for (member, origin) in &self.fields {
            let place = format!("fields.{member}");
            if origin.column.is_some() == origin.value.is_some() {
                return Err(format!("{place} must have a column or a value, and not both"));
            }
            let zone = origin.time_zone.as_deref().map(str::parse).transpose();
            let zone = zone.map_err(|_| format!("{place}.time_zone is no IANA time zone"))?;
            if member == "id" {
                fitted.id = origin.column.as_deref();
                continue;
            }
            let field = collection.field(member).filter(|field| field.is_settable());
            let field = field.ok_or_else(|| format!("{name} have no member {member:?} to write"))?;
            fitted.members.push((field, origin, zone));
        }
        Ok(fitted)
    }
}

/// Opens the file.
pub fn open(bytes: &[u8], account: &Account, mapping: &Mapping) -> Result<File> {
    let fitted = mapping.fit().map_err(|why| super::lines::unreadable(&why))?;
    let columns = fitted.members.iter().filter_map(|(_, origin, _)| origin.column.as_deref());
    let columns: Vec<&str> = columns.chain(fitted.id).collect();
    let delimiter = u8::try_from(mapping.delimiter).unwrap_or(b',');
    let table = Table::read(bytes, delimiter, &columns)?;
    let mut ids = Ids::of(account.id);
    Ok(File::of(table.lines().map(|line| fitted.row(line, &mut ids)).collect()))
}

impl Fitted<'_> {
    fn row(&self, line: Line<'_>, ids: &mut Ids) -> Made {
        let mut mistakes = Mistakes::default();
        let made = ids.next(&format!("{}/{}", self.collection.name, line.whole()));
        let id = match self.id.map(|column| line.cell(column)) {
            Some(text) => Id::parse(text).unwrap_or_else(|| {
                mistakes.add("id", "invalid_id", "must be a UUID in its hyphenated form");
                made
            }),
            None => made,
        };
        let mut body = Map::new();
        for (field, origin, zone) in &self.members {
            let value = match (&origin.column, &origin.value) {
                (Some(column), _) => origin.say(field.kind, cells::unguarded(line.cell(column)), *zone),
                (None, Some(value)) => value.clone(),
                (None, None) => Json::Null,
            };
            if !value.is_null() {
                body.insert(field.name.to_owned(), value);
            }
        }
        let (collection, line) = (self.collection, line.number());
        Made { collection, line, id, body, written_at: None, mistakes }
    }
}

impl Origin {
    /// What a cell says. An empty one says nothing.
    fn say(&self, kind: Kind, cell: &str, zone: Option<Tz>) -> Json {
        if cell.is_empty() {
            return Json::Null;
        }
        let entry = match kind {
            Kind::Integers { min, max } => Some(Kind::Integer { min, max }),
            Kind::Choices(_) | Kind::FormedList(_) | Kind::Texts | Kind::References => Some(Kind::Text),
            _ => None,
        };
        let Some(entry) = entry else { return self.say_one(kind, cell, zone) };
        let between = self.split.as_deref().filter(|split| !split.is_empty()).unwrap_or("|");
        let entries = cell.split(between).map(str::trim).filter(|part| !part.is_empty());
        Json::Array(entries.map(|part| self.say_one(entry, part, zone)).collect())
    }

    fn say_one(&self, kind: Kind, cell: &str, zone: Option<Tz>) -> Json {
        if let Some(meant) = self.words.get(cell) {
            return meant.clone();
        }
        match (kind, self.format.as_deref()) {
            (Kind::Date, Some(format)) => {
                NaiveDate::parse_from_str(cell, format).map_or_else(|_| json!(cell), |date| json!(date))
            }
            (Kind::Moment, Some(format)) => said_moment(cell, format, zone).unwrap_or_else(|| json!(cell)),
            _ => cells::json(kind, cell),
        }
    }
}

/// A moment written in a form of the table's own, with its offset or in the zone of the mapping.
fn said_moment(cell: &str, format: &str, zone: Option<Tz>) -> Option<Json> {
    if let Ok(moment) = DateTime::parse_from_str(cell, format) {
        return Some(json!(moment.to_rfc3339_opts(SecondsFormat::Secs, true)));
    }
    let shown = NaiveDateTime::parse_from_str(cell, format).ok()?;
    let zone = zone?;
    let at: DateTime<Utc> = moment(shown, zone).utc();
    Some(json!(at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_that_cannot_fit_says_why() {
        let why = |text: &str| Mapping::parse(text).err().unwrap_or_default();
        assert_eq!(why(r#"{"collection":"check_ins","fields":{"mood":{"column":"Mood"}}}"#), "");
        for (text, said) in [
            ("{}", "missing field"),
            (r#"{"collection":"moods","fields":{}}"#, "no collection"),
            (r#"{"collection":"check_ins","fields":{"feeling":{"column":"x"}}}"#, "no member"),
            (r#"{"collection":"assessments","fields":{"score":{"column":"x"}}}"#, "no member"),
            (r#"{"collection":"check_ins","fields":{"mood":"Mum"}}"#, "another kind"),
            (r#"{"collection":"check_ins","fields":{"mood":{}}}"#, "a column or a value"),
            (r#"{"collection":"check_ins","fields":{"mood":{"column":"x","value":1}}}"#, "not both"),
            (r#"{"collection":"check_ins","fields":{"mood":{"colunm":"x"}}}"#, "unknown field"),
            (r#"{"collection":"check_ins","delimiter":"→","fields":{}}"#, "delimiter"),
            (
                r#"{"collection":"cravings","fields":{"occurred_at":{"column":"x","time_zone":"Mars"}}}"#,
                "zone",
            ),
        ] {
            assert!(why(text).contains(said), "{text}: {}", why(text));
        }
    }

    #[test]
    fn cells_are_said_in_the_words_of_the_mapping() {
        let say = |kind, origin: &str, cell: &str| {
            let origin: Origin = serde_json::from_str(origin).unwrap();
            origin.say(kind, cell, origin.time_zone.as_deref().map(|zone| zone.parse().unwrap()))
        };
        let number = Kind::Integer { min: 0, max: 10 };
        assert_eq!(say(number, r#"{"column":"x","words":{"fine":6}}"#, "fine"), json!(6));
        assert_eq!(say(number, r#"{"column":"x"}"#, ""), Json::Null);
        assert_eq!(
            say(Kind::Date, r#"{"column":"x","format":"%d.%m.%Y"}"#, "02.11.2026"),
            json!("2026-11-02")
        );
        let texts = say(Kind::Texts, r#"{"column":"x","split":";"}"#, "a; b;;");
        assert_eq!(texts, json!(["a", "b"]));
        let moment = r#"{"column":"x","format":"%d/%m/%Y %H:%M","time_zone":"Europe/Berlin"}"#;
        assert_eq!(say(Kind::Moment, moment, "02/11/2026 21:40"), json!("2026-11-02T21:40:00+01:00"));
    }
}

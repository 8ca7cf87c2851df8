//! From JSON to values, with every mistake named at once.

use std::borrow::Cow;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Timelike};
use serde_json::{Map, Value as Json};

use super::{Field, Kind, LIST_MAX, Need, TEXT_MAX, Value};
use crate::db::types::Id;
use crate::domain::day;
use crate::domain::decimal::Decimal;
use crate::error::{Error, Mistake, Result};

/// Members that the server owns. A record that was read may be sent back whole: these are then ignored.
pub const SERVER_OWNED: [&str; 4] = ["id", "revision", "created_at", "updated_at"];

/// Mistakes, as they are found.
#[derive(Debug, Clone, Default)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// Notes a mistake of the member `name`.
    pub fn add(&mut self, name: &str, code: &'static str, message: impl Into<String>) {
        let escaped = if name.contains(['~', '/']) {
            Cow::Owned(name.replace('~', "~0").replace('/', "~1"))
        } else {
            Cow::Borrowed(name)
        };
        self.0.push(Mistake { pointer: format!("/{escaped}"), code, message: message.into() });
    }

    /// Notes a mistake of the part of the body at the JSON pointer `place`.
    pub fn add_at(&mut self, place: &str, code: &'static str, message: impl Into<String>) {
        self.0.push(Mistake { pointer: place.to_owned(), code, message: message.into() });
    }

    /// Notes what was found in a part of the body, at the JSON pointer `place`.
    pub fn add_below(&mut self, place: &str, found: Self) {
        self.0.extend(
            found
                .0
                .into_iter()
                .map(|mistake| Mistake { pointer: place.to_owned() + &mistake.pointer, ..mistake }),
        );
    }

    /// Whether any was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether none was found of the member `name`.
    #[must_use]
    pub fn is_empty_at(&self, name: &str) -> bool {
        !self.0.iter().any(|mistake| mistake.pointer.strip_prefix('/') == Some(name))
    }

    /// Nothing, or one error that names them all.
    pub fn into_result(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::invalid(self.0)) }
    }

    /// The mistakes themselves.
    #[must_use]
    pub fn into_vec(self) -> Vec<Mistake> {
        self.0
    }
}

/// Reads a whole object whose members are all the caller's: server-owned ones are mistakes here.
pub fn body(fields: &[Field], object: &Map<String, Json>, mistakes: &mut Mistakes) -> Vec<Value> {
    for name in SERVER_OWNED.iter().filter(|name| object.contains_key(**name)) {
        mistakes.add(name, "unknown_member", "is not a member of this object");
    }
    let mut values = read(fields, object, None, mistakes);
    settle(fields, &mut values, mistakes);
    values
}

/// Reads an object's members. An absent member keeps its value of `base`, or is null without a base; null
/// clears. Members that are not fields, server-owned ones apart, are mistakes. The values are in the order
/// of the fields; needs and defaults are settled by [`settle`].
pub fn read(
    fields: &[Field],
    object: &Map<String, Json>,
    base: Option<&[Value]>,
    mistakes: &mut Mistakes,
) -> Vec<Value> {
    note_unknown(fields, object, mistakes);
    let base = base.unwrap_or_default();
    fields
        .iter()
        .enumerate()
        .map(|(index, field)| match object.get(field.name).filter(|_| field.is_settable()) {
            None => base.get(index).cloned().unwrap_or(Value::Null),
            Some(Json::Null) => Value::Null,
            Some(json) => field.parse(json).unwrap_or_else(|Wrong(code, message)| {
                mistakes.add(field.name, code, message);
                // Something, so that the mistake is not reported as a missing member as well.
                Value::Bool(false)
            }),
        })
        .collect()
}

/// Notes members that are neither fields nor the server's own.
pub fn note_unknown(fields: &[Field], object: &Map<String, Json>, mistakes: &mut Mistakes) {
    for name in object.keys() {
        if !fields.iter().any(|field| field.name == name) && !SERVER_OWNED.contains(&name.as_str()) {
            mistakes.add(name, "unknown_member", "is not a member of this object");
        }
    }
}

/// Fills defaults in and notes what is missing.
pub fn settle(fields: &[Field], values: &mut [Value], mistakes: &mut Mistakes) {
    for (field, value) in fields.iter().zip(values) {
        match field.need {
            Need::Required if value.is_null() => mistakes.add(field.name, "required", "must be given"),
            Need::Copied if value.is_null() => {
                let message = "must be given, unless meeting_list_id names a meeting that is on the list";
                mistakes.add(field.name, "required", message);
            }
            Need::Default(default) if value.is_null() => *value = Value::Text(default.to_owned()),
            _ => {}
        }
    }
}

/// Why a value cannot be accepted: code and words.
struct Wrong(&'static str, String);

fn wrong_type(expected: &str) -> Wrong {
    Wrong("wrong_type", format!("must be {expected}"))
}

impl Field {
    fn parse(&self, json: &Json) -> Result<Value, Wrong> {
        match self.kind {
            Kind::Integer { min, max } => parse_integer(json, min, max).map(Value::Int),
            Kind::Integers { min, max } => {
                list(json, |entry| parse_integer(entry, min, max)).map(Value::Ints)
            }
            Kind::Quarters { max } => parse_quarters(json, max),
            Kind::Flag => json.as_bool().map(Value::Bool).ok_or_else(|| wrong_type("true or false")),
            Kind::Choice(choices) => one_of(json, choices).map(Value::Text),
            Kind::Choices(choices) => list(json, |entry| one_of(entry, choices)).map(Value::List),
            Kind::Formed(pattern) => formed(json, pattern).map(Value::Text),
            Kind::FormedList(pattern) => list(json, |entry| formed(entry, pattern)).map(Value::List),
            Kind::Text => free_text(json).map(Value::Text),
            Kind::Name => match free_text(json)? {
                name if name.trim().is_empty() => Err(Wrong("blank", "must have something in it".into())),
                name => Ok(Value::Text(name)),
            },
            Kind::Texts => list(json, free_text).map(Value::List),
            Kind::Reference => reference(json).map(Value::Id),
            Kind::References => list(json, reference).map(Value::Ids),
            Kind::Date => parse_date(json).map(Value::Date),
            Kind::Moment => parse_moment(json).map(Value::Moment),
            Kind::TimeZone => parse_time_zone(json).map(Value::Text),
            Kind::TimeOfDay { max } => parse_time_of_day(json, max).map(Value::Int),
            Kind::Amount => match json.as_str() {
                Some(text) if text.len() <= 100 && text.parse::<Decimal>().is_ok() => {
                    Ok(Value::Text(text.to_owned()))
                }
                _ => Err(Wrong("invalid_amount", "must be a decimal string such as \"12.50\"".into())),
            },
        }
    }
}

fn parse_integer(json: &Json, min: i64, max: i64) -> Result<i64, Wrong> {
    let words = || format!("must be a whole number from {min} to {max}");
    let number = json.as_i64().or_else(|| whole(json.as_f64()?));
    match number {
        Some(number) if (min..=max).contains(&number) => Ok(number),
        None if !json.is_number() => Err(Wrong("wrong_type", words())),
        _ => Err(Wrong("out_of_range", words())),
    }
}

/// A float that is a whole number small enough to be exact.
#[expect(clippy::cast_possible_truncation, reason = "bounded two lines above")]
fn whole(number: f64) -> Option<i64> {
    let exact = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0;
    exact.then_some(number as i64)
}

fn parse_quarters(json: &Json, max: i64) -> Result<Value, Wrong> {
    let words = || format!("must be a number from 0 to {max} in steps of 0.25");
    let number = json.as_f64().ok_or_else(|| Wrong("wrong_type", words()))?;
    match whole(number * 4.0) {
        Some(quarters) if (0..=max * 4).contains(&quarters) => Ok(Value::Real(number.abs())),
        _ => Err(Wrong("out_of_range", words())),
    }
}

fn one_of(json: &Json, choices: &[&str]) -> Result<String, Wrong> {
    let words = || format!("must be one of {}", choices.join(", "));
    match json.as_str() {
        Some(text) if choices.contains(&text) => Ok(text.to_owned()),
        Some(_) => Err(Wrong("unknown_value", words())),
        None => Err(Wrong("wrong_type", words())),
    }
}

fn formed(json: &Json, pattern: &super::Pattern) -> Result<String, Wrong> {
    let text = json.as_str().ok_or_else(|| wrong_type(pattern.words))?;
    if (pattern.matches)(text) {
        Ok(text.to_owned())
    } else {
        Err(Wrong("invalid_format", format!("must be {}", pattern.words)))
    }
}

fn free_text(json: &Json) -> Result<String, Wrong> {
    let text = json.as_str().ok_or_else(|| wrong_type("text"))?;
    // Bytes bound code points from above; only long texts need counting.
    if text.len() > TEXT_MAX && text.chars().count() > TEXT_MAX {
        return Err(Wrong("too_long", format!("must have at most {TEXT_MAX} characters")));
    }
    Ok(text.to_owned())
}

fn list<T>(json: &Json, parse: impl Fn(&Json) -> Result<T, Wrong>) -> Result<Vec<T>, Wrong> {
    let entries = json.as_array().ok_or_else(|| wrong_type("a list"))?;
    if entries.len() > LIST_MAX {
        return Err(Wrong("too_long", format!("must have at most {LIST_MAX} entries")));
    }
    let parsed = entries.iter().enumerate().map(|(index, entry)| {
        parse(entry).map_err(|Wrong(code, message)| Wrong(code, format!("entry {index} {message}")))
    });
    parsed.collect()
}

fn reference(json: &Json) -> Result<Id, Wrong> {
    let words = "a UUID such as 0199c2a4-7b1e-7c3a-9f00-3a5d2e8b4c11";
    let text = json.as_str().ok_or_else(|| wrong_type(words))?;
    Id::parse(text).ok_or_else(|| Wrong("invalid_id", format!("must be {words}")))
}

/// Reads an ISO date from 1900 on.
pub fn date_of(text: &str) -> Option<NaiveDate> {
    let date = (text.len() == 10).then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten()?;
    (date.year() >= day::EARLIEST_YEAR).then_some(date)
}

fn parse_date(json: &Json) -> Result<NaiveDate, Wrong> {
    let words = "a date such as 2026-11-02, from 1900 on";
    let text = json.as_str().ok_or_else(|| wrong_type(words))?;
    date_of(text).ok_or_else(|| Wrong("invalid_date", format!("must be {words}")))
}

fn parse_moment(json: &Json) -> Result<DateTime<FixedOffset>, Wrong> {
    let words = "a moment with its offset such as 2026-11-02T21:40:00-05:00";
    let text = json.as_str().ok_or_else(|| wrong_type(words))?;
    // Without its fraction; a leap second, which no database has, is the second before it.
    let moment = DateTime::parse_from_rfc3339(text).ok().and_then(|moment| moment.with_nanosecond(0));
    moment
        .filter(|moment| moment.naive_local().date().year() >= day::EARLIEST_YEAR - 1)
        .filter(|moment| day::is_of_our_years(moment.to_utc()))
        .ok_or_else(|| Wrong("invalid_moment", format!("must be {words}")))
}

fn parse_time_zone(json: &Json) -> Result<String, Wrong> {
    let words = "an IANA time zone such as America/New_York";
    let text = json.as_str().ok_or_else(|| wrong_type(words))?;
    match text.parse::<chrono_tz::Tz>() {
        Ok(zone) => Ok(zone.name().to_owned()),
        Err(_) => Err(Wrong("unknown_time_zone", format!("must be {words}"))),
    }
}

fn parse_time_of_day(json: &Json, max: i64) -> Result<i64, Wrong> {
    let words = || format!("must be a time from 00:00 to {:02}:{:02}", max / 60, max % 60);
    let minutes = |text: &str| {
        let (hours, minutes) = text.split_once(':').filter(|_| text.len() == 5)?;
        let digits =
            |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<i64>().ok())?;
        let (hours, minutes) = (digits(hours)?, digits(minutes)?);
        (minutes < 60).then_some(hours * 60 + minutes)
    };
    match json.as_str().map(minutes) {
        None => Err(Wrong("wrong_type", words())),
        Some(Some(time)) if time <= max => Ok(time),
        Some(_) => Err(Wrong("out_of_range", words())),
    }
}

//! The JSON of answers, written straight into the body.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Timelike};
use serde::{Serialize, Serializer};

use super::{Field, Kind, Value};
use crate::db::types::Time;

/// Appends a value's JSON.
pub fn value(out: &mut Vec<u8>, field: &Field, value: &Value) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(flag) => json(out, flag),
        Value::Int(minutes) if matches!(field.kind, Kind::TimeOfDay { .. }) => {
            out.push(b'"');
            two(out, minutes / 60, b':');
            two(out, minutes % 60, b'"');
        }
        Value::Int(number) => json(out, number),
        Value::Real(number) => json(out, number),
        Value::Text(text) => json(out, text),
        Value::List(list) => json(out, list),
        Value::Ints(numbers) => json(out, numbers),
        Value::Id(id) => json(out, id),
        Value::Ids(ids) => json(out, ids),
        Value::Date(value) => date(out, *value),
        Value::Moment(value) => moment(out, *value),
    }
}

/// Appends anything serde can write.
pub fn json(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    // Writing numbers, texts and lists of them into memory cannot fail.
    if let Err(error) = serde_json::to_writer(out, value) {
        tracing::error!(%error, "a value could not be written");
    }
}

/// Appends a date in quotes.
pub fn date(out: &mut Vec<u8>, date: NaiveDate) {
    out.push(b'"');
    year_month_day(out, &date);
    out.push(b'"');
}

/// For `serialize_with`: a date as serde writes it, for figures that list thousands.
pub fn serialize_date<S: Serializer>(date: &NaiveDate, serializer: S) -> Result<S::Ok, S::Error> {
    let mut out = Vec::with_capacity(10);
    year_month_day(&mut out, date);
    serializer.serialize_str(str::from_utf8(&out).map_err(serde::ser::Error::custom)?)
}

/// Appends a moment in quotes, with its own offset (`Z` for UTC).
pub fn moment(out: &mut Vec<u8>, moment: DateTime<FixedOffset>) {
    let offset = moment.offset().local_minus_utc() / 60;
    out.push(b'"');
    civil(out, &moment);
    if offset == 0 {
        out.extend_from_slice(b"Z\"");
        return;
    }
    out.push(if offset < 0 { b'-' } else { b'+' });
    two(out, i64::from(offset.abs() / 60), b':');
    two(out, i64::from(offset.abs() % 60), b'"');
}

/// Appends a server time in quotes: UTC, with microseconds.
pub fn time(out: &mut Vec<u8>, time: Time) {
    out.push(b'"');
    civil(out, &time.utc());
    let micros = time.0.rem_euclid(1_000_000);
    out.push(b'.');
    for pair in [micros / 10_000, micros / 100, micros] {
        out.extend_from_slice(&digits(pair % 100));
    }
    out.extend_from_slice(b"Z\"");
}

fn civil(out: &mut Vec<u8>, moment: &(impl Datelike + Timelike)) {
    year_month_day(out, moment);
    out.push(b'T');
    two(out, moment.hour().into(), b':');
    two(out, moment.minute().into(), b':');
    let second = moment.second();
    out.extend_from_slice(&digits(second.into()));
}

fn year_month_day(out: &mut Vec<u8>, date: &impl Datelike) {
    let year = i64::from(date.year());
    out.extend_from_slice(&digits(year / 100));
    two(out, year % 100, b'-');
    two(out, date.month().into(), b'-');
    out.extend_from_slice(&digits(date.day().into()));
}

fn two(out: &mut Vec<u8>, number: i64, then: u8) {
    out.extend_from_slice(&digits(number));
    out.push(then);
}

/// Two decimal digits of 0 to 99. `write!` would parse its format again for each of a list's hundreds.
fn digits(number: i64) -> [u8; 2] {
    let digit = |number: i64| b'0' + u8::try_from(number.rem_euclid(10)).unwrap_or(0);
    [digit(number / 10), digit(number)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn dates_are_written_as_serde_writes_them() {
        for text in ["1900-01-01", "2024-02-29", "9999-12-31"] {
            let parsed: NaiveDate = text.parse().unwrap();
            let mut out = Vec::new();
            serialize_date(&parsed, &mut serde_json::Serializer::new(&mut out)).unwrap();
            assert_eq!(out, serde_json::to_vec(&parsed).unwrap());
            assert_eq!(out, written(|out| date(out, parsed)).into_bytes());
        }
    }

    #[test]
    fn times_are_written_as_chrono_writes_them() {
        for text in ["2026-11-02T21:40:00-05:00", "1900-01-01T00:00:59+14:00", "2024-02-29T23:59:07+05:45"] {
            let parsed = DateTime::parse_from_rfc3339(text).unwrap();
            assert_eq!(written(|out| moment(out, parsed)), format!("\"{text}\""));
        }
        let utc = DateTime::parse_from_rfc3339("2026-11-02T21:40:00Z").unwrap();
        assert_eq!(written(|out| moment(out, utc)), "\"2026-11-02T21:40:00Z\"");
        let at = DateTime::parse_from_rfc3339("1969-12-31T23:59:59.000007Z").unwrap();
        assert_eq!(written(|out| time(out, Time(at.timestamp_micros()))), "\"1969-12-31T23:59:59.000007Z\"");
    }
}

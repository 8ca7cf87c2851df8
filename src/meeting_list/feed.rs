//! Reads a feed of the Meeting Guide form: a JSON array of meetings.
//!
//! A file that is no such array is refused whole. An entry that cannot be used is skipped and said, with its
//! place, its slug and the reason; members that this list has no place for are left aside. Addresses of
//! pages are taken only if they are of the web: whoever shows them may follow them.

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value as Json};

use super::listing::Listing;
use crate::domain::meetings::Point;
use crate::fields::{LIST_MAX, TEXT_MAX};

/// What a feed does not say of itself.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The name that its meetings are kept under.
    pub source: String,
    /// The fellowship of its meetings.
    pub fellowship: String,
    /// The zone of entries that name none.
    pub time_zone: Option<Tz>,
}

/// An entry that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its place in the array, from 0.
    pub index: usize,
    /// Its slug, if it has one.
    pub slug: String,
    /// What is wrong with it, to follow its name.
    pub reason: String,
}

/// The meetings of a feed, and what could not be read.
#[derive(Debug, Default)]
pub struct Feed {
    /// A row a meeting and day.
    pub listings: Vec<Listing>,
    /// In the order of the feed.
    pub skipped: Vec<Skipped>,
}

type Members = Map<String, Json>;
type Reading<T> = std::result::Result<T, String>;

impl Feed {
    /// Reads a feed.
    pub fn read(bytes: &[u8], origin: &Origin) -> Reading<Self> {
        let entries: Vec<Json> = serde_json::from_slice(bytes)
            .map_err(|error| format!("is no JSON array of meetings: {error}"))?;
        let mut feed = Self::default();
        for (index, entry) in entries.iter().enumerate() {
            match meeting(entry, origin) {
                Ok(mut days) => feed.listings.append(&mut days),
                Err(reason) => {
                    let slug = entry.get("slug").and_then(Json::as_str).unwrap_or_default();
                    feed.skipped.push(Skipped { index, slug: slug.to_owned(), reason });
                }
            }
        }
        Ok(feed)
    }
}

/// An entry as one row a day.
fn meeting(entry: &Json, origin: &Origin) -> Reading<Vec<Listing>> {
    let entry = entry.as_object().ok_or("is not an object")?;
    let slug = text(entry, "slug")?.ok_or("has no slug")?;
    let name = text(entry, "name")?.ok_or("has no name")?;
    let zone = match text(entry, "timezone")? {
        Some(zone) => zone.parse().map_err(|_| format!("timezone {zone:?} is not one"))?,
        None => origin.time_zone.ok_or("has no timezone; --time-zone gives one to those without")?,
    };
    let point = point(entry)?;
    let types = types(entry)?;
    let address = address(entry)?;
    let (conference_url, conference_phone) = (url(entry)?, text(entry, "conference_phone")?);
    let online = conference_url.is_some() || conference_phone.is_some();
    let format = format(entry, &types, address.as_deref(), online);
    let days = days(entry)?;
    // Without a day, a time of day says nothing.
    let on_a_day = |time: Option<i64>| time.filter(|_| !days.is_empty());
    let one = Listing {
        id: Listing::id_of(&origin.source, &slug, None),
        name,
        fellowship: origin.fellowship.clone(),
        day: None,
        time: on_a_day(time(entry, "time")?),
        end_time: on_a_day(time(entry, "end_time")?),
        time_zone: Tz::name(zone).to_owned(),
        types,
        format: format.map(str::to_owned),
        address,
        location: text(entry, "location")?,
        conference_url,
        conference_phone,
        notes: text(entry, "notes")?,
        group: text(entry, "group")?,
        latitude: point.map(|point| point.latitude),
        longitude: point.map(|point| point.longitude),
        updated: text(entry, "updated")?.and_then(|text| moment(&text)),
    };
    let on = |day: i64| Listing {
        id: Listing::id_of(&origin.source, &slug, Some(day)),
        day: Some(day),
        ..one.clone()
    };
    Ok(if days.is_empty() { vec![one] } else { days.into_iter().map(on).collect() })
}

/// A text with something in it.
fn text(entry: &Members, name: &str) -> Reading<Option<String>> {
    let text = match entry.get(name) {
        None | Some(Json::Null) => return Ok(None),
        Some(Json::String(text)) => text.trim(),
        Some(Json::Number(number)) => return Ok(Some(number.to_string())),
        Some(_) => return Err(format!("{name} is not a text")),
    };
    if text.contains('\0') {
        return Err(format!("{name} holds U+0000"));
    }
    if text.len() > TEXT_MAX {
        return Err(format!("{name} is longer than {TEXT_MAX} bytes"));
    }
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
}

/// The days, each once: a number from 0 (Sunday), as a text too, or several.
fn days(entry: &Members) -> Reading<Vec<i64>> {
    let one = |day: &Json| -> Reading<Option<i64>> {
        let number = match day {
            Json::Null => return Ok(None),
            Json::String(text) if text.trim().is_empty() => return Ok(None),
            Json::String(text) => text.trim().parse().ok(),
            other => other.as_i64(),
        };
        let number = number.filter(|day| (0..=6).contains(day));
        number.map(Some).ok_or_else(|| format!("day {day} is not one from 0 to 6"))
    };
    let given = entry.get("day").unwrap_or(&Json::Null);
    let all = given.as_array().map_or(std::slice::from_ref(given), Vec::as_slice);
    let mut days = all.iter().filter_map(|day| one(day).transpose()).collect::<Reading<Vec<i64>>>()?;
    days.sort_unstable();
    days.dedup();
    Ok(days)
}

/// A time of day in minutes: `19:00`, `7:00`, `19:00:00`.
fn time(entry: &Members, name: &str) -> Reading<Option<i64>> {
    let Some(text) = text(entry, name)? else { return Ok(None) };
    let number = |part: &str| Some(part).filter(|part| part.len() <= 2).and_then(|part| part.parse().ok());
    let mut parts = text.split(':').map(number);
    let minutes = match (parts.next().flatten(), parts.next().flatten(), parts.next(), parts.next()) {
        (Some(hour @ 0..=23), Some(minute @ 0..=59), None | Some(Some(0..=59)), None) => {
            Some(hour * 60 + minute)
        }
        _ => None,
    };
    minutes.map(Some).ok_or_else(|| format!("{name} {text:?} is not a time such as 19:00"))
}

/// The codes, as they are.
fn types(entry: &Members) -> Reading<Vec<String>> {
    let codes = match entry.get("types") {
        None | Some(Json::Null) => return Ok(Vec::new()),
        Some(Json::Array(codes)) => codes.iter().map(|code| code.as_str().map(str::trim)).collect(),
        Some(Json::String(codes)) => Some(codes.split(',').map(str::trim).collect()),
        Some(_) => None,
    };
    let codes: Vec<&str> = codes.ok_or("types are no list of codes")?;
    let fits = |code: &&str| code.len() <= 100 && !code.contains('\0');
    if codes.len() > LIST_MAX || !codes.iter().all(fits) {
        return Err("types are too many or too long".to_owned());
    }
    Ok(codes.into_iter().filter(|code| !code.is_empty()).map(str::to_owned).collect())
}

/// The address in one line, from its parts if need be.
fn address(entry: &Members) -> Reading<Option<String>> {
    if let Some(whole) = text(entry, "formatted_address")? {
        return Ok(Some(whole));
    }
    let mut parts = Vec::new();
    for name in ["address", "city", "state", "postal_code", "country"] {
        parts.extend(text(entry, name)?);
    }
    Ok(Some(parts.join(", ")).filter(|address| !address.is_empty()))
}

/// Degrees, as numbers or texts, in two members or in `coordinates`. None at all, and 0, 0 (which means none).
fn point(entry: &Members) -> Reading<Option<Point>> {
    let degrees = |name: &str| entry.get(name).cloned().unwrap_or_default();
    let (latitude, longitude) = match entry.get("coordinates") {
        Some(Json::String(both)) if !both.trim().is_empty() => {
            let (latitude, longitude) = both.split_once(',').ok_or("coordinates are not two numbers")?;
            (Json::from(latitude), Json::from(longitude))
        }
        Some(Json::Array(both)) => match both.as_slice() {
            [latitude, longitude] => (latitude.clone(), longitude.clone()),
            _ => return Err("coordinates are not two numbers".to_owned()),
        },
        _ => (degrees("latitude"), degrees("longitude")),
    };
    let number = |json: &Json| match json {
        Json::Null => Ok(None),
        Json::String(text) if text.trim().is_empty() => Ok(None),
        Json::String(text) => text.trim().parse::<f64>().map(Some).map_err(|_| ()),
        other => other.as_f64().map(Some).ok_or(()),
    };
    match (number(&latitude), number(&longitude)) {
        (Ok(None), Ok(None)) => Ok(None),
        (Ok(Some(latitude)), Ok(Some(longitude))) => match Point::new(latitude, longitude) {
            Some(point) => Ok(Some(point).filter(|_| latitude.abs() + longitude.abs() > 0.0)),
            None => Err(format!("{latitude}, {longitude} is no place on earth")),
        },
        _ => Err("latitude and longitude are not two numbers".to_owned()),
    }
}

/// Where to join: an address of the web and nothing else.
fn url(entry: &Members) -> Reading<Option<String>> {
    let Some(url) = text(entry, "conference_url")? else { return Ok(None) };
    let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    let of_the_web = matches!(scheme.as_deref(), Some("http" | "https"));
    let plain = !url.contains(|c: char| c.is_whitespace() || c.is_control());
    (of_the_web && plain)
        .then_some(Some(url))
        .ok_or_else(|| "conference_url is no address of the web".to_owned())
}

/// When the feed changed it: UTC, as feeds write it.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    let plain = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok().map(|at| at.and_utc());
    plain.or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc()))
}

/// How it can be attended. A place counts if its address is more than a town and it is not closed for now (TC).
fn format(entry: &Members, types: &[String], address: Option<&str>, online: bool) -> Option<&'static str> {
    let said = entry.get("attendance_option").and_then(Json::as_str);
    if let Some(said) = said.and_then(|said| super::FORMATS.iter().find(|format| **format == said)) {
        return Some(said);
    }
    let closed = types.iter().any(|code| code == "TC") || said == Some("inactive");
    let vague = entry.get("approximate").is_some_and(|vague| vague == "yes" || *vague == true);
    let exact =
        |address: &str| address.split(',').count() > 3 || address.contains(|c: char| c.is_ascii_digit());
    let place = !closed && !vague && address.is_some_and(exact);
    match (place, online) {
        (true, true) => Some("hybrid"),
        (true, false) => Some("in_person"),
        (false, true) => Some("online"),
        // A town is all that is known of where it meets.
        (false, false) => (!closed && address.is_some()).then_some("in_person"),
    }
}

#[cfg(test)]
#[path = "feed_tests.rs"]
mod tests;

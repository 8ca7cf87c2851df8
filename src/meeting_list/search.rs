//! Searches of the meeting list: what is near, the nearest first; else what comes next, the soonest first.
//!
//! Pages are of one moment: a cursor carries when the first page was asked for, so that a meeting which begins
//! in between is neither skipped nor shown twice. A cursor of another question is refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, FixedOffset, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::listing::{FORMATS, Listing};
use super::store::{self, Spot};
use crate::catalogue::FELLOWSHIPS;
use crate::db::Conn;
use crate::db::seal::sha256;
use crate::db::types::Id;
use crate::domain::day::{is_of_our_years, wall_clock};
use crate::domain::meetings::{Point, WEEK, Weekly};
use crate::error::{Code, Error, Result};
use crate::http::query::Query;

/// Most meetings of a page.
pub const LIMIT_MAX: i64 = 200;
/// Meetings of a page when nothing is said.
pub const LIMIT: i64 = 50;
/// How far is near, in kilometres, when nothing is said.
pub const RADIUS: i64 = 25;
/// How far may be called near.
pub const RADIUS_MAX: i64 = 200;
/// Orders what has no next occurrence after what has one.
const NEVER: i64 = i64::MAX;

/// What is asked of the list.
#[derive(Debug, Clone)]
pub struct Question {
    near: Option<Point>,
    radius_km: i64,
    pub(super) day: Option<i64>,
    pub(super) time_from: Option<i64>,
    pub(super) code: Option<String>,
    pub(super) fellowship: Option<&'static str>,
    pub(super) format: Option<&'static str>,
    limit: i64,
    after: Option<Cursor>,
}

/// Where the page before ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cursor {
    /// When the first page was asked for, in minutes since 1970.
    minute: i64,
    key: Key,
}

/// The order of the list: metres away (0 when nobody asks), the next occurrence in seconds since 1970, the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    metres: i64,
    next: i64,
    id: Id,
}

/// A place in the order of a zone's week.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Minutes from the beginning of that week.
    pub ahead: i64,
    /// The listing.
    pub id: Id,
}

/// A meeting that was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListedMeeting {
    #[serde(flatten)]
    listing: Listing,
    /// How far away it is, in kilometres along the earth; null unless `near` was asked for.
    #[schema(minimum = 0)]
    distance_km: Option<f64>,
    /// When it begins next, by the clock of its own zone; null: by appointment.
    next_occurrence: Option<DateTime<FixedOffset>>,
}

/// A page of meetings.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListedMeetingPage {
    items: Vec<ListedMeeting>,
    /// Pass it as `cursor` for the next page; null on the last one.
    next_cursor: Option<String>,
}

impl Question {
    /// Reads the query parameters.
    pub fn of(mut query: Query) -> Result<Self> {
        let one_of = |choices: &'static [&'static str]| {
            move |text: &str| choices.iter().find(|choice| **choice == text).copied()
        };
        let near = query.parsed("near", "a latitude and a longitude such as 40.7484,-73.9857", point);
        let radius_km = query.number("radius_km", 1, RADIUS_MAX);
        if near.is_none() && radius_km.is_some() {
            query.mistake("radius_km", "without_near", "means something only with near");
        }
        let code = query.parsed("type", "a Meeting Guide code such as O", |text| {
            (1..=100).contains(&text.len()).then(|| text.to_owned())
        });
        let mut this = Self {
            near,
            radius_km: radius_km.unwrap_or(RADIUS),
            day: query.number("day", 0, 6),
            time_from: query.parsed("time_from", "a time from 00:00 to 23:59", minutes),
            code,
            fellowship: query.parsed("fellowship", "a fellowship of the catalogue", one_of(FELLOWSHIPS)),
            format: query.parsed("format", "in_person, online or hybrid", one_of(FORMATS)),
            limit: query.number("limit", 1, LIMIT_MAX).unwrap_or(LIMIT),
            after: None,
        };
        let cursor = query.text("cursor");
        query.finish()?;
        this.after = cursor.map(|text| this.decode(&text)).transpose()?;
        Ok(this)
    }

    /// Answers the question as of `now`.
    pub async fn answer(&self, conn: &Conn<'_>, now: DateTime<Utc>) -> Result<ListedMeetingPage> {
        let minute = self.after.map_or_else(|| now.timestamp().div_euclid(60), |after| after.minute);
        let now = DateTime::from_timestamp_secs(minute.saturating_mul(60)).ok_or_else(bad_cursor)?;
        let spots = match self.near {
            Some(here) => store::within(conn, self, here.area(self.kilometres())).await?,
            None => self.coming(conn, now).await?,
        };
        let mut found: Vec<Key> = spots.iter().filter_map(|spot| self.place(spot, now)).collect();
        found.retain(|key| self.after.is_none_or(|after| *key > after.key));
        found.sort_unstable();
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = found.len() > limit;
        found.truncate(limit);
        let ids: Vec<Id> = found.iter().map(|key| key.id).collect();
        let mut listings = store::load(conn, &ids).await?;
        let next_cursor = found.last().filter(|_| more).map(|key| self.encode(Cursor { minute, key: *key }));
        let show = |key: Key| listings.remove(&key.id).map(|listing| self.show(key, listing, now));
        Ok(ListedMeetingPage { items: found.into_iter().filter_map(show).collect(), next_cursor })
    }

    /// The first meetings of each zone's coming week, which hold the first ones of all; then those without a time.
    async fn coming(&self, conn: &Conn<'_>, now: DateTime<Utc>) -> Result<Vec<Spot>> {
        let most = self.limit + 1;
        let after = self.after.map(|after| after.key);
        let mut spots = Vec::new();
        for zone in store::zones(conn).await? {
            let place = match after.map(|after| (after, DateTime::from_timestamp_secs(after.next))) {
                None => None,
                Some((_, None)) => continue,
                Some((after, Some(next))) => {
                    let passed = wall_clock(next, &zone) - wall_clock(now, &zone);
                    Some(Place { ahead: passed.num_minutes(), id: after.id })
                }
            };
            if place.is_none_or(|place| place.ahead < WEEK) {
                let from = Weekly::at(now, &zone);
                spots.extend(store::coming(conn, self, zone, from, place, most).await?);
            }
        }
        if spots.len() < usize::try_from(most).unwrap_or(usize::MAX) {
            let after = after.filter(|after| after.next == NEVER).map(|after| after.id);
            spots.extend(store::by_appointment(conn, self, after, most).await?);
        }
        Ok(spots)
    }

    /// The place of a meeting in the list, unless it is too far away.
    fn place(&self, spot: &Spot, now: DateTime<Utc>) -> Option<Key> {
        let metres = match self.near {
            None => 0,
            Some(here) => {
                metres(here.distance_km(spot.point?)).filter(|metres| *metres <= self.radius_km * 1_000)?
            }
        };
        let next = spot.weekly.and_then(|weekly| weekly.next(&spot.zone, now));
        Some(Key { metres, next: next.map_or(NEVER, |next| next.timestamp()), id: spot.id })
    }

    fn show(&self, key: Key, listing: Listing, now: DateTime<Utc>) -> ListedMeeting {
        let zone: Option<chrono_tz::Tz> = listing.time_zone.parse().ok();
        let next = listing.weekly().zip(zone).and_then(|(weekly, zone)| weekly.next(&zone, now));
        #[expect(clippy::cast_precision_loss, reason = "at most half the way around the earth")]
        let distance_km = self.near.map(|_| (key.metres as f64 / 10.0).round() / 100.0);
        ListedMeeting { listing, distance_km, next_occurrence: next.map(|next| next.fixed_offset()) }
    }

    #[expect(clippy::cast_precision_loss, reason = "at most RADIUS_MAX")]
    fn kilometres(&self) -> f64 {
        self.radius_km as f64
    }

    /// What a cursor is good for: the same question, whatever the size of its pages.
    fn mark(&self) -> u32 {
        let asked =
            (self.near, self.radius_km, self.day, self.time_from, &self.code, self.fellowship, self.format);
        let hash = sha256(format!("{asked:?}").as_bytes());
        hash.first_chunk().map_or(0, |first| u32::from_be_bytes(*first))
    }

    /// Opaque to clients.
    fn encode(&self, Cursor { minute, key }: Cursor) -> String {
        let Key { metres, next, id } = key;
        URL_SAFE_NO_PAD.encode(format!("meeting-list:{}:{minute}:{metres}:{next}:{id}", self.mark()))
    }

    fn decode(&self, text: &str) -> Result<Cursor> {
        let decode = || {
            let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
            let parts: Vec<&str> = text.strip_prefix("meeting-list:")?.split(':').collect();
            let [mark, minute, metres, next, id] = parts.as_slice() else { return None };
            let key = Key { metres: metres.parse().ok()?, next: next.parse().ok()?, id: Id::parse(id)? };
            let cursor = Cursor { minute: minute.parse().ok()?, key };
            let known = |seconds| DateTime::from_timestamp_secs(seconds).is_some_and(is_of_our_years);
            if !known(cursor.minute.checked_mul(60)?) || !(key.next == NEVER || known(key.next)) {
                return None;
            }
            (mark.parse() == Ok(self.mark())).then_some(cursor)
        };
        decode().ok_or_else(bad_cursor)
    }
}

fn bad_cursor() -> Error {
    Error::of(Code::InvalidCursor)
}

fn point(text: &str) -> Option<Point> {
    let (latitude, longitude) = text.split_once(',')?;
    Point::new(latitude.trim().parse().ok()?, longitude.trim().parse().ok()?)
}

fn minutes(text: &str) -> Option<i64> {
    let time = chrono::NaiveTime::parse_from_str(text, "%H:%M").ok().filter(|_| text.len() == 5)?;
    Some(time.signed_duration_since(chrono::NaiveTime::MIN).num_minutes())
}

#[expect(clippy::cast_possible_truncation, reason = "a distance on the earth")]
fn metres(km: f64) -> Option<i64> {
    km.is_finite().then(|| (km * 1_000.0).round() as i64)
}

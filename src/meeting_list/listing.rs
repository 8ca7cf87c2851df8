//! A listed meeting: one row a meeting and day, as it is kept and as it is shown.

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json, json};
use utoipa::ToSchema;

use crate::catalogue::id_of;
use crate::db::seal::sha256;
use crate::db::types::Id;
use crate::domain::meetings::{DAY, Point, Weekly};
use crate::error::{Error, Result};
use crate::fields::patterns::MEETING_CODE;

/// How a meeting can be attended, as far as a feed says.
pub const FORMATS: &[&str] = &["in_person", "online", "hybrid"];

/// A public meeting on one day of the week.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Listing {
    /// The same over imports, as long as the feed keeps the meeting's slug.
    #[schema(value_type = String, format = "uuid")]
    pub id: Id,
    /// What it is called.
    #[schema(example = "Monday Night Hope")]
    pub name: String,
    /// Slug of its fellowship.
    #[schema(example = "na")]
    pub fellowship: String,
    /// Day of the week, Sunday is 0; null: by appointment.
    #[schema(minimum = 0, maximum = 6)]
    pub day: Option<i64>,
    /// When it begins, by the clock of its zone.
    #[serde(serialize_with = "clock")]
    #[schema(value_type = Option<String>, pattern = "^[0-2][0-9]:[0-5][0-9]$")]
    pub time: Option<i64>,
    /// When it ends.
    #[serde(serialize_with = "clock")]
    #[schema(value_type = Option<String>, pattern = "^[0-2][0-9]:[0-5][0-9]$")]
    pub end_time: Option<i64>,
    /// IANA time zone.
    #[schema(example = "America/New_York")]
    pub time_zone: String,
    /// Meeting Guide type codes, as the feed has them.
    pub types: Vec<String>,
    /// `in_person`, `online` or `hybrid`; null: the feed says of no way to attend now.
    pub format: Option<String>,
    /// Where, for the post.
    pub address: Option<String>,
    /// The building or place.
    pub location: Option<String>,
    /// Where to join online.
    pub conference_url: Option<String>,
    /// Which number to call to join.
    pub conference_phone: Option<String>,
    /// Words of the group about the meeting.
    pub notes: Option<String>,
    /// The group that holds it.
    pub group: Option<String>,
    /// Degrees, north positive.
    #[schema(minimum = -90, maximum = 90)]
    pub latitude: Option<f64>,
    /// Degrees, east positive.
    #[schema(minimum = -180, maximum = 180)]
    pub longitude: Option<f64>,
    /// When the feed last changed it.
    pub updated: Option<DateTime<Utc>>,
}

impl Listing {
    /// The id of a meeting on a day.
    #[must_use]
    pub fn id_of(source: &str, slug: &str, day: Option<i64>) -> Id {
        let day = day.map_or_else(|| "-".to_owned(), |day| day.to_string());
        Id(id_of("meeting_list", &format!("{source}/{slug}/{day}")))
    }

    /// What tells whether a meeting has changed.
    pub fn digest(&self) -> Result<[u8; 32]> {
        serde_json::to_vec(self).map(|json| sha256(&json)).map_err(Error::internal)
    }

    /// Where it is.
    #[must_use]
    pub fn point(&self) -> Option<Point> {
        Point::new(self.latitude?, self.longitude?)
    }

    /// When of the week it begins.
    #[must_use]
    pub fn weekly(&self) -> Option<Weekly> {
        Some(Weekly { day: self.day?, minute: self.time? })
    }

    /// What an attendance takes over from it: members of a record of `meetings`.
    #[must_use]
    pub fn as_attended(&self) -> Map<String, Json> {
        let minutes = self.time.zip(self.end_time).map(|(from, to)| (to - from).rem_euclid(DAY));
        let types: Vec<&String> = self.types.iter().filter(|code| (MEETING_CODE.matches)(code)).collect();
        let members = [
            ("fellowship", json!(self.fellowship)),
            ("time_zone", json!(self.time_zone)),
            ("name", json!(self.name)),
            ("format", json!(self.format)),
            ("meeting_types", json!(types)),
            ("duration_minutes", json!(minutes.filter(|minutes| *minutes > 0))),
        ];
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// A time of day as `HH:MM`.
#[expect(clippy::ref_option, reason = "how serde hands a member over")]
fn clock<S: Serializer>(minutes: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    minutes.map(|minutes| format!("{:02}:{:02}", minutes / 60, minutes % 60)).serialize(serializer)
}

//! The members of the API's answers that a report alone shows. What is not named here is not shown.

use chrono::NaiveDate;
use serde::Deserialize;

/// `insights/withdrawal`
#[derive(Deserialize)]
pub struct Withdrawal {
    pub days: Vec<WithdrawalDay>,
}

/// The worst of a day.
#[derive(Deserialize)]
pub struct WithdrawalDay {
    pub date: NaiveDate,
    pub max_total: u32,
}

/// `insights/meetings`
#[derive(Deserialize)]
pub struct MeetingGroups {
    pub n: u32,
    pub fellowships: Vec<Fellowship>,
}

/// A fellowship and its meetings.
#[derive(Deserialize)]
pub struct Fellowship {
    #[serde(rename = "fellowship")]
    pub slug: String,
    pub count: u32,
    pub share: f64,
}

/// A list of records.
#[derive(Deserialize)]
pub struct Listed<T> {
    pub items: Vec<T>,
    pub next_cursor: Option<String>,
}

/// A record of `medications`; names are absent where they are not shared.
#[derive(Deserialize)]
pub struct Prescription {
    pub id: String,
    pub name: Option<String>,
    pub kind: String,
    pub route: Option<String>,
    pub dose_value: Option<String>,
    pub dose_unit: Option<String>,
    pub schedule: String,
    pub every_n_days: Option<u32>,
    pub starts_on: NaiveDate,
    pub ends_on: Option<NaiveDate>,
    pub expires_on: Option<NaiveDate>,
    pub prescriber: Option<String>,
}

/// A record of `care-episodes`.
#[derive(Deserialize)]
pub struct CareEpisode {
    pub level: String,
    pub starts_on: NaiveDate,
    pub ends_on: Option<NaiveDate>,
    pub facility: Option<String>,
    pub days_per_week: Option<u32>,
    pub hours_per_day: Option<f64>,
}

/// A record of `assessments`.
#[derive(Deserialize)]
pub struct Assessment {
    pub local_date: NaiveDate,
    pub instrument: String,
    pub instrument_version: String,
    pub score: Option<u32>,
    pub subscores: Option<Vec<u32>>,
    pub band: Option<String>,
}

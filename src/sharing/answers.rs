//! The members of the API's answers that pages and reports show. What is not named here is not shown.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

use super::scope::SharedScope;

/// An entry of `GET /v1/invitations`
#[derive(Deserialize)]
pub struct Invitation {
    pub id: String,
    pub status: String,
    pub name: String,
    pub role: String,
    pub organization: Option<String>,
    pub purpose: String,
    pub expires_at: DateTime<Utc>,
    pub consent: Consent,
}

/// What was signed.
#[derive(Deserialize)]
pub struct Consent {
    pub version: String,
    pub text: String,
    pub sha256: String,
}

/// An entry of `GET /v1/shares`
#[derive(Deserialize)]
pub struct OwnShare {
    pub id: String,
    pub status: String,
    pub recipient: Recipient,
    pub purpose: String,
    pub scopes: Vec<SharedScope>,
    pub expires_at: DateTime<Utc>,
}

/// Who may read.
#[derive(Deserialize)]
pub struct Recipient {
    pub email: String,
    pub name: Option<String>,
    pub organization: Option<String>,
}

/// A figure with a minimum of data.
#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Figure<T> {
    Ok(T),
    NeedsMore { have: u32, need: u32 },
}

/// A figure of one value.
#[derive(Deserialize)]
pub struct One {
    pub value: f64,
}

/// `streaks`
#[derive(Deserialize)]
pub struct Streaks {
    pub time_zone: String,
    pub clocks: Vec<Clock>,
    pub check_ins: CheckIns,
    pub meetings: Meetings,
}

/// A clock.
#[derive(Deserialize)]
pub struct Clock {
    pub substance: String,
    pub label: Option<String>,
    #[serde(default)]
    pub archived: bool,
    pub status: String,
    pub since: NaiveDate,
    pub current_days: u32,
    pub longest_days: u32,
    pub journey_days: u32,
    pub substance_free_days: u32,
    pub lapse_count: u32,
    pub pda_30: Figure<DaysAbstinent>,
    pub pda_90: Figure<DaysAbstinent>,
}

/// Percent of the days that are known.
#[derive(Deserialize)]
pub struct DaysAbstinent {
    pub value: f64,
    pub known_days: u32,
}

/// Streaks of check-ins.
#[derive(Deserialize)]
pub struct CheckIns {
    pub current: u32,
    pub longest: u32,
    pub total_days: u32,
}

/// Streaks of meetings.
#[derive(Deserialize)]
pub struct Meetings {
    pub current_weeks: u32,
    pub last_7_days: u32,
    pub last_30_days: u32,
    pub total: u32,
}

/// `trends`
#[derive(Deserialize)]
pub struct Trends {
    pub coverage: Coverage,
    pub ratings: BTreeMap<String, Rating>,
    pub cravings: Cravings,
    pub counts: BTreeMap<String, Count>,
}

/// Days with data.
#[derive(Deserialize)]
pub struct Coverage {
    pub days: u32,
    pub with_check_in: u32,
}

/// A rating over the dates.
#[derive(Deserialize)]
pub struct Rating {
    pub n: u32,
    pub mean: Option<f64>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub direction: Figure<Direction>,
    pub previous: Figure<Previous>,
    pub series: Vec<RatingBucket>,
    pub moving_average_7: Vec<Average>,
}

/// Where it goes.
#[derive(Deserialize)]
pub struct Direction {
    pub per_week: f64,
    pub word: String,
}

/// The period of equal length before.
#[derive(Deserialize)]
pub struct Previous {
    pub n: u32,
    pub mean: f64,
    pub difference: f64,
}

/// A rating in a bucket.
#[derive(Deserialize)]
pub struct RatingBucket {
    pub start: NaiveDate,
    pub mean: Option<f64>,
    pub min: Option<f64>,
    pub max: Option<f64>,
}

/// A moving average on a date.
#[derive(Deserialize)]
pub struct Average {
    pub value: Option<f64>,
}

/// Cravings over the dates.
#[derive(Deserialize)]
pub struct Cravings {
    pub n: u32,
    pub mean_intensity: Option<f64>,
    pub passed: u32,
    pub used: u32,
    pub open: u32,
    pub passed_share: Option<f64>,
    pub series: Vec<CravingBucket>,
    pub direction: Figure<Direction>,
    pub previous: Figure<Previous>,
}

/// Cravings in a bucket.
#[derive(Deserialize)]
pub struct CravingBucket {
    pub start: NaiveDate,
    pub n: u32,
    pub max_intensity: Option<f64>,
}

/// How often something happened.
#[derive(Deserialize)]
pub struct Count {
    pub n: u32,
    pub series: Vec<CountBucket>,
}

/// A count in a bucket.
#[derive(Deserialize)]
pub struct CountBucket {
    pub start: NaiveDate,
    pub n: u32,
}

/// `insights/heatmap`
#[derive(Deserialize)]
pub struct Heatmap {
    pub n: u32,
    pub cells: Vec<Cell>,
}

/// An hour of the week.
#[derive(Deserialize)]
pub struct Cell {
    pub weekday: u32,
    pub hour: u32,
    pub count: u32,
    pub mean_intensity: Figure<One>,
}

/// `insights/triggers`
#[derive(Deserialize)]
pub struct Triggers {
    #[serde(default)]
    pub triggers: Vec<Trigger>,
    /// How many cravings it takes to say, where there are too few.
    pub need: Option<u32>,
}

/// What set cravings off.
#[derive(Deserialize)]
pub struct Trigger {
    pub name: Option<String>,
    pub count: u32,
    pub share: f64,
    pub mean_intensity: Option<f64>,
    pub passed_share: Option<f64>,
}

/// `insights/skills`
#[derive(Deserialize)]
pub struct Skills {
    pub baseline: Figure<Relief>,
    pub skills: Vec<Skill>,
}

/// How much cravings eased.
#[derive(Deserialize)]
pub struct Relief {
    pub n: u32,
    pub median_relief: f64,
}

/// A skill and what it did.
#[derive(Deserialize)]
pub struct Skill {
    pub name: Option<String>,
    #[serde(flatten)]
    pub figure: Figure<Relief>,
}

/// `insights/adherence`
#[derive(Deserialize)]
pub struct Adherence {
    pub medications: Vec<Medication>,
}

/// A medication.
#[derive(Deserialize)]
pub struct Medication {
    #[serde(rename = "medication_id")]
    pub id: String,
    pub name: Option<String>,
    #[serde(flatten)]
    pub figure: Figure<Doses>,
}

/// Due dates and doses.
#[derive(Deserialize)]
pub struct Doses {
    pub scheduled_days: u32,
    pub covered_days: u32,
    pub percent: f64,
    pub longest_gap_days: u32,
    pub late: u32,
    pub missed: u32,
}

/// `insights/care-plan`
#[derive(Deserialize)]
pub struct CarePlan {
    pub weeks: Vec<CareWeek>,
}

/// A week of a level of care.
#[derive(Deserialize)]
pub struct CareWeek {
    pub start: NaiveDate,
    pub level: String,
    pub planned_hours: Option<f64>,
    pub attended_hours: f64,
    pub planned_sessions: Option<u32>,
    pub attended_sessions: u32,
}

/// `brief`
#[derive(Deserialize)]
pub struct Brief {
    pub since: NaiveDate,
    pub until: NaiveDate,
    pub changes: Vec<Change>,
    pub cravings: CountChange,
    pub meetings: CountChange,
    pub top_triggers: Triggers,
    pub what_helped: Skills,
    pub missed_doses: Vec<NaiveDate>,
    pub missed_sessions: Vec<NaiveDate>,
    pub lapses: Vec<Lapse>,
}

/// A rating since a date.
#[derive(Deserialize)]
pub struct Change {
    pub rating: String,
    pub n: u32,
    pub mean: Option<f64>,
    pub difference: Option<f64>,
}

/// A count beside the one before.
#[derive(Deserialize)]
pub struct CountChange {
    pub n: u32,
    pub before: u32,
}

/// A lapse.
#[derive(Deserialize)]
pub struct Lapse {
    pub used_on: NaiveDate,
    pub resumed_on: Option<NaiveDate>,
}

/// `milestones`
#[derive(Deserialize)]
pub struct Milestones {
    pub milestones: Vec<Milestone>,
}

/// A milestone.
#[derive(Deserialize)]
pub struct Milestone {
    pub name: String,
    pub reached_on: NaiveDate,
}

/// A list of check-ins or cravings, as far as their words are shared.
#[derive(Deserialize)]
pub struct Noted {
    pub items: Vec<Written>,
}

/// A record with words.
#[derive(Deserialize)]
pub struct Written {
    pub local_date: NaiveDate,
    pub note: Option<String>,
    pub gratitude: Option<String>,
}

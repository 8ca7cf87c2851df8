//! The home screen in one request.

use chrono::NaiveDate;
use futures_util::try_join;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::goals::{GoalProgress, goals};
use super::streaks::{Streaks, streaks};
use super::trends::{day_values, episode};
use crate::db::Conn;
use crate::domain::cravings::{Craving, CravingSum};
use crate::domain::day::add_days;
use crate::domain::period::Period;
use crate::domain::trends::Spread;
use crate::error::{Error, Result};
use crate::fields::Value;
use crate::journal::collections::{
    check_ins::CHECK_INS, cravings::CRAVINGS, medications::MEDICATIONS, meetings::MEETINGS,
};
use crate::journal::support::CrisisCard;
use crate::journal::support::card::card;
use crate::journal::today::Today;
use crate::journal::{Reading, days, store};

/// `GET /v1/summary`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Summary {
    as_of: NaiveDate,
    streaks: Streaks,
    /// As `GET /v1/days/{date}` answers for today.
    #[schema(schema_with = today_schema)]
    today: Box<RawValue>,
    last_7_days: LastDays,
    /// Goals that run today.
    goals: Vec<GoalProgress>,
    /// What is next, soonest first of each kind.
    next: Vec<NextThing>,
    plan: SummaryPlan,
}

/// What helps when it gets hard.
#[derive(Debug, Serialize, ToSchema)]
pub struct SummaryPlan {
    crisis_card: CrisisCard,
}

/// The seven dates ending today.
#[derive(Debug, Serialize, ToSchema)]
pub struct LastDays {
    mood: MeanOfDays,
    cravings: MeanOfEpisodes,
    /// Meetings attended.
    meetings: u32,
}

/// A mean of day values.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeanOfDays {
    /// Days with data.
    n: u32,
    mean: Option<f64>,
}

/// A mean of episodes.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeanOfEpisodes {
    /// Episodes.
    n: u32,
    mean_intensity: Option<f64>,
}

/// Something to look forward to.
#[derive(Debug, Serialize, ToSchema)]
pub struct NextThing {
    /// `milestone`, or `kit_expires` for a naloxone kit to replace.
    #[schema(value_type = String, example = "milestone")]
    kind: &'static str,
    /// The milestone, or `naloxone_kit`.
    #[schema(example = "months_6")]
    code: String,
    on: NaiveDate,
}

fn today_schema() -> utoipa::openapi::schema::Ref {
    utoipa::openapi::schema::Ref::from_schema_name("Day")
}

/// The day as it was written, without being taken apart.
fn raw(day: String) -> Result<Box<RawValue>> {
    RawValue::from_string(day).map_err(Error::internal)
}

/// A medication of this kind is a kit at hand, with a date on it.
const KIT: &str = "naloxone_kit";
/// How many days before that date it is time to think of a new one.
const KIT_NOTICE: i64 = 60;

/// The dates on which the naloxone kits at hand expire or expired, if that is soon or over.
async fn expiring_kits(conn: &Conn<'_>, reading: &Reading<'_>, today: NaiveDate) -> Result<Vec<NaiveDate>> {
    let fields = ["kind", "ends_on", "expires_on"];
    let rows = store::select(conn, reading, &MEDICATIONS, &fields, None).await?;
    let mut dates: Vec<NaiveDate> = rows
        .iter()
        .filter_map(|(_, values)| match values.as_slice() {
            [Value::Text(kind), ends_on, Value::Date(expires_on)] if kind == KIT => {
                let at_hand = ends_on.date().is_none_or(|last| last >= today);
                (at_hand && *expires_on <= add_days(today, KIT_NOTICE)).then_some(*expires_on)
            }
            _ => None,
        })
        .collect();
    dates.sort_unstable();
    Ok(dates)
}

/// Works the summary out.
pub async fn summary(conn: &Conn<'_>, reading: &Reading<'_>, today: Today) -> Result<Summary> {
    let period = Period::ending(today.date, 7);
    let dates = Some((period.from(), period.to()));
    let (streaks, day, moods, cravings, meetings, kits, goals, crisis_card) = try_join!(
        streaks(conn, reading, today),
        days::view(conn, reading, today.date, today.date),
        store::select(conn, reading, &CHECK_INS, &["local_date", "mood"], dates),
        store::select(conn, reading, &CRAVINGS, &["local_date", "intensity", "outcome"], dates),
        store::select(conn, reading, &MEETINGS, &["local_date"], dates),
        expiring_kits(conn, reading, today.date),
        goals(conn, reading, today.date),
        card(conn, reading),
    )?;
    let moods: Vec<Vec<Value>> = moods.into_iter().map(|(_, values)| values).collect();
    let mood = Spread::of(day_values(&moods, 1).days());
    let episodes: Vec<Craving> = cravings.iter().filter_map(|(_, values)| episode(values)).collect();
    let cravings = CravingSum::of(&episodes);
    let milestones = streaks.next_milestones().map(|(code, on)| NextThing { kind: "milestone", code, on });
    let kits = kits.into_iter().map(|on| NextThing { kind: "kit_expires", code: KIT.to_owned(), on });
    Ok(Summary {
        as_of: today.date,
        last_7_days: LastDays {
            mood: MeanOfDays { n: mood.n, mean: mood.mean },
            cravings: MeanOfEpisodes { n: cravings.n, mean_intensity: cravings.mean_intensity },
            meetings: u32::try_from(meetings.len()).unwrap_or(u32::MAX),
        },
        goals,
        next: milestones.chain(kits).collect(),
        plan: SummaryPlan { crisis_card },
        today: String::from_utf8(day).map_err(Error::internal).and_then(raw)?,
        streaks,
    })
}

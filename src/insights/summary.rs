//! The home screen in one request.

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::streaks::{Streaks, streaks};
use super::trends::{day_values, episode};
use crate::catalogue::{Catalogue, HelpLine};
use crate::db::Conn;
use crate::domain::cravings::{Craving, CravingSum};
use crate::domain::period::Period;
use crate::domain::trends::Spread;
use crate::error::{Error, Result};
use crate::fields::Value;
use crate::journal::collections::{check_ins::CHECK_INS, cravings::CRAVINGS, meetings::MEETINGS};
use crate::journal::today::Today;
use crate::journal::{Reading, days, store};

/// `GET /v1/summary`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Summary {
    as_of: NaiveDate,
    streaks: Streaks,
    /// As `GET /v1/days/{date}` answers for today.
    #[schema(schema_with = today_schema)]
    today: Json,
    last_7_days: LastDays,
    next: Vec<NextThing>,
    plan: SummaryPlan,
}

/// What helps when it gets hard.
#[derive(Debug, Serialize, ToSchema)]
pub struct SummaryPlan {
    crisis_card: CrisisCard,
}

/// Whom to reach at once.
#[derive(Debug, Serialize, ToSchema)]
pub struct CrisisCard {
    /// Help lines of the account's country; advice without a number where none is known.
    help_lines: Vec<HelpLine>,
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
    /// `milestone`.
    #[schema(value_type = String, example = "milestone")]
    kind: &'static str,
    #[schema(example = "months_6")]
    code: String,
    on: NaiveDate,
}

fn today_schema() -> utoipa::openapi::schema::Ref {
    utoipa::openapi::schema::Ref::from_schema_name("Day")
}

fn help_lines(reading: &Reading<'_>) -> Vec<HelpLine> {
    Catalogue::builtin().help_lines(reading.country.unwrap_or_default()).to_vec()
}

/// Works the summary out.
pub async fn summary(conn: &mut Conn<'_>, reading: &Reading<'_>, today: Today) -> Result<Summary> {
    let streaks = streaks(conn, reading, today).await?;
    let day = days::view(conn, reading, today.date, today.date).await?;
    let period = Period::ending(today.date, 7);
    let dates = Some((period.from(), period.to()));
    let rows = store::select(conn, reading, &CHECK_INS, &["local_date", "mood"], dates).await?;
    let rows: Vec<Vec<Value>> = rows.into_iter().map(|(_, values)| values).collect();
    let mood = Spread::of(day_values(&rows, 1).days());
    let rows =
        store::select(conn, reading, &CRAVINGS, &["local_date", "intensity", "outcome"], dates).await?;
    let episodes: Vec<Craving> = rows.iter().filter_map(|(_, values)| episode(values)).collect();
    let cravings = CravingSum::of(&episodes);
    let meetings = store::select(conn, reading, &MEETINGS, &["local_date"], dates).await?.len();
    let next = streaks.next_milestones().map(|(code, on)| NextThing { kind: "milestone", code, on });
    Ok(Summary {
        as_of: today.date,
        last_7_days: LastDays {
            mood: MeanOfDays { n: mood.n, mean: mood.mean },
            cravings: MeanOfEpisodes { n: cravings.n, mean_intensity: cravings.mean_intensity },
            meetings: u32::try_from(meetings).unwrap_or(u32::MAX),
        },
        next: next.collect(),
        plan: SummaryPlan { crisis_card: CrisisCard { help_lines: help_lines(reading) } },
        today: serde_json::from_slice(&day).map_err(Error::internal)?,
        streaks,
    })
}

//! Treatment as it was planned and as it went: medication, levels of care, withdrawal.

use std::collections::HashMap;

use chrono::{NaiveDate, SecondsFormat};
use futures_util::try_join;
use serde::Serialize;
use utoipa::ToSchema;

use super::figure::Shown;
use super::range::Range;
use super::trends::ratio;
use crate::db::Conn;
use crate::db::types::Id;
use crate::domain::adherence::{self, DoseStatus, Prescription, Schedule};
use crate::domain::care_plan::{self, Attended, Episode};
use crate::domain::day::add_days;
use crate::domain::withdrawal::{self, SYMPTOMS, Symptoms};
use crate::error::Result;
use crate::fields::Value;
use crate::journal::collections::{
    care_episodes::CARE_EPISODES, doses::DOSES, medications::MEDICATIONS, sessions::SESSIONS,
    withdrawal_logs::WITHDRAWAL_LOGS,
};
use crate::journal::reading::Reading;
use crate::journal::store;

/// The longest time from one monthly date to the next: a dose that late can still cover the first of them.
const LONGEST_WAIT: i64 = 31;

/// `GET /v1/insights/adherence`: of medications with a schedule, how many due dates a dose covers.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdherenceInsight {
    from: NaiveDate,
    to: NaiveDate,
    /// In the order they were made; those taken as needed are left out.
    medications: Vec<MedicationFigures>,
}

/// One medication.
#[derive(Debug, Serialize, ToSchema)]
pub struct MedicationFigures {
    medication_id: Id,
    /// What the person calls it; null where names are not shared.
    name: Option<String>,
    #[serde(flatten)]
    #[schema(inline)]
    figure: AdherenceFigure,
}

/// Adherence, if dates enough were scheduled (7).
pub type AdherenceFigure = Shown<Adherence>;

/// Scheduled dates and the doses that cover them.
#[derive(Debug, Serialize, ToSchema)]
pub struct Adherence {
    /// Dates due in the range, up to yesterday, and today once covered.
    scheduled_days: u32,
    /// Those of them that a dose covers: taken, late or observed at the clinic.
    covered_days: u32,
    /// 100 × covered / scheduled, one decimal.
    percent: f64,
    /// The longest run of scheduled dates that no dose covers.
    longest_gap_days: u32,
    /// Doses recorded as late.
    late: u32,
    /// Doses recorded as missed.
    missed: u32,
}

/// Works the adherence out.
pub async fn adherence(conn: &Conn<'_>, reading: &Reading<'_>, range: &Range) -> Result<AdherenceInsight> {
    let (asked, today) = (range.period, range.today.date);
    let Some(period) = reading.open_period(&DOSES, asked) else {
        return Ok(AdherenceInsight { from: asked.from(), to: asked.to(), medications: Vec::new() });
    };
    let until = add_days(period.to(), LONGEST_WAIT).min(today);
    let taken = ["medication_id", "local_date", "status"];
    let prescribed = ["name", "schedule", "every_n_days", "starts_on", "ends_on"];
    let (taken, mut medications) = try_join!(
        store::select(conn, reading, &DOSES, &taken, Some((period.from(), until))),
        store::select(conn, reading, &MEDICATIONS, &prescribed, None),
    )?;
    let mut doses: HashMap<Id, Vec<(NaiveDate, DoseStatus)>> = HashMap::new();
    for (_, values) in taken {
        if let [Value::Id(medication), Value::Date(date), Value::Text(status)] = values.as_slice()
            && let Some(status) = DoseStatus::named(status)
        {
            doses.entry(*medication).or_default().push((*date, status));
        }
    }
    medications.sort_by_key(|(id, _)| *id);
    let figures = medications.into_iter().filter_map(|(medication_id, values)| {
        let [name, Value::Text(schedule), every, Value::Date(starts_on), ends_on] = values.as_slice() else {
            return None;
        };
        let prescription = Prescription {
            schedule: Schedule::named(schedule, every.int()),
            starts_on: *starts_on,
            ends_on: ends_on.date(),
            doses: doses.get(&medication_id).map_or(&[], Vec::as_slice),
        };
        let figure = Shown::of(prescription.adherence(period, today)?, Adherence::of);
        Some(MedicationFigures { medication_id, name: name.text().map(str::to_owned), figure })
    });
    Ok(AdherenceInsight { from: period.from(), to: period.to(), medications: figures.collect() })
}

impl Adherence {
    fn of(figures: adherence::Adherence) -> Self {
        let adherence::Adherence { scheduled_days, covered_days, percent, longest_gap_days, late, missed } =
            figures;
        Self { scheduled_days, covered_days, percent, longest_gap_days, late, missed }
    }
}

/// `GET /v1/insights/care-plan`: what each level of care planned for a week, and what was attended.
#[derive(Debug, Serialize, ToSchema)]
pub struct CarePlanInsight {
    from: NaiveDate,
    to: NaiveDate,
    /// Whole ISO weeks, ascending.
    weeks: Vec<CareWeek>,
}

/// An ISO week of a care episode.
#[derive(Debug, Serialize, ToSchema)]
pub struct CareWeek {
    /// Its Monday.
    start: NaiveDate,
    care_episode_id: Id,
    #[schema(example = "iop")]
    level: String,
    /// Days a week × hours a day; null where the plan does not say both.
    planned_hours: Option<f64>,
    /// Minutes of attended sessions, in hours.
    attended_hours: f64,
    /// Days a week; null where the plan does not say it.
    planned_sessions: Option<u32>,
    attended_sessions: u32,
}

/// Works the care plan out.
pub async fn care_plan(conn: &Conn<'_>, reading: &Reading<'_>, range: &Range) -> Result<CarePlanInsight> {
    let (asked, today) = (range.period, range.today.date);
    let Some(period) = reading.open_period(&SESSIONS, asked) else {
        return Ok(CarePlanInsight { from: asked.from(), to: asked.to(), weeks: Vec::new() });
    };
    let planned = ["level", "starts_on", "ends_on", "days_per_week", "hours_per_day"];
    let attended = ["local_date", "status", "attended_minutes", "care_episode_id"];
    let (mut rows, sessions) = try_join!(
        store::select(conn, reading, &CARE_EPISODES, &planned, None),
        store::select(conn, reading, &SESSIONS, &attended, Some(care_plan::session_dates(period))),
    )?;
    rows.sort_by_key(|(id, _)| *id);
    let (mut levels, mut episodes) = (Vec::new(), Vec::new());
    for (id, values) in rows {
        if let [Value::Text(level), Value::Date(starts_on), ends_on, days, hours] = values.as_slice() {
            levels.push(level.clone());
            episodes.push(Episode {
                id,
                starts_on: *starts_on,
                ends_on: ends_on.date(),
                days_per_week: days.int().and_then(|days| u32::try_from(days).ok()),
                hours_per_day: ratio(hours),
            });
        }
    }
    let attended = sessions.iter().filter_map(|(_, values)| match values.as_slice() {
        [Value::Date(local_date), Value::Text(status), minutes, episode] if status == "attended" => {
            let minutes = minutes.int().and_then(|minutes| u32::try_from(minutes).ok()).unwrap_or(0);
            Some(Attended { local_date: *local_date, minutes, episode: episode.id() })
        }
        _ => None,
    });
    let weeks = care_plan::weeks(&episodes, &attended.collect::<Vec<_>>(), period, today);
    let weeks = weeks.into_iter().filter_map(|week| {
        Some(CareWeek {
            start: week.start,
            care_episode_id: episodes.get(week.episode)?.id,
            level: levels.get(week.episode)?.clone(),
            planned_hours: week.planned_hours,
            attended_hours: week.attended_hours,
            planned_sessions: week.planned_sessions,
            attended_sessions: week.attended_sessions,
        })
    });
    Ok(CarePlanInsight { from: period.from(), to: period.to(), weeks: weeks.collect() })
}

/// `GET /v1/insights/withdrawal`: the course of withdrawal.
#[derive(Debug, Serialize, ToSchema)]
pub struct WithdrawalInsight {
    from: NaiveDate,
    to: NaiveDate,
    /// In the order in which they happened; empty where only figures are shared.
    logs: Vec<WithdrawalTotal>,
    /// Days with a log, ascending.
    days: Vec<WithdrawalDay>,
}

/// A log as one number.
#[derive(Debug, Serialize, ToSchema)]
pub struct WithdrawalTotal {
    id: Id,
    #[schema(format = "date-time", example = "2026-11-02T06:30:00-05:00")]
    occurred_at: String,
    /// The sum of its symptoms, 0 to 52.
    total: u32,
    /// The strongest symptom; null when none was felt.
    peak: Option<SymptomPeak>,
}

/// A symptom and how strong it was.
#[derive(Debug, Serialize, ToSchema)]
pub struct SymptomPeak {
    #[schema(value_type = String, example = "insomnia")]
    symptom: &'static str,
    /// 1 to 4.
    value: u8,
}

/// The worst of a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct WithdrawalDay {
    date: NaiveDate,
    max_total: u32,
}

/// Works the course of withdrawal out.
pub async fn withdrawal(conn: &Conn<'_>, reading: &Reading<'_>, range: &Range) -> Result<WithdrawalInsight> {
    let (from, to) = (range.period.from(), range.period.to());
    let fields: Vec<&str> = ["local_date", "occurred_at"].into_iter().chain(SYMPTOMS).collect();
    let rows = store::select(conn, reading, &WITHDRAWAL_LOGS, &fields, Some((from, to))).await?;
    let mut logs = Vec::with_capacity(rows.len());
    for (id, values) in rows {
        if let [Value::Date(date), Value::Moment(at), rated @ ..] = values.as_slice() {
            logs.push((*at, id, *date, symptoms(rated)));
        }
    }
    logs.sort_by_key(|(at, id, ..)| (*at, *id));
    let days =
        withdrawal::day_maxima(logs.iter().map(|(_, _, date, rated)| (*date, withdrawal::total(rated))));
    // Each log by itself is a row, where rows may be shown.
    let single = if reading.shows_rows(&WITHDRAWAL_LOGS) { logs.as_slice() } else { &[] };
    let logs = single.iter().map(|(at, id, _, rated)| WithdrawalTotal {
        id: *id,
        occurred_at: at.to_rfc3339_opts(SecondsFormat::Secs, true),
        total: withdrawal::total(rated),
        peak: withdrawal::peak(rated).map(|(symptom, value)| SymptomPeak { symptom, value }),
    });
    Ok(WithdrawalInsight {
        from,
        to,
        logs: logs.collect(),
        days: days.into_iter().map(|(date, max_total)| WithdrawalDay { date, max_total }).collect(),
    })
}

/// The symptoms of a log, from its values in the order of [`SYMPTOMS`].
fn symptoms(rated: &[Value]) -> Symptoms {
    let mut symptoms = Symptoms::default();
    for (symptom, value) in symptoms.iter_mut().zip(rated) {
        *symptom = value.int().and_then(|value| u8::try_from(value).ok());
    }
    symptoms
}

//! One page to read before a session: what changed since a date, what set cravings off, what helped, and what was
//! missed. Made of what the share opens; what the member would like to talk about stands in the consent beside it.

use std::sync::Arc;

use chrono::NaiveDate;
use futures_util::try_join;
use serde::Serialize;
use serde_json::{Value as Json, json};
use utoipa::ToSchema;

use crate::db::Conn;
use crate::domain::day::add_days;
use crate::domain::figure::Figure;
use crate::domain::period::{Bucket, Period};
use crate::domain::trends::{Spread, rating_trend};
use crate::error::{Code, Error, Result};
use crate::fields::Value;
use crate::http::query::Query;
use crate::http::route::{NamedSchema, Parameter};
use crate::insights::cravings::{SkillInsight, TriggerInsight, skills, triggers};
use crate::insights::examples;
use crate::insights::range::Range;
use crate::insights::trends::{day_values, rated};
use crate::journal::routes::readable::{Answered, Asked, Question, Reach, Readable, Subject};
use crate::journal::today::{self, Today};
use crate::journal::{Collection, Reading, document, store};

/// How far back a brief looks when it is not told.
const DAYS: i64 = 14;
/// Any of these is enough for a brief.
const RESTS_ON: &[&str] =
    &["check_ins", "cravings", "meetings", "lapses", "sessions", "doses", "assessments", "withdrawal_logs"];

/// `GET /v1/clients/{share_id}/brief`
#[derive(Debug, Serialize, ToSchema)]
pub struct Brief {
    since: NaiveDate,
    until: NaiveDate,
    /// Ratings with data since then, beside the period of equal length before.
    changes: Vec<RatingChange>,
    /// Cravings in both periods.
    cravings: CountChange,
    /// Meetings in both periods.
    meetings: CountChange,
    top_triggers: TriggerInsight,
    what_helped: SkillInsight,
    /// The newest first.
    missed_doses: Vec<NaiveDate>,
    /// The newest first.
    missed_sessions: Vec<NaiveDate>,
    /// Lapses since then, or not ended yet; the newest first.
    lapses: Vec<BriefLapse>,
}

/// A rating since a date.
#[derive(Debug, Serialize, ToSchema)]
pub struct RatingChange {
    #[schema(value_type = String, example = "mood")]
    rating: &'static str,
    /// Days with data.
    n: u32,
    mean: Option<f64>,
    /// This mean less that of the period before; null when either has fewer than 5 days.
    difference: Option<f64>,
}

/// How often something happened, and how often in the period of equal length before.
#[derive(Debug, Serialize, ToSchema)]
pub struct CountChange {
    n: usize,
    before: usize,
}

/// A lapse, as a brief tells it.
#[derive(Debug, Serialize, ToSchema)]
pub struct BriefLapse {
    used_on: NaiveDate,
    /// Null while it has not ended.
    resumed_on: Option<NaiveDate>,
}

/// The brief as a share opens it.
pub fn readable() -> Readable {
    let ask = |asked: Asked<'_>, reading: &Reading<'_>| {
        let mut query = Query::parse(asked.query)?;
        let today = Today::of(&mut query, reading);
        let since = query.date("since").unwrap_or_else(|| add_days(today.date, 1 - DAYS));
        let period = Period::new(since, today.date);
        if period.is_none() {
            query.mistake("since", "after_today", "must not be after today");
        }
        today::finish(query)?;
        let period = period.unwrap_or_else(|| Period::ending(today.date, 1));
        let range = Range { today, period, bucket: Bucket::Day };
        Ok(Question::new(range.key(reading), Reach::All, move |conn, reading| {
            Box::pin(async move {
                let brief = brief(conn, reading, &range).await?;
                Ok(Answered { body: serde_json::to_vec(&brief).map_err(Error::internal)?, records: 0 })
            })
        }))
    };
    let readable = Readable::kept("/v1/brief", "get_brief", Arc::new(ask))
        .says("clients", "Read a brief before a session")
        .parameters([document::if_none_match_parameter(), since()])
        .parameters(today::parameters())
        .shows(Subject::Figures { scope: super::scope::INSIGHTS, of: RESTS_ON });
    let route = readable
        .route
        .answers(200, "The brief.", schema)
        .answers_empty(304, "The caller has it already.")
        .refuses(&[Code::ValidationFailed]);
    Readable { route, ..readable }
}

/// `since` in the document.
pub(super) fn since() -> Parameter {
    Parameter {
        name: "since",
        place: "query",
        schema: document::date().into(),
        about: "First date, inclusive; 13 days before today when not given.",
    }
}

/// The brief in the document.
pub(super) fn schema() -> NamedSchema {
    NamedSchema::of::<Brief>().with_example(example())
}

fn example() -> Json {
    json!({
        "since": "2026-11-09", "until": "2026-11-22",
        "changes": [{"rating": "mood", "n": 12, "mean": 5.81, "difference": 0.71}],
        "cravings": {"n": 9, "before": 14}, "meetings": {"n": 5, "before": 3},
        "top_triggers": examples::triggers(), "what_helped": examples::skills(),
        "missed_doses": ["2026-11-15"], "missed_sessions": [],
        "lapses": [{"used_on": "2026-11-10", "resumed_on": "2026-11-11"}],
    })
}

async fn brief(conn: &Conn<'_>, reading: &Reading<'_>, range: &Range) -> Result<Brief> {
    let period = range.period;
    let dates = (period.previous().from(), period.to());
    let names: Vec<&'static str> = rated().collect();
    let columns = [&["local_date"], names.as_slice()].concat();
    let now = (period.from(), period.to());
    let status = ["local_date", "status"];
    let (rows, cravings, meetings, doses, sessions, lapses, top_triggers, what_helped) = try_join!(
        rows(conn, reading, "check_ins", &columns, dates),
        rows(conn, reading, "cravings", &["local_date"], dates),
        rows(conn, reading, "meetings", &["local_date"], dates),
        rows(conn, reading, "doses", &status, now),
        rows(conn, reading, "sessions", &status, now),
        store::select(conn, reading, named("lapses")?, &["used_on", "resumed_on"], None),
        triggers(conn, reading, range),
        skills(conn, reading, range),
    )?;
    let change = |(index, rating): (usize, &&'static str)| {
        let trend = rating_trend(&day_values(&rows, index + 1), period, Bucket::Day);
        let Spread { n, mean, .. } = trend.total;
        let difference = match trend.previous {
            Figure::Ok(previous) => Some(previous.difference),
            Figure::NeedsMore { .. } => None,
        };
        (n > 0).then_some(RatingChange { rating, n, mean, difference })
    };
    let changes = names.iter().enumerate().filter_map(change).collect();
    let from = period.from();
    let count = |rows: Vec<Vec<Value>>| {
        let since = rows.iter().filter_map(|values| values.first()?.date()).filter(|on| *on >= from).count();
        CountChange { n: since, before: rows.len() - since }
    };
    let missed = |rows: Vec<Vec<Value>>| {
        let missed = rows.iter().filter(|values| values.get(1).and_then(Value::text) == Some("missed"));
        let mut dates: Vec<NaiveDate> = missed.filter_map(|values| values.first()?.date()).collect();
        dates.sort_unstable_by(|one, other| other.cmp(one));
        dates
    };
    let mut lapses: Vec<BriefLapse> = lapses
        .iter()
        .filter_map(|(_, values)| {
            let (used_on, resumed_on) = (values.first()?.date()?, values.get(1)?.date());
            let open = resumed_on.is_none_or(|date| date > period.to());
            let told = used_on <= period.to() && (used_on >= from || open);
            told.then_some(BriefLapse { used_on, resumed_on })
        })
        .collect();
    lapses.sort_by_key(|lapse| std::cmp::Reverse(lapse.used_on));
    Ok(Brief {
        since: from,
        until: period.to(),
        changes,
        cravings: count(cravings),
        meetings: count(meetings),
        top_triggers,
        what_helped,
        missed_doses: missed(doses),
        missed_sessions: missed(sessions),
        lapses,
    })
}

fn named(name: &str) -> Result<&'static Collection> {
    Collection::named(name).ok_or_else(|| Error::internal(format!("no collection {name}")))
}

async fn rows(
    conn: &Conn<'_>,
    reading: &Reading<'_>,
    name: &str,
    fields: &[&str],
    dates: (NaiveDate, NaiveDate),
) -> Result<Vec<Vec<Value>>> {
    let rows = store::select(conn, reading, named(name)?, fields, Some(dates)).await?;
    Ok(rows.into_iter().map(|(_, values)| values).collect())
}

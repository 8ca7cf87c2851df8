//! Days with something against days without it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use futures_util::try_join;
use serde::Serialize;
use utoipa::ToSchema;

use super::cravings::trigger_names;
use super::figure::Shown;
use super::range::Range;
use super::trends::{counted_dates, day_values};
use crate::db::Conn;
use crate::db::types::Id;
use crate::domain::factors::{self as domain, Factor, short_sleep, with_without};
use crate::domain::figure::Figure;
use crate::error::Result;
use crate::fields::Value;
use crate::journal::collections::{
    check_ins::CHECK_INS, cravings::CRAVINGS, doses::DOSES, meetings::MEETINGS, sessions::SESSIONS,
};
use crate::journal::{Reading, store};

/// Ratings of a day that factors are held against.
const OUTCOMES: [&str; 2] = ["mood", "craving"];

/// `GET /v1/insights/factors`: never a cause, only what days tended to be like.
#[derive(Debug, Serialize, ToSchema)]
pub struct Factors {
    from: NaiveDate,
    to: NaiveDate,
    /// The ratings that were compared.
    #[schema(value_type = Vec<String>)]
    outcomes: [&'static str; 2],
    #[serde(rename = "factors")]
    compared: Vec<FactorFigures>,
}

/// One factor against one outcome.
#[derive(Debug, Serialize, ToSchema)]
pub struct FactorFigures {
    /// `meeting`, `session`, `dose`, `short_sleep` or `trigger:<id>`.
    #[schema(example = "meeting")]
    factor: String,
    #[schema(value_type = String, example = "mood")]
    outcome: &'static str,
    #[serde(flatten)]
    #[schema(inline)]
    figure: ComparisonFigure,
}

/// A comparison, if there are days enough (5 and 5).
pub type ComparisonFigure = Shown<Comparison>;

/// Days with and days without.
#[derive(Debug, Serialize, ToSchema)]
pub struct Comparison {
    with: ComparedDays,
    without: ComparedDays,
    /// The mean with less the mean without.
    difference: f64,
    /// The comparison in words.
    #[schema(example = "On days with a meeting, mood tended to be higher (12 and 14 days).")]
    text: String,
}

/// One side of a comparison.
#[derive(Debug, Serialize, ToSchema)]
pub struct ComparedDays {
    /// Days.
    n: u32,
    mean: f64,
}

/// Works the factors out.
pub async fn factors(conn: &Conn<'_>, reading: &Reading<'_>, range: &Range) -> Result<Factors> {
    let dates = Some((range.period.from(), range.period.to()));
    let columns = ["local_date", "mood", "craving", "sleep_hours"];
    let counted = |collection| counted_dates(conn, reading, collection, range.period);
    let (check_ins, meetings, sessions, doses, cravings, names) = try_join!(
        store::select(conn, reading, &CHECK_INS, &columns, dates),
        counted(&MEETINGS),
        counted(&SESSIONS),
        counted(&DOSES),
        store::select(conn, reading, &CRAVINGS, &["local_date", "trigger_ids"], dates),
        trigger_names(conn, reading),
    )?;
    let check_ins: Vec<Vec<Value>> = check_ins.into_iter().map(|(_, values)| values).collect();
    let sleep = day_values(&check_ins, 3);
    let happened: [(Factor<'_>, &str, BTreeSet<NaiveDate>); 3] = [
        (Factor::Meeting, "meeting", meetings.into_iter().collect()),
        (Factor::Session, "session", sessions.into_iter().collect()),
        (Factor::Dose, "dose", doses.into_iter().collect()),
    ];
    let mut triggers: BTreeMap<Id, BTreeSet<NaiveDate>> = BTreeMap::new();
    for (_, values) in &cravings {
        if let [Value::Date(date), Value::Ids(ids)] = values.as_slice() {
            for id in ids {
                triggers.entry(*id).or_default().insert(*date);
            }
        }
    }
    let mut factors = Vec::new();
    for (index, outcome) in OUTCOMES.into_iter().enumerate() {
        let values = day_values(&check_ins, index + 1);
        let days = values.within(range.period);
        let mut add = |factor: String, kind: Factor<'_>, figure: Figure<domain::Comparison>| {
            let show = |comparison: domain::Comparison| Comparison::of(kind, outcome, comparison);
            factors.push(FactorFigures { factor, outcome, figure: Shown::of(figure, show) });
        };
        for (factor, name, dates) in &happened {
            add((*name).to_owned(), *factor, with_without(days, |date| Some(dates.contains(&date))));
        }
        let figure = with_without(days, |date| short_sleep(&sleep, date));
        add("short_sleep".to_owned(), Factor::ShortSleep, figure);
        for (id, dates) in &triggers {
            let figure = with_without(days, |date| Some(dates.contains(&date)));
            // A trigger that too few days tell of says nothing; the list would only grow long with it.
            if matches!(figure, Figure::Ok(_)) {
                let name = names(*id).map(|(name, _)| name);
                add(format!("trigger:{id}"), Factor::Trigger(name.as_deref()), figure);
            }
        }
    }
    Ok(Factors { from: range.period.from(), to: range.period.to(), outcomes: OUTCOMES, compared: factors })
}

impl Comparison {
    fn of(factor: Factor<'_>, outcome: &str, comparison: domain::Comparison) -> Self {
        let side = |side: domain::Side| ComparedDays { n: side.n, mean: side.mean };
        Self {
            text: factor.sentence(outcome, &comparison),
            with: side(comparison.with),
            without: side(comparison.without),
            difference: comparison.difference,
        }
    }
}

//! Insights about cravings: triggers, skills, and when of the week they come.

use std::collections::HashMap;

use chrono::NaiveDate;
use futures_util::try_join;
use serde::Serialize;
use utoipa::ToSchema;

use super::figure::{One, Shown};
use super::range::Range;
use super::trends::episode;
use crate::catalogue::Catalogue;
use crate::db::Conn;
use crate::db::types::Id;
use crate::domain::cravings::{self, Craving};
use crate::domain::figure::Figure;
use crate::domain::triggers_and_skills as domain;
use crate::error::Result;
use crate::fields::Value;
use crate::journal::collections::{cravings::CRAVINGS, skills::SKILLS, triggers::TRIGGERS};
use crate::journal::{Collection, Reading, store};

/// `GET /v1/insights/triggers`: what sets cravings off, most frequent first; needs 5 episodes.
#[derive(Debug, Serialize, ToSchema)]
pub struct TriggerInsight {
    from: NaiveDate,
    to: NaiveDate,
    /// Episodes in the range.
    n: u32,
    #[serde(flatten)]
    #[schema(inline)]
    figure: TriggersFigure,
}

/// The triggers, if there are episodes enough.
pub type TriggersFigure = Shown<Triggers>;

/// All triggers of the range.
#[derive(Debug, Serialize, ToSchema)]
pub struct Triggers {
    triggers: Vec<TriggerFigures>,
}

/// One trigger. An episode can have several: shares add up to more than 100.
#[derive(Debug, Serialize, ToSchema)]
pub struct TriggerFigures {
    trigger_id: Id,
    /// The person's own name for it, or the catalogue's; null while the id is unresolved.
    name: Option<String>,
    category: Option<String>,
    /// Episodes with it.
    count: u32,
    /// Percent of all episodes.
    share: f64,
    mean_intensity: Option<f64>,
    /// Percent of its closed episodes that passed.
    passed_share: Option<f64>,
}

/// `GET /v1/insights/skills`: how much intensity fell with each skill, beside episodes without any, because
/// cravings fade unaided.
#[derive(Debug, Serialize, ToSchema)]
pub struct SkillInsight {
    from: NaiveDate,
    to: NaiveDate,
    /// `ok` when one figure is, else `needs_more`.
    #[schema(value_type = String, example = "ok")]
    status: &'static str,
    baseline: ReliefFigure,
    skills: Vec<SkillFigures>,
}

/// Relief, if there are episodes enough.
pub type ReliefFigure = Shown<Relief>;

/// Intensity before less intensity after, where both are known.
#[derive(Debug, Serialize, ToSchema)]
pub struct Relief {
    /// Episodes measured.
    n: u32,
    median_relief: f64,
}

/// One skill; needs 3 measured uses.
#[derive(Debug, Serialize, ToSchema)]
pub struct SkillFigures {
    skill_id: Id,
    /// The person's own name for it, or the catalogue's; null while the id is unresolved.
    name: Option<String>,
    #[serde(flatten)]
    #[schema(inline)]
    relief: ReliefFigure,
}

/// `GET /v1/insights/heatmap`: cravings by weekday and hour, of the wall clock of each record's own zone.
#[derive(Debug, Serialize, ToSchema)]
pub struct Heatmap {
    from: NaiveDate,
    to: NaiveDate,
    /// Episodes in the range.
    n: u32,
    /// Cells with episodes, by weekday and hour.
    cells: Vec<HeatmapCell>,
}

/// The cravings of an hour of the week.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeatmapCell {
    /// 1 Monday to 7 Sunday.
    weekday: u32,
    /// 0 to 23.
    hour: u32,
    count: u32,
    mean_intensity: MeanFigure,
}

/// A mean, if there are episodes enough (3).
pub type MeanFigure = Shown<One>;

async fn rows(
    conn: &Conn<'_>,
    reading: &Reading<'_>,
    range: &Range,
    fields: &[&str],
) -> Result<Vec<Vec<Value>>> {
    let dates = (range.period.from(), range.period.to());
    let rows = store::select(conn, reading, &CRAVINGS, fields, Some(dates)).await?;
    Ok(rows.into_iter().map(|(_, values)| values).collect())
}

fn ids(value: Option<&Value>) -> &[Id] {
    match value {
        Some(Value::Ids(ids)) => ids,
        _ => &[],
    }
}

fn small(value: Option<&Value>) -> Option<u8> {
    u8::try_from(value?.int()?).ok()
}

fn count<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}

/// A name and a group of the person's own entries of a vocabulary.
async fn own_names(
    conn: &Conn<'_>,
    reading: &Reading<'_>,
    collection: &'static Collection,
    group: &str,
) -> Result<HashMap<Id, (String, String)>> {
    let rows = store::select(conn, reading, collection, &["name", group], None).await?;
    let named = rows.into_iter().filter_map(|(id, values)| match <[Value; 2]>::try_from(values) {
        Ok([Value::Text(name), Value::Text(group)]) => Some((id, (name, group))),
        _ => None,
    });
    Ok(named.collect())
}

/// What the person calls their triggers, and the catalogue its own.
pub async fn trigger_names(
    conn: &Conn<'_>,
    reading: &Reading<'_>,
) -> Result<impl Fn(Id) -> Option<(String, String)>> {
    let own = own_names(conn, reading, &TRIGGERS, "category").await?;
    Ok(move |id: Id| {
        own.get(&id).cloned().or_else(|| {
            let known = Catalogue::builtin().trigger(id.0)?;
            Some((known.slug.clone(), known.category.clone()))
        })
    })
}

/// Works the triggers out.
pub async fn triggers(conn: &Conn<'_>, reading: &Reading<'_>, range: &Range) -> Result<TriggerInsight> {
    let fields = ["local_date", "intensity", "outcome", "trigger_ids"];
    let (rows, names) = try_join!(rows(conn, reading, range, &fields), trigger_names(conn, reading))?;
    let episodes: Vec<(Craving, &[Id])> =
        rows.iter().filter_map(|values| Some((episode(values)?, ids(values.get(3))))).collect();
    let figure = domain::triggers(episodes.iter().map(|(craving, ids)| (craving, *ids)));
    let show = |trigger: domain::Trigger<Id>| {
        let (name, category) = names(trigger.id).unzip();
        TriggerFigures {
            trigger_id: trigger.id,
            name,
            category,
            count: trigger.episodes.n,
            share: trigger.share,
            mean_intensity: trigger.episodes.mean_intensity,
            passed_share: trigger.episodes.passed_share,
        }
    };
    Ok(TriggerInsight {
        from: range.period.from(),
        to: range.period.to(),
        n: count(&episodes),
        figure: Shown::of(figure, |all| Triggers { triggers: all.into_iter().map(show).collect() }),
    })
}

/// Works the skills out.
pub async fn skills(conn: &Conn<'_>, reading: &Reading<'_>, range: &Range) -> Result<SkillInsight> {
    let fields = ["intensity", "intensity_after", "skill_ids"];
    let (rows, own) =
        try_join!(rows(conn, reading, range, &fields), own_names(conn, reading, &SKILLS, "family"))?;
    let name = |id: Id| {
        let built_in = || Catalogue::builtin().skill(id.0).map(|skill| skill.slug.clone());
        own.get(&id).map(|(name, _)| name.clone()).or_else(built_in)
    };
    let episodes = rows
        .iter()
        .filter_map(|values| Some((small(values.first())?, small(values.get(1)), ids(values.get(2)))));
    let figures = domain::skills(episodes);
    let known = |figure: &Figure<domain::Relief>| matches!(figure, Figure::Ok(_));
    let any = known(&figures.baseline) || figures.skills.iter().any(|(_, figure)| known(figure));
    let show = |relief: domain::Relief| Relief { n: relief.n, median_relief: relief.median };
    let skills = figures.skills.into_iter().map(|(skill_id, figure)| SkillFigures {
        skill_id,
        name: name(skill_id),
        relief: Shown::of(figure, show),
    });
    Ok(SkillInsight {
        from: range.period.from(),
        to: range.period.to(),
        status: if any { "ok" } else { "needs_more" },
        skills: skills.collect(),
        baseline: Shown::of(figures.baseline, show),
    })
}

/// Works the heatmap out.
pub async fn heatmap(conn: &Conn<'_>, reading: &Reading<'_>, range: &Range) -> Result<Heatmap> {
    let rows = rows(conn, reading, range, &["occurred_at", "time_zone", "intensity"]).await?;
    let episodes: Vec<_> = rows
        .iter()
        .filter_map(|values| {
            let zone: chrono_tz::Tz = values.get(1)?.text()?.parse().ok()?;
            let at = values.first()?.moment()?.with_timezone(&zone).naive_local();
            Some((at, small(values.get(2))?))
        })
        .collect();
    let n = count(&episodes);
    let show = |cell: cravings::Cell| HeatmapCell {
        weekday: cell.weekday,
        hour: cell.hour,
        count: cell.count,
        mean_intensity: Shown::of(cell.mean_intensity, |value| One { value }),
    };
    let cells = cravings::heatmap(episodes).into_iter().map(show).collect();
    Ok(Heatmap { from: range.period.from(), to: range.period.to(), n, cells })
}

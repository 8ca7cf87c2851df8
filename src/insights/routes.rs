//! Figures over HTTP.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::calendar::{DayCalendar, calendar};
use super::care::{AdherenceInsight, CarePlanInsight, WithdrawalInsight, adherence, care_plan, withdrawal};
use super::cravings::{Heatmap, SkillInsight, TriggerInsight, heatmap, skills, triggers};
use super::examples;
use super::factors::{Factors, factors};
use super::meetings::{MeetingInsight, meetings};
use super::range::{self, Range};
use super::streaks::{Streaks, streaks};
use super::summary::{Summary, summary};
use super::trends::{Trends, trends};
use crate::db::Conn;
use crate::error::{Code, Error, Result};
use crate::http::query::Query;
use crate::http::route::{NamedSchema, Route};
use crate::journal::routes::readable::{Answered, Asked, Question, Reach, Readable, Subject};
use crate::journal::today::{self, Today};
use crate::journal::{Reading, document};

/// What figures about cravings show.
const CRAVINGS: Subject = Subject::Figures { scope: "insights", of: &["cravings"] };

/// Every route of figures.
pub fn routes() -> impl Iterator<Item = Route> {
    readables().into_iter().map(|readable| readable.route)
}

/// Every figure.
#[must_use]
pub fn readables() -> Vec<Readable> {
    let mut all = vec![
        on_a_day::<Summary, _>("/v1/summary", "get_summary", examples::summary, summary)
            .says("insight", "Read the home screen")
            .describes("Streaks, today, the last seven days and what is next, in one request."),
        on_a_day::<Streaks, _>("/v1/streaks", "get_streaks", examples::streaks, streaks)
            .says("insight", "Read streaks and clocks")
            .describes(
                "Clocks run without check-ins: silence is not a lapse. Each answer has every figure, so that \
                 what was built stays in view after a lapse. Records dated after today count for nothing.",
            )
            .shows(Subject::Figures { scope: "streaks", of: &[] }),
        over_a_range::<DayCalendar, _>("/v1/days", "list_days", false, examples::calendar, calendar)
            .says("journal", "Read a calendar of days")
            .describes("Every date of the range, at most 400, with what was logged and each clock's state."),
        over_a_range::<Trends, _>("/v1/trends", "get_trends", true, examples::trends, trends)
            .says("insight", "Read trends")
            .describes(
                "Ratings, cravings and counts over a range, in buckets; buckets without data are there with n 0. \
                 A figure that rests on too little says so.",
            )
            .parameters([range::bucket_parameter()])
            .shows(Subject::Figures {
                scope: "insights",
                of: &["check_ins", "cravings", "meetings", "sessions", "doses", "lapses"],
            }),
        over_a_range::<TriggerInsight, _>(
            "/v1/insights/triggers",
            "get_trigger_insight",
            false,
            examples::triggers,
            triggers,
        )
        .says("insight", "Read what sets cravings off")
        .describes("How often each trigger stands at a craving, how strong those were, and how many of them passed.")
        .shows(CRAVINGS),
        over_a_range::<SkillInsight, _>(
            "/v1/insights/skills",
            "get_skill_insight",
            false,
            examples::skills,
            skills,
        )
        .says("insight", "Read what helps")
        .describes("The median relief of each coping skill, beside that of cravings without any: they fade unaided.")
        .shows(CRAVINGS),
        over_a_range::<Heatmap, _>(
            "/v1/insights/heatmap",
            "get_heatmap",
            false,
            examples::heatmap,
            heatmap,
        )
        .says("insight", "Read when of the week cravings come")
        .describes("Cravings by weekday and hour, by the clock on the wall where the person was.")
        .shows(CRAVINGS),
        over_a_range::<Factors, _>(
            "/v1/insights/factors",
            "get_factor_insight",
            false,
            examples::factors,
            factors,
        )
        .says("insight", "Read days with something against days without it")
        .describes("What goes together is not what causes: each comparison says on how many days it rests.")
        .shows(Subject::Figures { scope: "insights", of: &["check_ins"] }),
    ];
    all.extend(treatment());
    all
}

/// Figures about what somebody takes and goes to.
fn treatment() -> [Readable; 4] {
    [
        over_a_range::<AdherenceInsight, _>(
            "/v1/insights/adherence",
            "get_adherence_insight",
            false,
            examples::adherence,
            adherence,
        )
        .says("insight", "Read how many due doses were taken")
        .describes("Of each medication with a schedule; a dose that is due today counts once it is there.")
        .shows(Subject::Figures { scope: "insights", of: &["doses"] }),
        over_a_range::<CarePlanInsight, _>(
            "/v1/insights/care-plan",
            "get_care_plan_insight",
            false,
            examples::care_plan,
            care_plan,
        )
        .says("insight", "Read the care plan against attendance")
        .describes("Week by week: what each level of care planned, in hours and days, and what was attended.")
        .shows(Subject::Figures { scope: "insights", of: &["sessions"] }),
        over_a_range::<WithdrawalInsight, _>(
            "/v1/insights/withdrawal",
            "get_withdrawal_insight",
            false,
            examples::withdrawal,
            withdrawal,
        )
        .says("insight", "Read the course of withdrawal")
        .describes("Each log as one number with its strongest symptom, and the worst of each day.")
        .shows(Subject::Figures { scope: "insights", of: &["withdrawal_logs"] }),
        over_a_range::<MeetingInsight, _>(
            "/v1/insights/meetings",
            "get_meeting_insight",
            false,
            examples::meetings,
            meetings,
        )
        .says("insight", "Read which meetings were attended")
        .describes("Meetings by fellowship, the most frequent first; `/v1/trends` has them week by week.")
        .shows(Subject::Figures { scope: "insights", of: &["meetings"] }),
    ]
}

/// A figure about one day: takes `tz` and `as_of`.
fn on_a_day<T, F>(path: &str, operation_id: &str, example: fn() -> Json, figure: F) -> Readable
where
    T: Serialize + ToSchema + 'static,
    F: AsyncFn(&Conn<'_>, &Reading<'_>, Today) -> Result<T> + Copy + Send + Sync + 'static,
{
    let ask = move |asked: Asked<'_>, reading: &Reading<'_>| {
        let mut query = Query::parse(asked.query)?;
        let today = Today::of(&mut query, reading);
        today::finish(query)?;
        Ok(Question::new(today.key(reading), Reach::All, move |conn, reading| {
            Box::pin(async move { answered(&figure(conn, reading, today).await?) })
        }))
    };
    documented::<T>(Readable::kept(path, operation_id, Arc::new(ask)), example)
        .parameters(today::parameters())
}

/// A figure over a range of dates: takes `from` and `to` as well, and `bucket` if it has buckets.
fn over_a_range<T, F>(
    path: &str,
    operation_id: &str,
    has_bucket: bool,
    example: fn() -> Json,
    figure: F,
) -> Readable
where
    T: Serialize + ToSchema + 'static,
    F: AsyncFn(&Conn<'_>, &Reading<'_>, &Range) -> Result<T> + Copy + Send + Sync + 'static,
{
    let ask = move |asked: Asked<'_>, reading: &Reading<'_>| {
        let range = Range::of(Query::parse(asked.query)?, reading, has_bucket)?;
        Ok(Question::new(range.key(reading), Reach::All, move |conn, reading| {
            Box::pin(async move { answered(&figure(conn, reading, &range).await?) })
        }))
    };
    documented::<T>(Readable::kept(path, operation_id, Arc::new(ask)), example)
        .parameters(range::parameters())
}

fn answered(figures: &impl Serialize) -> Result<Answered> {
    let body = serde_json::to_vec(figures).map_err(Error::internal)?;
    Ok(Answered { body, records: 0 })
}

fn documented<T: ToSchema + 'static>(readable: Readable, example: fn() -> Json) -> Readable {
    let route = readable
        .route
        .parameters([document::if_none_match_parameter()])
        .answers(200, "The figures.", move || NamedSchema::of::<T>().with_example(example()))
        .answers_empty(304, "The caller has them already.")
        .refuses(&[Code::ValidationFailed]);
    Readable { route, ..readable }
}

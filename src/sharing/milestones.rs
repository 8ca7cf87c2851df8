//! What a supporter may see: milestones that clocks have reached, by name and date, and nothing else. Not which
//! clock, not of what, not how it goes now.

use std::sync::Arc;

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::db::Conn;
use crate::domain::clocks::Clock;
use crate::domain::day_states::Reports;
use crate::domain::milestones::{Milestone, reached};
use crate::error::{Code, Error, Result};
use crate::http::query::Query;
use crate::http::route::NamedSchema;
use crate::journal::routes::readable::{Answered, Asked, Question, Reach, Readable, Subject};
use crate::journal::today::{self, Today};
use crate::journal::{Reading, document, history};

/// `GET /v1/clients/{share_id}/milestones`: those of the running spans, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Milestones {
    milestones: Vec<NamedMilestone>,
}

/// A milestone that was reached.
#[derive(Debug, Serialize, ToSchema)]
pub struct NamedMilestone {
    /// Such as `hours_24`, `days_30`, `months_6`, `years_1`.
    #[schema(example = "days_30")]
    code: String,
    #[schema(example = "30 days")]
    name: String,
    reached_on: NaiveDate,
}

/// Milestones as a share opens them. Their owner has them in `/v1/streaks`.
pub fn readable() -> Readable {
    let ask = |asked: Asked<'_>, reading: &Reading<'_>| {
        let mut query = Query::parse(asked.query)?;
        let today = Today::of(&mut query, reading);
        today::finish(query)?;
        Ok(Question::new(today.key(reading), Reach::All, move |conn, reading| {
            Box::pin(async move {
                let milestones = milestones(conn, reading, today.date).await?;
                Ok(Answered { body: serde_json::to_vec(&milestones).map_err(Error::internal)?, records: 0 })
            })
        }))
    };
    let example =
        || json!({"milestones": [{"code": "days_30", "name": "30 days", "reached_on": "2026-10-30"}]});
    let readable = Readable::kept("/v1/milestones", "get_milestones", Arc::new(ask))
        .says("clients", "Read milestones")
        .describes("All that a supporter sees: which milestones were reached, and when.")
        .parameters([document::if_none_match_parameter()])
        .parameters(today::parameters())
        .shows(Subject::Figures { scope: super::scope::MILESTONES, of: &[] });
    let route = readable
        .route
        .answers(200, "The milestones.", move || NamedSchema::of::<Milestones>().with_example(example()))
        .answers_empty(304, "The caller has them already.")
        .refuses(&[Code::ValidationFailed]);
    Readable { route, ..readable }
}

async fn milestones(conn: &Conn<'_>, reading: &Reading<'_>, today: NaiveDate) -> Result<Milestones> {
    // What check-ins say colours days and moves no milestone.
    let history = history::load(conn, reading, Some((today, today)), today).await?;
    let mut all = Vec::new();
    for known in history.clocks.iter().filter(|clock| !clock.archived) {
        let (started_on, reset_policy) = (known.started_on, known.reset_policy);
        let clock = Clock { started_on, reset_policy, lapses: &known.lapses, daily_cost: None };
        let figures = clock.figures(&Reports::new([], [], today), today);
        if figures.last_milestone.is_some() {
            all.extend(reached(figures.since, today).map(|reached| NamedMilestone {
                code: reached.milestone.to_string(),
                name: name(reached.milestone),
                reached_on: reached.reached_on,
            }));
        }
    }
    all.sort_by_key(|milestone| std::cmp::Reverse(milestone.reached_on));
    Ok(Milestones { milestones: all })
}

/// As the catalogue names it, for years without end.
fn name(milestone: Milestone) -> String {
    match milestone {
        Milestone::Hours24 => "24 hours".to_owned(),
        Milestone::Days(days) => format!("{days} days"),
        Milestone::Months(months) => format!("{months} months"),
        Milestone::Years(1) => "1 year".to_owned(),
        Milestone::Years(years) => format!("{years} years"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    #[test]
    fn milestones_are_called_as_in_the_catalogue() {
        let known = &Catalogue::builtin().milestones;
        for milestone in Milestone::ladder().take(10) {
            let entry = known.iter().find(|entry| entry.slug == milestone.to_string()).unwrap();
            assert_eq!(entry.name, name(milestone));
        }
    }
}

//! Figures over HTTP.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};

use super::streaks::{Streaks, streaks};
use crate::auth::Member;
use crate::db::{Conn, Db};
use crate::error::{Code, Error, Result};
use crate::http::query::Query;
use crate::http::route::{NamedSchema, Route};
use crate::journal::derived::{self, Derived, Today};
use crate::journal::document;

/// Every route of figures.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/v1/streaks", "get_streaks", get_streaks)
            .says("insight", "Read streaks and clocks")
            .describes(
                "Clocks run without check-ins: silence is not a lapse. Each answer has every figure, so that \
                 what was built stays in view after a lapse. Records dated after today count for nothing.",
            )
            .parameters(derived::parameters())
            .parameters([document::if_none_match_parameter()])
            .answers(200, "The streaks.", NamedSchema::of::<Streaks>().with_example(example()))
            .answers_empty(304, "The caller has them already.")
            .refuses(&[Code::ValidationFailed]),
    ]
}

async fn get_streaks(
    member: Member,
    db: web::Data<Db>,
    derived: web::Data<Derived>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let mut query = Query::of(&request)?;
    let today = Today::of(&mut query, &member);
    derived::finish(query)?;
    let make = async |conn: &mut Conn<'_>| {
        serde_json::to_vec(&streaks(conn, &member, today).await?).map_err(Error::internal)
    };
    derived.answer(&db, &member, &request, today, "", make).await
}

fn example() -> serde_json::Value {
    serde_json::json!({
        "as_of": "2026-11-22", "time_zone": "America/New_York",
        "clocks": [{
            "clock_id": document::EXAMPLE_ID, "substance": "opioids", "label": null, "archived": false,
            "status": "running", "since": "2026-08-01", "current_days": 113, "day_number": 114,
            "longest_days": 210, "journey_days": 400, "substance_free_days": 396, "lapse_count": 2,
            "last_milestone": {"code": "days_90", "reached_on": "2026-10-30"},
            "next_milestone": {"code": "months_6", "on": "2027-02-01", "days_left": 71},
            "pda_30": {"status": "ok", "value": 100.0, "known_days": 9},
            "pda_90": {"status": "needs_more", "have": 19, "need": 21},
            "money_kept": {"amount": "3960.00", "currency": "USD"},
            "message": "113 days since 1 August 2026."
        }],
        "check_ins": {"current": 12, "longest": 57, "total_days": 210, "last_date": "2026-11-22"},
        "meetings": {
            "current_weeks": 7, "longest_weeks": 19, "last_7_days": 3, "last_30_days": 12,
            "last_90_days": 41, "total": 133,
            "ninety_in_ninety": {"started_on": "2026-08-25", "attended": 41, "of": 90},
            "next_milestone": {"code": "meetings_200", "left": 67}
        }
    })
}

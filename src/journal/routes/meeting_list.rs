//! `GET /v1/meeting-list`: the public meetings that the operator imported, near or soon.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::auth::Signed;
use crate::catalogue::FELLOWSHIPS;
use crate::clock;
use crate::db::Db;
use crate::db::seal::sha256;
use crate::error::{Error, Result};
use crate::http::query::Query;
use crate::http::reply;
use crate::http::route::{Access, NamedSchema, Parameter, Route};
use crate::journal::document;
use crate::meeting_list::FORMATS;
use crate::meeting_list::search::{LIMIT, LIMIT_MAX, ListedMeetingPage, Question, RADIUS, RADIUS_MAX};

/// The route of the list.
pub fn route() -> Route {
    Route::new(Method::GET, "/v1/meeting-list", "list_public_meetings", list)
        .access(Access::Account)
        .says("catalogue", "Find public meetings")
        .describes(
            "Meetings from the feeds that the operator imported: the nearest first with `near`, else by their next \
             occurrence, which is worked out by the clock of each meeting's own zone. The pages of one question are \
             of the moment at which its first page was asked for. A meeting's id may be given as `meeting_list_id` \
             of an attendance.",
        )
        .parameters(parameters())
        .parameters([document::if_none_match_parameter()])
        .answers(200, "A page of meetings.", || NamedSchema::of::<ListedMeetingPage>().with_example(example()))
        .answers_empty(304, "The caller has it already.")
}

async fn list(_: Signed, db: web::Data<Db>, request: HttpRequest) -> Result<HttpResponse> {
    let question = Question::of(Query::of(&request)?)?;
    let page = db.snapshot(async |conn| question.answer(conn, clock::now()).await).await?;
    let body = serde_json::to_vec(&page).map_err(Error::internal)?;
    // Made of the answer itself: it changes with the list, and with time only when an occurrence has passed.
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(sha256(&body)));
    Ok(reply::tagged(request.headers(), &tag, || body))
}

fn parameters() -> Vec<Parameter> {
    let whole = |least: i64, most: i64| {
        ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(least)).maximum(Some(most))
    };
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let one_of = |choices: &'static [&'static str]| text().enum_values(Some(choices.iter().copied()));
    let query =
        |name, schema: ObjectBuilder, about| Parameter { name, place: "query", schema: schema.into(), about };
    let place = text()
        .pattern(Some(r"^-?[0-9]+(\.[0-9]+)?,-?[0-9]+(\.[0-9]+)?$"))
        .examples([json!("40.7484,-73.9857")]);
    vec![
        query(
            "near",
            place,
            "Latitude and longitude in degrees: only meetings within `radius_km`, the nearest first.",
        ),
        query(
            "radius_km",
            whole(1, RADIUS_MAX).default(Some(json!(RADIUS))),
            "How far is near, in kilometres.",
        ),
        query("day", whole(0, 6), "Day of the week, Sunday is 0."),
        query(
            "time_from",
            text().pattern(Some("^[0-2][0-9]:[0-5][0-9]$")),
            "Only meetings that begin at this time of day or later.",
        ),
        query(
            "type",
            text().min_length(Some(1)).max_length(Some(100)),
            "Only meetings with this Meeting Guide code.",
        ),
        query("fellowship", one_of(FELLOWSHIPS), "Only meetings of this fellowship."),
        query("format", one_of(FORMATS), "Only meetings of this format."),
        query("limit", whole(1, LIMIT_MAX).default(Some(json!(LIMIT))), "Meetings of a page."),
        query("cursor", text(), "Where the page before ended."),
    ]
}

fn example() -> Json {
    json!({"items": [{
        "id": document::EXAMPLE_ID, "name": "Monday Night Hope", "fellowship": "na", "day": 1, "time": "19:00",
        "end_time": "20:00", "time_zone": "America/New_York", "types": ["O", "D"], "format": "in_person",
        "address": "12 Elm Street, Springfield, NY 10001, USA", "location": "Community Center",
        "conference_url": null, "conference_phone": null, "notes": "Side entrance.", "group": "Hope Group",
        "latitude": 40.7411, "longitude": -73.9897, "updated": "2026-10-01T15:04:05Z", "distance_km": 0.88,
        "next_occurrence": "2026-11-02T19:00:00-05:00"
    }], "next_cursor": null})
}

//! A day over HTTP: its check-in by natural key, and everything of it.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde_json::json;
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::derived::Derived;
use super::readable::{Answered, Reach};
use super::records::{answer, answer_one, save};
use crate::auth::Member;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Code, Error, Result};
use crate::fields::Mistakes;
use crate::fields::read::date_of;
use crate::http::body::Body;
use crate::http::query::Query;
use crate::http::reply::IfMatch;
use crate::http::route::{Parameter, Route};
use crate::http::router::PathPart;
use crate::journal::collections::check_ins::{CHECK_INS, SLOTS};
use crate::journal::days::{SAID_BY_PATH, check_in_body, check_in_id, day_schema, view};
use crate::journal::document;
use crate::journal::reading::Reading;
use crate::journal::record::Writer;
use crate::journal::store::{self, Change};
use crate::journal::today::{self, Today};

/// The routes of days.
pub fn routes() -> [Route; 3] {
    let check_in = "/v1/days/{date}/check-in";
    let slot = || {
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(SLOTS.iter().copied()))
            .default(Some(json!("day")));
        Parameter { name: "slot", place: "query", schema: schema.into(), about: "The part of the day." }
    };
    [
        Route::new(Method::PUT, check_in, "put_day_check_in", put_check_in)
            .says("journal", "Create or replace a day's check-in")
            .describes(
                "The check-in of a date and slot has one id, worked out from the account, the date and the slot, \
                 so that two offline phones meet in one record. The body carries no local_date or slot.",
            )
            .parameters([document::date_parameter(), slot(), document::if_match_parameter()])
            .takes(check_in_body)
            .answers(201, "It is stored.", || document::record_schema(&CHECK_INS))
            .answers(200, "It is replaced, or was the same.", || document::record_schema(&CHECK_INS))
            .refuses(&[Code::PreconditionFailed]),
        Route::new(Method::GET, check_in, "get_day_check_in", get_check_in)
            .says("journal", "Read a day's check-in")
            .describes("The record with the natural id of the date and slot; 404 as long as there is none.")
            .parameters([document::date_parameter(), slot(), document::if_none_match_parameter()])
            .answers(200, "The check-in; its ETag is its revision.", || document::record_schema(&CHECK_INS))
            .answers_empty(304, "The caller has it already."),
        Route::new(Method::GET, "/v1/days/{date}", "get_day", get_day)
            .says("journal", "Read everything of a day")
            .describes("Every dated record of the date, in the order of the day, and each clock's state on it.")
            .parameters([document::date_parameter(), document::if_none_match_parameter()])
            .parameters(today::parameters())
            .answers(200, "The day.", day_schema)
            .answers_empty(304, "The caller has it already.")
            .refuses(&[Code::ValidationFailed]),
    ]
}

/// A date in the path that is no date names nothing.
fn path_date(text: &str) -> Result<NaiveDate> {
    date_of(text).ok_or_else(Error::not_found)
}

fn slot_of(request: &HttpRequest) -> Result<String> {
    let mut query = Query::of(request)?;
    let known = |text: &str| SLOTS.contains(&text).then(|| text.to_owned());
    let slot = query.parsed("slot", "day, morning or evening", known);
    query.finish()?;
    Ok(slot.unwrap_or_else(|| "day".to_owned()))
}

async fn put_check_in(
    member: Member,
    db: web::Data<Db>,
    request: HttpRequest,
    date: PathPart,
    body: Body,
) -> Result<HttpResponse> {
    let (date, slot) = (path_date(&date)?, slot_of(&request)?);
    let mut body = body.object().await?;
    let mut mistakes = Mistakes::default();
    for name in SAID_BY_PATH {
        if body.remove(name).is_some() {
            mistakes.add(name, "unknown_member", "is said by the path, not by the body");
        }
    }
    body.insert("local_date".to_owned(), json!(date.to_string()));
    body.insert("slot".to_owned(), json!(slot));
    let id = check_in_id(member.id, date, &slot);
    let writer = Writer { account: &member, now: clock::now().into() };
    let values = writer.read_noting(&CHECK_INS, id, &body, None, &mut mistakes);
    mistakes.into_result()?;
    let if_match = IfMatch::of(request.headers())?;
    answer(&CHECK_INS, &save(&db, &member, &CHECK_INS, id, Change::Put(values), if_match).await?, None)
}

async fn get_check_in(
    member: Member,
    db: web::Data<Db>,
    request: HttpRequest,
    date: PathPart,
) -> Result<HttpResponse> {
    let id = check_in_id(member.id, path_date(&date)?, &slot_of(&request)?);
    let record =
        db.read(async |conn| store::find(conn, &Reading::own(&member), &CHECK_INS, id).await).await?;
    Ok(answer_one(&CHECK_INS, &record.ok_or_else(Error::not_found)?, &request))
}

async fn get_day(
    member: Member,
    db: web::Data<Db>,
    derived: web::Data<Derived>,
    request: HttpRequest,
    date: PathPart,
) -> Result<HttpResponse> {
    let date = path_date(&date)?;
    let mut query = Query::of(&request)?;
    let reading = Reading::own(&member);
    let today = Today::of(&mut query, &reading);
    today::finish(query)?;
    let key = today.key(&reading);
    let make = async move |conn: &Conn<'_>, reading: &Reading<'_>| {
        Ok(Answered { body: view(conn, reading, date, today.date).await?, records: 0 })
    };
    derived.answer(&db, &member, &request, &key, Reach::All, make).await
}

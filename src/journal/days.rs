//! A day: everything of it in one view, and what the document says of days.

use chrono::NaiveDate;
use futures_util::future::try_join_all;
use futures_util::try_join;
use serde_json::{Map, Value as Json, json};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Ref, Schema};
use uuid::Uuid;

use super::collection::{COLLECTIONS, Collection};
use super::collections::check_ins::CHECK_INS;
use super::document;
use super::history::{self, ClockState};
use super::page::Page;
use super::reading::Reading;
use super::record::write_list;
use super::store;
use crate::db::Conn;
use crate::db::types::Id;
use crate::error::Result;
use crate::fields::openapi::{Side, properties};
use crate::fields::write;
use crate::http::route::NamedSchema;

/// Most records of one collection on one day that the view shows.
const DAY_LIMIT: i64 = 1_000;

/// Members of a check-in that the path of a day's check-in says.
pub const SAID_BY_PATH: [&str; 2] = ["local_date", "slot"];

/// The id of a date's check-in: the same on every device of the account.
#[must_use]
pub fn check_in_id(account: Id, date: NaiveDate, slot: &str) -> Id {
    Id(Uuid::new_v5(&account.0, format!("check-in/{date}/{slot}").as_bytes()))
}

/// The JSON of everything of a day.
pub async fn view(
    conn: &Conn<'_>,
    reading: &Reading<'_>,
    date: NaiveDate,
    today: NaiveDate,
) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(4096);
    out.extend_from_slice(b"{\"date\":");
    write::date(&mut out, date);
    let page = Page::of_dates(date, date, DAY_LIMIT);
    let lists = dated().map(|collection| store::list(conn, reading, collection, &page));
    let history = history::load(conn, reading, Some((date, date)), today);
    let (lists, history) = try_join!(try_join_all(lists), history)?;
    for (collection, (mut records, _)) in dated().zip(lists) {
        records.reverse();
        out.extend_from_slice(format!(",\"{}\":", collection.name).as_bytes());
        write_list(collection, &records, &mut out);
    }
    out.extend_from_slice(b",\"clocks\":");
    write::json(&mut out, &history.states_on(date, today));
    out.push(b'}');
    Ok(out)
}

/// The collections whose records have a date.
fn dated() -> impl Iterator<Item = &'static Collection> {
    COLLECTIONS.iter().copied().filter(|collection| collection.dated_by.is_some())
}

/// The body of the day's check-in: the write body without what the path says.
pub fn check_in_body() -> NamedSchema {
    let write = document::body_schema(&CHECK_INS, "Write", Side::Write);
    let fields: Vec<_> =
        CHECK_INS.fields.iter().filter(|field| !SAID_BY_PATH.contains(&field.name)).copied().collect();
    let object = ObjectBuilder::new().description(Some("A check-in whose date and slot the path says."));
    let schema: Schema = properties(object, &fields, Side::Write).into();
    let mut example = write.example.unwrap_or_default();
    if let Some(members) = example.as_object_mut() {
        members.retain(|name, _| !SAID_BY_PATH.contains(&name.as_str()));
    }
    document::named("DayCheckInWrite".to_owned(), schema, Some(example), Vec::new())
}

/// A day in the document.
pub fn day_schema() -> NamedSchema {
    let states = NamedSchema::of::<ClockState>();
    let mut parts = states.parts;
    let mut object = ObjectBuilder::new()
        .description(Some("Everything of a day."))
        .property("date", document::date())
        .required("date");
    for collection in dated() {
        let record = document::record_schema(collection);
        let items = ArrayBuilder::new().items(Ref::from_schema_name(record.name.clone()));
        object = object.property(collection.name, items).required(collection.name);
        parts.extend(record.parts);
    }
    let clocks = ArrayBuilder::new().items(Ref::from_schema_name(states.name));
    let schema: Schema = object.property("clocks", clocks).required("clocks").into();
    document::named("Day".to_owned(), schema, Some(example()), parts)
}

/// A day, for the document.
pub fn example() -> Json {
    let mut example = Map::from_iter([("date".to_owned(), json!("2026-11-02"))]);
    example.extend(dated().map(|collection| (collection.name.to_owned(), json!([]))));
    example.insert("clocks".to_owned(), json!([{"clock_id": document::EXAMPLE_ID, "state": "free"}]));
    Json::Object(example)
}

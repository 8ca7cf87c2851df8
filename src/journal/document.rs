//! The collections in the OpenAPI document.

use chrono::DateTime;
use serde_json::{Value as Json, json};
use utoipa::openapi::schema::{
    ArrayBuilder, KnownFormat, ObjectBuilder, Ref, Schema, SchemaFormat, SchemaType, Type,
};

use super::collection::Collection;
use super::page::{LIMIT, LIMIT_MAX};
use super::record::Record;
use super::support::{self, Support};
use crate::db::types::Id;
use crate::error::Code;
use crate::fields::Kind;
use crate::fields::openapi::{Side, properties};
use crate::http::route::{NamedSchema, Parameter, Route};

/// An id as the examples show it.
pub const EXAMPLE_ID: &str = "0199c2a4-7b1e-7c3a-9f00-3a5d2e8b4c11";

/// Gives a collection's route its documentation.
pub fn describe(collection: &'static Collection, route: Route) -> Route {
    let what = collection.singular.replace('_', " ");
    let plural = collection.name.replace('_', " ");
    let one = route.path.ends_with("{id}");
    let method = route.method.as_str().to_owned();
    let route = if one { route.parameters([id_parameter()]) } else { route };
    let record = move || record_schema(collection);
    match (method.as_str(), one) {
        ("GET", false) => route
            .says("journal", format!("List {plural}, newest first"))
            .describes("Pass `next_cursor` back as `cursor` until it is null. Deleted records are not listed.")
            .parameters(list_parameters(collection))
            .parameters([if_none_match_parameter()])
            .answers(200, "A page of records.", move || page_schema(collection, Side::Answer))
            .answers_empty(304, "The caller has it already."),
        ("POST", _) => route
            .says("journal", format!("Create a {what}"))
            .describes(
                "With an `id` of the client's own the same content may be sent again: 200 with the stored record.",
            )
            .takes(move || body_schema(collection, "Create", Side::Write))
            .answers(201, "It is stored.", record)
            .answers(200, "It was stored before with the same content.", record)
            .refuses(&[Code::Conflict]),
        ("GET", true) => route
            .says("journal", format!("Read a {what}"))
            .describes("A deleted record is a missing one.")
            .parameters([if_none_match_parameter()])
            .answers(200, "The record; its ETag is its revision.", record)
            .answers_empty(304, "The caller has it already."),
        ("PUT", _) => route
            .says("journal", format!("Create or replace a {what}"))
            .describes("The whole record under an id of the client's own: an absent member has its default or is empty.")
            .parameters([if_match_parameter()])
            .takes(move || body_schema(collection, "Write", Side::Write))
            .answers(201, "It is stored.", record)
            .answers(200, "It is replaced, or was the same.", record)
            .refuses(&[Code::PreconditionFailed]),
        ("PATCH", _) => route
            .says("journal", format!("Change a {what}"))
            .describes("JSON Merge Patch: an absent member keeps its value, null clears it.")
            .parameters([if_match_parameter()])
            .takes_patch(move || body_schema(collection, "Patch", Side::Patch))
            .answers(200, "The record as it is now.", record)
            .refuses(&[Code::PreconditionFailed]),
        _ => route
            .says("journal", format!("Delete a {what}"))
            .describes("Its content is erased; its id and revision stay, so that other devices hear of it.")
            .parameters([if_match_parameter()])
            .answers_empty(204, "It is gone, now or before.")
            .refuses(&[Code::PreconditionFailed]),
    }
}

/// The schema of a record in its owner's answers.
#[must_use]
pub fn record_schema(collection: &Collection) -> NamedSchema {
    record_schema_for(collection, Side::Answer)
}

/// The schema of a record in answers to its owner, or to somebody else.
#[must_use]
pub fn record_schema_for(collection: &Collection, side: Side) -> NamedSchema {
    let object = server_members(ObjectBuilder::new().description(Some(collection.about)));
    let mut object = properties(object, collection.fields, side);
    let mut parts = Vec::new();
    // What helps now is for the owner who has just written.
    if side == Side::Answer && support::looks_at(collection) {
        let support = NamedSchema::of::<Support>();
        object = object.property("support", Ref::from_schema_name(support.name));
        parts = support.parts;
    }
    let shared = if side == Side::Shared { "Shared" } else { "" };
    let name = format!("{shared}{}", collection.schema_name());
    named(name, object.into(), Some(record_example(collection)), parts)
}

/// A record as an answer shows it: the example body with what the server adds.
#[must_use]
pub fn record_example(collection: &Collection) -> Json {
    let id = Id(EXAMPLE_ID.parse().unwrap_or_default());
    let at = DateTime::from_timestamp_micros(1_793_673_667_120_934).unwrap_or_default();
    let date = at.date_naive().pred_opt().unwrap_or_default();
    let record = Record::example(collection, id, at.into(), date);
    serde_json::from_slice(&record.to_json(collection)).unwrap_or_default()
}

fn example(collection: &Collection) -> Json {
    serde_json::from_str(collection.example).unwrap_or_default()
}

/// The schema of a body: `Create` (POST), `Write` (PUT) or `Patch`.
#[must_use]
pub fn body_schema(collection: &Collection, suffix: &str, side: Side) -> NamedSchema {
    let mut object = ObjectBuilder::new().description(Some(collection.about));
    let mut sample = example(collection);
    if suffix == "Create" {
        object = object.property("id", nullable(uuid().description(Some("The client's own id (UUIDv7)."))));
    }
    if side == Side::Patch {
        // A patch shows one changed member.
        if let (Some(sample), Some(last)) = (sample.as_object_mut(), collection.fields.last()) {
            sample.retain(|name, _| name == last.name);
        }
    }
    let schema: Schema = properties(object, collection.fields, side).into();
    named(format!("{}{suffix}", collection.schema_name()), schema, Some(sample), Vec::new())
}

/// The schema of a page of records.
#[must_use]
pub fn page_schema(collection: &Collection, side: Side) -> NamedSchema {
    let record = record_schema_for(collection, side);
    let items = ArrayBuilder::new().items(Ref::from_schema_name(record.name.clone()));
    let cursor = ObjectBuilder::new()
        .schema_type(SchemaType::Array(vec![Type::String, Type::Null]))
        .description(Some("Pass it as `cursor` for the next page; null on the last one."));
    let schema: Schema = ObjectBuilder::new()
        .description(Some("A page of records, newest first."))
        .property("items", items)
        .required("items")
        .property("next_cursor", cursor)
        .required("next_cursor")
        .into();
    let sample = json!({"items": [record_example(collection)], "next_cursor": null});
    named(format!("{}Page", record.name), schema, Some(sample), record.parts)
}

/// A schema of our own making with its example.
#[must_use]
pub fn named(
    name: String,
    schema: Schema,
    example: Option<Json>,
    parts: Vec<(String, utoipa::openapi::RefOr<Schema>)>,
) -> NamedSchema {
    let parts = std::iter::once((name.clone(), schema.into())).chain(parts).collect();
    NamedSchema { name, parts, example }
}

/// The members that every record has from the server.
fn server_members(object: ObjectBuilder) -> ObjectBuilder {
    let time = |about| date_time().description(Some(about));
    let revision = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(1))
        .description(Some("The journal's revision at which the record was last written."));
    object
        .property("id", uuid().description(Some("The record's id.")))
        .required("id")
        .property("revision", revision)
        .required("revision")
        .property("created_at", time("When the server first stored it, UTC."))
        .required("created_at")
        .property("updated_at", time("When the server last changed it, UTC."))
        .required("updated_at")
}

/// A UUID.
#[must_use]
pub fn uuid() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::Custom("uuid".to_owned())))
}

fn nullable(object: ObjectBuilder) -> ObjectBuilder {
    object.schema_type(SchemaType::Array(vec![Type::String, Type::Null]))
}

/// A text.
#[must_use]
pub fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// A moment.
#[must_use]
pub fn date_time() -> ObjectBuilder {
    text().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
}

/// A civil date.
#[must_use]
pub fn date() -> ObjectBuilder {
    text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
}

/// `{id}`.
#[must_use]
pub fn id_parameter() -> Parameter {
    Parameter { name: "id", place: "path", schema: uuid().into(), about: "The record's id." }
}

/// `{date}`.
#[must_use]
pub fn date_parameter() -> Parameter {
    Parameter { name: "date", place: "path", schema: date().into(), about: "A civil date." }
}

/// `If-Match`.
#[must_use]
pub fn if_match_parameter() -> Parameter {
    let about = "Write only if the record's ETag is still this one; otherwise 412 with the current record.";
    Parameter { name: "If-Match", place: "header", schema: text().into(), about }
}

/// `If-None-Match`.
#[must_use]
pub fn if_none_match_parameter() -> Parameter {
    let about = "Answer 304 if the ETag is still this one.";
    Parameter { name: "If-None-Match", place: "header", schema: text().into(), about }
}

/// `limit`, `cursor`, `from` and `to` of a list, with what the dates mean there.
#[must_use]
pub fn page_parameters(dates: [&'static str; 2]) -> Vec<Parameter> {
    let limit = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1))
        .maximum(Some(LIMIT_MAX))
        .default(Some(json!(LIMIT)));
    let query =
        |name, schema: ObjectBuilder, about| Parameter { name, place: "query", schema: schema.into(), about };
    vec![
        query("limit", limit, "Records of a page."),
        query("cursor", text(), "Where the page before ended."),
        query("from", date(), dates[0]),
        query("to", date(), dates[1]),
    ]
}

fn list_parameters(collection: &Collection) -> Vec<Parameter> {
    let mut parameters = page_parameters(if collection.dated_by.is_some() {
        ["Earliest date, inclusive.", "Latest date, inclusive."]
    } else {
        ["Accepted, without effect: this collection has no date."; 2]
    });
    for filter in collection.filters {
        let schema = match collection.filtered_field(filter).map(|(field, is_list)| (field.kind, is_list)) {
            Some((Kind::Choice(choices), _)) => text().enum_values(Some(choices.iter().copied())),
            Some((Kind::Reference, _) | (_, true)) => uuid(),
            _ => text(),
        };
        let about = "Only records with this value.";
        parameters.push(Parameter { name: filter, place: "query", schema: schema.into(), about });
    }
    parameters
}

//! Sync in the OpenAPI document.

use serde_json::{Value as Json, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, KnownFormat, ObjectBuilder, Ref, Schema, SchemaFormat, SchemaType,
    Type,
};

use super::pull::{LIMIT, LIMIT_MAX};
use super::push::{ChangeProblem, ROW, ROWS_MAX};
use crate::auth::tickets::Ticket;
use crate::fields::openapi::{Side, properties};
use crate::http::route::{NamedSchema, Parameter};
use crate::journal::collections::cravings::CRAVINGS;
use crate::journal::document::{EXAMPLE_ID, date_time, named, record_example, text, uuid};
use crate::journal::support::Support;

const EPOCH: &str = "8c1f5a3e-2b7d-4e9a-a6c4-1d0f9b8e7a65";
const DOCUMENT: &str = "SyncDocument";

fn part(name: &str, schema: impl Into<Schema>) -> (String, RefOr<Schema>) {
    (name.to_owned(), schema.into().into())
}

fn revision(about: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(0))
        .description(Some(about))
}

fn flag(about: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Boolean).description(Some(about))
}

/// A record of any collection.
fn any_document() -> (String, RefOr<Schema>) {
    let about = "A record of the row's collection: the object that a GET of it answers. Null in a tombstone.";
    let object = ObjectBuilder::new()
        .schema_type(SchemaType::Array(vec![Type::Object, Type::Null]))
        .description(Some(about))
        .additional_properties(Some(AdditionalProperties::FreeForm(true)));
    part(DOCUMENT, object)
}

fn change() -> (String, RefOr<Schema>) {
    let object = ObjectBuilder::new()
        .description(Some("A record as it is now, or the tombstone of one."))
        .property("collection", text().description(Some("The collection's name, such as `check_ins`.")))
        .property("id", uuid().description(Some("The record's id.")))
        .property("revision", revision("The journal's revision at which it was last written."))
        .property("deleted", flag("Whether this is a tombstone."))
        .property("doc", Ref::from_schema_name(DOCUMENT));
    let object =
        ["collection", "id", "revision", "deleted", "doc"].into_iter().fold(object, ObjectBuilder::required);
    part("SyncChange", object)
}

fn change_example() -> Json {
    json!({
        "collection": CRAVINGS.name,
        "id": EXAMPLE_ID,
        "revision": 42,
        "deleted": false,
        "doc": record_example(&CRAVINGS),
    })
}

/// The answer to a pull.
pub fn pulled() -> NamedSchema {
    let object = ObjectBuilder::new()
        .description(Some("What changed, in the order of revisions."))
        .property("changes", ArrayBuilder::new().items(Ref::from_schema_name("SyncChange")))
        .property("next_since", revision("Pass it as `since` the next time."))
        .property("has_more", flag("Whether there is more right now."))
        .property(
            "epoch",
            text().description(Some(
                "Pass it back with every pull and push: another one means another journal.",
            )),
        )
        .property("server_time", date_time().description(Some("The server's clock.")));
    let object = ["changes", "next_since", "has_more", "epoch", "server_time"]
        .into_iter()
        .fold(object, ObjectBuilder::required);
    let example = json!({
        "changes": [change_example()],
        "next_since": 42,
        "has_more": false,
        "epoch": EPOCH,
        "server_time": "2026-11-03T02:41:09.000000Z",
    });
    named("SyncPull".to_owned(), object.into(), Some(example), vec![change(), any_document()])
}

/// The body of a push.
pub fn push() -> NamedSchema {
    let row = properties(
        ObjectBuilder::new().description(Some(
            "A record as the device has it. Give `base` (the values it had before) or `base_revision`; a record that \
             the server has in another state than that is answered as a conflict.",
        )),
        ROW,
        Side::Write,
    );
    let row = row
        .property("doc", Ref::from_schema_name(DOCUMENT))
        .property("base", Ref::from_schema_name(DOCUMENT));
    let object = ObjectBuilder::new()
        .description(Some("The rows that a device changed."))
        .property(
            "epoch",
            ObjectBuilder::new()
                .schema_type(SchemaType::Array(vec![Type::String, Type::Null]))
                .description(Some("The epoch that the last pull told.")),
        )
        .property(
            "changes",
            ArrayBuilder::new().items(Ref::from_schema_name("SyncPushChange")).max_items(Some(ROWS_MAX)),
        )
        .required("changes")
        .additional_properties(Some(AdditionalProperties::FreeForm(false)));
    let example = json!({
        "epoch": EPOCH,
        "changes": [{
            "collection": CRAVINGS.name,
            "id": EXAMPLE_ID,
            "deleted": false,
            "doc": {"intensity_after": 3, "outcome": "passed"},
            "base": {"intensity_after": null, "outcome": "open"},
        }],
    });
    named(
        "SyncPush".to_owned(),
        object.into(),
        Some(example),
        vec![part("SyncPushChange", row), any_document()],
    )
}

/// The answer to a push.
pub fn pushed() -> NamedSchema {
    let problem = NamedSchema::of::<ChangeProblem>();
    let support = NamedSchema::of::<Support>();
    let nullable = |about| {
        ObjectBuilder::new()
            .schema_type(SchemaType::Array(vec![Type::String, Type::Null]))
            .description(Some(about))
    };
    let status = text().description(Some(
        "`applied`: stored, at `revision`. `unchanged`: it was so already. `conflict`: it rests on something else \
         than `current`; merge and send it again. `invalid`: see `problem`; it will not be stored as it is.",
    ));
    let result = ObjectBuilder::new()
        .description(Some("What became of a row."))
        .property("collection", nullable("As it was sent."))
        .property("id", nullable("As it was sent."))
        .property("status", status)
        .property(
            "revision",
            revision("The record's revision; null where there is none.")
                .schema_type(SchemaType::Array(vec![Type::Integer, Type::Null])),
        )
        .property("current", Ref::from_schema_name("SyncChange"))
        .property("problem", Ref::from_schema_name(problem.name.clone()))
        .property("support", Ref::from_schema_name(support.name));
    let result = ["collection", "id", "status", "revision"].into_iter().fold(result, ObjectBuilder::required);
    let object = ObjectBuilder::new()
        .description(Some("What became of every row, in the order sent."))
        .property("results", ArrayBuilder::new().items(Ref::from_schema_name("SyncResult")))
        .property("revision", revision("The journal's revision."));
    let object = ["results", "revision"].into_iter().fold(object, ObjectBuilder::required);
    let example = json!({
        "results": [{"collection": CRAVINGS.name, "id": EXAMPLE_ID, "status": "applied", "revision": 43}],
        "revision": 43,
    });
    let mut parts = vec![part("SyncResult", result), change(), any_document()];
    parts.extend(problem.parts);
    parts.extend(support.parts);
    named("SyncPushed".to_owned(), object.into(), Some(example), parts)
}

/// The event stream.
pub fn events() -> NamedSchema {
    let about = "Server-sent events: `event: changed`, `id: <revision>`, `data: {\"revision\":<revision>}`. Lines that begin \
                 with a colon are comments and show that the stream is alive.";
    let example = json!("event: changed\nid: 42\ndata: {\"revision\":42}\n\n");
    named("SyncEvents".to_owned(), text().description(Some(about)).into(), Some(example), Vec::new())
}

/// A ticket.
pub fn ticket() -> NamedSchema {
    let example = json!({"ticket": "c2hvcnQtbGl2ZWQ", "expires_in": 60});
    NamedSchema::of::<Ticket>().with_example(example)
}

/// The parameters of the event stream.
pub fn stream_parameters() -> [Parameter; 2] {
    let about = "A ticket of `/v1/sync/tickets`, in place of the `Authorization` header.";
    let ticket = Parameter { name: "ticket", place: "query", schema: text().into(), about };
    let about = "The revision that was heard of last; a journal that is elsewhere is told at once.";
    [ticket, Parameter { name: "Last-Event-ID", place: "header", schema: text().into(), about }]
}

/// The parameters of a pull.
pub fn parameters() -> [Parameter; 4] {
    let query =
        |name, schema: ObjectBuilder, about| Parameter { name, place: "query", schema: schema.into(), about };
    let number = || ObjectBuilder::new().schema_type(Type::Integer);
    [
        query(
            "since",
            number().minimum(Some(0)).default(Some(json!(0))),
            "The revision that the device has; 0 for none.",
        ),
        query(
            "limit",
            number().minimum(Some(1)).maximum(Some(LIMIT_MAX)).default(Some(json!(LIMIT))),
            "Changes of an answer.",
        ),
        query("collections", text(), "Only these collections, by name, separated by commas."),
        query("epoch", text(), "The epoch that the last pull told."),
    ]
}

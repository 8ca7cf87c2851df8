//! Exports and imports in the OpenAPI document.

use serde_json::{Value as Json, json};
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, KnownFormat, ObjectBuilder, Ref, Schema, SchemaFormat, Type,
};

use super::import::ImportReport;
use super::json::{FORMAT, VERSION};
use crate::auth::Profile;
use crate::http::route::{NamedSchema, Parameter};
use crate::journal::COLLECTIONS;
use crate::journal::collections::check_ins::CHECK_INS;
use crate::journal::document::{named, record_example, record_schema};
use crate::sharing::disclosures::Disclosure;
use crate::sharing::share::ShareBody;

/// The export as JSON.
#[must_use]
pub fn export_schema() -> NamedSchema {
    let profile = NamedSchema::of::<Profile>();
    let (share, disclosure) = (NamedSchema::of::<ShareBody>(), NamedSchema::of::<Disclosure>());
    let mut parts = profile.parts;
    parts.extend(share.parts.into_iter().chain(disclosure.parts));
    let mut collections = ObjectBuilder::new().description(Some(
        "Every record of every collection, in the order of ids; deleted ones are not there.",
    ));
    for collection in COLLECTIONS {
        let record = record_schema(collection);
        let list =
            ArrayBuilder::new().items(Ref::from_schema_name(record.name)).description(Some(collection.about));
        collections = collections.property(collection.name, list);
        parts.extend(record.parts);
    }
    let revision = integer().minimum(Some(1)).description(Some(
        "Where the journal stood. Revisions of records are not greater, and each has its own.",
    ));
    let journal = ObjectBuilder::new()
        .description(Some("The journal that was exported."))
        .property("revision", revision)
        .required("revision");
    parts.push(("ExportedJournal".to_owned(), Schema::from(journal).into()));
    parts.push(("ExportedCollections".to_owned(), Schema::from(collections).into()));
    let time = text("When it was made, UTC.").format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
    let export = ObjectBuilder::new()
        .description(Some("Everything of a journal. The file of an export, and what an import takes."))
        .property("format", text("Always `recovery-journal`."))
        .property(
            "version",
            integer().description(Some("1. Grows when an older server could misread the file.")),
        )
        .property("exported_at", time)
        .property("account", Ref::from_schema_name(profile.name))
        .property("journal", Ref::from_schema_name("ExportedJournal"))
        .property("collections", Ref::from_schema_name("ExportedCollections"))
        .property("shares", ArrayBuilder::new().items(Ref::from_schema_name(share.name)).description(Some(
            "Every share that the person has made, with the consent that was signed. Not imported: a consent is \
             between two accounts.",
        )))
        .property("disclosures", ArrayBuilder::new().items(Ref::from_schema_name(disclosure.name)).description(
            Some("Who read what under them, the newest first. Not imported."),
        ));
    let export = ["format", "version", "account", "journal", "collections"]
        .into_iter()
        .fold(export, ObjectBuilder::required);
    named("JournalExport".to_owned(), export.into(), Some(example()), parts)
}

fn example() -> Json {
    let mut collections: serde_json::Map<String, Json> =
        COLLECTIONS.iter().map(|collection| (collection.name.to_owned(), json!([]))).collect();
    collections.insert(CHECK_INS.name.to_owned(), json!([record_example(&CHECK_INS)]));
    json!({
        "format": FORMAT, "version": VERSION, "exported_at": "2026-11-25T08:00:00.000000Z",
        "account": {
            "id": "0199c2a4-7b1e-7c3a-9f00-3a5d2e8b4c11", "email": "ann@example.org", "role": "member",
            "display_name": "Ann", "time_zone": "America/New_York", "day_starts_at": "00:00", "country": "US",
            "locale": "en", "created_at": "2026-01-10T08:00:00.000000Z",
        },
        "journal": {"revision": 42}, "collections": collections, "shares": [], "disclosures": [],
    })
}

/// The export as a ZIP.
#[must_use]
pub fn zip_schema() -> NamedSchema {
    let schema =
        text("A ZIP file: one CSV a collection, a dictionary of their columns, a page that explains them.");
    named("ZipFile".to_owned(), schema.into(), Some(json!("PK...")), Vec::new())
}

/// The export as FHIR.
#[must_use]
pub fn fhir_schema() -> NamedSchema {
    let schema = ObjectBuilder::new()
        .description(Some("A FHIR R4 Bundle of type collection (https://hl7.org/fhir/R4/bundle.html)."))
        .additional_properties(Some(AdditionalProperties::FreeForm(true)));
    let example = json!({"resourceType": "Bundle", "type": "collection", "entry": []});
    named("FhirBundle".to_owned(), schema.into(), Some(example), Vec::new())
}

/// A report.
#[must_use]
pub fn report_file_schema() -> NamedSchema {
    let schema = text("A PDF file (PDF/UA-1): tagged, with its fonts in it.");
    named("PdfFile".to_owned(), schema.into(), Some(json!("%PDF-...")), Vec::new())
}

/// A table or a list to import.
#[must_use]
pub fn table_schema() -> NamedSchema {
    let schema = text("A table (CSV with a line of names) or, with format=dates, a list of dates; UTF-8.");
    let example =
        "full_date,date,weekday,time,mood,activities,note\n2026-11-02,November 2,Monday,9:13 PM,good,,\n";
    named("TableFile".to_owned(), schema.into(), Some(json!(example)), Vec::new())
}

/// What an import did.
#[must_use]
pub fn report_schema() -> NamedSchema {
    let counts = json!({"created": 1, "updated": 0, "unchanged": 0, "kept": 0, "invalid": 0});
    NamedSchema::of::<ImportReport>().with_example(json!({
        "dry_run": false, "counts": counts,
        "collections": [{"collection": "check_ins", "counts": counts}],
        "rows": [{
            "pointer": "/collections/check_ins/0", "collection": "check_ins",
            "id": "0199c2a4-7b1e-7c3a-9f00-3a5d2e8b4c11", "status": "created",
        }],
        "rows_left_out": 0, "errors": [],
    }))
}

/// The parameters of an import.
#[must_use]
pub fn import_parameters(formats: &[&str]) -> [Parameter; 6] {
    let query =
        |name, schema: ObjectBuilder, about| Parameter { name, place: "query", schema: schema.into(), about };
    let string = || ObjectBuilder::new().schema_type(Type::String);
    let flag = ObjectBuilder::new().schema_type(Type::Boolean).default(Some(json!(false)));
    let format =
        string().enum_values(Some(formats.iter().copied())).default(formats.first().map(|one| json!(one)));
    [
        query("dry_run", flag, "Write nothing, and say what would be written."),
        query(
            "format",
            format,
            "What the file is: our own export, a Daylio diary, any CSV, or a list of dates.",
        ),
        query("time_zone", string(), "daylio: the IANA zone that the diary's times are of; must be given."),
        query("mood_map", string(), "daylio: moods of the person's own as ratings, such as `Cry:1,Sick:2`."),
        query("mapping", string(), "csv: which column is which member, as JSON; must be given."),
        query("substance", string(), "dates: what the clock is about, such as opioids; must be given."),
    ]
}

fn text(about: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(about))
}

fn integer() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
}

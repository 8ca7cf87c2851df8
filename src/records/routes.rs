//! Exports and imports over HTTP.
//!
//! Refuses more of them at a time than fit into memory (503), and a file that cannot be accepted whole.

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::{StreamExt as _, stream};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::document;
use super::export::{self, Format};
use super::import::{self, FORMATS, Source};
use super::report;
use crate::auth::Member;
use crate::clock;
use crate::db::Db;
use crate::domain::day;
use crate::error::{Code, Error, Result};
use crate::http::body::Body;
use crate::http::query::Query;
use crate::http::reply;
use crate::http::route::Route;

/// Exports at a time. Each holds a snapshot, and on PostgreSQL a connection.
static EXPORTS: Semaphore = Semaphore::const_new(4);
/// Imports at a time. Each has its whole file in memory.
static IMPORTS: Semaphore = Semaphore::const_new(4);

const TABLES: [&str; 2] = ["text/csv", "text/plain"];

/// The routes.
#[must_use]
pub fn routes() -> Vec<Route> {
    let export = |format: Format| {
        let path = format!("/v1/export.{}", format.extension());
        let name = format!("export_{}", format.name());
        Route::new(Method::GET, path, name, move |member, db, request| export(format, member, db, request))
    };
    vec![
        export(Format::Json)
            .says("records", "Export everything as JSON")
            .describes(
                "Complete and in one state, so that it can be imported again, here or elsewhere. Streamed: an \
                 answer that breaks off is not the whole file.",
            )
            .answers(200, "The file.", document::export_schema)
            .refuses(&[Code::InvalidParameter]),
        export(Format::Zip)
            .says("records", "Export everything as tables")
            .describes("A CSV file a collection, with a dictionary of the columns. No cell is a formula.")
            .answers_as(Format::Zip.media_type(), 200, "The file.", document::zip_schema)
            .refuses(&[Code::InvalidParameter]),
        export(Format::Fhir)
            .says("records", "Export as a FHIR R4 bundle")
            .describes(
                "What a clinic can read: a collection of Patient, Observation, QuestionnaireResponse with Questionnaire, \
                 MedicationStatement, Encounter, EpisodeOfCare, Goal, Consent and Provenance. Not everything of a journal is a \
                 clinical statement; the JSON export is complete.",
            )
            .answers_as(Format::Fhir.media_type(), 200, "The file.", document::fhir_schema)
            .refuses(&[Code::InvalidParameter]),
        Route::new(Method::POST, "/v1/import", "import_records", import)
            .says("records", "Import records")
            .describes(
                "All rows are written, or none. A record that the journal has already stays as it is, unless the \
                 file's version was changed later; importing a file again changes nothing. At most 64 MiB for an \
                 export of ours, 8 MiB for a table.",
            )
            .parameters(document::import_parameters(&FORMATS))
            .takes(document::export_schema)
            .takes_as("text/csv", document::table_schema)
            .takes_as("text/plain", document::table_schema)
            .answers(200, "What was written, or would be.", document::report_schema)
            .refuses(&[Code::UnreadableFile]),
    ]
    .into_iter()
    .chain(report::routes::routes())
    .collect()
}

async fn export(
    format: Format,
    member: Member,
    db: web::Data<Db>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    Query::of(&request)?.finish()?;
    let place = place(&EXPORTS)?;
    let today = day::local_date(clock::now(), &member.time_zone, member.day_starts_at);
    let mut pieces = export::start(db.get_ref().clone(), member, format, place);
    // What goes wrong at once is still answered as a problem.
    let first = pieces.recv().await.ok_or_else(|| Error::internal("an export without a piece"))??;
    let rest = stream::poll_fn(move |cx| pieces.poll_recv(cx));
    let pieces = stream::iter([Ok(first)]).chain(rest);
    Ok(reply::download(format.media_type(), &format.file_name(today), pieces))
}

async fn import(member: Member, db: web::Data<Db>, request: HttpRequest, body: Body) -> Result<HttpResponse> {
    let (source, dry_run) = source_of(Query::of(&request)?)?;
    let _place = place(&IMPORTS)?;
    let media_types: &[&str] = if matches!(source, Source::Ours) { &["application/json"] } else { &TABLES };
    let bytes = body.bytes_of(media_types, source.limit()).await?;
    reply::json_of(StatusCode::OK, &import::run(&db, member, source, bytes, dry_run, |_, _| ()).await?)
}

/// Reads the parameters of an import.
fn source_of(mut query: Query) -> Result<(Source, bool)> {
    let dry_run = query.parsed("dry_run", "true or false", |text| text.parse().ok()).unwrap_or(false);
    let known = |text: &str| FORMATS.into_iter().find(|format| *format == text);
    let format = query.parsed("format", &format!("one of {}", FORMATS.join(", ")), known);
    let source = Source::of(format.unwrap_or_default(), |name| query.text(name)).unwrap_or_else(|wrong| {
        for (name, why) in wrong {
            query.mistake(name, "invalid", why);
        }
        // Never opened: the mistakes are refused on the next line.
        Source::Ours
    });
    query.finish()?;
    Ok((source, dry_run))
}

/// A place among what is under way, or the request to come again.
pub fn place(places: &'static Semaphore) -> Result<SemaphorePermit<'static>> {
    let busy = |_| Error::later(Code::Overloaded, "enough exports and imports are under way", 5);
    places.try_acquire().map_err(busy)
}

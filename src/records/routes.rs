//! Exports and imports over HTTP.
//!
//! Refuses more of them at a time than fit into memory (503), and a file that cannot be accepted whole.

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::{StreamExt as _, stream};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::document;
use super::export::{self, Format};
use super::import::{self, Mapping, Moods, Source};
use crate::auth::Member;
use crate::clock;
use crate::db::Db;
use crate::domain::day;
use crate::error::{Code, Error, Result};
use crate::fields::patterns::SLUG;
use crate::http::body::Body;
use crate::http::query::Query;
use crate::http::reply;
use crate::http::route::Route;

/// Exports at a time. Each holds a snapshot, and on PostgreSQL a connection.
static EXPORTS: Semaphore = Semaphore::const_new(4);
/// Imports at a time. Each has its whole file in memory.
static IMPORTS: Semaphore = Semaphore::const_new(4);

/// What an import can read; the first is what it takes a file for.
const FORMATS: [&str; 4] = ["json", "daylio", "csv", "dates"];
const TABLES: [&str; 2] = ["text/csv", "text/plain"];

/// The routes.
#[must_use]
pub fn routes() -> Vec<Route> {
    let export = |format: Format| {
        let path = format!("/v1/export.{}", format.extension());
        let name = format!("export_{}", format.extension());
        Route::new(Method::GET, path, name, move |member, db, request| export(format, member, db, request))
    };
    vec![
        export(Format::Json)
            .says("records", "Export everything as JSON")
            .describes(
                "Complete and in one state, so that it can be imported again, here or elsewhere. Streamed: an \
                 answer that breaks off is not the whole file.",
            )
            .answers(200, "The file.", document::export_schema())
            .refuses(&[Code::InvalidParameter]),
        export(Format::Zip)
            .says("records", "Export everything as tables")
            .describes("A CSV file a collection, with a dictionary of the columns. No cell is a formula.")
            .answers_as(Format::Zip.media_type(), 200, "The file.", document::zip_schema())
            .refuses(&[Code::InvalidParameter]),
        Route::new(Method::POST, "/v1/import", "import_records", import)
            .says("records", "Import records")
            .describes(
                "All rows are written, or none. A record that the journal has already stays as it is, unless the \
                 file's version was changed later; importing a file again changes nothing. At most 64 MiB for an \
                 export of ours, 8 MiB for a table.",
            )
            .parameters(document::import_parameters(&FORMATS))
            .takes(document::export_schema())
            .takes_as("text/csv", document::table_schema())
            .takes_as("text/plain", document::table_schema())
            .answers(200, "What was written, or would be.", document::report_schema())
            .refuses(&[Code::UnreadableFile]),
    ]
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
    reply::json_of(StatusCode::OK, &import::run(&db, member, source, bytes, dry_run).await?)
}

/// Reads the parameters of an import.
fn source_of(mut query: Query) -> Result<(Source, bool)> {
    let dry_run = query.parsed("dry_run", "true or false", |text| text.parse().ok()).unwrap_or(false);
    let known = |text: &str| FORMATS.iter().position(|format| *format == text);
    let format = query.parsed("format", &format!("one of {}", FORMATS.join(", ")), known).unwrap_or(0);
    let source = match format {
        1 => {
            let zone = query.parsed("time_zone", "an IANA time zone", |text| text.parse().ok());
            let moods = query.parsed("mood_map", "moods and ratings such as Cry:1,Sick:2", Moods::parse);
            let moods = moods.unwrap_or_default();
            zone.map(|time_zone| Source::Daylio { time_zone, moods }).ok_or("time_zone")
        }
        2 => match query.text("mapping").map(|text| Mapping::parse(&text)) {
            Some(Ok(mapping)) => Ok(Source::Table(mapping)),
            Some(Err(why)) => {
                query.mistake("mapping", "invalid", why);
                Err("mapping")
            }
            None => Err("mapping"),
        },
        3 => {
            let known = |text: &str| (SLUG.matches)(text).then(|| text.to_owned());
            let substance = query.parsed("substance", SLUG.words, known);
            substance.map(|substance| Source::Dates { substance }).ok_or("substance")
        }
        _ => Ok(Source::Ours),
    };
    if let Err(missing) = source {
        query.require(missing);
    }
    query.finish()?;
    source.map(|source| (source, dry_run)).map_err(|_| Error::of(Code::InvalidParameter))
}

fn place(places: &'static Semaphore) -> Result<SemaphorePermit<'static>> {
    let busy = |_| Error::later(Code::Overloaded, "enough exports and imports are under way", 5);
    places.try_acquire().map_err(busy)
}
